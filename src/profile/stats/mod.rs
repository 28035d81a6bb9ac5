//! What a handful of runs says, and what it does not: pure arithmetic over slices, nothing else.
//!
//! - [`summary`]: mean, median, spread, percentiles of one command's runs.
//! - [`interval`]: 95 % intervals of a mean, and of the ratio of two commands measured in pairs.
//! - [`trouble`]: outliers and drift, which make the other figures mean less than they seem to.
//! - [`random`]: the generator whose seed stands in the report, so that it can be recomputed.

pub mod interval;
pub mod random;
pub mod summary;
pub mod trouble;
