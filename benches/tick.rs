//! A lane beside a bare loop, alternately in one run.
//!
//! ```sh
//! cargo bench --bench tick -- --rounds 6 --seconds 5       # for the figures of a minute: --rounds 2 --seconds 60
//! ```
//!
//! The steady lane at 1000 Hz with one sensor alone, through schedule, orders, parser, page, ring and history: the
//! traffic sensor (what two links have received and sent), then the energy sensor (eight domains of two packages, in
//! files, see `benches/measure/src/rapl.rs`). Beside it a loop that sleeps to absolute deadlines and reads the same files,
//! no more. Shown: CPU time a tick by the thread's CPU clock; how late the ticks of a round were (time of the tick less
//! its deadline, to the microsecond) at rank 0.5 and 0.99; deadlines that passed unserved; and, after the rounds, the
//! lane's system calls a tick as strace counts them.
//!
//! Neither side has a real-time priority, a CPU of its own or locked memory; both have a timer slack of 1 ns. Figures
//! are medians over the rounds, ratios medians of the rounds' ratios, missed deadlines sums.

#![expect(clippy::expect_used, reason = "a benchmark that cannot take a figure has nothing to go on with")]

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hearth::armory::{Armory, ArmoryConfig};
use hearth::config::Config;
use hearth::sensors::SENSORS;
use hearth_hot::contract::SensorConfig;
use hearth_hot::frames::Frames;
use hearth_hot::ring::{Cursor, Ring};
use hearth_hot::thread::{Settings, Stopped};
use hearth_measure::bare::{self, Bare};
use hearth_measure::rapl::Domains;
use hearth_measure::table::Table;
use hearth_measure::{argument, calls, clocks, ranks};

/// Until threads have started and memory is warm.
const SETTLING: Duration = Duration::from_millis(200);

/// What one side did in one round.
#[derive(Default)]
struct Round {
    cpu_us_a_tick: f64,
    late_p50_us: f64,
    late_p99_us: f64,
    missed: f64,
}

/// What is read at every tick.
struct Case<'a> {
    /// The sensor, as the list of sensors names it.
    sensor: &'static str,
    what: &'static str,
    root: &'a Path,
    /// The same files, for the bare loop.
    files: &'a dyn Fn() -> Vec<File>,
}

fn main() {
    let rounds = argument("--rounds", 6);
    let length = Duration::from_secs(argument("--seconds", 5));
    let traffic =
        Case { sensor: "traffic", what: "traffic counters", root: Path::new("/"), files: &bare::traffic };
    compare(&traffic, rounds, length);
    let domains = Domains::start("tick");
    let files = || domains.files();
    let energy = Case { sensor: "energy", what: "energy of 8 domains", root: domains.root(), files: &files };
    compare(&energy, rounds, length);
}

fn compare(case: &Case<'_>, rounds: u64, length: Duration) {
    let (mut lane, mut bare) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Each side goes first as often as the other.
        if round % 2 == 0 {
            lane.push(lane_round(case, length));
        }
        bare.push(bare_round(case, length));
        if round % 2 == 1 {
            lane.push(lane_round(case, length));
        }
    }
    let mut table =
        Table::begin(&format!("1000 Hz, {}, {rounds} rounds of {length:?}", case.what), "bare loop");
    let mut row = |figure, pick: fn(&Round) -> f64, limit| {
        let (lane, bare): (Vec<f64>, Vec<f64>) =
            (lane.iter().map(pick).collect(), bare.iter().map(pick).collect());
        let ratio = ranks::paired_ratio(&lane, &bare);
        table.ratio(figure, ranks::median(&lane), ranks::median(&bare), ratio, limit);
    };
    row("CPU a tick, us", |round| round.cpu_us_a_tick, 1.15);
    row("lateness p50, us", |round| round.late_p50_us, 1.1);
    row("lateness p99, us", |round| round.late_p99_us, 1.1);
    let missed = |side: &[Round]| side.iter().map(|round| round.missed).sum::<f64>();
    table.at_most("missed deadlines, all rounds", missed(&lane), Some(missed(&bare)), missed(&bare));
    let armory = armory(case);
    match calls::a_tick(clocks::only_thread("hearth-steady")) {
        Ok(calls) => table.at_most("system calls a tick, with the sleep", calls, None, 10.0),
        Err(why) => println!("system calls: not counted here: {why}"),
    }
    end(armory);
}

