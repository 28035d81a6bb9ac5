//! The program on a virtual board, as the tests of it have it.

use std::thread::park_timeout;
use std::time::{Duration, Instant};

use hearth_board::{Board, Mounted};

use super::program::Program;
use super::reader::{Said, said};

/// Far longer than anything takes: it only bounds how long a broken test runs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// How long to wait before asking again.
const BREATH: Duration = Duration::from_millis(20);

/// Read at every tick of the steady lane.
pub(crate) const EVERY_TICK: &str = "sys/class/net/eth0/statistics/rx_bytes";

/// A board and the program on it; the program ends first.
pub(crate) struct Stage {
    pub(crate) program: Program,
    pub(crate) board: Board,
    pub(crate) mounted: Mounted,
}

impl Stage {
    /// The program on `board`, started with these arguments besides; `None` where no board can be mounted.
    pub(crate) fn set(board: Board, arguments: &[&str]) -> Option<Self> {
        let mounted = board.mount_or_say_why().expect("the board is mounted")?;
        let root = mounted.dir().to_str().expect("a plain path").to_owned();
        let program = Program::start(&[&["--root", &root], arguments].concat());
        Some(Self { program, board, mounted })
    }

    /// Waits until a pass over `path` that began after this call is behind the program and published.
    pub(crate) fn pass(&self, path: &str) {
        let wanted = self.board.reads(path) + 2;
        self.board.wait_for_reads(path, wanted, PATIENCE).expect("the program reads the file");
    }

    /// Waits until a whole tick of the steady lane that began after this call is behind it and published, whichever of
    /// its files it reads first.
    pub(crate) fn tick(&self) {
        let wanted = self.board.reads(EVERY_TICK) + 3;
        self.board.wait_for_reads(EVERY_TICK, wanted, PATIENCE).expect("the steady lane ticks");
    }

    /// What it answers, asked again as long as the answer says so: a lane may be interrupted while it publishes.
    pub(crate) fn get(&self, path: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (status, body) = self.program.get(path);
            if status == 200 {
                return body;
            }
            let asks_again = status == 503 && body.contains("ask again");
            assert!(asks_again && Instant::now() < deadline, "{path}: {status} {body}");
            park_timeout(BREATH);
        }
    }

    pub(crate) fn said(&self, family: &str, labels: &str) -> Option<Said> {
        said(&self.get("/v1/snapshot"), family, labels)
    }

    /// Ticks on until `holds`.
    pub(crate) fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        for _ in 0..1200 {
            if holds(self) {
                return;
            }
            self.pass(EVERY_TICK);
        }
        assert!(holds(self), "{what} did not come to pass");
    }

    pub(crate) fn number(&self, family: &str, labels: &str) -> f64 {
        let said = self.said(family, labels).expect("the series is there");
        said.expect("it has a value").parse().expect("a number")
    }
}
