//! The fast series at every tick, followed by one reader.

use std::sync::Arc;

use hearth_hot::frames::Frames;
use hearth_hot::ring::{Cursor, Ring};
use hearth_model::Word;

use super::View;
use crate::schema::Schema;

/// One reader's way along the every-tick ring.
pub struct Follower {
    ring: Arc<Ring>,
    cursor: Cursor,
    frames: Frames,
}

/// What a reader found since it last looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Frames at hand now.
    pub frames: usize,
    /// Frames overwritten, or left out because they were too old, before these.
    pub lost: u64,
}

impl View {
    /// A reader that starts with the next tick, and is given at most `batch` frames at once; `None` if this machine has
    /// no fast series.
    #[must_use]
    pub fn follow(&self, batch: usize) -> Option<Follower> {
        let ring = self.lanes[0].ring.as_ref()?;
        let frames = Frames::of(ring, batch);
        Some(Follower { ring: Arc::clone(ring), cursor: ring.from_newest(), frames })
    }
}

impl Follower {
    /// Reads on. What does not fit the batch is left out, oldest first, and counted as lost: a reader that fell behind
    /// is brought up to the present.
    pub fn advance(&mut self) -> Found {
        let batch = u64::try_from(self.frames.capacity()).unwrap_or(u64::MAX);
        let behind = self.ring.next_frame().saturating_sub(self.cursor.next_frame());
        let skipped = behind.saturating_sub(batch);
        self.cursor = Cursor::since(self.cursor.next_frame() + skipped);
        let read = self.ring.read(&mut self.cursor, self.frames.capacity(), &mut self.frames);
        Found { frames: read.frames, lost: read.lost + skipped }
    }

    /// Takes back the frames at hand from `frame` on: the next [`Follower::advance`] brings them again.
    pub fn put_back(&mut self, frame: usize) {
        let frame = u64::try_from(frame).unwrap_or(u64::MAX);
        self.cursor = Cursor::since(self.frames.first_frame().saturating_add(frame));
    }

    /// `CLOCK_MONOTONIC` of a frame at hand, in microseconds.
    #[must_use]
    pub fn time_us(&self, frame: usize) -> u64 {
        self.frames.times_us().get(frame).copied().unwrap_or(0)
    }

    /// The series index and the word of each fast series of a frame at hand, as far as `schema` shows them.
    pub fn words<'a>(&'a self, schema: &'a Schema, frame: usize) -> impl Iterator<Item = (u32, Word)> + 'a {
        let number = self.frames.first_frame() + u64::try_from(frame).unwrap_or(u64::MAX);
        schema.lanes[0].ring.iter().enumerate().filter_map(move |(at, column)| {
            let column = (*column)?;
            let index = schema.index(0, column.place);
            schema.key(index)?;
            let word = self.frames.column(at).get(frame)?;
            (number >= column.since_frame).then_some((index, *word))
        })
    }
}
