//! On trees of files, and on groups that the test makes on the machine itself.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use hearth_hot::contract::SensorConfig;
use hearth_hot::source::SourceOutcome;
use hearth_hot::testing::Bench;
use hearth_model::attribution::Tariff;

mod energy;

use super::*;
use crate::sensors::testing::Files;

const MS: u64 = 1_000_000;
const SECOND: u64 = 1000 * MS;
const TREE: &str = "sys/fs/cgroup";

/// A machine with version 2 alone, one CPU and no group.
fn machine() -> Files {
    let files = Files::with(&[
        ("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"),
        ("proc/stat", "cpu  1 2 3 4\ncpu0 1 2 3 4\n"),
        ("sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n"),
        ("sys/dev/block/8:0/dev", "8:0\n"),
    ]);
    used(&files, "", 0);
    count(&files, 0);
    files
}

/// A group has used so much CPU time, all in user mode.
fn used(files: &Files, group: &str, usage_us: u64) {
    let text = format!("usage_usec {usage_us}\nuser_usec {usage_us}\nsystem_usec 0\n");
    files.write(&format!("{TREE}/{group}/cpu.stat"), &text);
}

fn count(files: &Files, groups: usize) {
    files
        .write(&format!("{TREE}/cgroup.stat"), &format!("nr_descendants {groups}\nnr_dying_descendants 0\n"));
}

fn put(files: &Files, group: &str, file: &str, text: &str) {
    files.write(&format!("{TREE}/{group}/{file}"), text);
}

fn of(bench: &Bench, name: &str, group: &str, more: &[(&str, &str)]) -> Option<hearth_model::Reading> {
    bench.value(name, &[&[("cgroup", group)], more].concat())
}

const SOME: &str =
    "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=99\n";

/// A group with every controller.
fn full(files: &Files, group: &str) {
    put(
        files,
        group,
        "cpu.stat",
        "usage_usec 9\nuser_usec 7\nsystem_usec 2\nnr_periods 5\nnr_throttled 3\nthrottled_usec 4\n",
    );
    put(files, group, "memory.current", "4096\n");
    put(files, group, "memory.peak", "8192\n");
    put(
        files,
        group,
        "memory.stat",
        "anon 11\nfile 12\nkernel 13\nkernel_stack 1\nshmem 14\npgmajfault 15\n",
    );
    put(files, group, "memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\n");
    put(files, group, "io.stat", "8:0 rbytes=21 wbytes=22 rios=23 wios=24 dbytes=25 dios=26\n");
    put(files, group, "pids.current", "6\n");
    for resource in ["cpu", "memory", "io"] {
        put(files, group, &format!("{resource}.pressure"), SOME);
    }
}

#[test]
fn a_group_shows_what_its_controllers_count() {
    let files = machine();
    full(&files, "system.slice/db.service");
    used(&files, "system.slice", 10);
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    assert_eq!(bench.read_at(0), Ok(State::Steady));
    let group = "/system.slice/db.service";
    for (name, more, wanted) in [
        ("hearth_cgroup_cpu_seconds_total", &[("mode", "user")][..], 7),
        ("hearth_cgroup_cpu_seconds_total", &[("mode", "system")], 2),
        ("hearth_cgroup_cpu_periods_total", &[], 5),
        ("hearth_cgroup_cpu_throttled_periods_total", &[], 3),
        ("hearth_cgroup_cpu_throttled_seconds_total", &[], 4),
        ("hearth_cgroup_memory_bytes", &[], 4096),
        ("hearth_cgroup_memory_peak_bytes", &[], 8192),
        ("hearth_cgroup_memory_use_bytes", &[("use", "kernel")], 13),
        ("hearth_cgroup_memory_major_faults_total", &[], 15),
        ("hearth_cgroup_memory_events_total", &[("event", "oom_kill")], 4),
        ("hearth_cgroup_io_bytes_total", &[("direction", "write")], 22),
        ("hearth_cgroup_io_operations_total", &[("direction", "discard")], 26),
        ("hearth_cgroup_pressure_seconds_total", &[("resource", "io"), ("kind", "stalled")], 99),
        ("hearth_cgroup_pressure_seconds_total", &[("resource", "cpu"), ("kind", "waiting")], 1234),
        ("hearth_cgroup_tasks", &[], 6),
    ] {
        assert_eq!(of(&bench, name, group, more), Some(Ok(wanted)), "{name} {more:?}");
    }
    let slice = of(&bench, "hearth_cgroup_cpu_seconds_total", "/system.slice", &[("mode", "user")]);
    assert_eq!((slice, of(&bench, "hearth_cgroup_memory_bytes", "/system.slice", &[])), (Some(Ok(10)), None));
}

