//! A ring and the frame that goes into it: words of many sensors, read at different ticks, side by side.

use hearth_model::{Reason, Word};

use crate::armed::index;
use crate::ring::{Ring, RingWriter};
use crate::sync::{Arc, Region, region};

/// How large a ring is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Words in a frame.
    pub columns: usize,
    /// Frames kept.
    pub frames: usize,
}

/// A ring and the frame that is pushed into it next.
pub(crate) struct Track {
    writer: RingWriter,
    frame: Box<[Word]>,
}

impl Track {
    /// An empty ring of this shape and the side that is read.
    pub(crate) fn new(shape: Shape) -> (Self, Arc<Ring>) {
        let (writer, ring) = Ring::new(shape.columns, shape.frames);
        let frame = vec![Word::reason(Reason::Absent); shape.columns].into_boxed_slice();
        (Self { writer, frame }, ring)
    }

    /// Marks columns whose series have gone.
    pub(crate) fn vacate(&mut self, columns: &[u8]) {
        for &column in columns {
            self.put(column, Word::reason(Reason::Gone));
        }
    }

    /// Takes the words of a sensor, by slot and column, into the frame to come.
    pub(crate) fn take_words(&mut self, columns: &[(u32, u8)], words: &[Word]) {
        for &(slot, column) in columns {
            if let Some(&word) = words.get(index(slot)) {
                self.put(column, word);
            }
        }
    }

    fn put(&mut self, column: u8, word: Word) {
        if let Some(cell) = self.frame.get_mut(usize::from(column)) {
            *cell = word;
        }
    }

    /// Pushes the frame; it stays for the next one.
    pub(crate) fn push(&mut self, monotonic_ns: u64) {
        self.writer.push(monotonic_ns, &self.frame);
    }

    /// The memory that pushing touches, for locking it.
    pub(crate) fn regions(&self) -> impl Iterator<Item = Region> {
        self.writer.regions().chain([region(&self.frame)])
    }
}
