//! The page: what is stored, where it lies, and what a reader gets of a publication cut short.

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
fn only_places_that_differ_from_the_buffer_are_stored() {
    let (mut writer, page) = Page::new(2);
    let put = |edit: &mut PageEdit| (0..2).for_each(|place| edit.put(place, Word::value(5)));
    writer.publish(stamp(1), put);
    writer.publish(stamp(2), put);
    // Nobody else stores; done here to see which cells the next publications leave alone.
    for publication in 1..=2 {
        page.buffer(publication).cells[0].store(stored(Word::value(-1)), Ordering::Relaxed);
    }
    for tick in 3..=4 {
        writer.publish(stamp(tick), |edit| {
            put(edit);
            edit.put(1, Word::value(6));
        });
        assert_eq!(copy(&page).words, [Word::value(-1), Word::value(6)], "tick {tick}");
    }
}

#[test]
fn every_publication_has_all_words_put_so_far_whichever_buffer_it_lies_in() {
    let (mut writer, page) = Page::new(130);
    let mut words = vec![];
    for place in 0..130 {
        words.push(Word::count(place));
        writer.publish(stamp(place), |edit| edit.put(words.len() - 1, Word::count(place)));
        assert_eq!((copy(&page).stamp, copy(&page).words), (stamp(place), words.clone()));
    }
}

#[test]
fn the_last_word_put_at_a_place_counts() {
    let (mut writer, page) = Page::new(1);
    writer.publish(stamp(1), |edit| (0..100).for_each(|value| edit.put(0, Word::value(value))));
    assert_eq!(copy(&page).words, [Word::value(99)]);
}

/// A page after publications 1 and 2 with places 0 and 1 at -1 and -2, and the words of 3 staged: 30 and 31.
fn about_to_publish() -> (PageWriter, Arc<Page>) {
    let (mut writer, page) = Page::new(2);
    writer.publish(stamp(1), |edit| edit.put(0, Word::value(-1)));
    writer.publish(stamp(2), |edit| edit.put(1, Word::value(-2)));
    (30..).zip(0..2).for_each(|(value, place)| writer.stage().put(place, Word::value(value)));
    (writer, page)
}

#[test]
fn a_writer_that_stops_in_the_middle_of_a_publication_leaves_the_last_one_readable() {
    let stops: [fn(&mut PageWriter); 2] = [
        |writer| writer.begin(),
        |writer| {
            writer.begin();
            writer.store(stamp(3));
        },
    ];
    for stop in stops {
        let (mut writer, page) = about_to_publish();
        stop(&mut writer);
        drop(writer);
        let last = copy(&page);
        assert_eq!((last.stamp, &last.words[..]), (stamp(2), &[Word::value(-1), Word::value(-2)][..]));
    }
}

#[test]
fn a_publication_begun_anew_is_complete() {
    let (mut writer, page) = about_to_publish();
    writer.begin();
    writer.store(stamp(3));
    for tick in 4..=5 {
        writer.publish(stamp(tick), |edit| edit.put(1, Word::value(41)));
        let seen = copy(&page);
        assert_eq!((seen.stamp, &seen.words[..]), (stamp(tick), &[Word::value(30), Word::value(41)][..]));
    }
}

#[test]
fn a_reader_is_busy_only_once_the_writer_has_come_round_to_its_buffer() {
    let (mut writer, page) = about_to_publish();
    // As a reader sees it that took publication 2 and then lost its processor: 3 is complete, and 4 begins.
    writer.publish(stamp(3), |_| ());
    page.progress.published.store(2, Ordering::Relaxed);
    assert_eq!(copy(&page).stamp, stamp(2));
    writer.begin();
    assert_eq!(page.copy(&mut PageCopy::of(&page)), Err(Busy));
    page.progress.published.store(3, Ordering::Relaxed);
    assert_eq!(copy(&page).stamp, stamp(3));
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
    assert_eq!(bytes, size_of::<Page>() + 65 * (2 * 8 + 8) + 2 * 2 * 8);
}
