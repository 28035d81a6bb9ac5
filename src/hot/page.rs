//! A page: the newest word of every series of a lane, copied consistently without locks.
//!
//! One writer publishes, any number of readers copy; the writer never waits. A version counts twice a publication: it
//! is odd while cells are being written, so a reader that saw the same even version before and after its copy holds
//! one publication, stamp and all. Cells are plain atomic words, so nothing here is unsafe.
//! Words and stamp are staged outside the odd window: however long the filling takes, readers are shut out only
//! while the changed words are stored.

use hearth_model::{Reason, Word};

use crate::sync::{Arc, AtomicU32, AtomicU64, AtomicUsize, Ordering, Region, fence, region, spin_loop};

/// How often one [`Page::copy`] tries before it says [`Busy`]. A publication takes about a microsecond and happens at
/// most once a millisecond, so a second try nearly always succeeds; the rest is for a writer that lost its processor.
pub const COPY_TRIES_MAX: usize = if cfg!(hearth_loom) { 1 } else { 128 };

const PENDING: Word = Word::reason(Reason::Pending);

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
    state: State,
    cells: Box<[AtomicU64]>,
}

/// What the writer changes at every publication, on cache lines of its own.
#[repr(align(64))]
struct State {
    version: AtomicU64,
    tick: AtomicU64,
    monotonic_ns: AtomicU64,
    realtime_ns: AtomicU64,
    generation: AtomicU32,
    used: AtomicUsize,
}

/// The writer was in the way at every try; the page is sound and the caller may try again.
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
    /// A page of `capacity` places, all pending, and the one hand that writes it. All memory is allocated and touched
    /// here.
    #[must_use]
    pub fn new(capacity: usize) -> (PageWriter, Arc<Self>) {
        let page = Arc::new(Self {
            state: State {
                version: AtomicU64::new(0),
                tick: AtomicU64::new(0),
                monotonic_ns: AtomicU64::new(0),
                realtime_ns: AtomicU64::new(0),
                generation: AtomicU32::new(0),
                used: AtomicUsize::new(0),
            },
            cells: (0..capacity).map(|_| AtomicU64::new(PENDING.bits())).collect(),
        });
        let edit = PageEdit {
            words: vec![PENDING; capacity].into(),
            changed: vec![0; capacity.div_ceil(BITS)].into(),
            used: 0,
        };
        (PageWriter { page: Arc::clone(&page), version: 0, edit }, page)
    }

    /// How many places there are.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.cells.len()
    }

    /// Copies the newest publication; never blocks the writer, and allocates only if `into` is too small.
    ///
    /// # Errors
    /// [`Busy`] after [`COPY_TRIES_MAX`] tries that the writer crossed. `into` is then unfit for use.
    pub fn copy(&self, into: &mut PageCopy) -> Result<(), Busy> {
        for _ in 0..COPY_TRIES_MAX {
            // Acquire pairs with the Release store that ended a publication: its cells are visible below.
            let before = self.state.version.load(Ordering::Acquire);
            if before.is_multiple_of(2) {
                self.copy_unchecked(into);
                // Pairs with the writer's Release fence: had a load above seen a cell of a later publication, the
                // load below would see that publication's odd version, or a later one.
                fence(Ordering::Acquire);
                // Relaxed suffices, since the fence orders it behind the loads of the cells.
                if self.state.version.load(Ordering::Relaxed) == before {
                    return Ok(());
                }
            }
            spin_loop();
        }
        Err(Busy)
    }

    /// Copies what stands there; the caller checks the version. Every load is Relaxed: the version orders them.
    fn copy_unchecked(&self, into: &mut PageCopy) {
        into.stamp = Stamp {
            tick: self.state.tick.load(Ordering::Relaxed),
            monotonic_ns: self.state.monotonic_ns.load(Ordering::Relaxed),
            realtime_ns: self.state.realtime_ns.load(Ordering::Relaxed),
            generation: self.state.generation.load(Ordering::Relaxed),
        };
        let used = self.state.used.load(Ordering::Relaxed);
        let cells = self.cells.get(..used).unwrap_or(&self.cells);
        into.words.resize(cells.len(), PENDING);
        for (word, cell) in into.words.iter_mut().zip(cells) {
            *word = Word::from_bits(cell.load(Ordering::Relaxed));
        }
    }
}

/// The writing side of a page.
pub struct PageWriter {
    page: Arc<Page>,
    version: u64,
    edit: PageEdit,
}

/// The words of the next publication.
pub struct PageEdit {
    words: Box<[Word]>,
    changed: Box<[u64]>,
    used: usize,
}

/// Places noted in one element of [`PageEdit::changed`].
const BITS: usize = 64;