fn lane_round(case: &Case<'_>, length: Duration) -> Round {
    let armory = armory(case);
    let ring = armory.lanes()[0].ends.ring.as_ref().map(Arc::clone).expect("it is kept at every tick");
    let tid = clocks::only_thread("hearth-steady");
    let round = watch(tid, length, || ring.next_frame(), |from, to| times_us(&ring, from, to));
    end(armory);
    round
}

fn bare_round(case: &Case<'_>, length: Duration) -> Round {
    let bare = Bare::start(1000, bare::reading((case.files)()));
    let tid = clocks::only_thread(bare::NAME);
    let round = watch(tid, length, || bare.ticks(), |from, to| bare.times_us(from, to));
    bare.stop();
    round
}

/// Lets a side run for `length` and says what it did; `ticks` counts its ticks, `times_us` tells when some of them were.
fn watch(
    tid: i32,
    length: Duration,
    ticks: impl Fn() -> u64,
    times_us: impl Fn(u64, u64) -> Vec<u64>,
) -> Round {
    thread::sleep(SETTLING);
    let (from, cpu_before) = (ticks(), clocks::thread_cpu_ns(tid));
    thread::sleep(length);
    let (to, cpu_after) = (ticks(), clocks::thread_cpu_ns(tid));
    let mut round = lateness(&times_us(from, to));
    round.cpu_us_a_tick = (cpu_after - cpu_before) / 1000.0 / count(to - from);
    round
}

/// Each tick is due at the first whole millisecond behind the tick before it.
fn lateness(times_us: &[u64]) -> Round {
    let mut late_us = Vec::with_capacity(times_us.len());
    let mut missed = 0;
    for pair in times_us.windows(2) {
        let late = pair[1].saturating_sub((pair[0] / 1000 + 1) * 1000);
        late_us.push(count(late));
        missed += late / 1000;
    }
    Round {
        late_p50_us: ranks::quantile(&late_us, 0.5),
        late_p99_us: ranks::quantile(&late_us, 0.99),
        missed: count(missed),
        ..Round::default()
    }
}

fn armory(case: &Case<'_>) -> Armory {
    let at = SENSORS.iter().position(|def| def.name == case.sensor).expect("the sensor is listed");
    let config = ArmoryConfig {
        root: case.root.to_owned(),
        sensors: SensorConfig::from(&Config::default()),
        disabled: Vec::new(),
        rates_hz: (1000, 1000),
        ring_columns: Some(8),
        ring_frames: 65_000,
        history_frames: 600,
        thread: Settings::default(),
    };
    Armory::start(config, &SENSORS[at..=at], &thread::current()).expect("the lanes start")
}

fn end(armory: Armory) {
    let ends = armory.stop(Duration::from_secs(5));
    assert_eq!(ends, [Stopped::Asked; 2], "the lanes end when they are asked to");
}

/// When frames `from..to` were pushed.
fn times_us(ring: &Ring, from: u64, to: u64) -> Vec<u64> {
    let wanted = usize::try_from(to - from).expect("a round has few frames");
    let mut frames = Frames::of(ring, wanted);
    let read = ring.read(&mut Cursor::since(from), wanted, &mut frames);
    assert_eq!((read.frames, read.lost), (wanted, 0), "the ring is longer than a round");
    frames.times_us().to_vec()
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run stay far below 2^52")]
fn count(number: u64) -> f64 {
    number as f64
}
