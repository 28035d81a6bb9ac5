//! What Hearth measures, as data.
//!
//! ```text
//! catalogue (every metric: name, unit, kind, labels, help, audience)
//!     └── Metric ── Scale ──► how a Word becomes a number in base units
//! Word = i64: a value in integer kernel scale, or a Reason why there is none
//! ```
//!
//! [`attribution`] is arithmetic of its own: an interval's energy, divided exactly among those who used it.
//!
//! Everything that names a metric (exposition, schema, JSON, documentation) derives from [`catalogue`].
//! Invariants: a [`Word`] is never a silent zero, and a [`Metric`] is only ever made in the catalogue.
//! Absent on purpose: clocks, files, threads, allocation, floating point.
#![no_std]
#![forbid(unsafe_code)]

pub mod attribution;
pub mod catalogue;
mod metric;
mod number;
mod unit;
mod word;

pub use metric::{Audience, Kind, Metric, counter, gauge, histogram, info, unknown};
pub use number::{Decimal, DecimalText, Scale};
pub use unit::Unit;
pub use word::{Reading, Reason, Word};
