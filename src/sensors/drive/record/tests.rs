use std::fs;

use super::shelf::{FILE_BYTES_MAX, decode, encode};
use super::*;
use crate::sensors::drive::verdict::{Cause, Level};
use crate::sensors::testing::Files;

const HOUR_NS: u64 = WRITE_EVERY_NS;
const DAY_S: u64 = 86_400;
/// Some day in 2026.
const WALL_S: u64 = 1_790_000_000;

fn place(files: &Files) -> Place {
    Place { state_dir: Some(files.root().to_owned()), ..Place::new(files.root(), "sda") }
}

fn record(files: &Files) -> Record {
    Record::open(&place(files), b"ST8000VN004-2M2101", b"WSD/0 A\xc3\xa4")
}

fn media_errors(count: u64) -> Findings {
    Findings { media_errors: Some(count), ..Findings::default() }
}

fn names(files: &Files) -> Vec<String> {
    let listed = fs::read_dir(files.root()).unwrap();
    let mut names: Vec<String> =
        listed.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn file(files: &Files) -> std::path::PathBuf {
    files.root().join("drive-ST8000VN004%2d2M2101-WSD%2f0%20A%c3%a4")
}

/// A run that sees three errors come, and ends.
fn three_errors(files: &Files) {
    let mut record = record(files);
    record.judge_at(5, WALL_S, &media_errors(7));
    assert_eq!(record.judge_at(HOUR_NS / 2, WALL_S, &media_errors(10)).level, Level::Watch);
    record.keep_at(WALL_S, true);
}

#[test]
fn a_restart_keeps_a_trend_and_the_days_go_on() {
    let files = Files::with(&[]);
    three_errors(&files);
    assert_eq!(names(&files), [file(&files).file_name().unwrap().to_str().unwrap()]);
    // A day later, with the lane's clock at its begin again: not one more, and still three within the week.
    let mut after = record(&files);
    assert_eq!(after.memory(), Memory::Kept);
    let verdict = after.judge_at(3, WALL_S + DAY_S, &media_errors(10));
    assert!(verdict.causes.has(Cause::MediaErrors), "{verdict:?}");
    // Seven more make ten, which without the file would be seven.
    let verdict = after.judge_at(4, WALL_S + DAY_S, &media_errors(17));
    assert!(verdict.causes.has(Cause::MediaErrorsGrowing), "{verdict:?}");
    // And what happened while nobody looked is growth, too; after eight days all the rest is forgotten.
    let verdict = record(&files).judge_at(3, WALL_S + 8 * DAY_S, &media_errors(11));
    assert!(!verdict.causes.has(Cause::MediaErrorsGrowing), "{verdict:?}");
    assert!(verdict.causes.has(Cause::MediaErrors), "{verdict:?}");
    let verdict = record(&files).judge_at(3, WALL_S + 8 * DAY_S, &media_errors(10));
    assert_eq!(verdict.level, Level::Ok);
}

#[test]
fn a_wall_clock_that_was_set_back_forgets_nothing() {
    let files = Files::with(&[]);
    three_errors(&files);
    assert_eq!(record(&files).judge_at(3, 0, &media_errors(10)).level, Level::Watch);
}

#[test]
fn it_is_written_once_an_hour_and_only_if_there_is_news() {
    let files = Files::with(&[]);
    let mut record = record(&files);
    record.judge_at(0, WALL_S, &media_errors(7));
    record.judge_at(HOUR_NS - 1, WALL_S, &media_errors(8));
    record.keep_at(WALL_S, false);
    assert_eq!(names(&files), [""; 0], "it is not an hour yet");
    record.judge_at(HOUR_NS, WALL_S, &media_errors(8));
    record.keep_at(WALL_S, false);
    let first = fs::read(file(&files)).unwrap();
    record.judge_at(HOUR_NS + 1, WALL_S, &media_errors(9));
    record.keep_at(WALL_S, false);
    assert_eq!(fs::read(file(&files)).unwrap(), first, "the next hour has only begun");
    record.keep_at(WALL_S, true);
    assert_ne!(fs::read(file(&files)).unwrap(), first, "this was the last chance");
    fs::remove_file(file(&files)).unwrap();
    record.judge_at(HOUR_NS * 3, WALL_S, &media_errors(9));
    record.keep_at(WALL_S, false);
    assert_eq!(names(&files), [""; 0], "there is no news");
}

#[test]
fn a_damaged_file_is_set_aside_and_told_whatever_is_wrong_with_it() {
    let files = Files::with(&[]);
    three_errors(&files);
    let whole = fs::read(file(&files)).unwrap();
    let mut worse: Vec<Vec<u8>> = (0..whole.len()).map(|end| whole[..end].to_vec()).collect();
    worse.extend((0..whole.len() * 8).map(|bit| {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    }));
    worse.push([whole.clone(), vec![0]].concat());
    worse.push(vec![b'x'; FILE_BYTES_MAX * 2]);
    for damaged in worse {
        fs::write(file(&files), &damaged).unwrap();
        let mut record = record(&files);
        assert_eq!(record.memory(), Memory::SetAside, "{} bytes", damaged.len());
        assert_eq!(fs::read(file(&files).with_added_extension("damaged")).unwrap(), damaged);
        assert!(!file(&files).exists());
        assert_eq!(record.judge_at(1, WALL_S, &media_errors(10)).level, Level::Ok, "it begins anew");
    }
}

#[test]
fn a_power_cut_while_it_is_written_leaves_the_old_one_or_the_new_one() {
    let files = Files::with(&[]);
    three_errors(&files);
    let old = fs::read(file(&files)).unwrap();
    let mut later = record(&files);
    later.judge_at(3, WALL_S, &media_errors(20));
    later.keep_at(WALL_S, true);
    let new = fs::read(file(&files)).unwrap();
    assert_ne!(old, new);
    fs::write(file(&files), &old).unwrap();
    for end in 0..=new.len() {
        // Cut off before the new one took the place.
        fs::write(file(&files).with_added_extension("new"), &new[..end]).unwrap();
        let mut record = record(&files);
        assert_eq!(record.memory(), Memory::Kept);
        assert!(!record.judge_at(3, WALL_S, &media_errors(10)).causes.has(Cause::MediaErrorsGrowing));
    }
    fs::rename(file(&files).with_added_extension("new"), file(&files)).unwrap();
    assert!(record(&files).judge_at(3, WALL_S, &media_errors(20)).causes.has(Cause::MediaErrorsGrowing));
}

#[test]
fn without_a_directory_it_is_kept_in_memory_and_the_way_out_is_told() {
    let files = Files::with(&[("occupied", "a file")]);
    for name in ["not-there", "occupied"] {
        let place = Place { state_dir: Some(files.root().join(name)), ..Place::new(files.root(), "sda") };
        let mut record = Record::open(&place, b"model", b"serial");
        let Memory::Refused(errno) = record.memory() else { panic!("{name}: {:?}", record.memory()) };
        record.judge_at(0, WALL_S, &media_errors(0));
        assert_eq!(record.judge_at(1, WALL_S, &media_errors(1)).level, Level::Watch, "this run's is kept");
        record.keep_at(WALL_S, true);
        let config = hearth_hot::testing::Bench::config();
        let mut arming = Arming::new(files.root(), &config, hearth_hot::contract::LaneKind::Slow, &[]);
        note(&mut arming, "/dev/sda", Memory::Refused(errno));
        let told = format!("{:?}", arming.take_sources());
        assert!(told.contains("/dev/sda: history") && told.contains("drives.state_dir"), "{told}");
    }
    // Once it is there it is used.
    let place = Place { state_dir: Some(files.root().join("not-there")), ..Place::new(files.root(), "sda") };
    let mut record = Record::open(&place, b"model", b"serial");
    record.judge_at(0, WALL_S, &media_errors(0));
    fs::create_dir(files.root().join("not-there")).unwrap();
    record.judge_at(HOUR_NS, WALL_S, &media_errors(1));
    record.keep_at(WALL_S, false);
    assert_eq!(record.memory(), Memory::Kept);
}

#[test]
fn a_drive_without_a_serial_number_shares_no_file_and_nobody_needs_one() {
    let files = Files::with(&[]);
    assert_eq!(Record::open(&place(&files), b"model", b"  ").memory(), Memory::Nameless);
    let unwanted = Record::open(&Place::new(files.root(), "sda"), b"model", b"serial");
    assert_eq!(unwanted.memory(), Memory::Unwanted);
    assert_eq!(names(&files), [""; 0]);
}

#[test]
fn the_largest_history_fits_its_file() {
    let kept = Kept { clock_ns: u64::MAX, wall_s: u64::MAX, history: History::largest() };
    let mut room = [0; FILE_BYTES_MAX];
    let bytes = encode(&kept, &mut room).unwrap();
    assert_eq!(decode(bytes), Ok(kept));
}
