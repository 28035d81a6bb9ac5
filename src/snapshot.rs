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

/// A moment by both clocks of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// `CLOCK_MONOTONIC`, in nanoseconds.
    pub monotonic_ns: u64,
    /// `CLOCK_REALTIME`, in nanoseconds since 1970.
    pub realtime_ns: u64,
}

impl Snapshot {
    /// When it was taken.
    #[must_use]
    pub fn moment(&self) -> Moment {
        Moment { monotonic_ns: self.monotonic_ns, realtime_ns: self.realtime_ns }
    }

    /// Becomes a copy of `other`, in the memory it has.
    pub fn copy_from(&mut self, other: &Self) {
        self.schema = Arc::clone(&other.schema);
        (self.monotonic_ns, self.realtime_ns) = (other.monotonic_ns, other.realtime_ns);
        self.words.clone_from(&other.words);
    }

    /// The reading at `index`; an index beyond the schema is absent.
    ///
    /// # Errors
    /// The reason why there is no value.
    pub fn reading(&self, index: u32) -> Reading {
        let word = usize::try_from(index).ok().and_then(|index| self.words.get(index));
        word.map_or(Err(Reason::Absent), |word| word.reading())
    }
}
