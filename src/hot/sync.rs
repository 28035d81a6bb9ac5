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
