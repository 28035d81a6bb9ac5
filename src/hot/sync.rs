//! The atomics of the hot path: the standard library's, or loom's where every interleaving is tried.
//!
//! Built with `RUSTFLAGS="--cfg hearth_loom"`, the same structures run under loom's model of memory
//! (`src/hot/tests/loom.rs`).

#[cfg(not(hearth_loom))]
mod chosen {
    pub use std::sync::Arc;
    pub use std::sync::atomic::{
        AtomicBool, AtomicI64, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
}

#[cfg(hearth_loom)]
mod chosen {
    pub use loom::sync::Arc;
    pub use loom::sync::atomic::{
        AtomicBool, AtomicI64, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
}

pub use chosen::*;

/// A piece of memory that a lane may lock: where it starts and how many bytes it has.
pub type Region = (*const u8, usize);

/// The memory behind `cells`.
pub(crate) fn region<T>(cells: &[T]) -> Region {
    (cells.as_ptr().cast(), size_of_val(cells))
}

/// So many cells of zero. They come zeroed from the operating system, which gives them memory when they are stored to.
#[cfg(not(hearth_loom))]
#[expect(unsafe_code, reason = "zeroed memory as atomics, without touching it, has no safe form")]
pub(crate) fn zeroed_cells(count: usize) -> Box<[AtomicU64]> {
    let cells = Box::<[AtomicU64]>::new_zeroed_slice(count);
    // SAFETY: every cell is eight zero bytes, and an atomic has the representation of its integer (std: `AtomicU64`), of
    // which zeros are a value.
    unsafe { cells.assume_init() }
}

/// The same under loom, whose atomics are more than their integer.
#[cfg(hearth_loom)]
pub(crate) fn zeroed_cells(count: usize) -> Box<[AtomicU64]> {
    (0..count).map(|_| AtomicU64::new(0)).collect()
}
