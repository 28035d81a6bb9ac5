//! A copy of every lane's page, paired with what its words mean.

use std::sync::Arc;

use hearth_model::{Reading, Reason, Word};

use crate::schema::Schema;

/// The state of the whole machine as last sampled, for one audience.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What the words mean.
    pub schema: Arc<Schema>,
    /// `CLOCK_MONOTONIC` of the steady lane's newest tick, in nanoseconds.
    pub monotonic_ns: u64,
    /// `CLOCK_REALTIME` of the same tick, in nanoseconds since 1970.
    pub realtime_ns: u64,
    /// One word for each of the schema's indices.
    pub words: Vec<Word>,
}

impl Snapshot {
    /// The reading at `index`; an index beyond the schema is absent.
    ///
    /// # Errors
    /// The reason why there is no value.
    pub fn reading(&self, index: u32) -> Reading {
        let word = usize::try_from(index).ok().and_then(|index| self.words.get(index));
        word.map_or(Err(Reason::Absent), |word| word.reading())
    }
}
