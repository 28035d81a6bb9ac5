//! One fan's thread: each second the temperature, the decision, the write.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hearth_drivers::hwmon::Pwm;
use hearth_model::{Reading, Reason};

use super::curve::Curve;
use super::decision::{Decider, Decision};
use super::guard::Entry;
use super::guardian::{Guardian, Since};
use super::place::{self, FanError};
use super::source::Source;
use super::taken::{Taken, look};
use super::{Note, Surroundings};
use crate::config::fans::Fan;
use crate::meter::FanMeter;
use crate::view::Viewer;

/// How often a fan is looked after.
const PERIOD: Duration = Duration::from_secs(1);
/// How often a channel that cannot be driven is looked for again, in turns.
const RETRY_TURNS: u32 = 10;
/// Turns for which the last copy of what was sampled is good enough.
const UNSETTLED_TURNS_MAX: u32 = 5;
/// A slow lane silent for longer has no temperature to be trusted, in nanoseconds.
const SILENT_NS: u64 = 10_000_000_000;

/// A fan and all it needs.
pub(super) struct Regulator {
    pub(super) number: usize,
    pub(super) fan: Fan,
    pub(super) root: PathBuf,
    pub(super) viewer: Viewer,
    pub(super) guardian: Arc<Mutex<Guardian>>,
    pub(super) meter: &'static FanMeter,
    pub(super) surroundings: Surroundings,
    /// Turns without a new copy of what was sampled.
    pub(super) unsettled_turns: u32,
}

impl Regulator {
    /// Looks after the fan until `stop` says or hangs up; then the fan is handed back.
    pub(super) fn run(mut self, stop: &Receiver<()>) {
        let mut source = Source::new(&self.fan.temperature);
        let mut decider = Decider::new(Curve::of(&self.fan));
        let mut taken: Option<Taken> = None;
        let mut wait_turns = 0;
        while matches!(stop.recv_timeout(PERIOD), Err(RecvTimeoutError::Timeout)) {
            let now_ns = (self.surroundings.clock)();
            let temperature = self.temperature(&mut source, now_ns);
            let decision = decider.turn(now_ns, temperature);
            self.meter.look(temperature.ok(), now_ns);
            let Some(duty) = decision.duty() else { continue };
            if wait_turns > 0 {
                wait_turns -= 1;
                continue;
            }
            match self.drive(&mut taken, duty) {
                Ok(()) => {
                    self.meter.drives(duty, matches!(decision, Decision::Full(_)));
                    self.say(decision);
                }
                Err(error) => {
                    self.meter.failed();
                    self.note(&format!("{error}; it is tried again every {RETRY_TURNS} seconds"));
                    self.despair(&mut taken);
                    wait_turns = RETRY_TURNS;
                }
            }
        }
        drop(taken);
        self.meter.leaves();
    }

    /// The hottest temperature that the fan follows, as sampled last.
    fn temperature(&mut self, source: &mut Source, now_ns: u64) -> Reading {
        let is_copied = self.viewer.refresh().is_ok();
        self.unsettled_turns = if is_copied { 0 } else { self.unsettled_turns.saturating_add(1) };
        let newest_ns = self.viewer.stamps()[1];
        if self.unsettled_turns > UNSETTLED_TURNS_MAX {
            return Err(Reason::Stale);
        }
        if now_ns.saturating_sub(newest_ns) > SILENT_NS {
            return Err(if newest_ns == 0 { Reason::Pending } else { Reason::Stale });
        }
        source.read(self.viewer.snapshot())
    }

    /// Writes the duty, taking the fan over first where that is still to be done.
    fn drive(&self, taken: &mut Option<Taken>, duty: u8) -> Result<(), FanError> {
        if let Some(taken) = taken {
            // Before the write, so that one that hangs is a silence that the guard hears.
            if self.guardian().turn(self.number)? == Since::Rescued {
                tracing::warn!(
                    "the guard had set fan {:?} to full speed: its loop stood still",
                    self.fan.name
                );
                taken.forget();
            }
            return Ok(taken.drive(duty)?);
        }
        let place = place::find(&self.root, &self.fan.pwm)?;
        let pwm = Pwm::open(&place.directory, place.number)?;
        let found = look(&pwm)?;
        // From here on the fan is handed back even if this process is killed in the next instant.
        let silence = Duration::from_secs(self.fan.silence.into());
        self.guardian().guard(&Entry { fan: self.number, silence, place, found })?;
        Ok(taken.insert(Taken::new(pwm, found)).drive(duty)?)
    }

    /// After a failure: full speed if the chip still takes it, and whoever drove the fan before drives it again.
    fn despair(&self, taken: &mut Option<Taken>) {
        match taken.take().map(Taken::abandon) {
            // The guard goes on trying.
            Some(Err(error)) => {
                tracing::error!("fan {:?} takes no full speed either: {error}", self.fan.name);
            }
            Some(Ok(())) => {
                if let Err(error) = self.guardian().leave(self.number) {
                    tracing::warn!("fan {:?}: {error}", self.fan.name);
                }
            }
            None => {}
        }
    }

    fn guardian(&self) -> std::sync::MutexGuard<'_, Guardian> {
        self.guardian.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, decision: Decision) {
        match decision {
            Decision::Full(reason) => self.note(&format!(
                "at full speed, since the temperature {} has no value: {}",
                self.fan.temperature,
                reason.name()
            )),
            Decision::Leave | Decision::Follow(_) => self.note(""),
        }
    }

    /// Notes what is the matter with the fan; nothing is repeated.
    fn note(&self, text: &str) {
        let about = format!("fan {}", self.fan.name);
        (self.surroundings.note)(&Note { about, text: text.to_owned() });
    }
}
