//! Counters over captured layouts, and over the kernel's own events where this machine lets the tests count them.

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hearth_drivers::perf::cgroup;
use hearth_drivers::perf::event::Event;
use hearth_drivers::perf::plan::Plan;
use hearth_hot::contract::{LaneKind, SensorConfig, Sheet, Slot};
use hearth_hot::testing::Bench;
use hearth_model::{Reading, Word};

use super::*;
use crate::sensors::testing::Files;
use field::{Place, Placed, Sum};
use hearth_drivers::perf::group::EventGroup;
use roster::{Key, NoGroup};
use watch::Watch;

mod hybrid;

/// Counts of a group of two, one reading after the other: enabled, running, and the two values.
fn group_giving(readings: &[[u64; 4]]) -> EventGroup {
    let words = readings.iter().flat_map(|[enabled, running, one, two]| {
        [2, *enabled, *running, *one, 71, *two, 72].map(u64::to_ne_bytes)
    });
    EventGroup::handed(pipe(&words.flatten().collect::<Vec<u8>>()), Box::new([]), Box::new([71, 72]))
}

fn pipe(bytes: &[u8]) -> OwnedFd {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(bytes).unwrap();
    reader.into()
}

/// Slots and the words they stand for.
struct Words {
    slots: Vec<Slot>,
    words: Vec<Word>,
}

impl Words {
    fn new(count: usize) -> Self {
        let config = Bench::config();
        let mut arming = Arming::new(Path::new("/"), &config, LaneKind::Slow, &[]);
        let slots = (0..count).map(|cpu| arming.slot(&perf::CYCLES, &[&cpu.to_string()])).collect();
        Self { slots, words: vec![Word::reason(Reason::Pending); count] }
    }

    fn read(&mut self, field: &mut Field) -> bool {
        field.read(&mut Sheet::new(&mut self.words))
    }

    fn readings(&self) -> Vec<Reading> {
        self.words.iter().map(|word| word.reading()).collect()
    }
}

/// A field of cycles and instructions on as many CPUs as there are lists of readings. Its words: the sum of cycles, its
/// running share, the sum of instructions, then cycles and instructions of each CPU.
fn field_of(cpus: &[&[[u64; 4]]]) -> (Field, Words) {
    let words = Words::new(3 + 2 * cpus.len());
    let slot = |at: usize| words.slots[at];
    let sums = vec![Sum::new(slot(0), Some(slot(1))), Sum::new(slot(2), None)];
    let mut field = Field::default();
    field.sums = sums;
    for (cpu, readings) in cpus.iter().enumerate() {
        let watch = Arc::new(Watch::new(group_giving(readings), true));
        let place = |sum| Place { cpu: Some(slot(3 + 2 * cpu + sum)), sum };
        field.groups.push(Placed { watch, events: vec![place(0), place(1)] });
    }
    (field, words)
}

#[test]
fn cpus_are_shown_by_themselves_and_together_and_what_was_missed_is_estimated() {
    let whole = [[1000, 1000, 30, 50], [2000, 2000, 60, 100]];
    let half = [[1000, 500, 10, 20], [2000, 1500, 25, 50]];
    let (mut field, mut words) = field_of(&[&whole, &half]);
    assert!(!words.read(&mut field));
    assert_eq!(words.readings(), [50, 750_000, 90, 30, 50, 20, 40].map(Ok));
    assert!(!words.read(&mut field));
    assert_eq!(words.readings(), [95, 1_000_000, 170, 60, 100, 35, 70].map(Ok));
}

#[test]
fn a_cpu_that_was_not_counted_says_so_and_its_time_is_spoken_for_later() {
    let whole = [[1000, 1000, 30, 50], [2000, 2000, 60, 100]];
    let late = [[1000, 0, 0, 0], [2000, 500, 7, 9]];
    let (mut field, mut words) = field_of(&[&whole, &late]);
    words.read(&mut field);
    let missed = Err(Reason::NotCounted);
    assert_eq!(words.readings(), [Ok(30), Ok(500_000), Ok(50), Ok(30), Ok(50), missed, missed]);
    words.read(&mut field);
    assert_eq!(words.readings(), [88, 750_000, 136, 60, 100, 28, 36].map(Ok));
}

#[test]
fn where_nothing_counts_there_is_no_zero() {
    let (mut field, mut words) = field_of(&[&[[1000, 0, 0, 0]], &[[1000, 0, 0, 0]]]);
    words.read(&mut field);
    let missed = Err(Reason::NotCounted);
    assert_eq!(words.readings(), [missed, Ok(0), missed, missed, missed, missed, missed]);
    // The pipes are empty now, as a counter is that the kernel has stopped.
    words.read(&mut field);
    assert_eq!(words.readings(), [Err(Reason::Gone); 7]);
}

