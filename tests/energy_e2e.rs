//! The real program on machines with energy counters: the joules it reports are those of the machine's power curve, and
//! what cannot be read is said, with its reason.
//!
//! Board time is turned by the tests, far faster than real time; what a counter gains from one read to the next stays
//! below what the program believes of a domain, 1 kW for the real time between the reads and a second more.
//!
//! Where the board cannot be mounted (no `/dev/fuse`, no privilege) each test says so and has nothing to show.

#![expect(clippy::expect_used, clippy::panic, reason = "a test says what failed by stopping")]

mod energy_e2e {
    mod beside;
    mod curves;
    #[path = "../hot_path/program.rs"]
    pub(crate) mod program;
    #[path = "../board_e2e/reader.rs"]
    pub(crate) mod reader;
    pub(crate) mod rig;
    #[path = "../board_e2e/stage.rs"]
    #[expect(dead_code, reason = "what other tests need besides")]
    pub(crate) mod stage;
    pub(crate) mod treadmill;
    mod trouble;
}
