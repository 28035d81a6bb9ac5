//! Debian's node_exporter beside `hearth run`, in one run. `sh benches/peers/run.sh` installs and builds what this needs.
//!
//! Both run with their default collectors and serve `/metrics` over the loopback to one client on one kept connection
//! that asks again as soon as it has its answer. Rounds alternate: idle, then scrapes, of the one and of the other.
//!
//! - **p50, p99, scrapes a second**: from before the request is written to after the body is read.
//! - **CPU a scrape**: of the server's process, by its CPU clock (system time included), over the scrapes of a round,
//!   less what the same process used in as much time without a client. Both are shown.
//! - **start**: from before the fork to the whole first answer; **memory**: resident, behind all scrapes;
//!   **wake-ups**: voluntary context switches of all threads, without a client.
//!
//! Medians over the rounds; ratios are medians of the rounds' ratios. Hearth's limit of requests a second is lifted.

#![expect(
    clippy::panic,
    reason = "a benchmark that cannot take a figure has nothing to go on with, and says which"
)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use hearth_measure::http::Connection;
use hearth_measure::server::{self, Running};
use hearth_measure::table::Table;
use hearth_measure::{argument, clocks, ranks};

/// Hearth answers as many times while node_exporter answers once; so both get about as much time.
const SCRAPES_A_SCRAPE: u64 = 20;

const TEXT: &str = "text/plain;version=0.0.4";

/// What one server did in one round.
struct Round {
    p50_us: f64,
    p99_us: f64,
    scrapes_a_second: f64,
    cpu_us_a_scrape: f64,
    idle_us_a_second: f64,
    wakes_a_second: f64,
}

fn main() {
    let rounds = argument("--rounds", 5);
    let scrapes = argument("--scrapes", 100);
    let exporter =
        env::var("NODE_EXPORTER_BIN").unwrap_or_else(|_| "/usr/bin/prometheus-node-exporter".to_owned());
    let start_hearth = || {
        let settings = "[limits]\nrequests_per_second = 1000000\n";
        Running::hearth("peers", settings, &["--socket", ""])
    };
    let start_exporter = || {
        let address = server::free_address();
        let mut command = Command::new(&exporter);
        Running::start(command.arg(format!("--web.listen-address={address}")), address)
    };
    let hearth_start_ms = median_start_ms(start_hearth);
    let exporter_start_ms = median_start_ms(start_exporter);

    let (hearth, peer) = (start_hearth(), start_exporter());
    thread::sleep(Duration::from_secs(2));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(round(&hearth, scrapes * SCRAPES_A_SCRAPE));
        theirs.push(round(&peer, scrapes));
    }

    let title = format!("/metrics, {rounds} rounds, {scrapes} scrapes of node_exporter each");
    let mut table = Table::begin(&title, "node_exporter");
    pairs(&mut table, &ours, &theirs);
    let kib = |running: &Running| clocks::resident_kib(running.pid());
    table.at_most("resident memory, KiB", kib(&hearth), Some(kib(&peer)), 8192.0);
    let bytes = |path: &Path| size(fs::metadata(path).map_or(0, |file| file.len()));
    table.at_most(
        "program, bytes",
        bytes(&server::hearth_binary()),
        Some(bytes(Path::new(&exporter))),
        4_194_304.0,
    );
    table.at_most("start to first answer, ms", hearth_start_ms, Some(exporter_start_ms), 20.0);
    content(&mut table, &hearth, &peer);
}

