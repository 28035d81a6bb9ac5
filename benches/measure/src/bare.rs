//! The bare loop that a lane is judged against: it sleeps to absolute deadlines, reads the same files, and notes
//! the time. What it costs is what the machine asks for being woken at all. It parses nothing and keeps nothing.

use std::fs::{self, File};
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::prctl::set_timerslack;
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, ClockNanosleepFlags, clock_gettime, clock_nanosleep};

/// The loop's thread has this name.
pub const NAME: &str = "bare-loop";

/// The files of the traffic sensor: what the first two links that it would choose have received and sent.
///
/// # Panics
/// There is no link but the loopback.
#[must_use]
pub fn traffic() -> Vec<File> {
    let mut links = Vec::new();
    for entry in fs::read_dir("/sys/class/net").into_iter().flatten().flatten() {
        if entry.file_name() != "lo" {
            links.push((!entry.path().join("device").exists(), entry.path()));
        }
    }
    links.sort();
    let counters =
        |(_, link): (bool, PathBuf)| ["rx_bytes", "tx_bytes"].map(|name| link.join("statistics").join(name));
    let files: Vec<File> = links.into_iter().take(2).flat_map(counters).flat_map(File::open).collect();
    assert!(
        !files.is_empty(),
        "no link but the loopback: the lane that reads their counters cannot be measured"
    );
    files
}

/// Ticks that one loop notes at most.
const TIMES_MAX: usize = 1 << 16;

/// A running loop.
pub struct Bare {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

struct Shared {
    stop: AtomicBool,
    ticks: AtomicU64,
    times_us: Box<[AtomicU64]>,
}

impl Bare {
    /// Starts a loop of `rate_hz` that does `work` at every tick, which is told the ticks before it, and whose deadlines
    /// lie on whole parts of a second as a lane's do. It has ticked once and has its name when this returns.
    #[must_use]
    pub fn start(rate_hz: u64, work: impl FnMut(u64) + Send + 'static) -> Self {
        let shared = Arc::new(Shared {
            stop: AtomicBool::new(false),
            ticks: AtomicU64::new(0),
            // Not zero, so that the pages are there before the loop runs.
            times_us: (0..TIMES_MAX).map(|_| AtomicU64::new(u64::MAX)).collect(),
        });
        let mine = Arc::clone(&shared);
        let body = move || turn(&mine, work, 1_000_000_000 / rate_hz);
        let thread = thread::Builder::new().name(NAME.to_owned()).spawn(body).expect("a thread");
        let bare = Self { shared, thread };
        while bare.ticks() == 0 {
            thread::yield_now();
        }
        bare
    }

    /// Ticks so far.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        self.shared.ticks.load(Ordering::Acquire)
    }

    /// When ticks `from..to` began, in microseconds.
    #[must_use]
    pub fn times_us(&self, from: u64, to: u64) -> Vec<u64> {
        let at = |tick| usize::try_from(tick).expect("the ticks of one round are few");
        self.shared.times_us[at(from)..at(to)].iter().map(|time| time.load(Ordering::Relaxed)).collect()
    }

    /// Ends the loop.
    pub fn stop(self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the bare loop does not panic");
    }
}

/// The work of a loop that reads all of `files` at every tick.
pub fn reading(files: Vec<File>) -> impl FnMut(u64) + Send {
    let mut buf = [0; 512];
    move |_| {
        for file in &files {
            let length = file.read_at(&mut buf, 0).expect("the kernel answers");
            black_box(&buf[..length]);
        }
    }
}

/// The loop itself. Deadlines that have passed are left out, as a lane leaves them out.
fn turn(shared: &Shared, mut work: impl FnMut(u64), period_ns: u64) {
    set_timerslack(1).expect("a thread may have less timer slack");
    for time_us in &shared.times_us {
        let now_ns = monotonic_ns();
        time_us.store(now_ns / 1000, Ordering::Relaxed);
        work(shared.ticks.load(Ordering::Relaxed));
        shared.ticks.fetch_add(1, Ordering::Release);
        sleep_until((now_ns / period_ns + 1) * period_ns);
        if shared.stop.load(Ordering::Relaxed) {
            return;
        }
    }
}

fn monotonic_ns() -> u64 {
    let time = Duration::from(clock_gettime(ClockId::CLOCK_MONOTONIC).expect("every Linux has this clock"));
    u64::try_from(time.as_nanos()).expect("less than 500 years")
}

fn sleep_until(deadline_ns: u64) {
    let deadline = TimeSpec::from_duration(Duration::from_nanos(deadline_ns));
    while clock_nanosleep(ClockId::CLOCK_MONOTONIC, ClockNanosleepFlags::TIMER_ABSTIME, &deadline)
        == Err(Errno::EINTR)
    {}
}
