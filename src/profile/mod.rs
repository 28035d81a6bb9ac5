//! `hearth profile`: how many joules a command takes, and whether another one really takes fewer.

pub mod analysis;
pub mod child;
pub mod export;
pub mod parameters;
pub mod plan;
pub mod record;
pub mod stats;
mod sys;
#[cfg(test)]
mod testing;
pub mod units;