#[test]
fn a_file_that_is_damaged_fails_alone_and_so_does_a_group() {
    let files = machine();
    full(&files, "a");
    full(&files, "b");
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    put(&files, "a", "memory.current", "NaN\n");
    put(&files, "a", "io.stat", "8:0 rbytes=18446744073709551616\n");
    put(&files, "b", "cpu.stat", "");
    bench.read_at(0).unwrap();
    assert_eq!(of(&bench, "hearth_cgroup_memory_bytes", "/a", &[]), Some(Err(Reason::OutOfRange)));
    let io = of(&bench, "hearth_cgroup_io_bytes_total", "/a", &[("direction", "read")]);
    assert_eq!(io, Some(Err(Reason::OutOfRange)));
    assert_eq!(of(&bench, "hearth_cgroup_tasks", "/a", &[]), Some(Ok(6)));
    assert_eq!(of(&bench, "hearth_cgroup_tasks", "/b", &[]), Some(Err(Reason::OutOfRange)));
    used(&files, "b", 9);
    bench.read_at(SECOND).unwrap();
    assert_eq!(of(&bench, "hearth_cgroup_tasks", "/b", &[]), Some(Ok(6)), "back as soon as it can be read");
}

/// Reads that this thread has made (`proc_pid_io(5)`); `None` where the kernel does not count them.
fn reads_so_far() -> Option<u64> {
    let text = fs::read_to_string("/proc/thread-self/io").ok()?;
    text.lines().find_map(|line| line.strip_prefix("syscr: ")?.parse().ok())
}

/// Reads that one reading of the sensor makes.
fn reads_of(bench: &mut Bench, at_ns: u64) -> Option<u64> {
    let (first, second) = (reads_so_far()?, reads_so_far()?);
    bench.read_at(at_ns).unwrap();
    // What it takes to ask is in every difference.
    Some(reads_so_far()? - second - (second - first))
}

#[test]
fn a_reading_costs_what_is_busy() {
    let files = machine();
    for slice in ["a", "b"] {
        used(&files, slice, 1);
        (0..10).for_each(|number| full(&files, &format!("{slice}/{number}")));
    }
    count(&files, 22);
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    let Some(first) = reads_of(&mut bench, 0) else {
        eprintln!("not checked here: this kernel does not count reads");
        return;
    };
    // The root's time and count, 22 times of groups, and nine other files of the twenty that have them. Each text ends in
    // a newline, so that one call reads it.
    assert_eq!(first, 2 + 22 + 20 * 9, "everything is read once");
    assert_eq!(reads_of(&mut bench, SECOND), Some(2 + 2), "nothing moved: below the slices nothing is asked");
    used(&files, "a", 2);
    assert_eq!(reads_of(&mut bench, 2 * SECOND), Some(2 + 2 + 10), "a slice moved: its groups are asked");
    used(&files, "a", 3);
    put(&files, "a/7", "cpu.stat", "usage_usec 10\nuser_usec 8\nsystem_usec 2\n");
    assert_eq!(reads_of(&mut bench, 3 * SECOND), Some(2 + 2 + 10 + 9), "one group moved: its files are read");
    assert_eq!(
        reads_of(&mut bench, 40 * SECOND),
        Some(2 + 2 + 20 * 9),
        "what rests is refreshed now and then"
    );
}

