//! The lane's clock, and sleeping by it. Everything else in this crate is given the time.

use std::cell::Cell;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, ClockNanosleepFlags, clock_gettime, clock_nanosleep};

/// Nanoseconds in a second.
pub const SECOND_NS: u64 = 1_000_000_000;

/// What a lane asks for the time: the kernel, or a test.
pub trait Clock {
    /// `CLOCK_MONOTONIC`, in nanoseconds.
    fn monotonic_ns(&self) -> u64;
    /// `CLOCK_REALTIME`, in nanoseconds since 1970; 0 before.
    fn realtime_ns(&self) -> u64;
    /// `CLOCK_BOOTTIME`, in nanoseconds: `CLOCK_MONOTONIC` and the time that the machine slept. A clock that never
    /// sleeps need not tell them apart.
    fn boottime_ns(&self) -> u64 {
        self.monotonic_ns()
    }
}

/// The kernel's clocks, read through the vDSO without entering the kernel.
pub struct SystemClock {
    monotonic_ns: Cell<u64>,
    realtime_ns: Cell<u64>,
    boottime_ns: Cell<u64>,
}

impl SystemClock {
    /// Reads the clocks once, which proves that they answer.
    ///
    /// # Errors
    /// What the kernel said about a clock that every Linux has.
    pub fn new() -> Result<Self, Errno> {
        Ok(Self {
            monotonic_ns: Cell::new(read_ns(ClockId::CLOCK_MONOTONIC)?),
            realtime_ns: Cell::new(read_ns(ClockId::CLOCK_REALTIME)?),
            boottime_ns: Cell::new(read_ns(ClockId::CLOCK_BOOTTIME)?),
        })
    }
}

impl Clock for SystemClock {
    fn monotonic_ns(&self) -> u64 {
        latest(ClockId::CLOCK_MONOTONIC, &self.monotonic_ns)
    }

    fn realtime_ns(&self) -> u64 {
        latest(ClockId::CLOCK_REALTIME, &self.realtime_ns)
    }

    fn boottime_ns(&self) -> u64 {
        latest(ClockId::CLOCK_BOOTTIME, &self.boottime_ns)
    }
}

/// The clock's time. `clock_gettime` has no failure left for a clock that answered once; if it fails all the same,
/// time stands still, and the lane sleeps to its next deadline.
fn latest(id: ClockId, last_ns: &Cell<u64>) -> u64 {
    if let Ok(now_ns) = read_ns(id) {
        last_ns.set(now_ns);
    }
    last_ns.get()
}

fn read_ns(id: ClockId) -> Result<u64, Errno> {
    clock_gettime(id).map(nanoseconds)
}

fn nanoseconds(time: TimeSpec) -> u64 {
    let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
    let rest = u64::try_from(time.tv_nsec()).unwrap_or(0);
    seconds.saturating_mul(SECOND_NS).saturating_add(rest)
}

/// Sleeps until `CLOCK_MONOTONIC` has reached `deadline_ns`, through whatever signals arrive. Returns at once if it has.
///
/// # Errors
/// What `clock_nanosleep` said; the caller must not go on, as it would spin.
pub fn sleep_until(deadline_ns: u64) -> Result<(), Errno> {
    let deadline = TimeSpec::from_duration(Duration::from_nanos(deadline_ns));
    loop {
        match clock_nanosleep(ClockId::CLOCK_MONOTONIC, ClockNanosleepFlags::TIMER_ABSTIME, &deadline) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_ends_at_its_deadline_or_later_never_before() {
        let clock = SystemClock::new().unwrap();
        let deadline_ns = clock.monotonic_ns() + 2_000_000;
        sleep_until(deadline_ns).unwrap();
        assert!(clock.monotonic_ns() >= deadline_ns);
    }

    #[test]
    fn boot_time_is_never_behind_the_time_awake() {
        let clock = SystemClock::new().unwrap();
        let awake_ns = clock.monotonic_ns();
        assert!(clock.boottime_ns() >= awake_ns);
    }

    #[test]
    fn a_deadline_that_has_passed_is_no_error() {
        assert_eq!(sleep_until(0), Ok(()));
    }

    #[test]
    fn a_time_before_1970_is_zero_and_a_late_one_is_whole() {
        assert_eq!(nanoseconds(TimeSpec::new(-1, 0)), 0);
        assert_eq!(nanoseconds(TimeSpec::new(3, 7)), 3_000_000_007);
    }
}
