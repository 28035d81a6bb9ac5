//! Whether clients that mean no good can make the sampling lane miss its ticks.
//!
//! ```sh
//! cargo build --release && cargo bench -p hearth-measure --bench hostile -- --rounds 3 --seconds 6
//! ```
//!
//! Two Hearths run with their default limits: the one observed at 1000 Hz, and a decoy at 10 Hz. Each round has three
//! phases: nobody attacks; the decoy is attacked; the observed one is attacked. The attack takes CPU time itself, and a
//! machine with few CPUs has it from the lane; so it is the decoy's phase that the observed one's is judged by.
//!
//! The attack, all at once, over TCP: 1000 idle connections; 100 that send a request's head one byte at a time; one that
//! sends 64 requests in a row before it reads; one that opens connections, sends half a head and resets them.
//!
//! Missed ticks and lateness are what the observed lane says of itself, read over its Unix socket.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot take a figure has nothing to go on with, and says which"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hearth_measure::http::Connection;
use hearth_measure::server::{Running, scratch};
use hearth_measure::table::Table;
use hearth_measure::{argument, ranks};

/// The lane tells its own figures once a second.
const TOLD_EVERY: Duration = Duration::from_millis(1100);

/// How long an attacker rests between two strokes: it shall be a nuisance, not the whole machine's load.
const REST: Duration = Duration::from_millis(2);

/// Ticks that ran and ticks that were missed.
type Ticks = (f64, f64);

fn main() {
    let rounds = argument("--rounds", 3);
    let length = Duration::from_secs(argument("--seconds", 6));
    let socket = scratch().join("observed.sock");
    let path = socket.to_str().expect("a temporary directory has a name in UTF-8");
    let observed = Running::hearth("observed", "", &["--rate-hz", "1000", "--socket", path]);
    let decoy = Running::hearth("decoy", "", &["--socket", ""]);
    let mut phases = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (phase, target) in phases.iter_mut().zip([None, Some(decoy.address), Some(observed.address)]) {
            phase.push(missed_a_million(&socket, length, target));
        }
    }
    let [calm, decoyed, attacked] = phases.map(|phase| ranks::median(&phase));
    let mut table = Table::begin(&format!("1000 Hz, {rounds} rounds of {length:?}"), "undisturbed");
    table.shown("missed a million ticks, decoy attacked", decoyed, Some(calm));
    table.at_most("missed a million ticks, itself attacked", attacked, Some(calm), decoyed.max(calm));
}

/// Of a million deadlines, how many the observed lane missed in one phase.
fn missed_a_million(socket: &Path, length: Duration, target: Option<SocketAddr>) -> f64 {
    let before = ticks(socket);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        if let Some(target) = target {
            for attack in [idle, slow, pipelining, resets] {
                let stop = &stop;
                scope.spawn(move || attack(target, stop));
            }
        }
        thread::sleep(length);
        stop.store(true, Ordering::Relaxed);
    });
    thread::sleep(TOLD_EVERY);
    let after = ticks(socket);
    let (ran, missed) = (after.0 - before.0, after.1 - before.1);
    assert!(ran > 0.0, "the lane stands still");
    missed / (ran + missed) * 1e6
}

/// What the steady lane has told.
fn ticks(socket: &Path) -> Ticks {
    let answer = Connection::unix(socket).and_then(|mut connection| {
        let body = connection.get("/metrics", "text/plain;version=0.0.4")?;
        Ok(String::from_utf8_lossy(body).into_owned())
    });
    let text = answer.unwrap_or_else(|error| panic!("{}: {error}", socket.display()));
    let value = |name: &str| {
        let prefix = format!("{name}{{lane=\"steady\"}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(prefix.as_str()));
        line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {prefix}in /metrics"))
    };
    (value("hearth_lane_ticks_total"), value("hearth_lane_missed_ticks_total"))
}

/// Connections that say nothing; those that the server closes are opened again.
fn idle(target: SocketAddr, stop: &AtomicBool) {
    hold(target, stop, 1000, |_| true);
}

/// Heads that arrive one byte at a time and never end.
fn slow(target: SocketAddr, stop: &AtomicBool) {
    hold(target, stop, 100, |stream| stream.write_all(b"G").is_ok());
}

/// Keeps `count` connections, and does `stroke` to one after the other; where it fails the connection is a new one.
fn hold(target: SocketAddr, stop: &AtomicBool, count: usize, stroke: impl Fn(&mut TcpStream) -> bool) {
    let mut held: Vec<Option<TcpStream>> = Vec::new();
    held.resize_with(count, || None);
    while !stop.load(Ordering::Relaxed) {
        for place in &mut held {
            let alive = place.as_mut().is_some_and(|stream| is_open(stream) && stroke(stream));
            if !alive {
                // What a full server refuses is tried again in the next turn.
                *place = TcpStream::connect_timeout(&target, Duration::from_secs(1)).ok();
                thread::sleep(REST);
            }
            if stop.load(Ordering::Relaxed) {
                return;
            }
        }
        thread::sleep(REST * 10);
    }
}

/// Whether the other end has not closed.
fn is_open(stream: &mut TcpStream) -> bool {
    let unblocked = stream.set_nonblocking(true);
    let read = stream.read(&mut [0; 1024]);
    unblocked.is_ok() && matches!(read, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

/// Many requests at once, whose answers are read afterwards.
fn pipelining(target: SocketAddr, stop: &AtomicBool) {
    const REQUESTS: usize = 64;
    let batch = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(REQUESTS);
    let mut buf = vec![0; 1 << 16];
    while !stop.load(Ordering::Relaxed) {
        let Ok(mut stream) = TcpStream::connect(target) else {
            thread::sleep(REST);
            continue;
        };
        if stream.set_read_timeout(Some(Duration::from_millis(50))).is_ok()
            && stream.write_all(batch.as_bytes()).is_ok()
        {
            let begun = Instant::now();
            // Until all is read, the server has closed, or a second is over.
            while matches!(stream.read(&mut buf), Ok(1..)) && begun.elapsed() < Duration::from_secs(1) {}
        }
        thread::sleep(REST);
    }
}

/// Half a head, then a reset: closing a socket with unread input resets its connection.
fn resets(target: SocketAddr, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        if let Ok(mut stream) = TcpStream::connect(target)
            && stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT").is_ok()
        {
            // Its answer arrives and stays unread.
            thread::sleep(REST);
        }
    }
}