#[test]
fn a_longer_period_leaves_readings_out() {
    let files = machine();
    used(&files, "a", 1);
    let config = with(|config| config.cgroups.period = Duration::from_secs(2));
    let mut bench = Bench::arm_with(&SENSOR, files.root(), &config).unwrap();
    let mut read = |usage_us, at_ms| {
        used(&files, "a", usage_us);
        bench.read_at(at_ms * MS).unwrap();
        of(&bench, "hearth_cgroup_cpu_seconds_total", "/a", &[("mode", "user")]).unwrap()
    };
    assert_eq!(
        [read(1, 0), read(2, 500), read(3, 1500), read(4, 1990), read(5, 2500)].map(Result::unwrap),
        [1, 1, 1, 4, 4]
    );
}

#[test]
fn groups_that_come_or_go_are_noticed_but_not_every_moment() {
    let files = machine();
    used(&files, "a", 1);
    count(&files, 3);
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    let left_out = |bench: &Bench| bench.value("hearth_cgroups_left_out", &[]);
    assert_eq!((bench.read_at(0), left_out(&bench)), (Ok(State::Steady), Some(Ok(2))));
    assert_eq!(bench.read_at(6 * SECOND), Ok(State::Steady));
    count(&files, 4);
    assert_eq!((bench.read_at(7 * SECOND), left_out(&bench)), (Ok(State::Changed), Some(Ok(3))));
    for second in 8..12 {
        assert_eq!(bench.read_at(second * SECOND), Ok(State::Steady), "the tree was just walked through");
    }
    assert_eq!(bench.read_at(12 * SECOND), Ok(State::Changed), "and nobody armed anew");
    count(&files, 3);
    bench.read_at(17 * SECOND).unwrap();
    assert_eq!(bench.read_at(30 * SECOND), Ok(State::Steady));
    assert_eq!(bench.read_at(700 * SECOND), Ok(State::Changed), "others may be the busiest by now");
}

#[test]
fn hostile_names_are_labels_and_no_two_are_the_same() {
    let files = machine();
    let hostile = [&b"new\nline"[..], b"quo\"te\\", b"\xff", b"\xfe", &[b'x'; 255], b" ", b"{a=\"b\"} 1"];
    for name in hostile {
        let directory = files.root().join(TREE).join(OsStr::from_bytes(name));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("cpu.stat"), "usage_usec 3\nuser_usec 3\nsystem_usec 0\n").unwrap();
    }
    let mut bench = Bench::arm(&SENSOR, files.root()).unwrap();
    bench.read_at(0).unwrap();
    for name in ["/new\nline", "/quo\"te\\", "/ ", "/{a=\"b\"} 1"] {
        let value = of(&bench, "hearth_cgroup_cpu_seconds_total", name, &[("mode", "user")]);
        assert_eq!(value, Some(Ok(3)), "{name:?}");
    }
    let groups = bench.series().iter().filter(|key| key.labels.get(1).is_some_and(|mode| &**mode == "user"));
    assert_eq!(groups.count(), hostile.len());
}

fn with(change: impl FnOnce(&mut SensorConfig)) -> SensorConfig {
    let mut config = Bench::config();
    change(&mut config);
    config
}

#[test]
fn of_ten_thousand_groups_the_busiest_are_followed_and_the_others_counted() {
    let files = machine();
    for number in 0..10_000 {
        fs::create_dir(files.root().join(TREE).join(format!("g{number}"))).unwrap();
    }
    for busy in [17, 4711] {
        used(&files, &format!("g{busy}"), busy);
    }
    count(&files, 10_000);
    let config = with(|config| config.cgroups.max = 2);
    let mut bench = Bench::arm_with(&SENSOR, files.root(), &config).unwrap();
    bench.read_at(0).unwrap();
    assert_eq!(bench.value("hearth_cgroups_left_out", &[]), Some(Ok(9998)));
    for group in ["/g17", "/g4711"] {
        assert!(
            of(&bench, "hearth_cgroup_cpu_seconds_total", group, &[("mode", "user")]).is_some(),
            "{group}"
        );
    }
}

