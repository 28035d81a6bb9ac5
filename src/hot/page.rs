//! A page: the newest word of every series of a lane, copied consistently without locks.
//!
//! One writer publishes, any number of readers copy; neither ever waits for the other. Publications are numbered and
//! lie in two buffers by turns, the even ones in one and the odd ones in the other, so the newest stands still while
//! the next is written: a writer that loses its processor in the middle shuts nobody out. A reader copies the newest
//! and asks afterwards whether the publication after the next, which goes into the same buffer, had begun; if it
//! had not, the copy is one publication, stamp and all. Cells are plain atomic words, so nothing here is unsafe.
//!
//! Words are staged once. A place put anew is marked for both buffers, and each publication stores the places marked
//! for its own: those that changed since the publication before the last.

use hearth_model::{Reason, Word};

use crate::sync::{Arc, AtomicU32, AtomicU64, AtomicUsize, Ordering, Region, fence, region, zeroed_cells};

/// How often one [`Page::copy`] tries before it says [`Busy`]. A try fails only if one publication ends and another
/// begins within it, and a lane publishes at most once a millisecond where a copy takes microseconds: so a failed try
/// is one in which the reader lost its processor. Each try starts with the newest publication and with a processor;
/// so many failing in a row take a writer that does nothing but publish.
pub const COPY_TRIES_MAX: usize = if cfg!(hearth_loom) { 1 } else { 16 };

const PENDING: Word = Word::reason(Reason::Pending);

/// What a cell holds of a word: nothing but zeros for a pending one. So fresh memory from the operating system is a page
/// of pending words, and room that is kept for later costs no memory until it is used.
const fn stored(word: Word) -> u64 {
    word.bits() ^ PENDING.bits()
}

/// The word that a cell holds.
const fn shown(bits: u64) -> Word {
    Word::from_bits(bits ^ PENDING.bits())
}

/// When a publication was made, and of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The lane's tick.
    pub tick: u64,
    /// `CLOCK_MONOTONIC` of the tick, in nanoseconds.
    pub monotonic_ns: u64,
    /// `CLOCK_REALTIME` of the tick, in nanoseconds.
    pub realtime_ns: u64,
    /// Which list of series the places belong to.
    pub generation: u32,
}

/// The shared side of a page.
pub struct Page {
    progress: Progress,
    buffers: [Buffer; 2],
}

/// How far the writer is, on a cache line of its own. Publications count from one; publication zero is the empty page.
#[repr(align(64))]
struct Progress {
    /// The newest publication that may be copied.
    published: AtomicU64,
    /// The newest publication of which a store may be visible: `published`, or the next.
    begun: AtomicU64,
}

/// Every other publication; the stamp is on a cache line that the other buffer's publications do not touch.
#[repr(align(64))]
struct Buffer {
    tick: AtomicU64,
    monotonic_ns: AtomicU64,
    realtime_ns: AtomicU64,
    generation: AtomicU32,
    used: AtomicUsize,
    cells: Box<[AtomicU64]>,
}

/// The writer came round to the buffer being copied at every try; the page is sound and the caller may try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// A reader's copy of a page, reused from copy to copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageCopy {
    /// The publication that the words belong to; all zero before the first.
    pub stamp: Stamp,
    /// One word for each place used so far. A place that was never put is pending.
    pub words: Vec<Word>,
}

impl PageCopy {
    /// An empty copy with room for every place of `page`, so that copying never allocates.
    #[must_use]
    pub fn of(page: &Page) -> Self {
        Self { stamp: Stamp::default(), words: Vec::with_capacity(page.capacity()) }
    }
}

impl Page {
    /// A page of `capacity` places, all pending, and the one hand that writes it. All memory is allocated here; a place
    /// that was never put has taken none of it.
    #[must_use]
    pub fn new(capacity: usize) -> (PageWriter, Arc<Self>) {
        let page = Arc::new(Self {
            progress: Progress { published: AtomicU64::new(0), begun: AtomicU64::new(0) },
            buffers: [Buffer::new(capacity), Buffer::new(capacity)],
        });
        let edit = PageEdit {
            words: vec![0; capacity].into(),
            changed: vec![[0; 2]; capacity.div_ceil(BITS)].into(),
            used: 0,
        };
        (PageWriter { page: Arc::clone(&page), published: 0, edit }, page)
    }

    /// How many places there are.
    #[must_use]
    pub fn capacity(&self) -> usize {
        let [even, _] = &self.buffers;
        even.cells.len()
    }

    /// Where `publication` lies.
    fn buffer(&self, publication: u64) -> &Buffer {
        let [even, odd] = &self.buffers;
        if publication.is_multiple_of(2) { even } else { odd }
    }

    /// Copies the newest publication; never blocks the writer, and allocates only if `into` is too small. Copies made
    /// by one reader never run backwards.
    ///
    /// # Errors
    /// [`Busy`] after [`COPY_TRIES_MAX`] tries that two publications crossed. `into` is then unfit for use.
    pub fn copy(&self, into: &mut PageCopy) -> Result<(), Busy> {
        for _ in 0..COPY_TRIES_MAX {
            // Acquire pairs with the Release store in finish: every cell of this publication is visible below.
            let published = self.progress.published.load(Ordering::Acquire);
            self.buffer(published).copy_unchecked(into);
            // Acquire pairs with the Release fence in begin: had a load above seen a store of a later publication in
            // this buffer, the load below would see that one begun.
            fence(Ordering::Acquire);
            // Relaxed suffices, since the fence orders it behind the loads of the cells.
            if self.progress.begun.load(Ordering::Relaxed) < published + 2 {
                return Ok(());
            }
        }
        Err(Busy)
    }
}

