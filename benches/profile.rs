//! What `hearth profile` costs whoever is profiled, and what it says beside hyperfine.
//!
//! ```sh
//! cargo build --release && cargo bench --bench profile -- --pairs 6000 --blocks 15
//! ```
//!
//! Three figures. **Slowdown**: a program under `hearth profile --rate-hz 1000` that does the same work again and again, a
//! hundredth of a second each time, and in turn stops the profiler and lets it go on, which comes first being drawn. What
//! a piece of work took under sampling is compared with its neighbour without, by the program's own CPU clock and by the
//! wall clock: neighbours find the machine alike, so thousands of pairs tell a part in a thousand. The mean of all pairs
//! is given, with nothing left out, and its 95 % interval, of which the upper end is held against the limit. The counters
//! sampled are four files in memory, as this needs no rights and no hardware: reading a file costs what reading a counter
//! does but for the register itself, which takes about a microsecond on a CPU of the package. **A run's overhead**: `true` by both programs in turn, each
//! without a shell: the mean wall time that each reports, and what each needs for one run more. **Agreement**: medians of
//! wall time that both report of the same commands in turn. Where there is no hyperfine the last two are left out.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot take a figure has nothing to go on with, and says which"
)]

use std::fmt::Write;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hearth::profile::stats::interval::{self, Interval};
use hearth::profile::stats::random::Random;
use hearth_measure::table::Table;
use hearth_measure::{argument, clocks, ranks, server};
use nix::sys::signal::Signal;
use serde_json::Value;

/// What this program is called with to be the one that is profiled.
const WORK: &str = "--work";
/// The same, where it stops the profiler again and again: pairs of pieces of work, and where to write what they took.
const UNDER: &str = "--under";
/// Steps of the work, in millions: some tenth of a second.
const MILLIONS: u64 = 60;
/// Steps of a piece of work, in millions: some hundredth of a second.
const PIECE_MILLIONS: u64 = 12;
/// What passes after stopping the profiler or letting it go on, until work begins: a few of its ticks.
const SETTLING: Duration = Duration::from_millis(3);
/// Pairs whose times are added up to one figure of the mean's interval.
const TOGETHER: usize = 25;
/// What sampling may slow a program down by, at the upper end of the interval.
const SLOWDOWN_MOST: f64 = 1.001;
/// What both may differ by and still agree: one begins to count before it forks, the other where the program is let go,
/// which are a millisecond or two apart.
const AGREE_WITHIN: f64 = 1.01;
/// Runs by which the longer block is longer than the shorter.
const RUNS_MORE: u64 = 100;
const RUNS_LEAST: u64 = 10;

fn main() {
    if std::env::args().any(|argument| argument == WORK) {
        work(argument(WORK, MILLIONS));
        return;
    }
    if let Some(place) = std::env::args().skip_while(|argument| argument != UNDER).nth(1) {
        under(argument("--pairs", 6000), Path::new(&place));
        return;
    }
    let folder = std::env::temp_dir().join(format!("hearth-bench-profile-{}", std::process::id()));
    let counted = tree(Path::new("/dev/shm")).unwrap_or_else(|| folder.clone());
    fs::create_dir_all(&folder).expect("a folder can be made");
    slowdown(&counted, &folder, argument("--pairs", 6000));
    if counted != folder {
        fs::remove_dir_all(&counted).expect("what was made can be removed");
    }
    match Command::new("hyperfine").arg("--version").output() {
        Ok(said) => {
            let version = String::from_utf8_lossy(&said.stdout);
            let blocks = argument("--blocks", 15);
            overhead(version.trim(), &folder, blocks);
            agreement(version.trim(), &folder, blocks);
        }
        Err(error) => println!("\nbeside hyperfine: left out: hyperfine: {error}; apt-get install hyperfine"),
    }
    fs::remove_dir_all(&folder).expect("what was made can be removed");
}

