//! Arms sensors, off the hot path: opens their files, numbers their series, hands them to their lane, and tells the
//! readers what each place means.
//!
//! ```text
//! SENSORS ─► arm ─► registry (places) ─► order ─► lane ─► installed ─► view (meaning published)
//!    ▲                                               │
//!    └──── a sensor says Changed, or an absent one is tried again ◄┘
//! ```
//!
//! One change is under way in a lane at a time, so that readers never need more than the newest two meanings. What
//! stays absent changes nothing: no order is sent and no meaning is rebuilt.

mod capacity;
mod report;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::Thread;
use std::time::Duration;

use hearth_hot::armed::{Armed, Keeps};
use hearth_hot::contract::{Absent, Arming, LaneKind, Sensor, SensorConfig, SensorDef};
use hearth_hot::lane::{LaneSpec, Shape};
use hearth_hot::orders::{Order, Vacated};
use hearth_hot::page::PageCopy;
use hearth_hot::schedule::{RATE_HZ_MAX, Rates};
use hearth_hot::series::SeriesKey;
use hearth_hot::source::Source;
use hearth_hot::thread::{LaneHandle, Settings, StartError, Stopped};
use hearth_model::Reason;

use crate::registry::{Assignment, Registry};
use crate::sensors::is_concerned;
use crate::view::{LaneView, View};

pub use capacity::RING_COLUMNS;
pub use report::{Report, SensorReport, SensorState};

/// How long a sensor stays absent before it is looked for again.
pub const RETRY: Duration = Duration::from_secs(60);

/// Ticks per second of the slow lane at most.
const SLOW_RATE_HZ_MAX: u32 = 2;

/// What the owner configured for sampling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmoryConfig {
    /// The directory below which every path lies.
    pub root: PathBuf,
    /// Settings of the sensors.
    pub sensors: SensorConfig,
    /// Names of sensors that are not to be read.
    pub disabled: Vec<String>,
    /// The steady lane's rates in Hz at first: when nobody asks, and at most.
    pub rates_hz: (u32, u32),
    /// Columns of the every-tick ring at most, if the owner fixed them.
    pub ring_columns: Option<usize>,
    /// Frames of the every-tick ring.
    pub ring_frames: usize,
    /// Frames of the history, one a second.
    pub history_frames: usize,
    /// How the steady lane's thread is set up.
    pub thread: Settings,
}

/// One lane as the armory holds it.
struct Post {
    defs: Vec<&'static SensorDef>,
    names: Vec<&'static str>,
    registry: Registry,
    handle: LaneHandle,
    /// Sensors whose arming is due, one bit each.
    due: u64,
    /// The generation sent and not yet installed.
    under_way: Option<u32>,
}

/// Keeps every lane's sensors armed.
pub struct Armory {
    config: ArmoryConfig,
    posts: [Post; 2],
    view: Arc<View>,
    report: Arc<Report>,
}

/// Why sampling cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ArmoryError {
    /// A lane would not start.
    #[error("the {lane} lane would not start: {source}")]
    Lane {
        /// The lane's name.
        lane: &'static str,
        /// What stood in the way.
        source: StartError,
    },
}

impl Armory {
    /// Arms every sensor of `defs` that this machine has and starts both lanes. `control` is the thread that will call
    /// [`Armory::step`]: lanes wake it when they have something to say.
    ///
    /// # Errors
    /// A lane could not be started.
    pub fn start(
        config: ArmoryConfig,
        defs: &'static [SensorDef],
        control: &Thread,
    ) -> Result<Self, ArmoryError> {
        let report = Arc::new(Report::default());
        let begin = |kind: LaneKind| {
            Post::start(&config, kind, defs, control.clone(), &report)
                .map_err(|source| ArmoryError::Lane { lane: kind.name(), source })
        };
        let posts = [begin(LaneKind::Steady)?, begin(LaneKind::Slow)?];
        let view = View::new([posts[0].view(), posts[1].view()]);
        Ok(Self { config, posts, view, report })
    }

    /// What readers see.
    #[must_use]
    pub fn view(&self) -> &Arc<View> {
        &self.view
    }

    /// What became of each sensor.
    #[must_use]
    pub fn report(&self) -> &Arc<Report> {
        &self.report
    }

    /// The lanes, steady first: their rates, settings and how they went.
    #[must_use]
    pub fn lanes(&self) -> [&LaneHandle; 2] {
        [&self.posts[0].handle, &self.posts[1].handle]
    }

    /// Makes every sensor that the changed settings concern due for arming; all others, and what is under way, go on.
    pub fn reconfigure(&mut self, sensors: SensorConfig, disabled: Vec<String>) {
        self.posts[1].handle.ends.wanted().limit(slow_rate_hz(&sensors), SLOW_RATE_HZ_MAX);
        let is_concerned = is_concerned(&self.config.sensors, &sensors);
        let before = std::mem::replace(&mut self.config.disabled, disabled);
        self.config.sensors = sensors;
        let is_listed = |list: &[String], def: &SensorDef| list.iter().any(|name| name == def.name);
        for post in &mut self.posts {
            for (at, def) in post.defs.iter().enumerate() {
                let switched = is_listed(&before, def) != is_listed(&self.config.disabled, def);
                if switched || is_concerned(def) {
                    post.due |= 1 << at;
                }
            }
        }
    }

