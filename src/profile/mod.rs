//! `hearth profile`: how many joules a command takes, and whether another one really takes fewer.
//!
//! ```text
//! plan, parameters ─► session ─► run ─┬─ child     the program, held until all is ready, then let go
//!                                     ├─ energy    the processor's counters, at their edges around it
//!                                     ├─ sampler   the same during it, by a lane and its ring
//!                                     ├─ counters  performance counters of the program and its children
//!                                     └─ phases    what it marks itself
//!                          │
//!                          ▼
//!                       record ─► analysis (stats) ─► terminal, export
//! ```
//!
//! - [`plan`], [`parameters`], [`options`]: what is to be run, how often, in which order, by what.
//! - [`session`], `run`, `idle`: everything in its order; one run; the machine without one.
//! - [`child`], `energy`, `sampler`, [`counters`], [`phases`]: what measures.
//! - [`record`]: what was found, as plain data; [`analysis`] and [`stats`]: what it means.
//! - [`figures`], [`sort`], [`terminal`], [`export`], [`units`]: how it is shown, and files for other programs.
//! - [`watch`]: the box itself, without a command.
//!
//! No daemon is needed and none is disturbed: counters are read by descriptors of our own.

pub mod analysis;
pub mod child;
pub mod counters;
mod door;
mod energy;
pub mod export;
pub mod figures;
mod idle;
pub mod options;
pub mod parameters;
pub mod phases;
pub mod plan;
pub mod program;
pub mod record;
mod run;
mod sampler;
pub mod session;
pub mod sort;
pub mod stats;
mod sys;
pub mod terminal;
#[cfg(test)]
mod testing;
pub mod units;
pub mod watch;
