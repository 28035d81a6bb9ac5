//! The one place that waits for what the world outside wants: signals, a changed configuration file, the service
//! manager's watchdog; and for other threads that have something to say.
//!
//! Everything waited for is a descriptor in one poll(2) without a time-out, so an undisturbed program is never woken
//! and no clock is read here. Signals arrive over a signalfd: they must be blocked before the first thread is started
//! ([`block_signals`]), or another thread would take them the old way.

mod place;

use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

pub use place::Blind;
use place::Place;

/// How long a file is left to settle after its first change; editors write, rename and set modes in one go.
const SETTLE: Duration = Duration::from_millis(100);

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// SIGTERM or SIGINT: end in good order.
    Terminate,
    /// SIGHUP: read the configuration again.
    Reload,
    /// The configuration file may have changed, appeared or gone.
    FileChanged,
    /// The service manager wants a sign of life.
    WatchdogDue,
    /// Another thread has something to say: see [`Waker`].
    Woken,
}

/// What makes [`Events::wait`] return from another thread. Any number of calls before it returns is one event.
#[derive(Clone, Debug)]
pub struct Waker(Arc<EventFd>);

impl Waker {
    /// Wakes the thread that waits.
    ///
    /// # Errors
    /// When the kernel refuses, which it does for no open descriptor.
    pub fn wake(&self) -> Result<(), EventsError> {
        match self.0.write(1) {
            // A count that is full has an event on its way already.
            Ok(_) | Err(Errno::EAGAIN) => Ok(()),
            Err(errno) => trying("wake the thread that waits", Err(errno)),
        }
    }
}

/// What could not be waited for, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what}: {source}")]
pub struct EventsError {
    what: &'static str,
    source: Errno,
}

/// Says what was tried when a call fails.
fn trying<T>(what: &'static str, result: nix::Result<T>) -> Result<T, EventsError> {
    result.map_err(|source| EventsError { what, source })
}

/// The signals [`Events`] hears, blocked in the calling thread and all it starts from now on.
#[derive(Debug)]
pub struct BlockedSignals(SigSet);

/// Blocks SIGTERM, SIGINT and SIGHUP for the calling thread. Called by `main` before any thread is started.
///
/// # Errors
/// When the kernel refuses, which it does for no valid set.
pub fn block_signals() -> Result<BlockedSignals, EventsError> {
    let set = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]);
    trying("block signals", set.thread_block())?;
    Ok(BlockedSignals(set))
}

/// Everything waited for.
#[derive(Debug)]
pub struct Events {
    signals: SignalFd,
    woken: Waker,
    place: Option<Place>,
    settling: TimerFd,
    settling_armed: bool,
    watchdog: TimerFd,
}

impl Events {
    /// Opens everything: `signals` as blocked, changes of the file at `config` (which need not exist), and a sign of
    /// life every `watchdog`. Open before the file is read for the first time, and no change is missed.
    ///
    /// # Errors
    /// When the kernel is out of descriptors or inotify instances.
    pub fn open(
        signals: &BlockedSignals,
        config: Option<&Path>,
        watchdog: Option<Duration>,
    ) -> Result<Self, EventsError> {
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        let signals = trying("open a signalfd", SignalFd::with_flags(&signals.0, flags))?;
        let place = config.map(Place::watch).transpose()?;
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let woken = Waker(Arc::new(trying("open an eventfd", EventFd::from_value_and_flags(0, flags))?));
        let (settling, watchdog_timer) = (timer()?, timer()?);
        let events =
            Self { signals, woken, place, settling, settling_armed: false, watchdog: watchdog_timer };
        if let Some(every) = watchdog {
            let every = Expiration::Interval(TimeSpec::from_duration(every));
            trying("set the watchdog's timer", events.watchdog.set(every, TimerSetTimeFlags::empty()))?;
        }
        Ok(events)
    }

    /// Directories on the way to the configuration file that cannot be watched: changes there go unnoticed until a
    /// SIGHUP.
    #[must_use]
    pub fn blind(&self) -> &[Blind] {
        self.place.as_ref().map_or(&[], Place::blind)
    }

    /// What wakes the thread that waits here.
    #[must_use]
    pub fn waker(&self) -> Waker {
        self.woken.clone()
    }

