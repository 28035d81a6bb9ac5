//! The ring and the page under fire: a writer at full speed, readers that lag, crash and race the wrap.
//!
//! Bounded by counts, never by time. Every word derives from its frame's number, so a torn frame shows itself.
#![cfg(not(hearth_loom))]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use hearth_hot::frames::Frames;
use hearth_hot::page::{Busy, Page, PageCopy, Stamp};
use hearth_hot::ring::{Cursor, Ring, RingWriter};
use hearth_model::Word;

/// Miri takes seconds for what takes a processor milliseconds.
const FRAMES: u64 = if cfg!(miri) { 300 } else { 200_000 };
const PUBLICATIONS: u64 = if cfg!(miri) { 100 } else { 20_000 };
/// Not powers of two, and small enough to be lapped at every turn.
const CAPACITIES: [usize; 3] = [1, 7, 1000];
const COLUMNS: usize = 3;
/// The low bits of the time turn over after half of the frames.
const FIRST_US: u64 = (5 << 40) - FRAMES / 2;

fn word(frame: u64, column: usize) -> Word {
    Word::count(frame.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 2 ^ column as u64)
}

fn push(writer: &mut RingWriter, frame: u64) {
    writer.push((FIRST_US + frame) * 1000, &[word(frame, 0), word(frame, 1), word(frame, 2)]);
}

fn push_all(writer: &mut RingWriter) {
    for frame in 0..FRAMES {
        push(writer, frame);
    }
}

/// Panics unless every frame shown is whole.
fn check(out: &Frames) {
    for (frame, time_us) in (out.first_frame()..).zip(out.times_us()) {
        assert_eq!(*time_us, FIRST_US + frame, "time of frame {frame}");
    }
    for column in 0..out.columns() {
        for (frame, got) in (out.first_frame()..).zip(out.column(column)) {
            assert_eq!(*got, word(frame, column), "frame {frame}, column {column}");
        }
    }
}

/// What one reader saw from frame 0 to the last.
struct Tally {
    frames: u64,
    lost: u64,
}

/// Reads `at_once` frames at a time until every frame is handed out or lost; `lag` is run between reads.
fn read_all(ring: &Ring, at_once: usize, mut lag: impl FnMut()) -> Tally {
    let mut out = Frames::of(ring, at_once);
    let mut cursor = Cursor::since(0);
    let mut tally = Tally { frames: 0, lost: 0 };
    while cursor.next_frame() < FRAMES {
        let before = cursor.next_frame();
        let read = ring.read(&mut cursor, at_once, &mut out);
        check(&out);
        assert_eq!(out.len(), read.frames);
        assert_eq!(cursor.next_frame(), before + read.lost + read.frames as u64);
        if read.frames > 0 {
            assert_eq!(out.first_frame(), before + read.lost);
        }
        tally.frames += read.frames as u64;
        tally.lost += read.lost;
        if read.frames == 0 && read.lost == 0 {
            thread::yield_now();
        }
        lag();
    }
    tally
}

#[test]
fn readers_that_race_the_wrap_get_whole_frames_and_count_the_rest() {
    for capacity in CAPACITIES {
        let (mut writer, ring) = Ring::new(COLUMNS, capacity);
        thread::scope(|scope| {
            let readers: Vec<_> = [1, capacity, 64]
                .into_iter()
                .map(|at_once| {
                    scope.spawn({
                        let ring = Arc::clone(&ring);
                        move || read_all(&ring, at_once, || ())
                    })
                })
                .collect();
            push_all(&mut writer);
            for reader in readers {
                let tally = reader.join().unwrap();
                assert_eq!(tally.frames + tally.lost, FRAMES, "capacity {capacity}");
            }
        });
    }
}

#[test]
fn readers_that_lag_are_told_exactly_what_they_missed() {
    let (mut writer, ring) = Ring::new(COLUMNS, 100);
    let lagging = thread::spawn({
        let ring = Arc::clone(&ring);
        move || {
            // Between two reads, waits until the writer has lapped the ring or has finished.
            let mut seen = 0;
            read_all(&ring, 10, || {
                let lapped = (seen + 150).min(FRAMES);
                while ring.next_frame() < lapped {
                    thread::yield_now();
                }
                seen = ring.next_frame();
            })
        }
    });
    push_all(&mut writer);
    let tally = lagging.join().unwrap();
    assert_eq!(tally.frames + tally.lost, FRAMES);
    assert!(tally.lost > 0, "a reader lapped at every read loses frames");
}

#[test]
fn readers_that_crash_leave_the_writer_and_the_other_readers_alone() {
    let (mut writer, ring) = Ring::new(COLUMNS, 50);
    let crashing = |after: u64| {
        let ring = Arc::clone(&ring);
        thread::spawn(move || {
            let mut reads = 0;
            read_all(&ring, 20, || {
                reads += 1;
                // Unwinds without the default message, which would look like a failure in the log.
                if reads == after {
                    std::panic::resume_unwind(Box::new("a reader crashes on purpose"));
                }
            });
        })
    };
    let crashed: Vec<_> = (1..=4).map(crashing).collect();
    let steady = thread::spawn({
        let ring = Arc::clone(&ring);
        move || read_all(&ring, 20, || ())
    });
    push_all(&mut writer);
    let crashes = crashed.into_iter().filter_map(|reader| reader.join().err()).count();
    assert!(crashes >= 1, "the reader that crashes at its first read always gets there");
    let tally = steady.join().unwrap();
    assert_eq!(tally.frames + tally.lost, FRAMES);
    assert_eq!(ring.next_frame(), FRAMES);
}

#[test]
fn a_page_copied_while_it_is_published_is_always_one_publication() {
    const PLACES: usize = 100;
    let (mut writer, page) = Page::new(PLACES);
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let (page, done) = (Arc::clone(&page), Arc::clone(&done));
            thread::spawn(move || {
                let mut copy = PageCopy::of(&page);
                let mut last = 0;
                let mut finished = false;
                while !finished {
                    finished = done.load(Ordering::Acquire);
                    match page.copy(&mut copy) {
                        Ok(()) => {
                            let tick = copy.stamp.tick;
                            assert!(tick >= last, "publications do not run backwards");
                            last = tick;
                            assert_eq!(copy.stamp, stamp(tick));
                            assert_eq!(copy.words.len(), if tick == 0 { 0 } else { PLACES });
                            assert!(copy.words.iter().all(|word| *word == Word::count(tick)), "tick {tick}");
                        }
                        Err(Busy) => thread::yield_now(),
                    }
                }
                last
            })
        })
        .collect();
    for tick in 1..=PUBLICATIONS {
        writer.publish(stamp(tick), |edit| (0..PLACES).for_each(|place| edit.put(place, Word::count(tick))));
    }
    done.store(true, Ordering::Release);
    for reader in readers {
        assert_eq!(
            reader.join().unwrap(),
            PUBLICATIONS,
            "the copy after the last publication is the last publication"
        );
    }
}

fn stamp(tick: u64) -> Stamp {
    Stamp {
        tick,
        monotonic_ns: 2 * tick,
        realtime_ns: 3 * tick,
        generation: u32::try_from(tick).unwrap_or(u32::MAX),
    }
}
