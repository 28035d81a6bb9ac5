//! Arming as work for a hand: what it is given, what it brings, and the words for what has not come back.

use std::sync::Arc;
use std::time::Duration;

use hearth_hot::contract::{Absent, Arming, LaneKind, Sensor, SensorDef};
use hearth_hot::series::SeriesKey;
use hearth_hot::source::Source;
use hearth_model::Reason;

use super::hand::{Given, Hands, Refusal};
use super::{ArmoryConfig, SensorState};

/// How long one arming is waited for while the lanes run.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// How long the first arming that hangs is waited for at the start.
const PATIENCE_AT_START: Duration = Duration::from_secs(2);

/// How long each further one is: what does not hang is back by then, or comes late.
const PATIENCE_AFTERWARDS: Duration = Duration::from_millis(250);

/// What became of arming a sensor.
pub(super) struct Outcome {
    /// The sensor with the series it named, or why there is none.
    pub(super) armed: Result<(Box<dyn Sensor>, Vec<SeriesKey>), SensorState>,
    /// What it looked at.
    pub(super) sources: Vec<Source>,
}

impl Outcome {
    /// There is no sensor, for this reason.
    pub(super) const fn absent(absent: Absent) -> Self {
        Self { armed: Err(SensorState::Absent(absent)), sources: Vec::new() }
    }
}

/// A sensor's place: its lane, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) lane: LaneKind,
    pub(super) at: usize,
}

/// What a hand brings: the outcome, and under which settings it was reached.
pub(super) struct Brought {
    pub(super) epoch: u64,
    pub(super) outcome: Outcome,
}

/// The hands that arm.
pub(super) type Armers = Hands<Seat, Brought>;

/// The settings that sensors are armed under; each change of them begins an epoch.
pub(super) struct Under {
    pub(super) config: Arc<ArmoryConfig>,
    pub(super) epoch: u64,
}

/// The patience of a start: most of it is used up once, whatever hangs.
pub(super) struct Start {
    patience: Duration,
}

impl Start {
    pub(super) const fn new() -> Self {
        Self { patience: PATIENCE_AT_START }
    }

    /// How long the next arming is waited for.
    pub(super) const fn patience(&self) -> Duration {
        self.patience
    }

    /// One was waited for in vain.
    pub(super) const fn lose(&mut self) {
        self.patience = PATIENCE_AFTERWARDS;
    }
}

/// Arms `def` on a hand, and waits for it as long as `patience` says.
///
/// # Errors
/// Why there is no outcome yet.
pub(super) fn arm(
    hands: &mut Armers,
    under: &Under,
    (def, seat): (&'static SensorDef, Seat),
    names: &Arc<[&'static str]>,
    patience: Duration,
) -> Result<Outcome, Absent> {
    if under.config.disabled.iter().any(|name| name == def.name) {
        return Ok(Outcome { armed: Err(SensorState::Disabled), sources: Vec::new() });
    }
    let (config, epoch, names) = (Arc::clone(&under.config), under.epoch, Arc::clone(names));
    let work = move || Brought { epoch, outcome: arm_here(&config, def, &names) };
    match hands.give(seat, work, patience) {
        Given::Done(brought) => Ok(brought.outcome),
        Given::Late => Err(late(def, hands.waits_for(seat))),
        Given::Refused(refusal) => Err(refused(def, &refusal)),
    }
}

fn arm_here(config: &ArmoryConfig, def: &SensorDef, names: &[&'static str]) -> Outcome {
    let mut arming = Arming::new(&config.root, &config.sensors, def.lane, names);
    let sensor = (def.arm)(&mut arming);
    let sources = arming.take_sources();
    let armed = sensor.map(|sensor| (sensor, arming.into_series())).map_err(SensorState::Absent);
    Outcome { armed, sources }
}

/// What is said of a sensor whose arming has not come back and waits for this, as far as it is known.
#[must_use]
pub fn late(def: &SensorDef, waits_for: Option<String>) -> Absent {
    let waits_for = waits_for.unwrap_or_else(|| format!("an answer below {}", def.source));
    Absent {
        reason: Reason::Stale,
        what: format!("arming it has not come back: it waits for {waits_for}"),
        fix: format!(
            "see what keeps the file from answering (dmesg may name its driver), or put {:?} into \
             sensors.disabled; it is armed as soon as the file answers",
            def.name
        ),
    }
}

/// What is said of a sensor that could not be armed for want of a hand, or whose arming broke off.
#[must_use]
pub fn refused(def: &SensorDef, refusal: &Refusal) -> Absent {
    let (reason, fix) = match refusal {
        Refusal::AllOut => (
            Reason::Stale,
            "see to the sensors that are named as hanging; this one is looked for again every minute",
        ),
        Refusal::Thread(_) => (Reason::IoError, "raise TasksMax= of the service's unit"),
        Refusal::Panicked => (Reason::IoError, "report it; until then, name the sensor in sensors.disabled"),
    };
    Absent { reason, what: format!("arming {} was given up: {refusal}", def.name), fix: fix.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::armory::hand::HANDS_MAX;

    #[test]
    fn a_start_on_which_everything_hangs_is_over_within_four_seconds() {
        let mut start = Start::new();
        let mut waited = Duration::ZERO;
        // More are refused without waiting.
        for _ in 0..HANDS_MAX {
            waited += start.patience();
            start.lose();
        }
        assert!(waited >= PATIENCE_AT_START && waited < Duration::from_secs(4), "{waited:?}");
    }
}
