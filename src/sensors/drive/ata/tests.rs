use std::path::Path;
use std::sync::{Arc, Mutex};

use super::*;
use crate::sensors::drive::ata::facts::Facts;
use crate::sensors::drive::ata::fake::{Fake, Mood};
use crate::sensors::drive::worker::Place;
use crate::sensors::kept::locked;
use crate::sensors::testing::Files;
use hearth_hot::contract::{DriveConfig, SensorConfig};
use hearth_hot::series::SeriesKey;
use hearth_hot::source::SourceOutcome;
use hearth_hot::testing::Bench;
use hearth_model::Reading;

const SECOND_NS: u64 = 1_000_000_000;

/// Disks that can be opened, by where they are.
static PLUGGED: Mutex<Vec<(Place, Arc<Mutex<Mood>>)>> = Mutex::new(Vec::new());
static KEPT_HERE: Kept<Workers<AtaDrive<Fake>>> = Kept::new();

const DEF: SensorDef = SensorDef { arm: |arming| arm_with(arming, &KEPT_HERE, open), ..SENSOR };

fn open(place: &Place) -> Result<AtaDrive<Fake>, Absent> {
    let plugged = locked(&PLUGGED);
    match plugged.iter().find(|(at, _)| at == place) {
        Some((_, mood)) => disk::open_with(place, Facts::of(place), Fake(Arc::clone(mood))),
        None => Err(words::unopened(place, hearth_drivers::file::Errno(13))),
    }
}

fn plug(root: &Path, name: &str) -> Arc<Mutex<Mood>> {
    let (_, mood) = Fake::new();
    let place = Place::new(root, name);
    locked(&PLUGGED).push((place, Arc::clone(&mood)));
    mood
}

fn diskstats(names: &[&str]) -> String {
    names.iter().map(|name| format!("   8       0 {name} 1 0 0 0 0 0 0 0 0 0 0\n")).collect()
}

/// Arms until every disk has been met, however long its thread takes here.
fn armed(files: &Files, config: &SensorConfig) -> Bench {
    loop {
        let bench = Bench::arm_with(&DEF, files.root(), config).unwrap();
        let unmet = |outcome: &SourceOutcome| matches!(outcome, SourceOutcome::Absent(absent) if absent.what == worker::unmet().what);
        if !bench.sources().iter().any(|source| unmet(&source.outcome)) {
            return bench;
        }
    }
}

/// What a series shows that has these values of labels, in the order of the catalogue.
fn shown(bench: &Bench, name: &str, values: &[&str]) -> Option<Reading> {
    let is_it = |key: &&SeriesKey| {
        key.metric.name == name && key.labels.iter().map(|value| &**value).eq(values.iter().copied())
    };
    let key = bench.series().iter().find(is_it)?;
    let pairs: Vec<(&str, &str)> = key.metric.labels.iter().copied().zip(values.iter().copied()).collect();
    bench.value(name, &pairs)
}