impl Buffer {
    fn new(capacity: usize) -> Self {
        Self {
            tick: AtomicU64::new(0),
            monotonic_ns: AtomicU64::new(0),
            realtime_ns: AtomicU64::new(0),
            generation: AtomicU32::new(0),
            used: AtomicUsize::new(0),
            cells: zeroed_cells(capacity),
        }
    }

    /// Copies what stands here; the caller checks that it stood still. Every load is Relaxed: the load of `published`
    /// before and the fence behind order them.
    fn copy_unchecked(&self, into: &mut PageCopy) {
        into.stamp = Stamp {
            tick: self.tick.load(Ordering::Relaxed),
            monotonic_ns: self.monotonic_ns.load(Ordering::Relaxed),
            realtime_ns: self.realtime_ns.load(Ordering::Relaxed),
            generation: self.generation.load(Ordering::Relaxed),
        };
        let used = self.used.load(Ordering::Relaxed);
        let cells = self.cells.get(..used).unwrap_or(&self.cells);
        into.words.resize(cells.len(), PENDING);
        for (word, cell) in into.words.iter_mut().zip(cells) {
            *word = shown(cell.load(Ordering::Relaxed));
        }
    }

    /// Stores `stamp` and `used`. Every store is Relaxed: the fence in begin and the store in finish order them.
    fn store_head(&self, stamp: Stamp, used: usize) {
        self.tick.store(stamp.tick, Ordering::Relaxed);
        self.monotonic_ns.store(stamp.monotonic_ns, Ordering::Relaxed);
        self.realtime_ns.store(stamp.realtime_ns, Ordering::Relaxed);
        self.generation.store(stamp.generation, Ordering::Relaxed);
        self.used.store(used, Ordering::Relaxed);
    }
}

/// The writing side of a page.
pub struct PageWriter {
    page: Arc<Page>,
    published: u64,
    edit: PageEdit,
}

/// The words of the next publication.
pub struct PageEdit {
    /// As the cells hold them.
    words: Box<[u64]>,
    /// Which places differ from what each buffer holds, the even publications' first.
    changed: Box<[[u64; 2]]>,
    used: usize,
}

/// Places noted in each half of one element of [`PageEdit::changed`].
const BITS: usize = 64;

impl PageEdit {
    /// Puts `word` at `place`. Places never put stay pending; a place beyond the capacity is a caller's mistake.
    pub fn put(&mut self, place: usize, word: Word) {
        debug_assert!(place < self.words.len(), "place {place} of a page of {}", self.words.len());
        let Some(known) = self.words.get_mut(place) else { return };
        self.used = self.used.max(place + 1);
        if *known != stored(word) {
            *known = stored(word);
            if let Some([even, odd]) = self.changed.get_mut(place / BITS) {
                let bit = 1 << (place % BITS);
                *even |= bit;
                *odd |= bit;
            }
        }
    }
}

impl PageWriter {
    /// The next publication, to put words into before it is published. What is put here waits for [`Self::publish`].
    pub fn stage(&mut self) -> &mut PageEdit {
        &mut self.edit
    }

    /// Lets `fill` put words, then publishes them under `stamp`. Only changed places are stored. Never waits.
    /// Readers have the publication before until this one is complete.
    pub fn publish(&mut self, stamp: Stamp, fill: impl FnOnce(&mut PageEdit)) {
        fill(&mut self.edit);
        self.commit(stamp);
    }

    /// Writes the next publication and lets readers have it. Not generic, so that it is compiled once, here.
    #[inline(never)]
    fn commit(&mut self, stamp: Stamp) {
        self.begin();
        self.store(stamp);
        self.finish();
    }

    /// Tells readers who still copy the publication before the last that its buffer is about to change.
    fn begin(&self) {
        // Relaxed suffices: the fence below orders it before the stores of the publication.
        self.page.progress.begun.store(self.published + 1, Ordering::Relaxed);
        // Release pairs with the reader's Acquire fence: who sees a store of this publication also sees it begun.
        fence(Ordering::Release);
    }

    /// Stores the stamp, and the words that the next publication's buffer does not hold yet. Each mark is cleared
    /// behind its store, so that stopping in between loses none.
    fn store(&mut self, stamp: Stamp) {
        let next = self.published + 1;
        let buffer = self.page.buffer(next);
        buffer.store_head(stamp, self.edit.used);
        let blocks = buffer.cells.chunks(BITS).zip(self.edit.words.chunks(BITS));
        let used = self.edit.used.div_ceil(BITS);
        for ([even, odd], (cells, words)) in self.edit.changed.iter_mut().zip(blocks).take(used) {
            let changed = if next.is_multiple_of(2) { even } else { odd };
            while *changed != 0 {
                let place = usize::try_from(changed.trailing_zeros()).unwrap_or(BITS);
                if let (Some(cell), Some(word)) = (cells.get(place), words.get(place)) {
                    // Relaxed as in store_head.
                    cell.store(*word, Ordering::Relaxed);
                }
                *changed &= *changed - 1;
            }
        }
    }

    /// Turns readers to the publication just stored.
    fn finish(&mut self) {
        self.published += 1;
        // Release pairs with the reader's Acquire load: who sees this number sees every store of the publication.
        self.page.progress.published.store(self.published, Ordering::Release);
    }

    /// The memory that publishing touches, for locking it.
    pub fn regions(&self) -> impl Iterator<Item = Region> {
        let page: &Page = &self.page;
        let [even, odd] = &page.buffers;
        [
            region(std::slice::from_ref(page)),
            region(&even.cells),
            region(&odd.cells),
            region(&self.edit.words),
            region(&self.edit.changed),
        ]
        .into_iter()
    }
}

#[cfg(all(test, not(hearth_loom)))]
#[path = "tests/unit/page.rs"]
mod tests;