/// The same instructions each time.
fn work(millions: u64) {
    let mut state = 1_u64;
    for _ in 0..millions * 1_000_000 {
        state = black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

/// Pieces of work in pairs: while the profiler that has started us samples, and while it is stopped. Writes what each took
/// by both clocks, in nanoseconds: CPU and wall sampled, CPU and wall not.
fn under(pairs: u64, place: &Path) {
    let profiler = nix::unistd::getppid();
    let own = nix::unistd::gettid().as_raw();
    let piece = |signal| {
        nix::sys::signal::kill(profiler, signal).expect("the profiler is ours to stop");
        let settled = Instant::now() + SETTLING;
        while Instant::now() < settled {
            std::hint::spin_loop();
        }
        let (cpu_ns, begun) = (clocks::thread_cpu_ns(own), Instant::now());
        work(PIECE_MILLIONS);
        (clocks::thread_cpu_ns(own) - cpu_ns, begun.elapsed().as_secs_f64() * 1e9)
    };
    let mut random = Random::seeded(1);
    let mut lines = String::new();
    for _ in 0..pairs {
        let is_first = random.below(2) == 0;
        let first = is_first.then(|| piece(Signal::SIGCONT));
        let (cpu_not, wall_not) = piece(Signal::SIGSTOP);
        let (cpu, wall) = first.unwrap_or_else(|| piece(Signal::SIGCONT));
        writeln!(lines, "{cpu} {wall} {cpu_not} {wall_not}").expect("text grows");
    }
    nix::sys::signal::kill(profiler, Signal::SIGCONT).expect("the profiler is ours to let go on");
    fs::write(place, lines).expect("a file can be written");
}

/// Four zones of powercap as files in memory; `None` where that is not to be had.
fn tree(memory: &Path) -> Option<PathBuf> {
    let root = memory.join(format!("hearth-bench-zones-{}", std::process::id()));
    let zones = [
        ("intel-rapl:0", "package-0"),
        ("intel-rapl:0:0", "core"),
        ("intel-rapl:0:1", "uncore"),
        ("intel-rapl:1", "psys"),
    ];
    for (zone, name) in zones {
        let zone = root.join("sys/class/powercap").join(zone);
        let write = |file: &str, text: &str| fs::write(zone.join(file), format!("{text}\n"));
        fs::create_dir_all(&zone).ok()?;
        write("name", name).ok()?;
        write("max_energy_range_uj", "262143328850").ok()?;
        write("energy_uj", "1234567890").ok()?;
    }
    Some(root)
}

fn hearth(root: &Path, place: &Path, options: &[&str], command: &[&str]) -> Command {
    let mut hearth = Command::new(server::hearth_binary());
    hearth.args(["profile", "--style", "none", "-N", "--idle-baseline", "off", "--root"]).arg(root);
    hearth.arg("--export-json").arg(place).args(options).arg("--").args(command);
    hearth
}

fn hyperfine(place: &Path, options: &[&str], command: &[&str]) -> Command {
    let mut hyperfine = Command::new("hyperfine");
    hyperfine.args(["--style", "none", "-N", "--export-json"]).arg(place).args(options);
    hyperfine.arg(command.join(" "));
    hyperfine
}

/// Lets it run; how long it took, in seconds, and what it exported.
fn run(mut command: Command, place: &Path) -> (f64, Value) {
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let begun = Instant::now();
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let took_s = begun.elapsed().as_secs_f64();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {words}");
    let text = fs::read_to_string(place).expect("an export was written");
    (took_s, serde_json::from_str(&text).expect("an export is JSON"))
}

fn figure(export: &Value, key: &str) -> f64 {
    export["results"][0][key].as_f64().unwrap_or_else(|| panic!("no {key} in {export}"))
}

fn slowdown(counted: &Path, folder: &Path, pairs: u64) {
    let (place, took) = (folder.join("work.json"), folder.join("took"));
    let myself = std::env::current_exe().expect("a program has a file");
    let pairs_text = pairs.to_string();
    let plain = |path: &Path| path.to_str().expect("a plain path").to_owned();
    let command = [&plain(&myself), UNDER, &plain(&took), "--pairs", &pairs_text];
    run(hearth(counted, &place, &["-r", "1", "--rate-hz", "1000"], &command), &place);
    let text = fs::read_to_string(&took).expect("the program has written what it took");
    let rows: Vec<Vec<f64>> = text
        .lines()
        .map(|line| line.split(' ').map(|number| number.parse().expect("a number")).collect())
        .collect();
    let title = format!("a program sampled at 1000 Hz, beside not at all: {pairs} pairs, ms");
    let mut table = Table::begin(&title, "unsampled");
    for (what, with, without) in [("CPU time", 0, 2), ("wall time", 1, 3)] {
        let sum = |rows: &[Vec<f64>], column: usize| rows.iter().map(|row| row[column]).sum::<f64>();
        let sums: Vec<_> =
            rows.chunks_exact(TOGETHER).map(|rows| (sum(rows, without), sum(rows, with))).collect();
        let ms = |column: usize| {
            let figures: Vec<f64> = rows.iter().map(|row| row[column] / 1e6).collect();
            ranks::median(&figures)
        };
        table.shown(what, ms(with), Some(ms(without)));
        let Some(Interval { estimate, low, high }) = interval::of_ratio(&sums, 1) else {
            println!("{what}: {pairs} pairs are too few for an interval: give --pairs 200 or more");
            continue;
        };
        let parts = |ratio: f64| (ratio - 1.0) * 1000.0;
        let (low, high_parts) = (parts(low), parts(high));
        println!("  {what}: {:+.2} in 1000, 95 % within {low:+.2} to {high_parts:+.2}", parts(estimate));
        table.at_most(&format!("{what}: upper end, in 1000"), high_parts, None, parts(SLOWDOWN_MOST));
    }
}

/// What each reports of `true`, and what one run more costs it.
fn overhead(version: &str, folder: &Path, blocks: u64) {
    let place = folder.join("true.json");
    let (mut reported, mut per_run) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for block in 0..blocks {
        for turn in [block % 2, 1 - block % 2] {
            let at = usize::from(turn == 1);
            let by = |runs: u64| {
                let runs = runs.to_string();
                let options = ["-r", runs.as_str()];
                let nowhere = folder.join("no-machine");
                let one = if at == 0 {
                    hearth(&nowhere, &place, &options, &["true"])
                } else {
                    hyperfine(&place, &options, &["true"])
                };
                run(one, &place)
            };
            let ((few_s, _), (many_s, export)) = (by(RUNS_LEAST), by(RUNS_LEAST + RUNS_MORE));
            reported[at].push(figure(&export, "mean") * 1e6);
            per_run[at]
                .push((many_s - few_s) * 1e6 / f64::from(u32::try_from(RUNS_MORE).unwrap_or(u32::MAX)));
        }
    }
    let title = format!("`true` without a shell, {blocks} blocks of {} runs, us", RUNS_LEAST + RUNS_MORE);
    let mut table = Table::begin(&title, version);
    for (what, [ours, theirs]) in [("mean wall time that is reported", reported), ("one run more", per_run)] {
        let ratio = ranks::paired_ratio(&ours, &theirs);
        table.ratio(what, ranks::median(&ours), ranks::median(&theirs), ratio, 1.0);
    }
}

/// Medians of wall time, of commands that sleep and that work.
fn agreement(version: &str, folder: &Path, blocks: u64) {
    let place = folder.join("both.json");
    let myself = std::env::current_exe().expect("a program has a file");
    let millions = MILLIONS.to_string();
    let work = [myself.to_str().expect("a plain path"), WORK, &millions];
    let mut table = Table::begin(&format!("medians of wall time, {blocks} blocks of 5 runs, ms"), version);
    for (what, command) in [("sleep 0.2", &["sleep", "0.2"][..]), ("a working program", &work[..])] {
        let mut medians = [Vec::new(), Vec::new()];
        for block in 0..blocks {
            for turn in [block % 2, 1 - block % 2] {
                let at = usize::from(turn == 1);
                let one = if at == 0 {
                    hearth(&folder.join("no-machine"), &place, &["-r", "5"], command)
                } else {
                    hyperfine(&place, &["-r", "5"], command)
                };
                medians[at].push(figure(&run(one, &place).1, "median") * 1000.0);
            }
        }
        let [ours, theirs] = &medians;
        let (one, other) = (ranks::median(ours), ranks::median(theirs));
        table.ratio(
            &format!("{what}: greater by lesser"),
            one,
            other,
            one.max(other) / one.min(other),
            AGREE_WITHIN,
        );
    }
}
