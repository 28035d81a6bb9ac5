//! Every interleaving and every permitted order of memory operations, for models small enough to try them all.
//!
//! `RUSTFLAGS="--cfg hearth_loom" cargo test -p hearth-hot --release --test loom`
//!
//! Each test names the orderings that it fails without.
#![cfg(hearth_loom)]

use hearth_hot::frames::Frames;
use hearth_hot::page::{Busy, Page, PageCopy, Stamp};
use hearth_hot::ring::{Cursor, Read, Ring, RingWriter};
use hearth_hot::sync::Arc;
use hearth_model::Word;
use loom::thread;

/// Tries every execution, or, for the larger models, every one in which threads are interrupted at most `bound` times.
fn check(bound: Option<usize>, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = bound;
    builder.check(model);
}

/// Just before the low bits of a time turn over, so that a time completed from too old a neighbour comes out wrong.
const FIRST_US: u64 = (3 << 40) - 2;

fn word(frame: u64, column: usize) -> Word {
    Word::count(10 * (frame + 1) + column as u64)
}

fn push(writer: &mut RingWriter, columns: usize, frame: u64) {
    let words: Vec<Word> = (0..columns).map(|column| word(frame, column)).collect();
    writer.push((FIRST_US + frame) * 1000, &words);
}

/// Reads once and checks that what came is whole, in place and accounted for.
fn read(ring: &Ring, cursor: &mut Cursor, out: &mut Frames) -> Read {
    let before = cursor.next_frame();
    let read = ring.read(cursor, out.capacity(), out);
    assert_eq!(out.len(), read.frames);
    assert_eq!(
        cursor.next_frame(),
        before + read.lost + read.frames as u64,
        "every frame is handed out or lost"
    );
    if read.frames > 0 {
        assert_eq!(out.first_frame(), before + read.lost);
    }
    for (frame, time_us) in (out.first_frame()..).zip(out.times_us()) {
        assert_eq!(*time_us, FIRST_US + frame, "time of frame {frame}");
    }
    for column in 0..out.columns() {
        for (frame, got) in (out.first_frame()..).zip(out.column(column)) {
            assert_eq!(*got, word(frame, column), "frame {frame}, column {column}");
        }
    }
    read
}

/// One writer pushes `pushes` frames onto `full` that are there already, while `readers` read once each.
fn race(bound: Option<usize>, columns: usize, frames: usize, full: u64, pushes: u64, readers: usize) {
    check(bound, move || {
        let (mut writer, ring) = Ring::new(columns, frames);
        for frame in 0..full {
            push(&mut writer, columns, frame);
        }
        let readers: Vec<_> = (0..readers)
            .map(|_| {
                let ring = Arc::clone(&ring);
                thread::spawn(move || {
                    let mut out = Frames::of(&ring, frames);
                    read(&ring, &mut Cursor::since(0), &mut out);
                })
            })
            .collect();
        for frame in full..full + pushes {
            push(&mut writer, columns, frame);
        }
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn a_committed_frame_is_visible_as_a_whole() {
    // Fails without Release on `committed` in commit, or Acquire in next_frame.
    race(None, 2, 2, 0, 2, 1);
}

#[test]
fn a_frame_overwritten_while_it_is_copied_is_lost_and_not_torn() {
    // Fails without the Release fence in reserve, or the Acquire fence in read_runs.
    race(None, 1, 1, 1, 1, 1);
    race(None, 2, 1, 1, 1, 1);
    race(Some(3), 1, 2, 2, 2, 1);
}

#[test]
fn two_readers_do_not_disturb_each_other() {
    race(Some(2), 1, 1, 1, 1, 2);
}

#[test]
fn frames_and_losses_of_several_reads_add_up() {
    check(Some(2), || {
        let (mut writer, ring) = Ring::new(1, 2);
        push(&mut writer, 1, 0);
        let reader = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                let mut out = Frames::of(&ring, 1);
                let mut cursor = ring.from_oldest();
                let first = cursor.next_frame();
                let sum: u64 = (0..2)
                    .map(|_| read(&ring, &mut cursor, &mut out))
                    .map(|read| read.lost + read.frames as u64)
                    .sum();
                assert_eq!(cursor.next_frame(), first + sum);
            })
        };
        push(&mut writer, 1, 1);
        push(&mut writer, 1, 2);
        reader.join().unwrap();
    });
}

fn stamp(tick: u64) -> Stamp {
    Stamp {
        tick,
        monotonic_ns: 2 * tick,
        realtime_ns: 3 * tick,
        generation: u32::try_from(tick).unwrap_or(u32::MAX),
    }
}

/// What the page holds after publication `tick`: place 0 changes every time, place 1 appears with the second.
fn page_after(tick: u64) -> Vec<Word> {
    match tick {
        0 => vec![],
        1 => vec![Word::value(1)],
        _ => vec![Word::count(tick), Word::value(-1)],
    }
}

fn publish(writer: &mut hearth_hot::page::PageWriter, tick: u64) {
    writer.publish(stamp(tick), |edit| {
        for (place, word) in page_after(tick).into_iter().enumerate() {
            edit.put(place, word);
        }
    });
}

/// Copies once. A copy is one publication, no older than `since`; the reader is kept out only if two publications
/// after `since`, up to `last`, can have crossed its copy: wherever a writer stops in the middle of one, never.
fn copy(page: &Page, since: u64, last: u64) -> u64 {
    let mut copy = PageCopy::of(page);
    match page.copy(&mut copy) {
        Ok(()) => {
            assert!(copy.stamp.tick >= since, "copies run backwards");
            assert_eq!(copy.stamp, stamp(copy.stamp.tick));
            assert_eq!(copy.words, page_after(copy.stamp.tick));
            copy.stamp.tick
        }
        Err(Busy) => {
            assert!(last >= since + 2, "nobody came round to the buffer");
            since
        }
    }
}

/// One writer publishes up to `last` while a reader copies `copies` times; `before` publications are there already.
/// One reader is enough: readers store nothing, so they cannot disturb each other.
fn copy_while(bound: Option<usize>, before: u64, last: u64, copies: usize) {
    check(bound, move || {
        let (mut writer, page) = Page::new(2);
        for tick in 1..=before {
            publish(&mut writer, tick);
        }
        let reader = {
            let page = Arc::clone(&page);
            thread::spawn(move || (0..copies).fold(before, |since, _| copy(&page, since, last)))
        };
        for tick in before + 1..=last {
            publish(&mut writer, tick);
        }
        reader.join().unwrap();
    });
}

#[test]
fn a_copy_is_one_publication_stamp_and_words() {
    // Fails without Release on `published` in finish, or Acquire in copy.
    copy_while(None, 0, 1, 1);
    copy_while(None, 1, 2, 1);
}

#[test]
fn a_copy_that_the_writer_comes_round_to_is_refused_and_not_torn() {
    // Fails without the Release fence in begin, or the Acquire fence in copy.
    copy_while(Some(3), 0, 2, 1);
    copy_while(Some(3), 1, 3, 1);
}

#[test]
fn a_writer_in_the_middle_of_a_publication_keeps_no_reader_out() {
    // Every place where the writer can be stopped while the reader copies is among the executions.
    copy_while(None, 2, 3, 1);
}

#[test]
fn copies_of_one_reader_do_not_run_backwards() {
    copy_while(Some(2), 0, 2, 2);
}
