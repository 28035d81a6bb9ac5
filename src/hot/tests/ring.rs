//! What a ring promises, one thread at a time.
#![cfg(not(hearth_loom))]

use hearth_hot::frames::Frames;
use hearth_hot::ring::{
    Cursor, FAST_COLUMNS_MAX, FAST_FRAMES, HISTORY_COLUMNS_MAX, HISTORY_FRAMES, Read, Ring, RingWriter,
};
use hearth_model::{Reason, Word};

const PENDING: Word = Word::reason(Reason::Pending);

/// Pushes frames `numbers`, one a millisecond, with words `100 × frame + column`.
fn push(writer: &mut RingWriter, columns: u64, numbers: std::ops::Range<u64>) {
    for frame in numbers {
        let words: Vec<Word> = (0..columns).map(|column| Word::count(100 * frame + column)).collect();
        writer.push(frame * 1_000_000, &words);
    }
}

fn counts(words: impl IntoIterator<Item = u64>) -> Vec<Word> {
    words.into_iter().map(Word::count).collect()
}

#[test]
fn a_ring_that_is_not_full_hands_out_what_was_pushed() {
    let (mut writer, ring) = Ring::new(2, 5);
    let mut out = Frames::of(&ring, 5);
    let mut cursor = ring.from_oldest();
    assert_eq!(ring.read(&mut cursor, 5, &mut out), Read { frames: 0, lost: 0 });
    assert!(out.is_empty());
    push(&mut writer, 2, 0..3);
    assert_eq!((ring.first_frame(), ring.next_frame()), (0, 3));
    assert_eq!(ring.read(&mut cursor, 5, &mut out), Read { frames: 3, lost: 0 });
    assert_eq!(out.first_frame(), 0);
    assert_eq!(out.times_us(), [0, 1000, 2000]);
    assert_eq!(out.column(0), counts([0, 100, 200]));
    assert_eq!(out.column(1), counts([1, 101, 201]));
    assert!(out.column(2).is_empty());
}

#[test]
fn a_read_across_the_wrap_is_in_order_and_counts_what_was_overwritten() {
    let (mut writer, ring) = Ring::new(1, 5);
    push(&mut writer, 1, 0..13);
    assert_eq!((ring.first_frame(), ring.next_frame()), (8, 13));
    let mut cursor = Cursor::since(2);
    let mut out = Frames::of(&ring, 9);
    assert_eq!(ring.read(&mut cursor, 9, &mut out), Read { frames: 5, lost: 6 });
    assert_eq!(out.first_frame(), 8);
    assert_eq!(out.column(0), counts((8..13).map(|frame| 100 * frame)));
    assert_eq!(out.times_us(), [8000, 9000, 10_000, 11_000, 12_000]);
    assert_eq!(cursor.next_frame(), 13);
}

#[test]
fn a_read_is_bounded_by_the_wish_and_by_the_buffer_and_goes_on_where_it_stopped() {
    let (mut writer, ring) = Ring::new(1, 10);
    push(&mut writer, 1, 0..10);
    let mut cursor = ring.from_oldest();
    let mut out = Frames::of(&ring, 4);
    for (wish, first, frames) in [(3, 0, 3), (9, 3, 4), (9, 7, 3)] {
        assert_eq!(ring.read(&mut cursor, wish, &mut out), Read { frames, lost: 0 });
        assert_eq!((out.first_frame(), out.len()), (first, frames));
    }
    assert_eq!(ring.read(&mut cursor, 0, &mut out), Read { frames: 0, lost: 0 });
}

#[test]
fn losses_are_told_even_to_a_reader_that_takes_nothing() {
    let (mut writer, ring) = Ring::new(1, 4);
    push(&mut writer, 1, 0..10);
    let mut cursor = Cursor::since(1);
    let mut nothing = Frames::of(&ring, 0);
    assert_eq!(ring.read(&mut cursor, 1, &mut nothing), Read { frames: 0, lost: 5 });
    assert_eq!(ring.read(&mut cursor, 1, &mut nothing), Read { frames: 0, lost: 0 });
    assert_eq!(cursor, ring.from_oldest());
}

#[test]
fn a_cursor_in_the_future_waits_for_its_frame() {
    let (mut writer, ring) = Ring::new(1, 4);
    let mut cursor = Cursor::since(3);
    let mut out = Frames::of(&ring, 4);
    push(&mut writer, 1, 0..3);
    assert_eq!(cursor, ring.from_newest());
    assert_eq!(ring.read(&mut cursor, 4, &mut out), Read { frames: 0, lost: 0 });
    push(&mut writer, 1, 3..4);
    assert_eq!(ring.read(&mut cursor, 4, &mut out), Read { frames: 1, lost: 0 });
    assert_eq!(out.column(0), counts([300]));
}

