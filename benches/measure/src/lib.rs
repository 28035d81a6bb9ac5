//! What the benchmarks share.
//!
//! ```text
//! bare    the loop that a lane is judged against
//! calls   system calls, counted
//! clocks  what threads and processes have used
//! http    a client of one kept connection
//! ranks   medians, quantiles, ratios of pairs
//! rapl    a processor whose energy is in files
//! replay  what a thread reads, recorded and done again
//! server  Hearth or a peer as a process of its own
//! table   figures, limits and verdicts
//! ```
//!
//! Figures are taken in pairs, Hearth and its peer alternately in one run, and shown as medians; a ratio is the median of
//! the pairs' ratios. So a machine that is busy with other things is busy for both.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot take a figure has nothing to go on with, and says which"
)]

pub mod bare;
pub mod calls;
pub mod clocks;
pub mod http;
pub mod ranks;
pub mod rapl;
pub mod replay;
pub mod server;
pub mod table;

/// The value behind `name` (`--rounds`) among the program's arguments, or `default`.
///
/// # Panics
/// It is no whole number.
#[must_use]
pub fn argument(name: &str, default: u64) -> u64 {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).map_or(default, |value| {
        value.parse().unwrap_or_else(|error| panic!("{name} {value}: {error}; it wants a whole number"))
    })
}

/// Whether `name` (`--no-fifo`) is among the program's arguments.
#[must_use]
pub fn flag(name: &str) -> bool {
    std::env::args().any(|argument| argument == name)
}
