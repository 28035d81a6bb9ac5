//! A lane beside a bare loop, alternately in one run.
//!
//! ```sh
//! cargo bench --bench tick -- --rounds 6 --seconds 5
//! ```
//!
//! The steady lane at 1000 Hz with the traffic sensor alone (the four counters of the every-tick ring: what two links
//! have received and sent), through schedule, orders, parser, page, ring and history; beside it a loop that sleeps to
//! absolute deadlines and reads the same files, no more. Shown: CPU time a tick by the thread's CPU clock; how late the ticks of a round
//! were (time of the tick less its deadline, to the microsecond) at rank 0.5 and 0.99; deadlines that passed unserved.
//!
//! Neither side has a real-time priority, a CPU of its own or locked memory; both have a timer slack of 1 ns. Figures
//! are medians over the rounds, ratios medians of the rounds' ratios, missed deadlines sums.

#![expect(clippy::expect_used, reason = "a benchmark that cannot take a figure has nothing to go on with")]

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hearth::armory::{Armory, ArmoryConfig};
use hearth::config::Config;
use hearth::sensors::SENSORS;
use hearth_hot::contract::{SensorConfig, SensorDef};
use hearth_hot::frames::Frames;
use hearth_hot::ring::{Cursor, Ring};
use hearth_hot::thread::{Settings, Stopped};
use hearth_measure::bare::{self, Bare};
use hearth_measure::table::Table;
use hearth_measure::{argument, clocks, ranks};

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

fn main() {
    let rounds = argument("--rounds", 6);
    let length = Duration::from_secs(argument("--seconds", 5));
    let (mut lane, mut bare) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // Each side goes first as often as the other.
        if round % 2 == 0 {
            lane.push(lane_round(length));
        }
        bare.push(bare_round(length));
        if round % 2 == 1 {
            lane.push(lane_round(length));
        }
    }
    let mut table =
        Table::begin(&format!("1000 Hz, traffic counters, {rounds} rounds of {length:?}"), "bare loop");
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
}

fn lane_round(length: Duration) -> Round {
    let at = SENSORS.iter().position(|def| def.name == "traffic").expect("the traffic sensor is listed");
    let armory = armory(&SENSORS[at..=at]);
    let ring = armory.lanes()[0].ends.ring.as_ref().map(Arc::clone).expect("traffic is kept at every tick");
    let tid = only_thread("hearth-steady");
    let round = watch(tid, length, || ring.next_frame(), |from, to| times_us(&ring, from, to));
    end(armory);
    round
}

fn bare_round(length: Duration) -> Round {
    let bare = Bare::start(1000);
    let tid = only_thread(bare::NAME);
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

fn armory(defs: &'static [SensorDef]) -> Armory {
    let config = ArmoryConfig {
        root: PathBuf::from("/"),
        sensors: SensorConfig::from(&Config::default()),
        disabled: Vec::new(),
        rates_hz: (1000, 1000),
        ring_columns: 4,
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

fn only_thread(name: &str) -> i32 {
    let found = clocks::threads(std::process::id(), name);
    assert_eq!(found.len(), 1, "one thread named {name}");
    found[0]
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
