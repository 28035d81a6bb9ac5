//! The ring's peer: the same layout and protocol over plain memory in an `UnsafeCell`.
//!
//! Reads and writes of a frame that race are a data race by the letter, whichever way they are spelled; `Volatile` is
//! the spelling in use elsewhere (the copy is checked afterwards), `Block` copies whole runs and is the fastest a
//! processor can do. Nothing outside the benchmark uses this.
#![expect(unsafe_code, reason = "this is the version that the safe ring is measured against")]

use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// How a run of words is copied.
#[derive(Clone, Copy)]
pub(super) enum Copying {
    /// Word by word, volatile.
    Volatile,
    /// As one block.
    Block,
}

/// A ring over plain memory.
pub(super) struct UnsafeRing {
    reserved: AtomicU64,
    committed: AtomicU64,
    newest_us: AtomicU64,
    frames: usize,
    columns: usize,
    cells: Box<[UnsafeCell<u64>]>,
    times_low: Box<[UnsafeCell<u32>]>,
    times_high: Box<[UnsafeCell<u8>]>,
    slot: usize,
}

/// What a read fills.
pub(super) struct UnsafeFrames {
    pub(super) times: Box<[u64]>,
    pub(super) words: Box<[u64]>,
}

impl UnsafeFrames {
    pub(super) fn new(columns: usize, frames: usize) -> Self {
        Self { times: vec![1; frames].into(), words: vec![1; columns * frames].into() }
    }
}

fn plain<T: From<u8>>(count: usize) -> Box<[UnsafeCell<T>]> {
    (0..count).map(|_| UnsafeCell::new(T::from(1))).collect()
}

impl UnsafeRing {
    pub(super) fn new(columns: usize, frames: usize) -> Self {
        Self {
            reserved: AtomicU64::new(0),
            committed: AtomicU64::new(0),
            newest_us: AtomicU64::new(0),
            frames,
            columns,
            cells: plain(columns * frames),
            times_low: plain(frames),
            times_high: plain(frames),
            slot: 0,
        }
    }

    /// Appends a frame. `CHECKED` compares each index with its bound, as safe code has to; without, that trust is the
    /// peer's advantage beside plain memory.
    #[inline(never)]
    pub(super) fn push<const CHECKED: bool>(&mut self, monotonic_ns: u64, words: &[u64]) {
        let frame = self.committed.load(Ordering::Relaxed);
        let time = (monotonic_ns / 1000).max(self.newest_us.load(Ordering::Relaxed));
        self.reserved.store(frame + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        self.newest_us.store(time, Ordering::Relaxed);
        // `slot` is below `frames`, the length of both.
        let low = element::<_, CHECKED>(&self.times_low, self.slot);
        let high = element::<_, CHECKED>(&self.times_high, self.slot);
        let [b0, b1, b2, b3, b4, ..] = time.to_le_bytes();
        // SAFETY: the cell lives as long as the ring, and only this writer writes.
        unsafe { low.get().write_volatile(u32::from_le_bytes([b0, b1, b2, b3])) };
        // SAFETY: the cell lives as long as the ring, and only this writer writes.
        unsafe { high.get().write_volatile(b4) };
        for (column, word) in words.iter().enumerate().take(self.columns) {
            // `column` is below `columns` and `slot` below `frames`; there are `columns × frames` cells.
            let cell = element::<_, CHECKED>(&self.cells, column * self.frames + self.slot);
            // SAFETY: the cell lives as long as the ring, and only this writer writes.
            unsafe { cell.get().write_volatile(*word) };
        }
        self.committed.store(frame + 1, Ordering::Release);
        self.slot = if self.slot + 1 == self.frames { 0 } else { self.slot + 1 };
    }

    /// Copies `count` frames from number `first` on; says how many in front are torn.
    #[inline(never)]
    pub(super) fn read(&self, first: u64, count: usize, out: &mut UnsafeFrames, copying: Copying) -> u64 {
        let end = self.committed.load(Ordering::Acquire);
        let newest_us = self.newest_us.load(Ordering::Relaxed);
        let count = count.min(usize::try_from(end - first).unwrap_or(0)).min(out.times.len());
        let slot = usize::try_from(first % self.frames as u64).unwrap_or(0);
        let head = count.min(self.frames - slot);
        let stride = out.times.len();
        for (from, at, count) in [(slot, 0, head), (0, head, count - head)] {
            let low = &self.times_low[from..from + count];
            copy_times(low, &self.times_high[from..from + count], &mut out.times[at..at + count]);
            for column in 0..self.columns {
                let from = column * self.frames + from;
                let at = column * stride + at;
                copy(&self.cells[from..from + count], &mut out.words[at..at + count], copying);
            }
        }
        fence(Ordering::Acquire);
        let reserved = self.reserved.load(Ordering::Relaxed);
        for time in &mut out.times[..count] {
            *time = newest_us - (newest_us.wrapping_sub(*time) & ((1 << 40) - 1));
        }
        reserved.saturating_sub(self.frames as u64).saturating_sub(first)
    }
}

#[inline(always)]
fn element<T, const CHECKED: bool>(cells: &[UnsafeCell<T>], at: usize) -> &UnsafeCell<T> {
    if CHECKED {
        &cells[at]
    } else {
        // SAFETY: the callers say why `at` is below the length.
        unsafe { cells.get_unchecked(at) }
    }
}

fn copy_times(low: &[UnsafeCell<u32>], high: &[UnsafeCell<u8>], times: &mut [u64]) {
    for ((time, low), high) in times.iter_mut().zip(low).zip(high) {
        // SAFETY: the cell lives as long as the ring; the benchmark neither pushes nor reads elsewhere meanwhile.
        let high = unsafe { high.get().read_volatile() };
        // SAFETY: as above.
        let low = unsafe { low.get().read_volatile() };
        *time = u64::from(high) << 32 | u64::from(low);
    }
}

fn copy(cells: &[UnsafeCell<u64>], to: &mut [u64], copying: Copying) {
    match copying {
        Copying::Volatile => {
            for (to, cell) in to.iter_mut().zip(cells) {
                // SAFETY: the cell lives as long as the ring; the benchmark neither pushes nor reads elsewhere meanwhile.
                *to = unsafe { cell.get().read_volatile() };
            }
        }
        // SAFETY: both slices have `to.len()` elements of one size, and the benchmark does not push meanwhile.
        Copying::Block => unsafe {
            ptr::copy_nonoverlapping(cells.as_ptr().cast(), to.as_mut_ptr(), to.len());
        },
    }
}
