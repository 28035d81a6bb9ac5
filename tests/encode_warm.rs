//! Encoding into a warm buffer allocates nothing: an allocator that counts says so.

#![expect(clippy::unwrap_used, reason = "what a test needs and does not get is its failure")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use hearth::encode::exposition::{Exposition, Format};
use hearth::encode::json::{self, events};
use hearth::encode::wire::Encoder;
use hearth_model::Audience;
use machine::{Random, advance, home_server, odd};

#[path = "encode/machine/mod.rs"]
mod machine;

thread_local! {
    // Const and without a destructor, so that the allocator may touch it at any time.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[expect(unsafe_code, reason = "an allocator is the only thing that sees every allocation")]
// SAFETY: every call goes to the system's allocator with the caller's own arguments; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller keeps `alloc`'s contract, which is the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the block came from `alloc` above, so from the system's allocator, with this layout.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block came from `alloc` above, so from the system's allocator, with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often this thread allocates in `work`.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn encoding_into_a_warm_buffer_allocates_nothing() {
    for snapshot in [home_server(), odd(Audience::Admin)] {
        let later =
            if snapshot.words.len() > 1000 { advance(&snapshot, &mut Random(5)) } else { snapshot.clone() };
        let exposition = Exposition::new(&snapshot.schema);
        let created = [(0, 1_600_000_000_500_000_000)];
        let mut encoder = Encoder::default();
        let mut out = Vec::new();
        let mut all = || {
            for moment in [&snapshot, &later] {
                out.clear();
                exposition.render(Format::Text, moment, &[], &mut out).unwrap();
                exposition.render(Format::OpenMetrics, moment, &created, &mut out).unwrap();
                json::snapshot(moment, &mut out);
                json::schema(&moment.schema, &mut out);
                events::full(moment, &mut out);
                events::delta(&snapshot, moment, &mut out).unwrap();
                encoder.frame(&mut out, |encoder, out| encoder.snapshot(moment, out)).unwrap();
                encoder.frame(&mut out, |encoder, out| encoder.delta(&snapshot, moment, out)).unwrap();
            }
        };
        assert!(allocations(&mut all) > 0, "the counter counts: the buffers were cold");
        assert_eq!(allocations(&mut all), 0);
    }
}