    /// Makes every sensor that has nothing to show due for another look: the absent, and the armed whose every series
    /// lacks a value, since a file that vanished and came back is only found by opening it again.
    pub fn retry(&mut self) {
        for post in &mut self.posts {
            let mut copy = PageCopy::of(&post.handle.ends.page);
            if post.handle.ends.page.copy(&mut copy).is_err() {
                continue;
            }
            for (at, def) in post.defs.iter().enumerate() {
                let places = post.registry.places_of(at);
                let shows = |place: &u32| {
                    let word = usize::try_from(*place).ok().and_then(|place| copy.words.get(place));
                    // What was never read yet is not failing.
                    word.is_none_or(|word| matches!(word.reading(), Ok(_) | Err(Reason::Pending)))
                };
                let failing = !places.is_empty() && !places.iter().any(shows);
                if failing || !self.report.is_armed(def) {
                    post.due |= 1 << at;
                }
            }
        }
    }

    /// Does what can be done now: confirms what the lanes have installed and arms what is due. Never waits; the control
    /// thread parks afterwards and is woken by the lanes. Returns whether a lane still has something to install.
    pub fn step(&mut self) -> bool {
        let mut under_way = false;
        for (lane, post) in self.posts.iter_mut().enumerate() {
            post.due |= post.handle.ends.signals.take_changed();
            while let Some(spent) = post.handle.ends.desk.take_spent() {
                drop(spent);
            }
            post.confirm(lane, &self.view);
            while post.under_way.is_none() && post.due != 0 {
                let at = usize::try_from(post.due.trailing_zeros()).unwrap_or(0);
                post.due &= post.due - 1;
                post.rearm(at, lane, &self.config, &self.view, &self.report);
            }
            under_way |= post.under_way.is_some();
        }
        under_way
    }

    /// Ends both lanes.
    #[must_use]
    pub fn stop(self, patience: Duration) -> [Stopped; 2] {
        self.posts.map(|post| post.handle.stop(patience))
    }
}

/// What became of arming a sensor.
struct Outcome {
    /// The sensor with the series it named, or why there is none.
    armed: Result<(Box<dyn Sensor>, Vec<SeriesKey>), SensorState>,
    /// What it looked at.
    sources: Vec<Source>,
}