#[test]
fn a_counter_that_fails_leaves_the_others_and_the_sum_does_not_fall() {
    let (mut field, mut words) = field_of(&[&[[9, 9, 5, 6], [19, 19, 15, 16]], &[[9, 9, 7, 8]]]);
    words.read(&mut field);
    assert_eq!(words.readings()[0], Ok(12));
    words.read(&mut field);
    let gone = Err(Reason::Gone);
    assert_eq!(words.readings(), [Ok(22), Ok(1_000_000), Ok(24), Ok(15), Ok(16), gone, gone]);
}

#[test]
fn a_group_whose_cpu_was_taken_away_is_armed_anew_and_goes_on_from_its_totals() {
    let readings = [[9, 9, 5, 6], [9, 9, 5, 6], [9, 9, 5, 6]];
    let (mut field, mut words) = field_of(&[&readings]);
    assert!(!words.read(&mut field));
    assert!(words.read(&mut field), "its time stands still");
    assert!(!words.read(&mut field), "said once");
    let lost = &field.groups[0].watch;
    assert!(!lost.is_usable());
    let next = Watch::new(group_giving(&[[3, 3, 1, 1]]), true).replacing(lost);
    assert!(next.is_usable());
    assert_eq!(next.read().totals[..2], [6, 7]);
}

#[test]
fn a_group_that_never_runs_is_planned_anew_once() {
    let readings: Vec<[u64; 4]> = (1..=60).map(|second| [second * 1000, 0, 0, 0]).collect();
    let (mut field, mut words) = field_of(&[&readings]);
    let asked: Vec<usize> = (0..60).filter(|_| words.read(&mut field)).collect();
    assert_eq!(asked, [29]);
    assert!(field.groups[0].watch.is_starved());
}

#[test]
fn what_was_planned_is_kept_until_a_group_proves_too_large() {
    const FAMILIES: &[&[Event]] = &[&[Event::Cycles, Event::Instructions]];
    let plan = |groups: usize| Plan { groups: vec![vec![Event::Cycles]; groups], ..Plan::default() };
    let mut book = Roster::default();
    book.begin(10);
    assert_eq!(book.plan("cpu", FAMILIES, || plan(1)).groups.len(), 1);
    assert_eq!(book.plan("cpu", FAMILIES, || plan(2)).groups.len(), 1);
    assert_eq!(book.plan("cpu_atom", FAMILIES, || plan(3)).groups.len(), 3);
    let readings: Vec<[u64; 4]> = (1..=30).map(|second| [second * 1000, 0, 0, 0]).collect();
    let key = Key { cgroup: None, cpu: 0, pmu: "cpu".to_owned(), events: FAMILIES[0].to_vec() };
    let Ok(watch) = book.group(key, || Ok(Watch::new(group_giving(&readings), true))) else {
        panic!("there are descriptors")
    };
    book.begin(10);
    assert_eq!(book.plan("cpu", FAMILIES, || plan(2)).groups.len(), 1);
    for _ in 0..30 {
        watch.read();
    }
    book.begin(10);
    assert_eq!(book.plan("cpu", FAMILIES, || plan(2)).groups.len(), 2);
    assert!(!watch.is_starved());
}

#[test]
fn descriptors_have_a_limit() {
    let mut book = Roster::default();
    book.begin(3);
    assert!(book.has(3) && !book.has(4));
    assert!(book.take(2) && !book.take(2) && book.take(1) && !book.has(1));
    let key = Key { cgroup: None, cpu: 0, pmu: "cpu".to_owned(), events: vec![Event::Cycles] };
    assert!(matches!(book.group(key, || unreachable!()), Err(NoGroup::Full)));
}

#[test]
fn a_cpus_frequency_is_told_from_its_registers() {
    let mut words = Words::new(1);
    let second = |aperf: u64, mperf: u64, at: u64| {
        [3, at, at, aperf, 1, mperf, 2, at * 3, 3].map(u64::to_ne_bytes).concat()
    };
    let bytes = [
        second(200_000, 100_000, 1_000_000_000),
        second(200_000, 100_000, 2_000_000_000),
        second(300_000, 500_000, 3_000_000_000),
    ];
    let group = EventGroup::handed(pipe(&bytes.concat()), Box::new([]), Box::new([1, 2, 3]));
    let mut frequency = Frequency::handed(group, words.slots[0]);
    let wanted = [Ok(6_000_000_000), Err(Reason::NotCounted), Ok(750_000_000), Err(Reason::Gone)];
    for wanted in wanted {
        frequency.read(&mut Sheet::new(&mut words.words));
        assert_eq!(words.readings(), [wanted]);
    }
}

#[test]
fn files_below_another_root_are_no_kernel_to_ask() {
    let files = Files::with(&[("sys/devices/system/cpu/online", "0\n")]);
    let absent = Bench::arm(&SENSOR, files.root()).err().unwrap();
    assert_eq!(absent.reason, Reason::Absent);
    assert!(absent.fix.contains("--root"), "{}", absent.fix);
}

