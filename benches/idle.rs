//! What Hearth costs while nobody asks anything: `hearth run` in its default configuration beside a bare loop,
//! alternately in one run.
//!
//! ```sh
//! cargo build --release && cargo bench -p hearth-measure --bench idle -- --rounds 6 --seconds 10
//! ```
//!
//! The bare loop sleeps to absolute deadlines at 10 Hz, Hearth's idle rate, and reads the files of the traffic sensor;
//! Hearth reads every sensor this machine has. Shown: CPU time a second by the processes' CPU clock (the loop's by its
//! thread's), and how often a second Hearth's threads, all of them, were woken (voluntary context switches). Medians
//! over the rounds; the ratio is the median of the rounds' ratios.

use std::thread;
use std::time::Duration;

use hearth_measure::bare::{self, Bare};
use hearth_measure::server::Running;
use hearth_measure::table::Table;
use hearth_measure::{argument, clocks, ranks};

/// Until the start is over: arming, first ticks, the client that waited for the start.
const SETTLING: Duration = Duration::from_millis(1500);

/// CPU time in microseconds and wake-ups, each a second.
type Use = (f64, f64);

fn main() {
    let rounds = argument("--rounds", 6);
    let length = Duration::from_secs(argument("--seconds", 10));
    let (mut hearth, mut bare): (Vec<Use>, Vec<Use>) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        hearth.push(hearth_round(length));
        bare.push(bare_round(length));
    }
    let (hearth_us, hearth_wakes): (Vec<f64>, Vec<f64>) = hearth.into_iter().unzip();
    let (bare_us, bare_wakes): (Vec<f64>, Vec<f64>) = bare.into_iter().unzip();
    let mut table = Table::begin(&format!("idle at 10 Hz, {rounds} rounds of {length:?}"), "bare loop");
    let ratio = ranks::paired_ratio(&hearth_us, &bare_us);
    table.ratio("CPU a second, us", ranks::median(&hearth_us), ranks::median(&bare_us), ratio, 2.0);
    table.at_most("wake-ups a second", ranks::median(&hearth_wakes), Some(ranks::median(&bare_wakes)), 12.0);
}

fn hearth_round(length: Duration) -> Use {
    let hearth = Running::hearth("idle", "", &["--socket", ""]);
    let pid = hearth.pid();
    watch(length, || clocks::process_cpu_ns(pid), || clocks::wake_ups(pid, &clocks::threads(pid, "")))
}

fn bare_round(length: Duration) -> Use {
    let bare = Bare::start(10, bare::reading(bare::traffic()));
    let pid = std::process::id();
    let tids = clocks::threads(pid, bare::NAME);
    let cpu_ns = || tids.iter().map(|&tid| clocks::thread_cpu_ns(tid)).sum();
    let used = watch(length, cpu_ns, || clocks::wake_ups(pid, &tids));
    bare.stop();
    used
}

fn watch(length: Duration, cpu_ns: impl Fn() -> f64, woken: impl Fn() -> f64) -> Use {
    thread::sleep(SETTLING);
    let before = (cpu_ns(), woken());
    thread::sleep(length);
    let after = (cpu_ns(), woken());
    let seconds = length.as_secs_f64();
    ((after.0 - before.0) / 1000.0 / seconds, (after.1 - before.1) / seconds)
}
