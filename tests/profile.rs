//! `hearth profile` as a shell sees it: what it says, writes and returns.
//!
//! Commands are chosen to be quick, and nothing is asserted about how long they take.

#![expect(clippy::expect_used, clippy::panic, reason = "a test says what failed by stopping")]

mod profile {
    mod bca;
    mod coverage;
    mod files;
    mod full_disk;
    mod hyperfine;
    mod interruption;
    mod noise;
    mod refusals;
    mod scipy;
    mod streams;
    mod surroundings;
    pub(crate) mod tool;
}