fn arm(config: &ArmoryConfig, def: &SensorDef, lane: LaneKind, names: &[&'static str]) -> Outcome {
    if config.disabled.iter().any(|name| name == def.name) {
        return Outcome { armed: Err(SensorState::Disabled), sources: Vec::new() };
    }
    let mut arming = Arming::new(&config.root, &config.sensors, lane, names);
    let sensor = (def.arm)(&mut arming);
    let sources = arming.take_sources();
    let armed = sensor.map(|sensor| (sensor, arming.into_series())).map_err(SensorState::Absent);
    Outcome { armed, sources }
}

impl Post {
    fn start(
        config: &ArmoryConfig,
        kind: LaneKind,
        defs: &'static [SensorDef],
        control: Thread,
        report: &Report,
    ) -> Result<Self, StartError> {
        let defs: Vec<&'static SensorDef> = defs.iter().filter(|def| def.lane == kind).collect();
        let names: Vec<&'static str> = defs.iter().map(|def| def.name).collect();
        let outcomes: Vec<Outcome> = defs.iter().map(|def| arm(config, def, kind, &names)).collect();
        let found: Vec<&[SeriesKey]> =
            outcomes.iter().flat_map(|outcome| &outcome.armed).map(|(_, series)| series.as_slice()).collect();
        let capacity = capacity::of(config, kind, &found);
        let mut registry = Registry::new(kind, defs.len(), capacity);
        let mut sensors = Vec::new();
        for (at, outcome) in outcomes.into_iter().enumerate() {
            let (armed, state) = match outcome.armed {
                Ok((sensor, series)) => match registry.assign(at, series) {
                    Ok(assignment) => {
                        let state = SensorState::Armed { series: assignment.places.len() };
                        (Some(seat(defs[at], sensor, assignment).0), state)
                    }
                    Err(error) => (None, too_many(&error)),
                },
                Err(state) => (None, state),
            };
            report.set(defs[at], state, outcome.sources);
            sensors.push(armed);
        }
        registry.columns_begin(0, 0);
        let steady = kind == LaneKind::Steady;
        let rates = if steady {
            // The owner's limits may change while the lane runs, so they are not the lane's own.
            Rates::new(1, RATE_HZ_MAX, 0)
        } else {
            // A quarter of a second behind, so that the lanes do not wake together.
            Rates::new(1, SLOW_RATE_HZ_MAX, 250_000_000)
        };
        let spec = LaneSpec {
            kind,
            rates,
            sensors: sensors.into(),
            generation: registry.schema().generation,
            places: capacity.places,
            ring: (capacity.ring_columns > 0)
                .then_some(Shape { columns: capacity.ring_columns, frames: config.ring_frames }),
            history: Shape { columns: capacity.history_columns, frames: config.history_frames },
            control,
        };
        let handle = LaneHandle::start(spec, if steady { config.thread } else { Settings::default() })?;
        let (idle_hz, max_hz) =
            if steady { config.rates_hz } else { (slow_rate_hz(&config.sensors), SLOW_RATE_HZ_MAX) };
        handle.ends.wanted().limit(idle_hz, max_hz);
        Ok(Self { defs, names, registry, handle, due: 0, under_way: None })
    }

    fn view(&self) -> LaneView {
        let ends = &self.handle.ends;
        let (page, history) = (Arc::clone(&ends.page), Arc::clone(&ends.history));
        LaneView::new(page, ends.ring.clone(), history, ends.wanted(), self.registry.schema().clone())
    }

    /// Publishes what the places mean for good, once the lane has installed it.
    fn confirm(&mut self, lane: usize, view: &View) {
        let ends = &self.handle.ends;
        if self.under_way.is_some_and(|generation| generation == ends.signals.installed()) {
            let ring_frame = ends.ring.as_ref().map_or(0, |ring| ring.next_frame());
            self.registry.columns_begin(ring_frame, ends.history.next_frame());
            view.publish(lane, self.registry.schema().clone());
            self.under_way = None;
        }
    }

    fn rearm(&mut self, at: usize, lane: usize, config: &ArmoryConfig, view: &View, report: &Report) {
        let Some(&def) = self.defs.get(at) else { return };
        let was_armed = report.is_armed(def);
        let Outcome { armed, sources } = arm(config, def, def.lane, &self.names);
        let (sensor, series, state) = match armed {
            Ok((sensor, series)) => {
                let state = SensorState::Armed { series: series.len() };
                (Some(sensor), series, state)
            }
            Err(state) => (None, Vec::new(), state),
        };
        if sensor.is_none() && !was_armed {
            report.set(def, state, sources);
            return;
        }
        let places_before = self.registry.places_of(at).to_vec();
        match self.registry.assign(at, series) {
            Ok(assignment) => {
                let keeps = kept(&places_before, &assignment.places);
                self.send(at, def, sensor.map(|sensor| (sensor, keeps)), assignment);
                report.set(def, state, sources);
                view.publish(lane, self.registry.schema().clone());
            }
            // The sensor armed before, if any, goes on with the series it has.
            Err(error) if was_armed => {
                tracing::warn!(sensor = def.name, "newly found devices are left out: {error}");
            }
            Err(error) => report.set(def, too_many(&error), sources),
        }
    }

    fn send(
        &mut self,
        at: usize,
        def: &'static SensorDef,
        sensor: Option<(Box<dyn Sensor>, Keeps)>,
        assignment: Assignment,
    ) {
        let generation = assignment.generation;
        let (armed, vacated) = match sensor {
            Some((sensor, keeps)) => {
                let (armed, vacated) = seat(def, sensor, assignment);
                (Some(armed.keeping(keeps)), vacated)
            }
            None => (None, vacated(assignment)),
        };
        let order = Order { at, armed, vacated, generation };
        // At most one order is under way, so the queue has room; the registry made the numbers, so they fit.
        match self.handle.send(order) {
            Ok(()) => self.under_way = Some(generation),
            Err(refused) => tracing::error!(sensor = def.name, "not handed to its lane: {}", refused.trouble),
        }
    }
}

/// How often the slow lane ticks: once a second, unless control groups are wanted more often.
fn slow_rate_hz(sensors: &SensorConfig) -> u32 {
    if sensors.cgroups.period < Duration::from_secs(1) { SLOW_RATE_HZ_MAX } else { 1 }
}

fn too_many(error: &crate::registry::TooManySeries) -> SensorState {
    SensorState::Absent(Absent {
        reason: Reason::OutOfRange,
        what: error.to_string(),
        fix: "restart Hearth, which makes room for what it finds; or disable a sensor you do not need"
            .to_owned(),
    })
}

fn seat(def: &'static SensorDef, sensor: Box<dyn Sensor>, assignment: Assignment) -> (Armed, Vacated) {
    let Assignment { places, ring, history, .. } = assignment.clone();
    (Armed::new(def, sensor, places, ring, history), vacated(assignment))
}

/// Which words of the sensor that is replaced its successor begins with: those of series that both have.
fn kept(before: &[u32], places: &[u32]) -> Keeps {
    let slots: HashMap<u32, u32> = before.iter().copied().zip(0..).collect();
    (0..).zip(places).filter_map(|(slot, place)| Some((slot, *slots.get(place)?))).collect()
}

fn vacated(assignment: Assignment) -> Vacated {
    Vacated {
        places: assignment.vacated_places,
        ring: assignment.vacated_ring,
        history: assignment.vacated_history,
    }
}

#[cfg(test)]
mod tests;