#[test]
fn chosen_columns_come_in_the_chosen_order_and_unknown_ones_are_pending() {
    let (mut writer, ring) = Ring::new(4, 3);
    push(&mut writer, 4, 0..5);
    let mut out = Frames::new(4, 3);
    let mut cursor = ring.from_oldest();
    assert_eq!(ring.read_columns(&mut cursor, &[3, 1, 4], 3, &mut out).frames, 3);
    assert_eq!(out.column(0), counts([203, 303, 403]));
    assert_eq!(out.column(1), counts([201, 301, 401]));
    assert_eq!(out.column(2), [PENDING; 3], "the ring has no column 4");
    assert_eq!(out.column(3), [PENDING; 3], "nothing was chosen for it");
}

#[test]
fn times_are_whole_across_the_turn_of_the_kept_bits_and_never_run_backwards() {
    let turn_us = 7_u64 << 40;
    let (mut writer, ring) = Ring::new(0, 4);
    for time_us in [turn_us - 3_600_000_000 * 24, turn_us - 1, turn_us + 5, turn_us + 4] {
        writer.push(time_us * 1000 + 999, &[]);
    }
    let mut out = Frames::of(&ring, 4);
    assert_eq!(ring.read(&mut ring.from_oldest(), 4, &mut out).frames, 4);
    assert_eq!(out.times_us(), [turn_us - 3_600_000_000 * 24, turn_us - 1, turn_us + 5, turn_us + 5]);
}

#[test]
fn sixty_thousand_frames_at_the_idle_rate_keep_their_times() {
    let (mut writer, ring) = Ring::new(0, FAST_FRAMES);
    let frames = u64::try_from(FAST_FRAMES).unwrap();
    for frame in 0..frames {
        writer.push(frame * 100_000_000, &[]);
    }
    let mut out = Frames::of(&ring, 1);
    assert_eq!(ring.read(&mut ring.from_oldest(), 1, &mut out).frames, 1);
    assert_eq!(out.times_us(), [0], "the oldest frame is 100 minutes old");
}

#[test]
fn a_ring_of_no_frames_has_one() {
    let (mut writer, ring) = Ring::new(1, 0);
    assert_eq!(ring.capacity_frames(), 1);
    push(&mut writer, 1, 0..2);
    assert_eq!((ring.first_frame(), ring.next_frame()), (1, 2));
}

#[test]
fn a_frame_of_too_few_or_too_many_words_is_filled_up_or_cut() {
    let (mut writer, ring) = Ring::new(2, 3);
    for words in [&[][..], &counts([1]), &counts([1, 2, 3])] {
        writer.push(0, words);
    }
    let mut out = Frames::of(&ring, 3);
    assert_eq!(ring.read(&mut ring.from_oldest(), 3, &mut out).frames, 3);
    assert_eq!(out.column(0), [PENDING, Word::value(1), Word::value(1)]);
    assert_eq!(out.column(1), [PENDING, PENDING, Word::value(2)]);
}

#[test]
fn the_regions_cover_every_byte_of_the_frames() {
    for (columns, frames) in [(FAST_COLUMNS_MAX, FAST_FRAMES), (HISTORY_COLUMNS_MAX, HISTORY_FRAMES)] {
        let (writer, ring) = Ring::new(columns, frames);
        let bytes: usize = ring.regions().map(|(_, bytes)| bytes).sum();
        assert_eq!(bytes, Ring::bytes(columns, frames) + size_of::<Ring>());
        assert!(writer.regions().eq(ring.regions()));
    }
}

/// Page faults of this thread so far that needed no disk: field 10 of proc_pid_stat(5).
fn minor_faults() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").ok()?;
    stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(7)?.parse().ok()
}

#[test]
fn pushing_once_around_the_ring_brings_in_no_page() {
    let (mut writer, _ring) = Ring::new(FAST_COLUMNS_MAX, FAST_FRAMES);
    let words = [Word::value(1); FAST_COLUMNS_MAX];
    let Some(before) = minor_faults() else {
        println!("skipped: /proc/thread-self/stat cannot be read here");
        return;
    };
    for frame in 0..FAST_FRAMES {
        writer.push(u64::try_from(frame).unwrap(), &words);
    }
    let faults = minor_faults().unwrap() - before;
    // An untouched ring would fault in each of its thousand pages; reading the count itself takes a few.
    assert!(faults < 100, "{faults} page faults");
}