impl PageEdit {
    /// Puts `word` at `place`. Places never put stay pending; a place beyond the capacity is a caller's mistake.
    pub fn put(&mut self, place: usize, word: Word) {
        debug_assert!(place < self.words.len(), "place {place} of a page of {}", self.words.len());
        let Some(known) = self.words.get_mut(place) else { return };
        self.used = self.used.max(place + 1);
        if *known != word {
            *known = word;
            if let Some(bits) = self.changed.get_mut(place / BITS) {
                *bits |= 1 << (place % BITS);
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
    pub fn publish(&mut self, stamp: Stamp, fill: impl FnOnce(&mut PageEdit)) {
        fill(&mut self.edit);
        self.store(stamp);
    }

    /// Stores what changed. Not generic, so that it is compiled once, here.
    #[inline(never)]
    fn store(&mut self, stamp: Stamp) {
        let state = &self.page.state;
        // Relaxed suffices: the fence below orders it before the stores of the cells.
        state.version.store(self.version + 1, Ordering::Relaxed);
        // Pairs with the reader's Acquire fence: who sees a store from below also sees the odd version.
        fence(Ordering::Release);
        state.tick.store(stamp.tick, Ordering::Relaxed);
        state.monotonic_ns.store(stamp.monotonic_ns, Ordering::Relaxed);
        state.realtime_ns.store(stamp.realtime_ns, Ordering::Relaxed);
        state.generation.store(stamp.generation, Ordering::Relaxed);
        state.used.store(self.edit.used, Ordering::Relaxed);
        let blocks = self.page.cells.chunks(BITS).zip(self.edit.words.chunks(BITS));
        for (changed, (cells, words)) in self.edit.changed.iter_mut().zip(blocks) {
            while *changed != 0 {
                let place = usize::try_from(changed.trailing_zeros()).unwrap_or(BITS);
                if let (Some(cell), Some(word)) = (cells.get(place), words.get(place)) {
                    cell.store(word.bits(), Ordering::Relaxed);
                }
                *changed &= *changed - 1;
            }
        }
        self.version += 2;
        // Release pairs with the reader's Acquire load: who sees this even version sees every store above.
        state.version.store(self.version, Ordering::Release);
    }

    /// The memory that publishing touches, for locking it.
    pub fn regions(&self) -> impl Iterator<Item = Region> {
        let page: &Page = &self.page;
        [
            region(std::slice::from_ref(page)),
            region(&page.cells),
            region(&self.edit.words),
            region(&self.edit.changed),
        ]
        .into_iter()
    }
}

#[cfg(all(test, not(hearth_loom)))]
mod tests {
    use super::*;

    fn stamp(tick: u64) -> Stamp {
        Stamp { tick, monotonic_ns: tick + 1, realtime_ns: tick + 2, generation: 3 }
    }

    fn copy(page: &Page) -> PageCopy {
        let mut copy = PageCopy::of(page);
        assert_eq!(page.copy(&mut copy), Ok(()));
        copy
    }

    #[test]
    fn a_page_never_published_is_empty() {
        let (_writer, page) = Page::new(3);
        assert_eq!(copy(&page), PageCopy::default());
    }

    #[test]
    fn a_copy_is_as_long_as_the_places_used_and_the_rest_is_pending() {
        let (mut writer, page) = Page::new(200);
        writer.publish(stamp(1), |edit| edit.put(70, Word::value(7)));
        let first = copy(&page);
        assert_eq!(first.stamp, stamp(1));
        assert_eq!(first.words.len(), 71);
        assert_eq!(first.words[70], Word::value(7));
        assert!(first.words[..70].iter().all(|word| *word == PENDING));
        writer.publish(stamp(2), |edit| edit.put(199, Word::value(9)));
        let second = copy(&page);
        assert_eq!((second.stamp, second.words.len()), (stamp(2), 200));
        assert_eq!((second.words[70], second.words[199]), (Word::value(7), Word::value(9)));
    }

    #[test]
    fn only_changed_places_are_stored() {
        let (mut writer, page) = Page::new(2);
        let put = |edit: &mut PageEdit| (0..2).for_each(|place| edit.put(place, Word::value(5)));
        writer.publish(stamp(1), put);
        // Nobody else stores; done here to see which cells the next publication leaves alone.
        page.cells[0].store(Word::value(-1).bits(), Ordering::Relaxed);
        writer.publish(stamp(2), |edit| {
            put(edit);
            edit.put(1, Word::value(6));
        });
        assert_eq!(copy(&page).words, [Word::value(-1), Word::value(6)]);
    }

    #[test]
    fn the_last_word_put_at_a_place_counts() {
        let (mut writer, page) = Page::new(1);
        writer.publish(stamp(1), |edit| (0..100).for_each(|value| edit.put(0, Word::value(value))));
        assert_eq!(copy(&page).words, [Word::value(99)]);
    }

    #[test]
    fn a_writer_that_stops_in_the_middle_makes_readers_busy_and_not_wait() {
        let (_writer, page) = Page::new(1);
        page.state.version.store(1, Ordering::Relaxed);
        assert_eq!(page.copy(&mut PageCopy::of(&page)), Err(Busy));
    }

    #[test]
    fn a_filling_that_unwinds_is_published_with_the_next() {
        let (mut writer, page) = Page::new(2);
        let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            writer.publish(stamp(1), |edit| {
                edit.put(0, Word::value(1));
                std::panic::resume_unwind(Box::new(()));
            });
        }));
        assert!(unwound.is_err());
        assert_eq!(copy(&page), PageCopy::default());
        writer.publish(stamp(2), |edit| edit.put(1, Word::value(2)));
        assert_eq!(copy(&page).words, [Word::value(1), Word::value(2)]);
    }

    #[test]
    fn the_regions_cover_cells_words_and_marks() {
        let (writer, _page) = Page::new(65);
        let bytes: usize = writer.regions().map(|(_, bytes)| bytes).sum();
        assert_eq!(bytes, size_of::<Page>() + 65 * 16 + 2 * 8);
    }
}