/// The sensor on this machine, or `None` with a note.
fn here(config: &SensorConfig) -> Option<Bench> {
    match Bench::arm_with(&SENSOR, Path::new("/"), config) {
        Ok(bench) => Some(bench),
        Err(absent) => {
            println!("not checked here: {}; {}", absent.what, absent.fix);
            assert!(!absent.what.is_empty());
            None
        }
    }
}

const SWITCHES: [(&str, &str); 2] = [("event", "context-switches"), ("pmu", "software")];

#[test]
fn the_kernels_events_are_counted_and_an_arming_does_not_lose_them() {
    let config = Bench::config();
    let Some(mut first) = here(&config) else { return };
    let switches = |bench: &mut Bench, at| {
        assert_eq!(bench.read_at(at), Ok(State::Steady));
        bench.value("hearth_perf_events_total", &SWITCHES).unwrap().unwrap()
    };
    // Waiting for another program is a switch at least.
    assert!(Command::new("/bin/true").status().unwrap().success());
    let before = switches(&mut first, 0);
    assert!(before > 0);
    let mut second = here(&config).unwrap();
    assert!(switches(&mut second, 1) >= before, "the second goes on where the first was");
    let names = second.sources().iter().map(|source| source.name.as_str());
    assert!(names.filter(|name| *name == "software/page-faults").count() == 1);
}

#[test]
fn the_cpus_counters_can_be_left_to_others() {
    let mut config = Bench::config();
    config.perf.hardware = false;
    let Some(bench) = here(&config) else { return };
    assert!(bench.list().iter().all(|series| !series.contains("cycles")), "{:?}", bench.list());
    assert!(bench.sources().iter().any(|source| source.name == "hardware events"));
}

#[test]
fn a_cgroup_that_is_not_there_is_named_and_looked_for_again() {
    let mut config = Bench::config();
    config.perf.cgroups = vec!["no/such.slice".to_owned()];
    let Some(mut bench) = here(&config) else { return };
    assert!(bench.sources().iter().any(|source| source.name == "cgroup no/such.slice"));
    assert_eq!(bench.read_at(5_000_000_000), Ok(State::Steady));
    assert_eq!(bench.read_at(64_000_000_000), Ok(State::Steady));
    assert_eq!(bench.read_at(65_000_000_000), Ok(State::Changed));
}

/// A cgroup of one test's own, removed at its end.
struct OwnCgroup(PathBuf);

impl OwnCgroup {
    /// Removes it. The kernel may call it busy for a moment after its last program has ended.
    fn remove(&self) -> std::io::Result<()> {
        let mut tries = 0..100_000;
        loop {
            match fs::remove_dir(&self.0) {
                Err(error) if error.kind() == ErrorKind::ResourceBusy && tries.next().is_some() => {}
                removed => return removed,
            }
        }
    }
}

impl Drop for OwnCgroup {
    fn drop(&mut self) {
        // The test has removed it unless it ended before.
        if self.0.exists()
            && let Err(error) = self.remove()
        {
            println!("{} stays: {error}", self.0.display());
        }
    }
}

#[test]
fn a_cgroups_programs_are_counted_and_its_end_is_told() {
    let Some((mount, _)) = cgroup::mount(Path::new("/")) else {
        return println!("not checked here: no cgroup hierarchy");
    };
    let name = format!("hearth-counters-{}", std::process::id());
    let directory = Path::new("/").join(mount).join(&name);
    if let Err(error) = fs::create_dir(&directory) {
        return println!("not checked here: cannot make {}: {error}", directory.display());
    }
    let own = OwnCgroup(directory);
    let mut config = Bench::config();
    config.perf.cgroups = vec![name.clone()];
    let Some(mut bench) = here(&config) else { return };
    let labels = [("cgroup", name.as_str()), ("event", "page-faults")];
    let faults = |bench: &Bench| bench.value("hearth_cgroup_perf_events_total", &labels);
    if faults(&bench).is_none() {
        return println!("not checked here: {:?}", bench.sources());
    }
    assert_eq!(bench.read_at(0), Ok(State::Steady));
    assert_eq!(faults(&bench), Some(Ok(0)), "nothing has run in it");
    let shell = Command::new("/bin/sh").args(["-c", "read go; exec /bin/true"]).stdin(Stdio::piped()).spawn();
    let mut shell = shell.unwrap();
    let moved = fs::write(own.0.join("cgroup.procs"), shell.id().to_string());
    shell.stdin.take().unwrap().write_all(b"go\n").unwrap();
    assert!(shell.wait().unwrap().success());
    if let Err(error) = moved {
        return println!("not checked here: cannot move a program into a cgroup: {error}");
    }
    assert_eq!(bench.read_at(1), Ok(State::Steady));
    let counted = faults(&bench).unwrap().unwrap();
    assert!(counted > 20, "{counted} page faults of a program that was started");
    own.remove().unwrap();
    assert_eq!(bench.read_at(2), Ok(State::Changed));
    assert_eq!(faults(&bench), Some(Err(Reason::Gone)));
    assert_eq!(bench.read_at(3), Ok(State::Steady), "said once");
}
