//! Whether clients that mean no good can make the sampling lane miss its ticks.
//!
//! ```sh
//! cargo build --release && cargo bench -p hearth-measure --bench hostile -- --rounds 3 --seconds 30 [--no-fifo]
//! ```
//!
//! Two Hearths run with their default limits: the one observed at 1000 Hz, and a decoy at 10 Hz. Each round has three
//! phases: nobody attacks; the decoy is attacked; the observed one is attacked. What is attacked costs CPU time, and so
//! does attacking, which on a machine with few CPUs is taken from the lane whoever is the target. The last phase beside
//! the first is what clients can do to the lane in all; beside the second it is what they do through the server. Both
//! are shown, and the second has the limit.
//!
//! Missed ticks are what the observed lane says of itself every few seconds, read over its Unix socket. A phase is
//! counted from one such telling to another, both while its attack is on, so that no two phases share a tick.
//!
//! `--no-fifo` takes CAP_SYS_NICE from the observed Hearth, as a service manager would that does not grant it: its lane
//! then runs as an ordinary thread. Needs root and Debian's util-linux (`setpriv`).

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot take a figure has nothing to go on with, and says which"
)]

#[path = "hostile/attacks.rs"]
mod attacks;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use attacks::ATTACKS;
use hearth_measure::http::Connection;
use hearth_measure::server::{Running, scratch};
use hearth_measure::table::Table;
use hearth_measure::{argument, flag, ranks};

/// How often the lane is asked whether it has told of itself again.
const LOOK: Duration = Duration::from_millis(100);

/// The lane tells of itself every few seconds; one that has not for so long stands still.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tellings before a phase counts: the attack has its connections by then, and the phase before is over.
const SETTLING: u32 = 2;

/// What the steady lane has told of itself.
#[derive(Clone, Copy)]
struct Told {
    /// How often it has.
    times: f64,
    ticks: f64,
    missed: f64,
}

fn main() {
    let rounds = argument("--rounds", 3);
    let length = Duration::from_secs(argument("--seconds", 30));
    let socket = scratch().join("observed.sock");
    let path = socket.to_str().expect("a temporary directory has a name in UTF-8");
    let wrapper: &[&str] = if flag("--no-fifo") { &["setpriv", "--bounding-set", "-sys_nice"] } else { &[] };
    let observed = Running::hearth_through(wrapper, "observed", "", &["--rate-hz", "1000", "--socket", path]);
    let decoy = Running::hearth("decoy", "", &["--socket", ""]);
    let thread = thread_of_the_lane(&socket, flag("--no-fifo"));
    let mut phases = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (phase, target) in phases.iter_mut().zip([None, Some(decoy.address), Some(observed.address)]) {
            phase.push(missed_a_million(&socket, length, target));
        }
    }
    let [calm, decoyed, attacked] = phases.map(|phase| ranks::median(&phase));
    let title = format!(
        "ticks missed a million at 1000 Hz, {thread}; {rounds} rounds of {length:?} a phase\n\
         the limit is what the same attack on another program does, since attackers take CPU time themselves"
    );
    let mut table = Table::begin(&title, "beside it");
    table.shown("nobody attacked", calm, None);
    table.shown("another program attacked; undisturbed", decoyed, Some(calm));
    table.shown("itself attacked; undisturbed", attacked, Some(calm));
    table.at_most("itself attacked; another program attacked", attacked, Some(decoyed), decoyed.max(calm));
}

/// How the observed lane's thread is scheduled, in words. With `plain` it must have been refused SCHED_FIFO.
fn thread_of_the_lane(socket: &Path, plain: bool) -> &'static str {
    // The server answers a moment before what was refused at its start is noted; the first telling is behind that.
    told_again(socket, told(socket));
    let refused = ask(socket, "/v1/status", "application/json").contains("lanes.realtime_priority");
    assert!(!plain || refused, "setpriv took CAP_SYS_NICE, and yet the lane has SCHED_FIFO");
    if refused { "an ordinary thread" } else { "a thread under SCHED_FIFO" }
}

/// Of a million deadlines, how many the observed lane missed while `target` was attacked.
fn missed_a_million(socket: &Path, length: Duration, target: Option<SocketAddr>) -> f64 {
    let stop = AtomicBool::new(false);
    let (before, after) = thread::scope(|scope| {
        for (attack, from) in ATTACKS.iter().zip(2..) {
            let stop = &stop;
            if let Some(target) = target {
                scope.spawn(move || attack(target, from, stop));
            }
        }
        let before = (0..SETTLING).fold(told(socket), |before, _| told_again(socket, before));
        thread::sleep(length);
        let after = told_again(socket, told(socket));
        stop.store(true, Ordering::Relaxed);
        (before, after)
    });
    let (ran, missed) = (after.ticks - before.ticks, after.missed - before.missed);
    assert!(ran > 0.0, "the lane stands still");
    missed / (ran + missed) * 1e6
}

/// Waits until the lane has told of itself since `before`.
fn told_again(socket: &Path, before: Told) -> Told {
    let begun = Instant::now();
    loop {
        thread::sleep(LOOK);
        let now = told(socket);
        if now.times > before.times {
            return now;
        }
        assert!(begun.elapsed() < PATIENCE, "the lane has told nothing of itself for {PATIENCE:?}");
    }
}

/// What the steady lane told last.
fn told(socket: &Path) -> Told {
    let text = ask(socket, "/metrics", "text/plain;version=0.0.4");
    let value = |series: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {series} in /metrics"))
    };
    Told {
        times: value(r#"hearth_sensor_reads_total{lane="steady",sensor="lane"}"#),
        ticks: value(r#"hearth_lane_ticks_total{lane="steady"}"#),
        missed: value(r#"hearth_lane_missed_ticks_total{lane="steady"}"#),
    }
}

fn ask(socket: &Path, path: &str, accept: &str) -> String {
    let answer = Connection::unix(socket).and_then(|mut connection| {
        let body = connection.get(path, accept)?;
        Ok(String::from_utf8_lossy(body).into_owned())
    });
    answer.unwrap_or_else(|error| panic!("{}: {error}", socket.display()))
}