fn pairs(table: &mut Table, ours: &[Round], theirs: &[Round]) {
    let both = |pick: fn(&Round) -> f64| -> (Vec<f64>, Vec<f64>) {
        (ours.iter().map(pick).collect(), theirs.iter().map(pick).collect())
    };
    let mut ratio = |figure, pick, limit| {
        let (ours, theirs) = both(pick);
        let ratio = ranks::paired_ratio(&ours, &theirs);
        table.ratio(figure, ranks::median(&ours), ranks::median(&theirs), ratio, limit);
    };
    ratio("scrape p50, us", |round| round.p50_us, 1.0 / 40.0);
    ratio("CPU a scrape, idle taken off, us", |round| round.cpu_us_a_scrape, 1.0 / 40.0);
    let median = |pick| {
        let (ours, theirs) = both(pick);
        (ranks::median(&ours), Some(ranks::median(&theirs)))
    };
    let (ours_us, theirs_us) = median(|round| round.p99_us);
    table.at_most("scrape p99, us", ours_us, theirs_us, 1000.0);
    let (ours_hz, theirs_hz) = median(|round| round.scrapes_a_second);
    table.shown("scrapes a second", ours_hz, theirs_hz);
    let (ours_us, theirs_us) = median(|round| round.idle_us_a_second);
    table.shown("CPU a second without a client, us", ours_us, theirs_us);
    let (ours_wakes, theirs_wakes) = median(|round| round.wakes_a_second);
    table.at_most("wake-ups a second without a client", ours_wakes, theirs_wakes, 12.0);
}

fn content(table: &mut Table, hearth: &Running, peer: &Running) {
    let text = |running: &Running| body(running, "/metrics", TEXT);
    let (ours, theirs) = (text(hearth), text(peer));
    let families = |text: &[u8]| size_of_count(text.windows(7).filter(|at| at == b"# TYPE ").count());
    table.shown("families", families(&ours), Some(families(&theirs)));
    let bytes = |text: &[u8]| size_of_count(text.len());
    table.shown("text, bytes", bytes(&ours), Some(bytes(&theirs)));
    let snapshot = body(hearth, "/v1/snapshot", "application/vnd.hearth.postcard");
    table.at_most("postcard snapshot, bytes", bytes(&snapshot), None, 6144.0);
}

/// Idle, then `scrapes` scrapes.
fn round(running: &Running, scrapes: u64) -> Round {
    const IDLE: Duration = Duration::from_secs(3);
    let pid = running.pid();
    let used = || (clocks::process_cpu_ns(pid), clocks::wake_ups(pid, &clocks::threads(pid, "")));
    let before = used();
    thread::sleep(IDLE);
    let after = used();
    let idle_us_a_second = (after.0 - before.0) / 1000.0 / IDLE.as_secs_f64();
    let wakes_a_second = (after.1 - before.1) / IDLE.as_secs_f64();

    let mut connection = connect(running);
    ask(&mut connection, "/metrics", TEXT);
    let before_ns = clocks::process_cpu_ns(pid);
    let begun = Instant::now();
    let times_us: Vec<f64> = (0..scrapes)
        .map(|_| {
            let asked = Instant::now();
            ask(&mut connection, "/metrics", TEXT);
            asked.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    let seconds = begun.elapsed().as_secs_f64();
    let cpu_us = (clocks::process_cpu_ns(pid) - before_ns) / 1000.0;
    Round {
        p50_us: ranks::quantile(&times_us, 0.5),
        p99_us: ranks::quantile(&times_us, 0.99),
        scrapes_a_second: size(scrapes) / seconds,
        cpu_us_a_scrape: (cpu_us - idle_us_a_second * seconds) / size(scrapes),
        idle_us_a_second,
        wakes_a_second,
    }
}

fn median_start_ms(start: impl Fn() -> Running) -> f64 {
    let times: Vec<f64> = (0..10).map(|_| start().started_in.as_secs_f64() * 1000.0).collect();
    ranks::median(&times)
}

fn connect(running: &Running) -> Connection {
    Connection::tcp(running.address).unwrap_or_else(|error| panic!("{}: {error}", running.address))
}

fn ask<'a>(connection: &'a mut Connection, path: &str, accept: &str) -> &'a [u8] {
    connection.get(path, accept).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn body(running: &Running, path: &str, accept: &str) -> Vec<u8> {
    ask(&mut connect(running), path, accept).to_vec()
}

fn size_of_count(count: usize) -> f64 {
    size(u64::try_from(count).unwrap_or(u64::MAX))
}

#[expect(clippy::cast_precision_loss, reason = "sizes and counts of one run stay far below 2^52")]
fn size(number: u64) -> f64 {
    number as f64
}
