//! Fans that follow a temperature: a control loop beside the sensors, fed from the same snapshot as everybody.
//!
//! ```text
//! view ── snapshot ──► source (which series) ──► decision (curve, or full speed and why) ──► taken ──► pwmN
//!                                                                                             ▲
//! guardian ── a process of its own: full speed and the mode as found, if this one is gone ────┘
//!             or a fan's loop has not turned for its `silence`
//! ```
//!
//! Each fan has a thread, so that a chip that hangs holds up no other fan. Invariants: no fan is taken over before the
//! guard knows how it was found; a fan without a temperature to be trusted runs at full speed; whatever way Hearth ends,
//! the mode is what it was before: by dropping [`taken::Taken`] at a stop or a panic that unwinds, by the guard
//! otherwise. The guard hears of each turn of each loop. It acts at the end of its pipe (a kill, an abort), and when a loop
//! falls silent (the process is stopped, its thread hangs in the chip); a loop that is back takes its fan over anew, and
//! a guard that falls silent itself is replaced.
//!
//! What defeats it: killing or stopping both processes at once, by hand or by freezing or killing the control group that
//! both are in; a chip that takes nothing from either; and a kernel that stands still. A board's own watchdog is for that.
//!
//! Absent on purpose: writing to anything but a configured channel, and learning a fan's behaviour.

pub mod curve;
pub mod decision;
pub mod guard;
pub mod guardian;
mod lines;
pub mod place;
mod regulator;
pub mod source;
pub mod taken;
pub mod wards;

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use hearth_model::Audience;

use crate::config::fans::Fan;
use crate::meter::{FANS, FanMeter};
use crate::view::{View, Viewer};
use guardian::Guardian;
use regulator::Regulator;

/// A thread's stack.
const STACK_BYTES: usize = 256 * 1024;

/// Something to be told to people: about what, and what; an empty text takes the last one away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub about: String,
    /// What there is to say.
    pub text: String,
}

/// What fans are given from outside.
#[derive(Clone)]
pub struct Surroundings {
    /// `CLOCK_MONOTONIC` in nanoseconds.
    pub clock: fn() -> u64,
    /// Tells people.
    pub note: Arc<dyn Fn(&Note) + Send + Sync>,
}

/// The fans that are looked after.
pub struct Fans {
    stops: Vec<Sender<()>>,
    /// Hangs up when the last thread has ended.
    ended: Receiver<()>,
    guardian: Option<Arc<Mutex<Guardian>>>,
}

/// Makes room for the figures of these fans, once, before sensors are armed.
pub fn announce(fans: &[Fan]) {
    // Fans change with a restart only, so that a second call is of a second daemon in one process: a test's.
    FANS.get_or_init(|| fans.iter().map(|fan| FanMeter::new(&fan.name)).collect());
}

impl Fans {
    /// Starts a thread for each announced fan. `program` becomes the guard.
    ///
    /// # Errors
    /// A thread could not be started; the fans started before are handed back.
    pub fn start(
        fans: &[Fan],
        root: &std::path::Path,
        view: &Arc<View>,
        program: PathBuf,
        surroundings: &Surroundings,
    ) -> std::io::Result<Self> {
        let (ending, ended) = mpsc::channel();
        let guardian = Arc::new(Mutex::new(Guardian::new(program)));
        let mut started = Self { stops: Vec::new(), ended, guardian: None };
        let meters = FANS.get().map_or(&[][..], |meters| meters);
        for (number, (fan, meter)) in fans.iter().zip(meters).enumerate() {
            let regulator = Regulator {
                number,
                fan: fan.clone(),
                root: root.to_owned(),
                viewer: Viewer::new(Arc::clone(view), Audience::Admin),
                guardian: Arc::clone(&guardian),
                meter,
                surroundings: surroundings.clone(),
                unsettled_turns: 0,
            };
            let (stop, stopped) = mpsc::channel();
            let ending = ending.clone();
            let named = thread::Builder::new().name(format!("hearth-fan-{number}")).stack_size(STACK_BYTES);
            named.spawn(move || {
                regulator.run(&stopped);
                drop(ending);
            })?;
            started.stops.push(stop);
        }
        started.guardian = Some(guardian);
        Ok(started)
    }

    /// Asks every fan's thread to hand its fan back, without waiting for it.
    pub fn ask_to_stop(&mut self) {
        self.stops.clear();
    }

    /// Hands every fan back; the threads have `patience` for it, all together.
    pub fn stop(mut self, patience: Duration) {
        self.ask_to_stop();
        match self.ended.recv_timeout(patience) {
            Err(RecvTimeoutError::Timeout) => {
                tracing::error!("a fan's chip does not answer; the guard sets the fans to full speed");
            }
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                if let Some(guardian) = self.guardian.take().and_then(Arc::into_inner) {
                    guardian.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner).goodbye();
                }
            }
        }
    }
}
