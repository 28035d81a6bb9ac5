//! A ring of frames: one writer, many readers, overwriting.
//!
//! A frame is a time and one word a column. The writer never waits: a reader that is too slow loses the oldest frames
//! and is told how many. Memory is one array a column, so that a reader of one column touches that column alone.
//! Cells are plain atomics, so nothing here is unsafe.
//!
//! ```text
//! writer  reserved = n + 1 │ store frame n into slot n mod frames │ committed = n + 1
//! reader  committed ──► which frames are there │ copy │ reserved ──► which of them were overwritten meanwhile
//! ```
//!
//! Times are kept as the low 40 bits of microseconds and completed from the newest time, so that the frames of a ring
//! may span at most 2^40 µs (12 days). (32 bits would end after 71 minutes, and 60 000 frames at the idle rate of 10 Hz
//! span 100.)

use hearth_model::{Reason, Word};

use crate::frames::Frames;
use crate::sync::{Arc, AtomicU8, AtomicU32, AtomicU64, Ordering, Region, fence, region};

/// Columns of the fast ring: the energy domains of a large machine.
pub const FAST_COLUMNS_MAX: usize = 8;
/// Frames of the fast ring: a minute at 1 kHz.
pub const FAST_FRAMES: usize = 60_000;
/// Columns of the history: as many series as the catalogue may mark.
pub const HISTORY_COLUMNS_MAX: usize = 128;
/// Frames of the history: ten minutes at 1 Hz.
pub const HISTORY_FRAMES: usize = 600;

const _: () = assert!(
    Ring::bytes(FAST_COLUMNS_MAX, FAST_FRAMES) <= 4 << 20,
    "a minute of eight domains at 1 kHz fits 4 MiB, times included"
);

const PENDING: Word = Word::reason(Reason::Pending);

/// How many bits of a time in microseconds a slot keeps.
const TIME_BITS: u32 = 40;

/// The shared side of a ring.
pub struct Ring {
    position: Position,
    frames: usize,
    columns: usize,
    /// Column after column, `frames` cells each.
    cells: Box<[AtomicU64]>,
    /// Bits 0 to 31 of each slot's time in microseconds.
    times_low: Box<[AtomicU32]>,
    /// Bits 32 to 39.
    times_high: Box<[AtomicU8]>,
}

/// What the writer changes at every push, on a cache line of its own.
#[repr(align(64))]
struct Position {
    /// Frames below this number may have been stored to.
    reserved: AtomicU64,
    /// Frames below this number are complete.
    committed: AtomicU64,
    /// The newest frame's time, in microseconds.
    newest_us: AtomicU64,
}

/// Where a reader stands: the number of the frame it wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    next: u64,
}

impl Cursor {
    /// A reader that wants frame `frame` next. If that is no longer there, the first read says how many are lost; if it
    /// is still to come, reads are empty until then.
    #[must_use]
    pub const fn since(frame: u64) -> Self {
        Self { next: frame }
    }

    /// The number of the frame wanted next.
    #[must_use]
    pub const fn next_frame(self) -> u64 {
        self.next
    }
}

/// What a read brought. The cursor advanced by exactly `frames + lost`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// Frames handed out, none of them torn; they follow each other without a gap.
    pub frames: usize,
    /// Frames before them that were overwritten before this reader came.
    pub lost: u64,
}

impl Ring {
    /// A ring of `frames` frames (any number; zero is taken as one) with `columns` words each, and the one hand that
    /// writes it. All memory is allocated and touched here.
    #[must_use]
    pub fn new(columns: usize, frames: usize) -> (RingWriter, Arc<Self>) {
        let frames = frames.max(1);
        // No cell starts as zero: memory asked for as zeros would not be touched until its first use.
        let ring = Arc::new(Self {
            position: Position {
                reserved: AtomicU64::new(0),
                committed: AtomicU64::new(0),
                newest_us: AtomicU64::new(0),
            },
            frames,
            columns,
            cells: (0..columns * frames).map(|_| AtomicU64::new(PENDING.bits())).collect(),
            times_low: (0..frames).map(|_| AtomicU32::new(u32::MAX)).collect(),
            times_high: (0..frames).map(|_| AtomicU8::new(u8::MAX)).collect(),
        });
        (RingWriter { ring: Arc::clone(&ring), slot: 0 }, ring)
    }

    /// Bytes that a ring's frames take.
    #[must_use]
    pub const fn bytes(columns: usize, frames: usize) -> usize {
        frames * (columns * size_of::<u64>() + size_of::<u32>() + size_of::<u8>())
    }

    /// Words in a frame.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Frames kept.
    #[must_use]
    pub fn capacity_frames(&self) -> usize {
        self.frames
    }

