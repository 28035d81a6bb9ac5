//! A home server's whole measuring beside a bare loop with the same wake-ups and the same reads, alternately in one run.
//!
//! ```sh
//! cargo bench --bench home_server -- --rounds 6 --seconds 10
//! ```
//!
//! Both lanes with every sensor this machine has: energy (eight domains in files, see `benches/measure/src/rapl.rs`) and
//! traffic at 100 Hz, fifty control groups at 2 Hz, drives at their pace (none where there is none); the kernel's files
//! once with each at its own pace, and once with all of the steady lane at 10 Hz, which is more than Hearth ever does.
//! The groups are real ones where this program may make them (as root); in five of them something runs now and then.
//!
//! What the lanes read is recorded first, by strace, over ten seconds; the bare loop does the same again and again: see
//! `benches/measure/src/replay.rs`. Shown: CPU time a second of all of Hearth's sampling threads beside the two of the
//! loop, by their CPU clocks. Ratios are medians of the rounds' ratios.

#![expect(clippy::expect_used, reason = "a benchmark that cannot take a figure has nothing to go on with")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use hearth::armory::{Armory, ArmoryConfig};
use hearth::config::Config;
use hearth::sensors::SENSORS;
use hearth_drivers::cgroup::place;
use hearth_hot::contract::{Every, LaneKind, SensorConfig, SensorDef};
use hearth_hot::thread::{Settings, Stopped};
use hearth_measure::bare::{self, Bare};
use hearth_measure::rapl::Domains;
use hearth_measure::replay::{Record, Recorder};
use hearth_measure::table::Table;
use hearth_measure::{argument, clocks, ranks};

/// Rates of the steady lane and of the slow one.
const RATES_HZ: (u32, u64) = (100, 2);
/// What is recorded of each lane: ten seconds of its time, which take longer where strace slows it down.
const TICKS: [usize; 2] = [1000, 20];
const RECORDED: Duration = Duration::from_secs(15);
/// Until threads have started, sensors are armed and have read for a first time.
const SETTLING: Duration = Duration::from_secs(2);
/// Control groups, and how many of them have something to do.
const GROUPS: usize = 50;
const BUSY: usize = 5;
/// The slice they are in.
const SLICE: &str = "hearth-home.slice";

fn main() {
    let rounds = argument("--rounds", 6);
    let length = Duration::from_secs(argument("--seconds", 10));
    let domains = Domains::start("home");
    furnish(domains.root());
    let groups = Groups::make();
    println!("control groups: {}", groups.as_ref().map_or_else(String::as_str, |_| "50 real ones, 5 busy"));
    compare("kernel files at their own pace", domains.root(), SENSORS, rounds, length);
    compare("kernel files at 10 Hz", domains.root(), quickened(), rounds, length);
}

/// Puts the machine's own files beside those of energy.
fn furnish(root: &Path) {
    let link = |from: &Path, to: PathBuf| symlink(from, &to).expect("a new directory takes links");
    let beside = |path: &str, left_out: &str| {
        for entry in fs::read_dir(path).expect("every Linux has it").flatten() {
            if entry.file_name() != left_out {
                link(&entry.path(), root.join(entry.path().strip_prefix("/").expect("an absolute path")));
            }
        }
    };
    beside("/sys", "class");
    beside("/sys/class", "powercap");
    for directory in ["/proc", "/etc", "/run", "/dev"] {
        link(Path::new(directory), root.join(&directory[1..]));
    }
}

/// The sensors, with all that read files of the kernel on the steady lane at 10 Hz.
fn quickened() -> &'static [SensorDef] {
    let is_kernels = |def: &SensorDef| def.source.starts_with("/proc") || def.source == "rtnetlink";
    let one = |def: &SensorDef| SensorDef {
        every: match def.every {
            Every::Period(_) if def.lane == LaneKind::Steady && is_kernels(def) => {
                Every::Period(Duration::from_millis(100))
            }
            Every::Period(period) => Every::Period(period),
            Every::Tick => Every::Tick,
        },
        ..*def
    };
    Box::leak(SENSORS.iter().map(one).collect())
}

fn compare(title: &str, root: &Path, defs: &'static [SensorDef], rounds: u64, length: Duration) {
    let records = match record(root, defs) {
        Ok(records) => records,
        Err(why) => return println!("\n{title}: not measured here: {why}"),
    };
    let (mut hearth, mut bare) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Each side goes first as often as the other.
        if round % 2 == 0 {
            hearth.push(hearth_round(root, defs, length));
        }
        bare.push(bare_round(&records, length));
        if round % 2 == 1 {
            hearth.push(hearth_round(root, defs, length));
        }
    }
    let mut table =
        Table::begin(&format!("home server, {title}, {rounds} rounds of {length:?}"), "bare loop");
    let ratio = ranks::paired_ratio(&hearth, &bare);
    table.ratio("CPU a second, us", ranks::median(&hearth), ranks::median(&bare), ratio, 1.3);
    for (record, lane) in records.iter().zip(["steady", "slow"]) {
        println!(
            "  {lane} lane: {} calls in 10 s done again, left out: {:?}",
            record.calls(),
            record.left_out
        );
    }
}

