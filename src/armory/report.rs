//! What became of each sensor, for the status and for people.

use std::sync::{Mutex, PoisonError};

use hearth_hot::contract::{Absent, SensorDef};
use hearth_hot::source::{Source, SourceOutcome};

/// The source that stands for arming a sensor again while it goes on as it was armed before.
const ARMING_ANEW: &str = "arming anew";

/// What the source is called that says that there is no room.
pub(super) const NO_ROOM: &str = "newly found devices";

/// What became of one sensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SensorState {
    /// It is read.
    Armed {
        /// How many series it fills.
        series: usize,
    },
    /// It could not be armed; it is tried again every minute.
    Absent(Absent),
    /// The owner does not want it.
    Disabled,
}

/// A sensor and what became of it.
#[derive(Clone)]
pub struct SensorReport {
    /// Its row in the list of sensors.
    pub def: &'static SensorDef,
    /// What became of it.
    pub state: SensorState,
    /// The back ends and devices it looked at when it was last armed or tried.
    pub sources: Vec<Source>,
    /// How often it was armed or tried.
    pub armings: u64,
}

/// What became of every sensor, in the order of the list.
#[derive(Default)]
pub struct Report {
    sensors: Mutex<Vec<SensorReport>>,
}

impl Report {
    /// Every sensor and what became of it.
    #[must_use]
    pub fn sensors(&self) -> Vec<SensorReport> {
        self.sensors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what became of a sensor, and logs it if it is news.
    pub(super) fn set(&self, def: &'static SensorDef, state: SensorState, sources: Vec<Source>) {
        let mut sensors = self.sensors.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sensors.iter_mut().find(|known| same(known.def, def));
        let news = known.as_ref().is_none_or(|known| kind(&known.state) != kind(&state));
        let text = news.then(|| words(def, &state));
        match known {
            Some(known) => {
                known.state = state;
                known.sources = sources;
                known.armings += 1;
            }
            None => sensors.push(SensorReport { def, state, sources, armings: 1 }),
        }
        drop(sensors);
        if let Some(text) = text {
            tracing::info!(sensor = def.name, lane = def.lane.name(), "{text}");
        }
    }

    /// Notes that arming a sensor has not come back. One that is armed goes on, with this among its sources.
    pub(super) fn late(&self, def: &'static SensorDef, absent: Absent) {
        let mut sensors = self.sensors.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sensors.iter_mut().find(|known| same(known.def, def));
        match known.filter(|known| matches!(known.state, SensorState::Armed { .. })) {
            Some(known) => {
                tracing::warn!(sensor = def.name, lane = def.lane.name(), "{}; {}", absent.what, absent.fix);
                known.sources.retain(|source| source.name != ARMING_ANEW);
                let outcome = SourceOutcome::Absent(absent);
                known.sources.push(Source { name: ARMING_ANEW.to_owned(), outcome });
                known.armings += 1;
            }
            None => {
                drop(sensors);
                self.set(def, SensorState::Absent(absent), Vec::new());
            }
        }
    }

    /// Notes that an armed sensor goes on as it was, since there is no room for what it found now; logs it once.
    pub(super) fn refuse(&self, def: &'static SensorDef, left_out: Source) {
        let mut sensors = self.sensors.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = sensors.iter_mut().find(|known| same(known.def, def)) else { return };
        known.armings += 1;
        let told = known.sources.iter().position(|source| source.name == left_out.name);
        let news = told.is_none().then(|| format!("{}: {:?}", left_out.name, left_out.outcome));
        match told {
            Some(at) => known.sources[at] = left_out,
            None => known.sources.push(left_out),
        }
        drop(sensors);
        if let Some(text) = news {
            tracing::warn!(sensor = def.name, "{text}");
        }
    }

    /// Whether an armed sensor goes on without what it found last.
    pub(super) fn has_no_room(&self, def: &'static SensorDef) -> bool {
        let sensors = self.sensors.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sensors.iter().find(|known| same(known.def, def));
        known.is_some_and(|known| known.sources.iter().any(|source| source.name == NO_ROOM))
    }

    pub(super) fn is_armed(&self, def: &'static SensorDef) -> bool {
        let sensors = self.sensors.lock().unwrap_or_else(PoisonError::into_inner);
        sensors.iter().any(|known| same(known.def, def) && matches!(known.state, SensorState::Armed { .. }))
    }
}

fn same(one: &SensorDef, other: &SensorDef) -> bool {
    one.name == other.name && one.lane == other.lane
}

fn kind(state: &SensorState) -> u8 {
    match state {
        SensorState::Armed { .. } => 0,
        SensorState::Absent(absent) => 16 + absent.reason.code(),
        SensorState::Disabled => 1,
    }
}

fn words(def: &SensorDef, state: &SensorState) -> String {
    match state {
        SensorState::Armed { series } => format!("reads {}: {series} series", def.source),
        SensorState::Disabled => "disabled by the configuration".to_owned(),
        SensorState::Absent(absent) if absent.fix.is_empty() => format!("absent: {}", absent.what),
        SensorState::Absent(absent) => format!("absent: {}; {}", absent.what, absent.fix),
    }
}
