//! `hearth profile` on machines whose power is known: what it says a run took is what the machine's counter was made to
//! count, whatever happens to the counter meanwhile. Board time is real time here, as programs run in real time; what is
//! held against the truth is held within what the profile itself says it may be off by.
//!
//! Where no board can be mounted the test says so and has nothing to show.

#![expect(clippy::expect_used, clippy::panic, reason = "a test says what failed by stopping")]

mod profile_board {
    mod baseline;
    mod furnace;
    mod owner;
    mod picture;
    mod ranges;
    mod rig;
    mod runs;
    mod watched;
}
