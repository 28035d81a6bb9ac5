//! A running lane with the machine's real sensors neither allocates nor frees, whatever its sensors meet.
//!
//! The lane is stepped on the thread of the test by a clock of its own; everything else about it is real. Memory that a
//! C library would take for itself is not seen here: the trace of system calls shows that there is none.

#![expect(clippy::expect_used, reason = "a test says what failed by stopping")]

mod no_alloc {
    pub(crate) mod allocator;
    mod devices;
    pub(crate) mod groups;
    pub(crate) mod rig;
    #[path = "../hot_path/ups.rs"]
    pub(crate) mod ups;
}

use std::fs;
use std::path::Path;

use hearth_hot::contract::LaneKind;
use no_alloc::allocator::{Watchful, requests};
use no_alloc::groups;
use no_alloc::rig::Rig;

#[global_allocator]
static ALLOCATOR: Watchful = Watchful;

/// Ticks of each lane.
const TICKS: usize = 10_000;

/// Ticks between two armings: every sensor is armed anew many times, and runs undisturbed in between.
const REARM_EVERY: usize = 41;

/// Steps a lane through [`TICKS`] ticks with armings in between, and shows what was read.
fn run(rig: &mut Rig) {
    for tick in 0..TICKS {
        if tick % REARM_EVERY == 0 {
            rig.rearm(tick / REARM_EVERY);
        }
        rig.step();
    }
}

fn show(rig: &Rig, lane: &str) {
    println!("{lane} lane: {} ticks, {} armings, no request to the allocator", rig.ticks(), rig.installed);
    for (name, reads, failures) in rig.counts() {
        println!("  {name:<12} {reads:>6} reads {failures:>6} failed");
    }
    for (name, why) in &rig.absent {
        println!("  {name:<12} absent: {}", why.what);
    }
}

/// Every sensor was read at least this often, but for those that this machine does not have.
fn demand_reads(rig: &Rig, least: u64) {
    for (name, reads, _) in rig.counts() {
        let is_absent = rig.absent.iter().any(|(absent, _)| *absent == name);
        assert!(reads >= least || is_absent, "{name} was read {reads} times");
    }
    let moody = rig.counts().find(|(name, ..)| *name == "moody").expect("the failing sensor is there");
    assert!(moody.2 * 3 >= moody.1, "{} of {} reads failed", moody.2, moody.1);
    assert!(rig.installed > 200, "{} armings", rig.installed);
}

#[test]
fn the_allocator_of_this_test_sees_requests_and_says_where_they_came_from() {
    let mut kept = Vec::new();
    let (calls, first) = requests(|| kept = vec![1_u8]);
    assert_eq!(calls, 1);
    assert!(first.starts_with("allocation of 1 bytes at\n"), "{first}");
    let (calls, first) = requests(|| kept.reserve(1000));
    assert_eq!((calls, first.lines().next()), (1, Some("reallocation of 1001 bytes at")));
    assert_eq!(requests(|| drop(kept)).0, 1);
    assert_eq!(requests(|| ()), (0, String::new()));
}

#[test]
fn ten_thousand_ticks_of_the_steady_lane_allocate_and_free_nothing() {
    let mut rig = Rig::arm(Path::new("/"), LaneKind::Steady);
    rig.rate(1000);
    run(&mut rig);
    // Ten seconds have passed for the sensors; at one tick a second they all come up again and again.
    rig.rate(1);
    for _ in 0..1000 {
        rig.step();
    }
    show(&rig, "steady");
    demand_reads(&rig, 10);
}

#[test]
fn ten_thousand_ticks_of_the_slow_lane_allocate_and_free_nothing() {
    let mut rig = Rig::arm(Path::new("/"), LaneKind::Slow);
    rig.rate(1);
    run(&mut rig);
    show(&rig, "slow");
    demand_reads(&rig, 10);
}

#[test]
fn groups_that_are_busy_damaged_and_share_energy_allocate_nothing() {
    let root = tempfile::tempdir().expect("a directory for the test");
    groups::machine(root.path(), 0);
    let mut rig = Rig::arm(root.path(), LaneKind::Slow);
    rig.rate(2);
    let at = rig.counts().position(|(name, ..)| name == "cgroups").expect("the sensor is there");
    for round in 0..60 {
        groups::machine(root.path(), u64::try_from(round).expect("a small number"));
        if round % 2 == 1 {
            groups::damage(root.path(), round);
        }
        if round % 7 == 0 {
            // Files are opened anew, groups keep their joules.
            rig.rearm(at);
        }
        rig.step();
    }
    show(&rig, "slow");
    let (_, reads, failures) =
        rig.counts().find(|(name, ..)| *name == "cgroups").expect("the sensor is there");
    assert!(reads >= 50 && failures == 0, "{reads} reads, {failures} failed");
}

/// A chip, a zone and a supply, for machines that have none.
const HEALTH: &[(&str, &str)] = &[
    ("sys/class/hwmon/hwmon0/name", "nct6775\n"),
    ("sys/class/hwmon/hwmon0/temp1_input", "40000\n"),
    ("sys/class/hwmon/hwmon0/temp1_label", "CPU\n"),
    ("sys/class/hwmon/hwmon0/temp1_crit", "90000\n"),
    ("sys/class/hwmon/hwmon0/fan1_input", "garbage\n"),
    ("sys/class/thermal/thermal_zone0/type", "acpitz\n"),
    ("sys/class/thermal/thermal_zone0/temp", "40000\n"),
    ("sys/class/power_supply/BAT0/status", "Full\n"),
    ("sys/class/power_supply/BAT0/capacity", "100\n"),
];