#[test]
fn what_the_owner_does_not_want_is_not_followed() {
    let files = machine();
    for group in ["user.slice", "user.slice/user-1000.slice", "system.slice"] {
        used(&files, group, 1);
    }
    let config = with(|config| config.cgroups.ignored = vec!["/user.slice*".to_owned()]);
    let bench = Bench::arm_with(&SENSOR, files.root(), &config).unwrap();
    let groups: Vec<&str> =
        bench.series().iter().filter(|key| key.labels.len() == 2).map(|key| &*key.labels[0]).collect();
    assert_eq!(groups, ["/system.slice"; 2]);
    let none = with(|config| config.cgroups.max = 0);
    let mut bench = Bench::arm_with(&SENSOR, files.root(), &none).unwrap();
    assert_eq!(bench.read_at(0), Ok(State::Steady));
}

#[test]
fn without_version_two_the_fix_is_named_and_so_is_what_lacks_beside_version_one() {
    let files = machine();
    files.write("proc/self/mountinfo", "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n");
    let absent = Bench::arm(&SENSOR, files.root()).err().unwrap();
    assert_eq!(absent.reason, Reason::Absent);
    assert!(
        absent.what.contains("version 1 only") && absent.fix.contains("unified_cgroup_hierarchy"),
        "{absent:?}"
    );
    let both = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
    files.write("proc/self/mountinfo", both);
    files.write("sys/fs/cgroup/unified/cpu.stat", "usage_usec 1\nuser_usec 1\nsystem_usec 0\n");
    files.write("sys/fs/cgroup/unified/cgroup.controllers", "\n");
    let bench = Bench::arm(&SENSOR, files.root()).unwrap();
    let lacking: Vec<&str> = bench
        .sources()
        .iter()
        .filter(|source| matches!(source.outcome, SourceOutcome::Absent(_)))
        .map(|source| &*source.name)
        .collect();
    assert_eq!(lacking, ["memory of groups", "io of groups", "pids of groups", "energy of groups"]);
}

/// On the machine itself: a group that is made, works, and is removed while its files are open.
#[test]
fn a_group_removed_under_an_armed_sensor_is_gone_and_the_others_go_on() {
    let Ok(place) = place::find("/".as_ref()) else {
        eprintln!("not checked here: no control groups of version 2");
        return;
    };
    let names = ["stays", "goes"].map(|name| format!("hearth-sensor-{}-{name}", std::process::id()));
    for name in &names {
        if let Err(error) = fs::create_dir(place.directory.join(name)) {
            eprintln!("not checked here: cannot make a group in {}: {error}", place.directory.display());
            return;
        }
    }
    let mut bench = Bench::arm(&SENSOR, "/".as_ref()).unwrap();
    let value = |bench: &Bench, name: &str| {
        of(bench, "hearth_cgroup_cpu_seconds_total", &format!("/{name}"), &[("mode", "user")])
    };
    let before = (bench.read_at(0), names.each_ref().map(|name| value(&bench, name)));
    fs::remove_dir(place.directory.join(&names[1])).unwrap();
    let after = (bench.read_at(60 * SECOND), names.each_ref().map(|name| value(&bench, name)));
    fs::remove_dir(place.directory.join(&names[0])).unwrap();
    assert_eq!(before, (Ok(State::Steady), [Some(Ok(0)), Some(Ok(0))]));
    assert_eq!(after, (Ok(State::Changed), [Some(Ok(0)), Some(Err(Reason::Gone))]));
}