    /// Number of the oldest frame still there (the writer may be about to take it).
    #[must_use]
    pub fn first_frame(&self) -> u64 {
        self.oldest_of(self.next_frame())
    }

    /// Number of the frame to come next, which is also how many were pushed.
    #[must_use]
    pub fn next_frame(&self) -> u64 {
        // Acquire pairs with the Release store in push: the frames below are complete and visible.
        self.position.committed.load(Ordering::Acquire)
    }

    /// A reader that starts with the oldest frame there is.
    #[must_use]
    pub fn from_oldest(&self) -> Cursor {
        Cursor::since(self.first_frame())
    }

    /// A reader that starts with the next frame to come.
    #[must_use]
    pub fn from_newest(&self) -> Cursor {
        Cursor::since(self.next_frame())
    }

    /// Copies up to `max_frames` frames (and no more than `out` holds) from the cursor on, the first columns as many as
    /// `out` has. Never waits and never makes the writer wait.
    pub fn read(&self, cursor: &mut Cursor, max_frames: usize, out: &mut Frames) -> Read {
        self.read_runs(cursor, max_frames, out, None)
    }

    /// The same with the columns chosen: `out`'s column `i` is the ring's column `columns[i]`. A column that the ring or
    /// the choice lacks reads as pending.
    pub fn read_columns(
        &self,
        cursor: &mut Cursor,
        columns: &[usize],
        max_frames: usize,
        out: &mut Frames,
    ) -> Read {
        self.read_runs(cursor, max_frames, out, Some(columns))
    }

    /// The memory that pushing touches, for locking it.
    pub fn regions(&self) -> impl Iterator<Item = Region> {
        [
            region(std::slice::from_ref(self)),
            region(&self.cells),
            region(&self.times_low),
            region(&self.times_high),
        ]
        .into_iter()
    }

    fn oldest_of(&self, next: u64) -> u64 {
        next.saturating_sub(wide(self.frames))
    }

    fn read_runs(
        &self,
        cursor: &mut Cursor,
        max_frames: usize,
        out: &mut Frames,
        columns: Option<&[usize]>,
    ) -> Read {
        let end = self.next_frame();
        // Relaxed suffices: the Acquire load of `committed` makes it at least the time of frame `end - 1`.
        let newest_us = self.position.newest_us.load(Ordering::Relaxed);
        let start = cursor.next.max(self.oldest_of(end));
        let wanted = index(end.saturating_sub(start)).min(max_frames).min(out.capacity());
        if wanted == 0 {
            out.set(start, 0, 0);
            let lost = if start < end { start - cursor.next } else { 0 };
            cursor.next += lost;
            return Read { frames: 0, lost };
        }
        self.copy(index(start % wide(self.frames)), wanted, out, columns);
        // Pairs with the writer's Release fence: had a load above seen a store of a later frame, the load below would
        // see that frame reserved.
        fence(Ordering::Acquire);
        // Relaxed suffices, since the fence orders it behind the copy.
        let valid = self.oldest_of(self.position.reserved.load(Ordering::Relaxed));
        let torn = index(valid.saturating_sub(start)).min(wanted);
        out.set(start, wanted, torn);
        out.complete_times(newest_us, TIME_BITS);
        let read = Read { frames: wanted - torn, lost: start - cursor.next + wide(torn) };
        cursor.next = start + wide(wanted);
        read
    }

    /// Copies `count` frames from `slot` on, which is one run of slots or two. The caller finds out which are torn.
    fn copy(&self, slot: usize, count: usize, out: &mut Frames, columns: Option<&[usize]>) {
        let head = count.min(self.frames - slot);
        let runs = [(slot, 0, head), (0, head, count - head)];
        for (slot, at, count) in runs.into_iter().filter(|(_, _, count)| *count > 0) {
            let low = self.times_low.get(slot..slot + count).unwrap_or(&[]);
            let high = self.times_high.get(slot..slot + count).unwrap_or(&[]);
            copy_times(low, high, out.times_mut(at, count));
            for (place, to) in out.columns_mut(at, count).enumerate() {
                let column = match columns {
                    None => place,
                    Some(columns) => columns.get(place).copied().unwrap_or(usize::MAX),
                };
                match self.run(column, slot, count) {
                    Some(cells) => copy_words(cells, to),
                    None => to.fill(PENDING),
                }
            }
        }
    }

    /// A run of cells of one column, if the ring has that column.
    #[inline]
    fn run(&self, column: usize, slot: usize, count: usize) -> Option<&[AtomicU64]> {
        if column >= self.columns {
            return None;
        }
        let start = column * self.frames + slot;
        self.cells.get(start..start + count)
    }
}