/// What both lanes read.
fn record(root: &Path, defs: &'static [SensorDef]) -> Result<[Record; 2], String> {
    let armory = armory(root, defs);
    thread::sleep(SETTLING);
    let begun =
        ["hearth-steady", "hearth-slow"].map(|lane| Recorder::start(clocks::only_thread(lane), RECORDED));
    let [steady, slow] = begun;
    let records = (steady.finish(TICKS[0]), slow.finish(TICKS[1]));
    end(armory);
    Ok([records.0?, records.1?])
}

fn hearth_round(root: &Path, defs: &'static [SensorDef], length: Duration) -> f64 {
    let armory = armory(root, defs);
    // The lanes, and the threads that ask on their behalf what may hang.
    let cpu_us = watch(&["hearth-", "statvfs-", "drive-"], length);
    end(armory);
    cpu_us
}

fn bare_round(records: &[Record; 2], length: Duration) -> f64 {
    let rates = [u64::from(RATES_HZ.0), RATES_HZ.1];
    let bares: Vec<Bare> =
        records.iter().zip(rates).map(|(record, rate_hz)| Bare::start(rate_hz, record.again())).collect();
    let cpu_us = watch(&[bare::NAME], length);
    bares.into_iter().for_each(Bare::stop);
    cpu_us
}

/// CPU time a second, in microseconds, of the threads with such names.
fn watch(names: &[&str], length: Duration) -> f64 {
    thread::sleep(SETTLING);
    let threads = |name: &&str| clocks::threads(std::process::id(), name);
    let tids: Vec<i32> = names.iter().flat_map(threads).collect();
    let cpu_ns = || tids.iter().map(|&tid| clocks::thread_cpu_ns(tid)).sum::<f64>();
    let before = cpu_ns();
    thread::sleep(length);
    (cpu_ns() - before) / 1000.0 / length.as_secs_f64()
}

fn armory(root: &Path, defs: &'static [SensorDef]) -> Armory {
    let mut sensors = SensorConfig::from(&Config::default());
    sensors.cgroups.period = Duration::from_millis(500);
    let config = ArmoryConfig {
        root: root.to_owned(),
        sensors,
        disabled: Vec::new(),
        rates_hz: (RATES_HZ.0, RATES_HZ.0),
        ring_columns: Some(4),
        ring_frames: 60_000,
        history_frames: 600,
        thread: Settings::default(),
    };
    Armory::start(config, defs, &thread::current()).expect("the lanes start")
}

fn end(armory: Armory) {
    let ends = armory.stop(Duration::from_secs(5));
    assert_eq!(ends, [Stopped::Asked; 2], "the lanes end when they are asked to");
}

/// Real control groups; dropping them ends what runs in them and removes them.
struct Groups {
    slice: PathBuf,
    busy: Vec<Child>,
}

impl Groups {
    /// Makes them where this machine keeps its groups.
    fn make() -> Result<Self, String> {
        let place = place::find(Path::new("/")).map_err(|error| error.to_string())?;
        let slice = place.directory.join(SLICE);
        let mut groups = Self { slice, busy: Vec::new() };
        for number in 0..GROUPS {
            let group = groups.group(number);
            fs::create_dir_all(&group).map_err(|error| format!("none: {}: {error}", group.display()))?;
        }
        for number in 0..BUSY {
            let child = Command::new("sh").args(["-c", "while sleep 0.4; do :; done"]).spawn();
            let child = child.map_err(|error| format!("none: sh: {error}"))?;
            let joined = fs::write(groups.group(number).join("cgroup.procs"), child.id().to_string());
            groups.busy.push(child);
            joined.map_err(|error| format!("none: nothing can be put into a group: {error}"))?;
        }
        Ok(groups)
    }

    fn group(&self, number: usize) -> PathBuf {
        self.slice.join(format!("{number}.service"))
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        for child in &mut self.busy {
            if let Err(error) = child.kill().and_then(|()| child.wait()) {
                eprintln!("process {} was not ended: {error}", child.id());
            }
        }
        // The last sleep of each ends by itself, before its group can go.
        thread::sleep(Duration::from_secs(1));
        for directory in (0..GROUPS).map(|number| self.group(number)).chain([self.slice.clone()]) {
            if let Err(error) = fs::remove_dir(&directory) {
                eprintln!("{} stays: {error}", directory.display());
            }
        }
    }
}
