//! What `hearth profile` costs whoever is profiled, and what it says beside hyperfine.
//!
//! ```sh
//! cargo build --release && cargo bench --bench profile -- --pairs 200 --blocks 15
//! ```
//!
//! Three figures. **Slowdown**: a program that always does the same work, run under sampling at 1000 Hz and at 1 Hz in
//! turn; compared are the CPU time that the kernel has charged it with and its wall time, as ratios of pairs with their
//! 95 % interval, of which the upper end is held against the limit. The counters sampled are four files in memory, as
//! this needs no rights and no hardware: reading a file costs what reading a counter does but for the register itself,
//! which takes about a microsecond on a CPU of the package. **A run's overhead**: `true` by both programs in turn, each
//! without a shell: the mean wall time that each reports, and what each needs for one run more. **Agreement**: medians of
//! wall time that both report of the same commands in turn. Where there is no hyperfine the last two are left out.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot take a figure has nothing to go on with, and says which"
)]

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use hearth::profile::stats::interval::{self, Interval};
use hearth_measure::table::Table;
use hearth_measure::{argument, ranks, server};
use serde_json::Value;

/// What this program is called with to be the one that is profiled.
const WORK: &str = "--work";
/// Steps of the work, in millions: some tenth of a second.
const MILLIONS: u64 = 60;
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
    let folder = std::env::temp_dir().join(format!("hearth-bench-profile-{}", std::process::id()));
    let counted = tree(Path::new("/dev/shm")).unwrap_or_else(|| folder.clone());
    fs::create_dir_all(&folder).expect("a folder can be made");
    slowdown(&counted, &folder, argument("--pairs", 200));
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
    let place = folder.join("work.json");
    let myself = std::env::current_exe().expect("a program has a file");
    let millions = MILLIONS.to_string();
    let command = [myself.to_str().expect("a plain path"), WORK, &millions];
    let mut cpu = Vec::new();
    let mut wall = Vec::new();
    for pair in 0..pairs {
        let mut figures = [(0.0, 0.0); 2];
        // Whichever comes first may find the machine otherwise: they take turns.
        for turn in [pair % 2, 1 - pair % 2] {
            let rate = ["1", "1000"][usize::from(turn == 1)];
            let (_, export) = run(hearth(counted, &place, &["-r", "1", "--rate-hz", rate], &command), &place);
            figures[usize::from(turn == 1)] =
                (figure(&export, "user") + figure(&export, "system"), figure(&export, "mean"));
        }
        cpu.push((figures[0].0, figures[1].0));
        wall.push((figures[0].1, figures[1].1));
    }
    let title = format!("a program sampled at 1000 Hz, beside 1 Hz: {pairs} pairs, ms");
    let mut table = Table::begin(&title, "1 Hz");
    for (what, pairs) in [("CPU time", cpu), ("wall time", wall)] {
        let ms = |of: fn(&(f64, f64)) -> f64| {
            let figures: Vec<f64> = pairs.iter().map(of).collect();
            ranks::median(&figures) * 1000.0
        };
        table.shown(what, ms(|pair| pair.1), Some(ms(|pair| pair.0)));
        let Some(Interval { estimate, low, high }) = interval::of_ratio(&pairs, 1) else {
            println!("{what}: {} pairs are too few for an interval: give --pairs 5 or more", pairs.len());
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
