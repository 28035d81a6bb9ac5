//! An allocator that counts what a marked thread asks of it, and remembers where the first request came from.

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};

pub(crate) struct Watchful;

thread_local! {
    static MARKED: Cell<bool> = const { Cell::new(false) };
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static FIRST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Counts a request of a marked thread. The mark is off meanwhile, since describing the first one allocates.
fn note(what: &str, bytes: usize) {
    if !MARKED.replace(false) {
        return;
    }
    CALLS.set(CALLS.get() + 1);
    if CALLS.get() == 1 {
        FIRST.set(format!("{what} of {bytes} bytes at\n{}", Backtrace::force_capture()));
    }
    MARKED.set(true);
}

#[expect(unsafe_code, reason = "an allocator is unsafe by its trait")]
// SAFETY: every call goes to the system's allocator with its arguments unchanged; counting hands out no memory.
unsafe impl GlobalAlloc for Watchful {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note("allocation", layout.size());
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        note("free", layout.size());
        // SAFETY: `block` came from `System` with this layout, as the caller promises.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        note("reallocation", bytes);
        // SAFETY: `block` came from `System` with this layout, and `bytes` is as the caller promises.
        unsafe { System.realloc(block, layout, bytes) }
    }
}

/// How often `step` allocated, grew or freed on this thread, and what the first request was.
pub(crate) fn requests(step: impl FnOnce()) -> (u64, String) {
    CALLS.set(0);
    MARKED.set(true);
    step();
    MARKED.set(false);
    (CALLS.get(), FIRST.take())
}
