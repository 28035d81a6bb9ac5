//! A snapshot in the words of those who ask for it.
//!
//! ```text
//! Schema ──► exposition templates, JSON schema, wire schema    (once for each schema)
//! Snapshot ──► exposition   Prometheus text 0.0.4 and OpenMetrics 1.0
//!          ├──► json        documents and the live stream's events
//!          └──► wire        postcard: the smallest; the only one that Hearth also reads
//! ```
//!
//! Invariants: a number is written exactly as it was read, never by way of floating point; a missing value is left out
//! (exposition) or comes with its reason (JSON, wire), never as 0; every function appends to the caller's buffer, so
//! that a warm buffer makes encoding free of allocation.
//! Absent on purpose: clocks, files, sockets, compression, content negotiation.

use hearth_model::Word;

use crate::snapshot::Snapshot;

pub mod exposition;
pub mod json;
pub mod wire;

/// A snapshot came with another schema than the one it was to be read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the snapshot belongs to schema {got:016x}, not to {wanted:016x}: take the encoder of its own schema"
)]
pub struct OtherSchema {
    /// Hash of the schema that was prepared for.
    pub wanted: u64,
    /// Hash of the schema that the snapshot came with.
    pub got: u64,
}

/// One series that changed, for a delta that is to look at nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The schema's index of the series.
    pub index: u32,
    /// Which one of the schema's series it is, from 0.
    pub position: u32,
    /// What it is now.
    pub word: Word,
}

impl OtherSchema {
    /// Passes a snapshot of the schema with hash `wanted`.
    pub(crate) fn check(wanted: u64, snapshot: &Snapshot) -> Result<(), Self> {
        let got = snapshot.schema.hash;
        if got == wanted { Ok(()) } else { Err(Self { wanted, got }) }
    }
}
