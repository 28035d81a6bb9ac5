//! `hearth profile` as a shell sees it: what it says, writes and returns.
//!
//! Commands are chosen to be quick, and nothing is asserted about how long they take.

#![expect(clippy::expect_used, reason = "a test says what failed by stopping")]

mod profile {
    mod files;
    mod hyperfine;
    mod interruption;
    mod refusals;
    pub(crate) mod tool;
}