/// Relaxed loads; [`Ring::read_runs`] orders them.
#[inline(never)]
fn copy_words(cells: &[AtomicU64], words: &mut [Word]) {
    // Eight at a time by hand: the compiler does not unroll loops over atomics.
    let (words, words_rest) = words.as_chunks_mut::<8>();
    let (cells, cells_rest) = cells.as_chunks::<8>();
    for (words, cells) in words.iter_mut().zip(cells) {
        for (word, cell) in words.iter_mut().zip(cells) {
            *word = Word::from_bits(cell.load(Ordering::Relaxed));
        }
    }
    for (word, cell) in words_rest.iter_mut().zip(cells_rest) {
        *word = Word::from_bits(cell.load(Ordering::Relaxed));
    }
}

/// Relaxed loads; [`Ring::read_runs`] orders them.
#[inline]
fn copy_times(low: &[AtomicU32], high: &[AtomicU8], times: &mut [u64]) {
    let ((times, times_rest), (low, low_rest), (high, high_rest)) =
        (times.as_chunks_mut::<8>(), low.as_chunks::<8>(), high.as_chunks::<8>());
    for ((times, low), high) in times.iter_mut().zip(low).zip(high) {
        for ((time, low), high) in times.iter_mut().zip(low).zip(high) {
            *time = load_time(low, high);
        }
    }
    for ((time, low), high) in times_rest.iter_mut().zip(low_rest).zip(high_rest) {
        *time = load_time(low, high);
    }
}

#[inline]
fn load_time(low: &AtomicU32, high: &AtomicU8) -> u64 {
    u64::from(high.load(Ordering::Relaxed)) << 32 | u64::from(low.load(Ordering::Relaxed))
}

/// The writing side of a ring.
pub struct RingWriter {
    ring: Arc<Ring>,
    /// The slot of the next frame.
    slot: usize,
}

impl RingWriter {
    /// Appends a frame, over the oldest one if the ring is full. `words` has one word a column; what it lacks is pending,
    /// what it has beyond is left out. A time before the last frame's is taken as the last frame's.
    #[inline(never)]
    pub fn push(&mut self, monotonic_ns: u64, words: &[Word]) {
        if words.len() != self.ring.columns {
            return self.push_misfit(monotonic_ns, words);
        }
        let next = self.reserve(monotonic_ns);
        // Taken once: as far as the compiler knows, a store to a cell could change them.
        let (cells, frames) = (&*self.ring.cells, self.ring.frames);
        let mut at = self.slot;
        for word in words {
            let Some(cell) = cells.get(at) else { break };
            // Relaxed, as every store of a frame: `reserve` and `commit` order it.
            cell.store(word.bits(), Ordering::Relaxed);
            at += frames;
        }
        self.commit(next);
    }

    /// The same for too few or too many words, kept apart so that the usual push stays short.
    #[cold]
    #[inline(never)]
    fn push_misfit(&mut self, monotonic_ns: u64, words: &[Word]) {
        let next = self.reserve(monotonic_ns);
        let words = words.iter().chain(std::iter::repeat(&PENDING));
        for (cell, word) in self.ring.cells.iter().skip(self.slot).step_by(self.ring.frames).zip(words) {
            cell.store(word.bits(), Ordering::Relaxed);
        }
        self.commit(next);
    }

    /// Announces the frame and stores its time; says the number of the frame after it.
    #[inline]
    fn reserve(&mut self, monotonic_ns: u64) -> u64 {
        let ring = &*self.ring;
        let position = &ring.position;
        // Relaxed suffices for both: this hand alone stores them.
        let next = position.committed.load(Ordering::Relaxed) + 1;
        let time_us = position.newest_us.load(Ordering::Relaxed).max(monotonic_ns / 1000);
        // Relaxed suffices: the fence below orders it before the stores of the frame.
        position.reserved.store(next, Ordering::Relaxed);
        // Pairs with the reader's Acquire fence: who sees a store from below also sees the frame reserved.
        fence(Ordering::Release);
        position.newest_us.store(time_us, Ordering::Relaxed);
        let [b0, b1, b2, b3, high, ..] = time_us.to_le_bytes();
        if let (Some(low_cell), Some(high_cell)) =
            (ring.times_low.get(self.slot), ring.times_high.get(self.slot))
        {
            low_cell.store(u32::from_le_bytes([b0, b1, b2, b3]), Ordering::Relaxed);
            high_cell.store(high, Ordering::Relaxed);
        }
        next
    }

    #[inline]
    fn commit(&mut self, next: u64) {
        // Release pairs with the reader's Acquire load: who sees the frame committed sees every store above.
        self.ring.position.committed.store(next, Ordering::Release);
        self.slot += 1;
        if self.slot == self.ring.frames {
            self.slot = 0;
        }
    }

    /// The memory that pushing touches, for locking it.
    pub fn regions(&self) -> impl Iterator<Item = Region> {
        self.ring.regions()
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// Differences between frames of one ring fit an index.
fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