#[test]
fn chips_zones_and_supplies_are_looked_at_without_allocating_whoever_reads_them() {
    let root = tempfile::tempdir().expect("a directory for the test");
    for (path, text) in HEALTH {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("made");
        fs::write(path, text).expect("written");
    }
    let mut rig = Rig::arm(root.path(), LaneKind::Slow);
    rig.rate(1);
    run(&mut rig);
    show(&rig, "slow, with chips");
    let absent: Vec<_> = rig.absent.iter().map(|(name, _)| *name).collect();
    for armed in ["hwmon", "thermal", "power_supply"] {
        assert!(!absent.contains(&armed), "{armed} is armed");
    }
}

/// Files of the machine that sensors read and that a directory can stand in for.
const FILES: &[&str] = &[
    "proc/stat",
    "proc/loadavg",
    "proc/meminfo",
    "proc/vmstat",
    "proc/diskstats",
    "proc/uptime",
    "proc/pressure/cpu",
    "proc/pressure/io",
    "proc/pressure/memory",
    "proc/pressure/irq",
    "proc/sys/fs/file-nr",
    "proc/sys/kernel/random/entropy_avail",
    "proc/sys/kernel/random/poolsize",
    "proc/self/stat",
    "proc/self/limits",
    "proc/self/mountinfo",
    "proc/net/arp",
    "proc/net/dev",
    "proc/net/netstat",
    "proc/net/snmp",
    "proc/net/snmp6",
    "proc/net/sockstat",
    "proc/net/sockstat6",
    "proc/net/softnet_stat",
    "proc/net/udp",
    "proc/net/udp6",
    "sys/devices/system/clocksource/clocksource0/available_clocksource",
    "sys/devices/system/clocksource/clocksource0/current_clocksource",
];

/// Makes of a file's text what is read in its place.
type Damage = fn(&[u8]) -> Vec<u8>;

/// Ticks, and so seconds, that each damage lasts: the slowest sensors come up once in it.
const DAMAGE_TICKS: usize = 70;

#[test]
fn files_that_are_empty_garbled_or_far_too_long_make_nothing_allocate() {
    let root = tempfile::tempdir().expect("a directory for the test");
    let whole: Vec<(_, Vec<u8>)> = FILES
        .iter()
        .filter_map(|file| Some((root.path().join(file), fs::read(Path::new("/").join(file)).ok()?)))
        .collect();
    for (path, text) in &whole {
        fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("make directories");
        fs::write(path, text).expect("write a file");
    }
    for lane in [LaneKind::Steady, LaneKind::Slow] {
        let mut rig = Rig::arm(root.path(), lane);
        rig.rate(1);
        let damages: [Damage; 5] = [
            |_| Vec::new(),
            |_| b"no kernel wrote this\n\xff\xff 1 2 3\n".to_vec(),
            |text| text.repeat(9),
            |text| text[..text.len() / 2].to_vec(),
            <[u8]>::to_vec,
        ];
        for damage in damages {
            for (path, text) in &whole {
                fs::write(path, damage(text)).expect("damage a file");
            }
            (0..DAMAGE_TICKS).for_each(|_| rig.step());
        }
        show(&rig, lane.name());
        if lane == LaneKind::Steady {
            for wanted in ["stat", "meminfo", "loadavg"] {
                let failures = rig.counts().find(|(name, ..)| *name == wanted).map(|(.., failures)| failures);
                assert!(failures.is_some_and(|failures| failures > 0), "{wanted} failed {failures:?} times");
            }
        }
    }
}

#[test]
fn energy_counters_that_wrap_fail_vanish_and_come_back_make_nothing_allocate() {
    use hearth_board::trees::energy;
    use hearth_board::{Errno, Fault};
    use std::time::Duration;

    let machines = [
        (energy::intel_sapphire_rapids(), "sys/devices/virtual/powercap"),
        (energy::intel_client().without_powercap(), "dev/cpu"),
        (energy::amd_zen3(), "dev/cpu"),
    ];
    for (machine, path) in machines {
        let Some(mounted) = machine.board.mount_or_say_why().expect("the board is mounted") else { return };
        let mut rig = Rig::arm(mounted.dir(), LaneKind::Steady);
        rig.rate(1000);
        let mut faults = [
            Fault::Error(Errno::EIO),
            Fault::Short { bytes: 3 },
            Fault::Short { bytes: 0 },
            Fault::Denied,
            Fault::Vanished,
        ]
        .into_iter();
        for tick in 0..3_000 {
            match tick % 500 {
                250 => faults.next().into_iter().for_each(|fault| machine.board.fault(path, fault)),
                400 => machine.board.clear(path),
                _ => {}
            }
            if tick % REARM_EVERY == 0 {
                rig.rearm(tick / REARM_EVERY);
            }
            // Ten thousand times as fast as the ticks: counters begin again, and some gains are not believed.
            machine.board.advance(Duration::from_secs(10));
            rig.step();
        }
        show(&rig, path);
        let (_, reads, _) = rig.counts().find(|(name, ..)| *name == "energy").expect("the sensor is there");
        assert!(reads >= 2_500, "{reads} reads of the energy counters below {path}");
    }
}
