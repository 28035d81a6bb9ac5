//! What a sensor looked at while it was armed: each back end and device, used or not, with the reason.

use crate::contract::Absent;

/// Somewhere a quantity may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The source in its field's words: `package-0`, `/dev/nvme0`, `upsd at 127.0.0.1:3493`.
    pub name: String,
    /// What became of it.
    pub outcome: SourceOutcome,
}

/// What became of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceOutcome {
    /// It is read.
    Used {
        /// The unit its readings come in: `µJ`, `m°C`, `events`.
        unit: &'static str,
        /// The back end, and what a person would want to know of it.
        how: String,
    },
    /// It is there and is left alone: another one gives the same, or asking it has a price.
    Spare {
        /// Why it is not read.
        why: String,
    },
    /// It is not to be had.
    Absent(Absent),
}