    /// Waits for the next event. Of several that are due, signals come first and signs of life last.
    ///
    /// # Errors
    /// When the kernel no longer answers for one of the descriptors; there is no point in waiting again.
    pub fn wait(&mut self) -> Result<Event, EventsError> {
        loop {
            self.sleep()?;
            if let Some(event) = self.signal()? {
                return Ok(event);
            }
            match self.woken.0.read() {
                Ok(_) => return Ok(Event::Woken),
                Err(Errno::EAGAIN) => {}
                Err(errno) => return trying("read an eventfd", Err(errno)),
            }
            if let Some(place) = &mut self.place
                && place.touched()?
                && !self.settling_armed
            {
                let settle = Expiration::OneShot(TimeSpec::from_duration(SETTLE));
                trying("set a timer", self.settling.set(settle, TimerSetTimeFlags::empty()))?;
                self.settling_armed = true;
            }
            if expired(&self.settling)? {
                self.settling_armed = false;
                return Ok(Event::FileChanged);
            }
            if expired(&self.watchdog)? {
                return Ok(Event::WatchdogDue);
            }
        }
    }

    /// Sleeps until a descriptor has something to say.
    fn sleep(&self) -> Result<(), EventsError> {
        let wanted =
            [self.signals.as_fd(), self.woken.0.as_fd(), self.settling.as_fd(), self.watchdog.as_fd()];
        let place = self.place.as_ref().map(Place::descriptor);
        let mut descriptors: Vec<PollFd<'_>> =
            wanted.into_iter().chain(place).map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        loop {
            match poll(&mut descriptors, PollTimeout::NONE) {
                // A signal that is not ours (a debugger's, for one) has been handled; sleep on.
                Err(Errno::EINTR) => {}
                result => return trying("wait for events", result).map(drop),
            }
        }
    }

    fn signal(&self) -> Result<Option<Event>, EventsError> {
        let Some(info) = trying("read a signal", self.signals.read_signal())? else { return Ok(None) };
        let hangup = Signal::SIGHUP as u32;
        Ok(Some(if info.ssi_signo == hangup { Event::Reload } else { Event::Terminate }))
    }
}

fn timer() -> Result<TimerFd, EventsError> {
    let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
    trying("open a timerfd", TimerFd::new(ClockId::CLOCK_MONOTONIC, flags))
}

/// Whether `timer` has run out since the last look.
fn expired(timer: &TimerFd) -> Result<bool, EventsError> {
    match timer.wait() {
        Ok(()) => Ok(true),
        Err(Errno::EAGAIN) => Ok(false),
        Err(errno) => trying("read a timer", Err(errno)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal::raise;

    // The signals are sent to the test's own thread, which has them blocked: no other thread is ended by them.

    #[test]
    fn signals_arrive_as_events() {
        let blocked = block_signals().expect("signals are blocked");
        let mut events = Events::open(&blocked, None, None).expect("descriptors are to be had");
        for (signal, event) in [
            (Signal::SIGHUP, Event::Reload),
            (Signal::SIGTERM, Event::Terminate),
            (Signal::SIGINT, Event::Terminate),
        ] {
            raise(signal).expect("a signal to the own thread");
            assert_eq!(events.wait().expect("an event"), event);
        }
    }

    #[test]
    fn signs_of_life_are_due_again_and_again_and_do_not_hide_a_signal() {
        let blocked = block_signals().expect("signals are blocked");
        let mut events =
            Events::open(&blocked, None, Some(Duration::from_millis(1))).expect("descriptors are to be had");
        for _ in 0..3 {
            assert_eq!(events.wait().expect("an event"), Event::WatchdogDue);
        }
        raise(Signal::SIGTERM).expect("a signal to the own thread");
        assert_eq!(events.wait().expect("an event"), Event::Terminate);
    }

    #[test]
    fn other_threads_wake_it_and_many_calls_are_one_event() {
        let blocked = block_signals().expect("signals are blocked");
        let mut events = Events::open(&blocked, None, None).expect("descriptors are to be had");
        let waker = events.waker();
        let waking = std::thread::spawn(move || (0..3).for_each(|_| waker.wake().expect("woken")));
        waking.join().expect("it wakes");
        assert_eq!(events.wait().expect("an event"), Event::Woken);
        raise(Signal::SIGTERM).expect("a signal to the own thread");
        assert_eq!(events.wait().expect("an event"), Event::Terminate, "nothing else is left");
    }

    #[test]
    fn a_burst_of_changes_is_one_event_after_it_has_settled() {
        let path = std::env::temp_dir().join(format!("hearth-events-{}.toml", std::process::id()));
        let blocked = block_signals().expect("signals are blocked");
        let mut events = Events::open(&blocked, Some(&path), None).expect("descriptors are to be had");
        for round in 0..2 {
            for number in 0..100 {
                std::fs::write(&path, format!("{round} {number}")).expect("the file is written");
            }
            assert_eq!(events.wait().expect("an event"), Event::FileChanged);
            assert!(!events.settling_armed, "nothing more is on its way");
            let place = events.place.as_mut().expect("the file is watched");
            assert!(!place.touched().expect("the kernel answers"), "the whole burst was taken");
        }
        std::fs::remove_file(path).expect("removed");
    }
}
