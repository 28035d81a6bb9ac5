//! A lane as a thread: its own stack, its own settings, and a loop of absolute deadlines.
//!
//! Stopping: a lane sees the wish to stop after its sleep, so it ends within one tick. It is not woken for that, since
//! a thread that could be woken would have to sleep on something slower than a timer. A lane that sleeps longer or
//! hangs in a device is left behind after the patience that the caller has; the process then ends with it.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::sys::prctl;
use nix::unistd::Pid;

use crate::clock::{Clock, SystemClock, sleep_until};
use crate::lane::{LaneCore, LaneEnds, LaneError, LaneSpec};
use crate::memory;
use crate::orders::{Order, Refused};

/// A lane's stack in bytes: far more than [`memory::STACK_TOUCHED`]; what is not touched costs nothing.
const STACK_BYTES: usize = 512 << 10;

/// Timer slack of a lane's thread; the default of 50 µs would be added to every sleep.
const TIMER_SLACK_NS: u64 = 1;

/// What the owner wants of a lane's thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Priority under `SCHED_FIFO`, 1 to 99; 0 leaves the thread as it is.
    pub fifo_priority: u8,
    /// The processor that the thread stays on.
    pub cpu: Option<usize>,
    /// Lock the lane's memory.
    pub lock_memory: bool,
}

/// What became of one setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was not asked for.
    Off,
    /// It holds.
    Applied,
    /// The kernel refused; the lane runs without it.
    Refused {
        /// The system call.
        what: &'static str,
        /// What it said.
        errno: Errno,
    },
}

/// What became of a lane's settings, for the starter to put into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcomes {
    /// Sleeps end on the nanosecond that was asked for, not up to 50 µs later.
    pub timer_slack: Outcome,
    /// [`Settings::cpu`].
    pub cpu: Outcome,
    /// [`Settings::fifo_priority`].
    pub fifo: Outcome,
    /// [`Settings::lock_memory`], of sensors sent later too.
    pub memory: Outcome,
}

/// Why a lane could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The lane itself could not be made.
    #[error(transparent)]
    Lane(#[from] LaneError),
    /// The kernel's clocks do not answer.
    #[error("reading CLOCK_MONOTONIC and CLOCK_REALTIME failed: {0}")]
    Clock(Errno),
    /// No thread was to be had.
    #[error("starting the thread of lane {name} failed: {source}; look at the limits of tasks and memory")]
    Thread {
        /// The lane.
        name: &'static str,
        /// What came back.
        source: io::Error,
    },
    /// The thread ended before it said how its settings went.
    #[error("the thread of lane {0} ended as it started")]
    Lost(&'static str),
}

/// How a lane ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// As it was asked to, and its memory is freed.
    Asked,
    /// It could not sleep any more.
    Sleepless(Errno),
    /// It panicked.
    Panicked,
    /// It still sleeps or hangs in a device; the end of the process will end it.
    LeftBehind,
}

/// A running lane, as the control thread holds it.
pub struct LaneHandle {
    /// The lane's name.
    pub name: &'static str,
    /// Page, rings and signals; orders go by [`LaneHandle::send`].
    pub ends: LaneEnds,
    /// What became of the settings.
    pub outcomes: Outcomes,
    settings: Settings,
    thread: JoinHandle<(LaneCore, Result<(), Errno>)>,
    ended: Receiver<()>,
}

impl LaneHandle {
    /// Starts a lane on a thread of its own and waits until its settings are made. Its first tick is due at once.
    ///
    /// # Errors
    /// What stood in the way. A refused setting is none: see [`LaneHandle::outcomes`].
    pub fn start(spec: LaneSpec, settings: Settings) -> Result<Self, StartError> {
        let name = spec.kind.name();
        let now_ns = SystemClock::new().map_err(StartError::Clock)?.monotonic_ns();
        let (core, ends) = LaneCore::new(spec, now_ns)?;
        let (tell, told) = channel();
        let (alive, ended) = channel();
        let thread = Builder::new()
            .name(format!("hearth-{name}"))
            .stack_size(STACK_BYTES)
            .spawn(move || live(core, settings, &tell, alive))
            .map_err(|source| StartError::Thread { name, source })?;
        match told.recv() {
            Ok(Ok(outcomes)) => Ok(Self { name, ends, outcomes, settings, thread, ended }),
            Ok(Err(errno)) => Err(StartError::Clock(errno)),
            Err(std::sync::mpsc::RecvError) => Err(StartError::Lost(name)),
        }
    }

