//! The control thread: it owns the armory, sleeps until a lane or the main thread wakes it, and does what is due.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hearth_hot::contract::SensorConfig;
use hearth_hot::thread::{Outcomes, Stopped};

use super::process;
use crate::armory::{Armory, ArmoryConfig, ArmoryError, RETRY, Report};
use crate::sensors::SENSORS;
use crate::view::View;

/// What the main thread may ask for.
enum Command {
    Reconfigure { sensors: Box<SensorConfig>, disabled: Vec<String> },
    Stop { patience: Duration },
}

/// The control thread as the main thread holds it.
pub(super) struct Control {
    commands: Sender<Command>,
    thread: JoinHandle<()>,
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
    /// Arms every sensor and starts the lanes.
    pub(super) fn start(config: ArmoryConfig) -> Result<(Self, Started), ControlError> {
        let (commands, orders) = mpsc::channel();
        let (tell, told) = mpsc::channel();
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
            if let (Ok(()), Some(armory)) = (tell.send(answer), armory) {
                live(armory, &orders);
            }
        };
        let thread = thread::Builder::new()
            .name("hearth-control".to_owned())
            .spawn(body)
            .map_err(ControlError::Thread)?;
        match told.recv() {
            Ok(started) => Ok((Self { commands, thread }, started?)),
            Err(mpsc::RecvError) => Err(ControlError::Lost),
        }
    }

    /// Arms every sensor anew under these settings.
    pub(super) fn reconfigure(&self, sensors: SensorConfig, disabled: Vec<String>) {
        self.send(Command::Reconfigure { sensors: Box::new(sensors), disabled });
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.thread.is_finished()
    }

    /// Ends the lanes and the thread.
    pub(super) fn stop(self, patience: Duration) {
        self.send(Command::Stop { patience });
        if self.thread.join().is_err() {
            tracing::error!("the control thread had panicked");
        }
    }

    fn send(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::error!("the control thread has ended; sensors are no longer armed");
        }
        self.thread.thread().unpark();
    }
}

fn live(mut armory: Armory, orders: &Receiver<Command>) {
    let mut retry_at = Instant::now() + RETRY;
    let mut is_settled = false;
    loop {
        match orders.try_recv() {
            Ok(Command::Reconfigure { sensors, disabled }) => {
                armory.reconfigure(*sensors, disabled);
                is_settled = false;
                continue;
            }
            Ok(Command::Stop { patience }) => return end(armory, patience),
            Err(TryRecvError::Disconnected) => return end(armory, Duration::ZERO),
            Err(TryRecvError::Empty) => {}
        }
        let now = Instant::now();
        let is_retry = now >= retry_at;
        if is_retry {
            armory.retry();
            retry_at = now + RETRY;
        }
        armory.step();
        if is_retry {
            process::give_back_memory();
            // The workers that arming started are through by now as well. Once: what still runs now runs every minute.
            if !is_settled {
                process::give_back_program();
                is_settled = true;
            }
        }
        // A wake-up that came since the last look is kept by the parking itself.
        thread::park_timeout(retry_at.saturating_duration_since(Instant::now()));
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
