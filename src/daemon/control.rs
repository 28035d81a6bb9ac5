//! The control thread: it owns the armory, sleeps until a lane, a late arming or the main thread wakes it, and does what
//! is due.
//!
//! The main thread never waits for it without looking at signals: what it has to say it leaves behind and wakes the main
//! thread, and at the end it has a patience, after which it is left behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hearth_hot::contract::SensorConfig;
use hearth_hot::thread::{Outcomes, Stopped};

use super::process;
use crate::armory::{Armory, ArmoryConfig, ArmoryError, RETRY, Report};
use crate::events::Waker;
use crate::pulse::{Pulse, Watch};
use crate::sensors::SENSORS;
use crate::view::View;

/// How often pages that are not in use are given back. Code that ran once lies between what runs all the time, and the
/// kernel maps sixteen pages of it at each fault.
const GIVE_BACK: Duration = Duration::from_secs(15);

/// What the main thread may ask for.
enum Command {
    Reconfigure { sensors: Box<SensorConfig>, disabled: Vec<String>, number: u64 },
    Stop { patience: Duration },
}

/// The control thread as the main thread holds it.
pub(super) struct Control {
    commands: Sender<Command>,
    thread: JoinHandle<()>,
    told: Receiver<Result<Started, ArmoryError>>,
    /// Hangs up at its end.
    ended: Receiver<()>,
    signs: Arc<Signs>,
    /// Changes of the settings that were asked for.
    changes: u64,
}

/// What the control thread shows of itself.
#[derive(Default)]
struct Signs {
    /// The last change of the settings that every sensor was armed under.
    applied: AtomicU64,
    pulse: Pulse,
}

/// What the others need of a started armory.
pub(super) struct Started {
    pub(super) view: Arc<View>,
    pub(super) report: Arc<Report>,
    /// What became of the steady lane's settings.
    pub(super) outcomes: Outcomes,
}

/// Why there is no sampling.
#[derive(Debug, thiserror::Error)]
pub(super) enum ControlError {
    #[error("the control thread could not be started: {0}; look at the limits of tasks and memory")]
    Thread(#[source] std::io::Error),
    #[error(transparent)]
    Armory(#[from] ArmoryError),
    #[error("the control thread ended as it started")]
    Lost,
}

impl Control {
    /// Begins to arm every sensor and to start the lanes; `main` is woken when that is done, or cannot be.
    pub(super) fn start(config: ArmoryConfig, main: Waker) -> Result<Self, ControlError> {
        let (commands, orders) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let (alive, ended) = mpsc::channel();
        let signs = Arc::<Signs>::default();
        let theirs = Arc::clone(&signs);
        let body = move || {
            let armory = Armory::start(config, SENSORS, &thread::current());
            let started = armory.map(|armory| {
                let (view, report) = (Arc::clone(armory.view()), Arc::clone(armory.report()));
                (Started { view, report, outcomes: armory.lanes()[0].outcomes }, armory)
            });
            let (answer, armory) = match started {
                Ok((started, armory)) => (Ok(started), Some(armory)),
                Err(error) => (Err(error), None),
            };
            let told = tell.send(answer);
            drop(tell);
            wake(&main);
            if let (Ok(()), Some(armory)) = (told, armory) {
                live(armory, &orders, &theirs, &main);
            }
            drop(alive);
        };
        let thread = thread::Builder::new()
            .name("hearth-control".to_owned())
            .spawn(body)
            .map_err(ControlError::Thread)?;
        Ok(Self { commands, thread, told, ended, signs, changes: 0 })
    }

    /// What came of the start, once; nothing while it is under way.
    pub(super) fn started(&self) -> Option<Result<Started, ControlError>> {
        match self.told.try_recv() {
            Ok(started) => Some(started.map_err(ControlError::from)),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(ControlError::Lost)),
        }
    }

    /// Has every sensor armed anew under these settings; the main thread is woken when [`Self::is_settled`].
    pub(super) fn reconfigure(&mut self, sensors: SensorConfig, disabled: Vec<String>) {
        self.changes += 1;
        let number = self.changes;
        self.send(Command::Reconfigure { sensors: Box::new(sensors), disabled, number });
    }

    /// Whether every sensor was armed under the newest settings, or is told to hang.
    pub(super) fn is_settled(&self) -> bool {
        // Acquire pairs with the Release store in `live`: what the report says of the sensors is visible.
        self.signs.applied.load(Ordering::Acquire) == self.changes
    }

    /// For how long the thread has not answered, in nanoseconds; it is asked anew.
    pub(super) fn silence_ns(&self, watch: &mut Watch, now_ns: u64) -> u64 {
        let silent_ns = watch.look(&self.signs.pulse, now_ns);
        self.thread.thread().unpark();
        silent_ns
    }

    /// Asks the lanes, which have `patience`, and the thread to end.
    pub(super) fn ask_to_stop(&self, patience: Duration) {
        self.send(Command::Stop { patience });
    }

    /// Waits for the end that was asked for; a thread that does not come to it ends with the process.
    pub(super) fn wait(self, at_most: Duration) {
        match self.ended.recv_timeout(at_most) {
            Err(RecvTimeoutError::Timeout) => {
                tracing::error!("the control thread does not answer; it ends with the process");
            }
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                if self.thread.join().is_err() {
                    tracing::error!("the control thread had panicked");
                }
            }
        }
    }

    fn send(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::error!("the control thread has ended; sensors are no longer armed");
        }
        self.thread.thread().unpark();
    }
}

fn wake(main: &Waker) {
    if let Err(error) = main.wake() {
        tracing::error!("{error}");
    }
}

fn live(mut armory: Armory, orders: &Receiver<Command>, signs: &Signs, main: &Waker) {
    let mut retry_at = Instant::now() + RETRY;
    let mut give_back_at = Instant::now() + GIVE_BACK;
    let mut change = 0;
    loop {
        signs.pulse.answer();
        match orders.try_recv() {
            Ok(Command::Reconfigure { sensors, disabled, number }) => {
                armory.reconfigure(*sensors, disabled);
                change = number;
                continue;
            }
            Ok(Command::Stop { patience }) => return end(armory, patience),
            Err(TryRecvError::Disconnected) => return end(armory, Duration::ZERO),
            Err(TryRecvError::Empty) => {}
        }
        let now = Instant::now();
        if now >= retry_at {
            armory.retry();
            retry_at = now + RETRY;
        }
        armory.step();
        // Relaxed suffices: this thread alone writes it.
        if signs.applied.load(Ordering::Relaxed) != change && armory.is_settled() {
            // Release pairs with the Acquire load in `is_settled`.
            signs.applied.store(change, Ordering::Release);
            wake(main);
        }
        if now >= give_back_at {
            process::give_back_memory();
            process::give_back_program();
            give_back_at = now + GIVE_BACK;
        }
        // A wake-up that came since the last look is kept by the parking itself.
        let next = retry_at.min(give_back_at);
        thread::park_timeout(next.saturating_duration_since(Instant::now()));
    }
}

fn end(armory: Armory, patience: Duration) {
    for (stopped, lane) in armory.stop(patience).into_iter().zip(["steady", "slow"]) {
        match stopped {
            Stopped::Asked => {}
            Stopped::LeftBehind => tracing::debug!(lane, "still sleeping; it ends with the process"),
            Stopped::Sleepless(errno) => tracing::error!(lane, "could not sleep any more: {errno}"),
            Stopped::Panicked => tracing::error!(lane, "had panicked"),
        }
    }
}