    /// Sends an order; locks the sensor's memory first if the lane's memory is locked.
    ///
    /// # Errors
    /// The order and why it was not sent.
    pub fn send(&mut self, order: Order) -> Result<(), Box<Refused>> {
        if let Some(armed) = order.armed.as_ref().filter(|_| self.settings.lock_memory)
            && let refused @ Outcome::Refused { .. } = outcome("mlock", memory::lock(armed.regions()))
        {
            self.outcomes.memory = refused;
        }
        self.ends.desk.send(order)
    }

    /// Asks the lane to end, without waiting for it.
    pub fn ask_to_stop(&self) {
        self.ends.signals.ask_to_stop();
    }

    /// Ends the lane and drops all it held, here; see the module for what `patience` is about.
    #[must_use]
    pub fn stop(self, patience: Duration) -> Stopped {
        self.ask_to_stop();
        match self.ended.recv_timeout(patience) {
            Err(RecvTimeoutError::Timeout) => return Stopped::LeftBehind,
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {}
        }
        match self.thread.join() {
            Ok((_core, Ok(()))) => Stopped::Asked,
            Ok((_core, Err(errno))) => Stopped::Sleepless(errno),
            Err(_panic) => Stopped::Panicked,
        }
    }
}

/// The thread's life. `alive` is dropped at its end, which is how the handle knows without joining; the core goes back
/// through the join, so that the lane's thread frees nothing of it.
fn live(
    mut core: LaneCore,
    settings: Settings,
    tell: &Sender<Result<Outcomes, Errno>>,
    alive: Sender<()>,
) -> (LaneCore, Result<(), Errno>) {
    let outcomes = settings.apply(&core);
    let clock = SystemClock::new();
    let told = tell.send(clock.as_ref().map(|_| outcomes).map_err(|&errno| errno));
    let end = match (clock, told) {
        (Ok(clock), Ok(())) => run(&mut core, &clock),
        // Nobody waits for a lane whose starter has gone.
        (Ok(_), Err(std::sync::mpsc::SendError(_))) => Ok(()),
        (Err(errno), _) => Err(errno),
    };
    drop(alive);
    (core, end)
}

/// One tick at least, so that a lane that was started has published.
fn run(core: &mut LaneCore, clock: &SystemClock) -> Result<(), Errno> {
    loop {
        let deadline_ns = core.tick(clock);
        sleep_until(deadline_ns)?;
        if core.is_to_stop() {
            return Ok(());
        }
    }
}

impl Settings {
    /// Makes the settings for the calling thread. The priority comes last, so that nothing of this is done at it.
    fn apply(self, core: &LaneCore) -> Outcomes {
        let timer_slack = outcome("prctl(PR_SET_TIMERSLACK)", prctl::set_timerslack(TIMER_SLACK_NS));
        let cpu = self.cpu.map_or(Outcome::Off, |cpu| outcome("sched_setaffinity", pin_to(cpu)));
        let locked = memory::prepare_stack(self.lock_memory)
            .and_then(|()| if self.lock_memory { memory::lock(core.regions()) } else { Ok(()) });
        let memory = if self.lock_memory { outcome("mlock", locked) } else { Outcome::Off };
        let fifo = match self.fifo_priority {
            0 => Outcome::Off,
            priority => outcome("sched_setscheduler(SCHED_FIFO)", set_fifo(priority)),
        };
        Outcomes { timer_slack, cpu, fifo, memory }
    }
}

fn outcome(what: &'static str, result: Result<(), Errno>) -> Outcome {
    match result {
        Ok(()) => Outcome::Applied,
        Err(errno) => Outcome::Refused { what, errno },
    }
}

fn pin_to(cpu: usize) -> Result<(), Errno> {
    let mut set = CpuSet::new();
    set.set(cpu)?;
    sched_setaffinity(Pid::from_raw(0), &set)
}

/// The kernel's `struct sched_param` (include/uapi/linux/sched/types.h), which is one number.
#[repr(C)]
struct SchedParam {
    priority: i32,
}

/// By system call, since some C libraries refuse `sched_setscheduler` for a thread.
#[expect(unsafe_code, reason = "nix has no call for the scheduling policy")]
fn set_fifo(priority: u8) -> Result<(), Errno> {
    let param = SchedParam { priority: i32::from(priority) };
    let this_thread: libc::pid_t = 0;
    // SAFETY: sched_setscheduler reads one `SchedParam` through the pointer and keeps nothing of it; `param` is laid out
    // as the kernel's struct and lives until after the call.
    let answer = unsafe {
        libc::syscall(libc::SYS_sched_setscheduler, this_thread, libc::SCHED_FIFO, &raw const param)
    };
    Errno::result(answer).map(drop)
}
