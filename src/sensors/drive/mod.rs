//! Drives: their health, by commands that may take seconds or hang.
//!
//! ```text
//! lane ── Round::step(now) ──► Desk ──► the drive's own thread (worker.rs): open once, identify, poll for as long as it takes
//! lane ◄── News: the newest answer, or why there is none                  │ answers ─► Findings ─► verdict.rs (pure)
//! ```
//!
//! - [`worker`]: one thread for each drive, at most [`worker::DRIVES_MAX`] for each kind; a drive that hangs holds its own.
//! - [`verdict`]: from what looks at a drive found over time to ok, watch, failing or unknown, with causes.
//! - [`record`]: what is remembered of a drive, also from one run to the next.
//! - [`standing`]: the series that every kind of drive has: verdict, causes, what a poll cost.
//! - [`by_hand`]: the same drives for `hearth drives`: a look, and self-tests.
//! - one file for each kind of drive: how it is found, opened and asked, and its own series.
//!
//! To add a kind: a type that is a [`worker::Drive`], an opener, a sensor that lists places when armed and fills slots
//! from [`worker::News`]; and a row in `by_hand.rs`.

pub(super) mod ata;
mod by_hand;
pub(super) mod nvme;
mod record;
mod standing;
mod verdict;
mod worker;

pub(crate) use by_hand::{ByHandError, Examined, InHand, Length, Progress, names, open};
#[cfg(test)]
pub(crate) use verdict::Verdict;
pub(super) use worker::DRIVES_MAX;