/// Reads at a time until the disk's thread has brought news of that time, then says whether it is to be armed anew.
fn read_until(bench: &mut Bench, now_ns: u64, mood: &Mutex<Mood>, commands: usize) -> State {
    bench.read_at(now_ns).unwrap();
    while locked(mood).heard.len() < commands {
        std::thread::yield_now();
    }
    loop {
        let state = bench.read_at(now_ns + 1).unwrap();
        let polls = shown(bench, "hearth_drive_polls_total", &["sda"]);
        if state == State::Changed || polls.is_some_and(|polls| polls.is_ok()) {
            return state;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_disk_gives_its_series_once_it_was_awake_and_keeps_them_in_its_sleep() {
    let files = Files::with(&[("proc/diskstats", &diskstats(&["sda"]))]);
    let mood = plug(files.root(), "sda");
    let mut bench = armed(&files, &Bench::config());
    // The first look tells which attributes there are: series for them want an arming.
    assert_eq!(read_until(&mut bench, 0, &mood, 7), State::Changed);
    let mut bench = armed(&files, &Bench::config());
    assert_eq!(read_until(&mut bench, SECOND_NS, &mood, 7), State::Steady);
    let attribute = |kind: &'static str| {
        [
            "sda",
            "Reallocated_Sector_Ct",
            "PO--CK",
            "prefailure,updated_online,event_count,auto_keep",
            kind,
            "5",
        ]
    };
    assert_eq!(shown(&bench, "smartctl_device_attribute", &attribute("thresh")), Some(Ok(10)));
    assert_eq!(shown(&bench, "smartctl_device_attribute", &attribute("raw")), Some(Ok(0)));
    let part = |part| shown(&bench, "hearth_drive_attribute_part", &["sda", "Seek_Error_Rate", "7", part]);
    assert_eq!((part("errors"), part("operations")), (Some(Ok(3)), Some(Ok(0x089a_bcde))));
    let temperature = |bench: &Bench| shown(bench, "smartctl_device_temperature", &["sda", "current"]);
    assert_eq!(temperature(&bench), Some(Ok(38)));
    assert_eq!(shown(&bench, "smartctl_device_power_on_seconds", &["sda"]), Some(Ok(20_111)));
    assert_eq!(shown(&bench, "hearth_drive_self_test_done_ratio", &["sda"]), Some(Ok(30)));
    assert_eq!(shown(&bench, "hearth_drive_verdict_reason", &["sda", "pending_sectors"]), Some(Ok(1)));
    assert_eq!(shown(&bench, "smartctl_device_capacity_bytes", &["sda"]), Some(Ok(15_628_053_168)));
    assert!(shown(&bench, "smartctl_read_total_uncorrected_errors", &["sda"]).is_none(), "that is SAS");
    // Five minutes later it sleeps.
    locked(&mood).power = 0x00;
    let heard = locked(&mood).heard.len();
    read_until(&mut bench, 301 * SECOND_NS, &mood, heard + 1);
    while shown(&bench, "hearth_drive_asleep", &["sda"]) != Some(Ok(1)) {
        bench.read_at(301 * SECOND_NS + 2).unwrap();
        std::thread::yield_now();
    }
    assert_eq!(temperature(&bench), Some(Err(Reason::NotCounted)));
    assert_eq!(shown(&bench, "smartctl_device_attribute", &attribute("thresh")), Some(Ok(10)));
    assert_eq!(shown(&bench, "hearth_drive_polls_skipped_total", &["sda"]), Some(Ok(1)));
    assert_eq!(locked(&mood).heard.len(), heard + 1, "nothing but its power mode was asked");
}

#[test]
fn every_disk_is_a_source_with_its_cause_and_fix() {
    let files = Files::with(&[("proc/diskstats", &diskstats(&["sda", "sda1", "sdb", "sdc"]))]);
    plug(files.root(), "sda");
    let drives = DriveConfig { ignored: vec!["sdb".to_owned()], ..DriveConfig::default() };
    let bench = armed(&files, &SensorConfig { drives, ..Bench::config() });
    let told = |name: &str| {
        let source = bench.sources().iter().find(|source| source.name == name).unwrap();
        format!("{:?}", source.outcome)
    };
    assert!(
        told("/dev/sda")
            .contains("ST8000VN004-2M2101, by ATA PASS-THROUGH (16), every 300 s while it is awake")
    );
    assert!(told("/dev/sdb").contains("drives.ignored"));
    assert!(
        told("/dev/sdc").contains("cannot open /dev/sdc") && told("/dev/sdc").contains("run Hearth as root")
    );
    assert_eq!(bench.sources().len(), 3);
}

#[test]
fn a_disk_that_comes_or_goes_wants_the_sensor_armed_anew() {
    let files = Files::with(&[("proc/diskstats", &diskstats(&["sda"]))]);
    plug(files.root(), "sda");
    let mut bench = armed(&files, &Bench::config());
    files.write("proc/diskstats", &diskstats(&["sda", "sdb"]));
    assert_eq!(bench.read_at(0), Ok(State::Changed));
    files.write("proc/diskstats", &diskstats(&["sdb"]));
    assert_eq!(bench.read_at(1), Ok(State::Changed));
    let empty = Files::with(&[("proc/diskstats", &diskstats(&["vda"]))]);
    let absent = Bench::arm(&DEF, empty.root()).err().unwrap();
    assert_eq!((absent.reason, absent.what.contains("sd…")), (Reason::Absent, true));
}

#[test]
fn the_kernels_own_timer_is_told_where_polls_hold_it_up() {
    let files = Files::with(&[
        ("sys/block/sda/device/power/control", "auto\n"),
        ("sys/block/sda/device/power/autosuspend_delay_ms", "600000\n"),
    ]);
    let place = Place::new(files.root(), "sda");
    let (fake, _mood) = Fake::new();
    let who = disk::open_with(&place, Facts::of(&place), fake).unwrap().identity();
    let told = |seconds| how(&place, &who, Duration::from_secs(seconds), ", 3.1 ms a poll");
    assert!(told(300).contains("raise drives.ata_period_s above that"), "{}", told(300));
    assert!(!told(601).contains("raise"), "{}", told(601));
}

#[test]
fn a_poll_that_failed_leaves_what_is_known_of_the_disk() {
    let files = Files::with(&[("proc/diskstats", &diskstats(&["sda"]))]);
    let mood = plug(files.root(), "sda");
    let mut bench = armed(&files, &Bench::config());
    locked(&mood).fault = Some(hearth_drivers::ata::sg::SgError::TimedOut(5000));
    bench.read_at(0).unwrap();
    while shown(&bench, "hearth_drive_verdict_reason", &["sda", "no_answer"]) != Some(Ok(1)) {
        assert_eq!(bench.read_at(1), Ok(State::Steady));
        std::thread::yield_now();
    }
    assert_eq!(shown(&bench, "smartctl_device_temperature", &["sda", "current"]), Some(Err(Reason::Stale)));
    assert_eq!(shown(&bench, "smartctl_device_rotation_rate", &["sda"]), Some(Ok(7200)));
    assert_eq!(shown(&bench, "smartctl_device_block_size", &["sda", "logical"]), Some(Ok(512)));
    assert_eq!(shown(&bench, "smartctl_device_capacity_blocks", &["sda"]), Some(Ok(15_628_053_168)));
}
