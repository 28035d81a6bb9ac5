//! Frames a reader has copied out of a ring.

use hearth_model::{Reason, Word};

use crate::ring::Ring;

/// A reader's buffer of frames, one array a column, reused from read to read.
#[derive(Clone, Debug)]
pub struct Frames {
    /// Microseconds; one entry a frame the buffer holds.
    times_us: Box<[u64]>,
    /// Column after column, `times_us.len()` words each.
    words: Box<[Word]>,
    columns: usize,
    /// Number of the first frame shown.
    first_frame: u64,
    /// The frames shown: the slots in front were overwritten while they were copied.
    start: usize,
    end: usize,
}

impl Frames {
    /// Room for `max_frames` frames of `columns` words.
    #[must_use]
    pub fn new(columns: usize, max_frames: usize) -> Self {
        Self {
            times_us: vec![0; max_frames].into(),
            words: vec![Word::reason(Reason::Pending); columns * max_frames].into(),
            columns,
            first_frame: 0,
            start: 0,
            end: 0,
        }
    }

    /// Room for `max_frames` frames of `ring`.
    #[must_use]
    pub fn of(ring: &Ring, max_frames: usize) -> Self {
        Self::new(ring.columns(), max_frames)
    }

    /// How many frames fit.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.times_us.len()
    }

    /// Words in a frame.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How many frames the last read brought.
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// The last read brought nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of the first frame the last read brought; the others follow without a gap.
    #[must_use]
    pub fn first_frame(&self) -> u64 {
        self.first_frame
    }

    /// `CLOCK_MONOTONIC` of each frame, in microseconds.
    #[must_use]
    pub fn times_us(&self) -> &[u64] {
        self.times_us.get(self.start..self.end).unwrap_or(&[])
    }

    /// One word a frame; empty if there is no such column.
    #[must_use]
    pub fn column(&self, column: usize) -> &[Word] {
        let at = column * self.capacity();
        if column < self.columns {
            self.words.get(at + self.start..at + self.end).unwrap_or(&[])
        } else {
            &[]
        }
    }

    /// Shows `count` frames from number `first` on, less the `torn` ones in front.
    pub(crate) fn set(&mut self, first: u64, count: usize, torn: usize) {
        self.first_frame = first + u64::try_from(torn).unwrap_or(u64::MAX);
        self.start = torn;
        self.end = count;
    }

    /// Completes the low `bits` of each time from `newest_us`, which is no older than any of them.
    #[inline]
    pub(crate) fn complete_times(&mut self, newest_us: u64, bits: u32) {
        let mask = (1 << bits) - 1;
        for time in self.times_us.get_mut(self.start..self.end).unwrap_or(&mut []) {
            *time = newest_us - (newest_us.wrapping_sub(*time) & mask);
        }
    }

    pub(crate) fn times_mut(&mut self, at: usize, count: usize) -> &mut [u64] {
        self.times_us.get_mut(at..at + count).unwrap_or(&mut [])
    }

    /// Of each column, the `count` words from `at` on.
    #[inline]
    pub(crate) fn columns_mut(&mut self, at: usize, count: usize) -> impl Iterator<Item = &mut [Word]> {
        let capacity = self.capacity().max(1);
        self.words
            .chunks_exact_mut(capacity)
            .map(move |column| column.get_mut(at..at + count).unwrap_or(&mut []))
    }
}
