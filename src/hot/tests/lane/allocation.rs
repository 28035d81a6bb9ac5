//! A lane neither allocates nor frees once it runs.
//!
//! The allocator of these tests counts what is asked of it by a thread while that thread is marked.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::park_timeout;
use std::time::Duration;

use crate::stage::{HandClock, SECONDLY, TICKING, armed, counting, spec};
use hearth_hot::armed::Armed;
use hearth_hot::contract::State;
use hearth_hot::lane::LaneCore;
use hearth_hot::orders::{Order, Vacated};
use hearth_hot::thread::{LaneHandle, Settings, Stopped};
use hearth_model::Reason;

struct Counting;

thread_local! {
    static MARKED: Cell<bool> = const { Cell::new(false) };
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    if MARKED.get() {
        CALLS.set(CALLS.get() + 1);
    }
}

#[expect(unsafe_code, reason = "an allocator is unsafe by its trait")]
// SAFETY: every call goes to the system's allocator with its arguments unchanged; counting touches two cells of the
// thread that need neither memory nor a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count();
        // SAFETY: `block` came from `System` by `alloc` above, with this layout, as the caller promises.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs `step` and returns how often it allocated, grew or freed.
fn calls(step: impl FnOnce()) -> u64 {
    CALLS.set(0);
    MARKED.set(true);
    step();
    MARKED.set(false);
    CALLS.get()
}

/// Sensors that succeed, fail and change, each kept in ring and history where it can.
fn crew() -> Vec<Option<Armed>> {
    let failing = armed(&TICKING, &[1, 2], true, |slots, tick, sheet| {
        sheet.count(slots[1], tick.index);
        if tick.index % 3 == 0 { Err(Reason::IoError) } else { Ok(State::Steady) }
    });
    vec![Some(counting(&TICKING, 0)), Some(failing), Some(changing()), Some(counting(&SECONDLY, 4)), None]
}

fn changing() -> Armed {
    armed(&TICKING, &[3], false, |slots, tick, sheet| {
        sheet.count(slots[0], tick.monotonic_ns);
        Ok(if tick.index % 7 == 0 { State::Changed } else { State::Steady })
    })
}

#[test]
fn the_allocator_of_this_test_counts_both_ways() {
    let mut kept = Vec::new();
    assert_eq!(calls(|| kept = vec![1_u8]), 1);
    assert_eq!(calls(|| kept.reserve(1000)), 2, "growing is a new block and the old one freed");
    assert_eq!(calls(|| drop(kept)), 1);
    assert_eq!(calls(|| ()), 0);
}

#[test]
fn ten_thousand_ticks_with_failures_orders_and_changes_allocate_and_free_nothing() {
    let (mut core, mut ends) = LaneCore::new(spec(crew()), 0).unwrap();
    let clock = HandClock::default();
    let wanted = ends.wanted();
    let (mut sent, mut returned, mut changes) = (0_u32, 0_u32, 0_u32);
    for tick in 0..10_000_u32 {
        if tick % 11 == 0 && sent - returned < 100 {
            let vacated = Vacated { places: [3].into(), ring: [1].into(), history: [1].into() };
            let armed = (tick % 2 == 0).then(changing);
            sent += u32::from(ends.desk.send(Order { at: 2, armed, vacated, generation: tick }).is_ok());
        }
        wanted.set(tick % 1500);
        assert_eq!(calls(|| clock.step(&mut core)), 0, "tick {tick}");
        changes += ends.signals.take_changed().count_ones();
        // Spent orders pile up at times, so that the lane has to keep one.
        if tick % 1000 > 800 {
            while ends.desk.take_spent().is_some() {
                returned += 1;
            }
        }
    }
    assert_eq!(core.meters().ticks, 10_000);
    assert_eq!(core.meters().sensors[1].failures, 3334);
    assert!(
        sent > 500 && returned > 500 && changes > 100,
        "{sent} sent, {returned} returned, {changes} changes"
    );
    assert!(ends.history.next_frame() > 10);
}

#[test]
fn a_lane_s_thread_allocates_and_frees_nothing_between_its_first_and_its_last_read() {
    const READS: u64 = 200;
    let (found, waiter) = (Arc::new(AtomicU64::new(u64::MAX)), std::thread::current());
    let lane_found = Arc::clone(&found);
    let marking = armed(&TICKING, &[8], false, move |_, tick, _| {
        MARKED.set(tick.index < READS);
        if tick.index == READS {
            lane_found.store(CALLS.get(), Ordering::Release);
            waiter.unpark();
        }
        Ok(State::Steady)
    });
    let mut sensors = crew();
    sensors.insert(0, Some(marking));
    let mut handle = LaneHandle::start(spec(sensors), Settings::default()).unwrap();
    handle.ends.wanted().set(1000);
    let order = Order { at: 5, armed: Some(changing()), vacated: Vacated::default(), generation: 2 };
    assert!(handle.send(order).is_ok());
    for _ in 0..600 {
        if found.load(Ordering::Acquire) != u64::MAX {
            break;
        }
        park_timeout(Duration::from_millis(100));
    }
    assert_eq!(found.load(Ordering::Acquire), 0);
    assert_eq!(handle.stop(Duration::from_secs(60)), Stopped::Asked);
}
