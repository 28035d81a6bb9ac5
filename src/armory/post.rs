//! One lane's sensors: their places, what is due for arming, and the change that its lane is installing.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::Thread;
use std::time::Duration;

use hearth_hot::armed::{Armed, Keeps};
use hearth_hot::contract::{LaneKind, Sensor, SensorConfig, SensorDef};
use hearth_hot::lane::{LaneSpec, Shape};
use hearth_hot::orders::{Order, Vacated};
use hearth_hot::page::PageCopy;
use hearth_hot::schedule::{RATE_HZ_MAX, Rates};
use hearth_hot::series::SeriesKey;
use hearth_hot::thread::{LaneHandle, Settings, StartError};
use hearth_model::Reason;

use super::room::{capacity, left_out, too_many};
use super::work::{self, Armers, Brought, Outcome, PATIENCE, Seat, Start, Under};
use super::{Report, SensorState};
use crate::registry::{Assignment, Registry};
use crate::view::{LaneView, View};

/// Ticks per second of the slow lane at most.
pub(super) const SLOW_RATE_HZ_MAX: u32 = 2;

/// One lane as the armory holds it.
pub(super) struct Post {
    lane: LaneKind,
    defs: Vec<&'static SensorDef>,
    names: Arc<[&'static str]>,
    registry: Registry,
    pub(super) handle: LaneHandle,
    /// Sensors whose arming is due, one bit each.
    pub(super) due: u64,
    /// Sensors for which there was no hand, and which go on as they are until the next look.
    put_off: u64,
    /// The generation sent and not yet installed.
    under_way: Option<u32>,
}

/// What a post works with.
pub(super) struct Around<'a> {
    pub(super) under: &'a Under,
    pub(super) hands: &'a mut Armers,
    pub(super) view: &'a View,
    pub(super) report: &'a Report,
}

impl Post {
    /// Arms the lane's sensors and starts it. Those whose arming hangs are reported; they come later.
    pub(super) fn start(
        kind: LaneKind,
        defs: &'static [SensorDef],
        control: Thread,
        (under, hands, report): (&Under, &mut Armers, &Report),
        start: &mut Start,
    ) -> Result<Self, StartError> {
        let config = &under.config;
        let defs: Vec<&'static SensorDef> = defs.iter().filter(|def| def.lane == kind).collect();
        let names: Arc<[&'static str]> = defs.iter().map(|def| def.name).collect();
        let mut outcomes = Vec::with_capacity(defs.len());
        let mut is_any_late = false;
        for (at, def) in defs.iter().enumerate() {
            let seat = Seat { lane: kind, at };
            let armed = work::arm(hands, under, (def, seat), &names, start.patience());
            if armed.is_err() {
                is_any_late = true;
                start.lose();
            }
            outcomes.push(armed.unwrap_or_else(Outcome::absent));
        }
        let found: Vec<&[SeriesKey]> =
            outcomes.iter().flat_map(|outcome| &outcome.armed).map(|(_, series)| series.as_slice()).collect();
        let capacity = capacity(config, kind, &found, is_any_late);
        let mut registry = Registry::new(kind, defs.len(), capacity);
        let mut sensors = Vec::new();
        for (at, outcome) in outcomes.into_iter().enumerate() {
            let (armed, state) = match outcome.armed {
                Ok((sensor, series)) => match registry.assign(at, series) {
                    Ok(assignment) => {
                        let state = SensorState::Armed { series: assignment.places.len() };
                        (Some(seat(defs[at], sensor, assignment).0), state)
                    }
                    Err(error) => (None, SensorState::Absent(too_many(&error))),
                },
                Err(state) => (None, state),
            };
            report.set(defs[at], state, outcome.sources);
            sensors.push(armed);
        }
        registry.columns_begin(0, 0);
        let spec = LaneSpec {
            kind,
            rates: rates(kind),
            sensors: sensors.into(),
            generation: registry.schema().generation,
            places: capacity.places,
            ring: (capacity.ring_columns > 0)
                .then_some(Shape { columns: capacity.ring_columns, frames: config.ring_frames }),
            history: Shape { columns: capacity.history_columns, frames: config.history_frames },
            control,
        };
        let steady = kind == LaneKind::Steady;
        let handle = LaneHandle::start(spec, if steady { config.thread } else { Settings::default() })?;
        let (idle_hz, max_hz) =
            if steady { config.rates_hz } else { (slow_rate_hz(&config.sensors), SLOW_RATE_HZ_MAX) };
        handle.ends.wanted().limit(idle_hz, max_hz);
        Ok(Self { lane: kind, defs, names, registry, handle, due: 0, put_off: 0, under_way: None })
    }

    pub(super) fn view(&self) -> LaneView {
        let ends = &self.handle.ends;
        let (page, history) = (Arc::clone(&ends.page), Arc::clone(&ends.history));
        LaneView::new(page, ends.ring.clone(), history, ends.wanted(), self.registry.schema().clone())
    }

    /// Makes the sensors due of which `is_due` says so.
    pub(super) fn are_due(&mut self, is_due: impl Fn(&SensorDef) -> bool) {
        for (at, def) in self.defs.iter().enumerate().filter(|(_, def)| is_due(def)) {
            tracing::debug!(sensor = def.name, "is armed anew under changed settings");
            self.due |= 1 << at;
        }
    }

    /// Makes those due that have nothing to show or had no room, and those that were put off.
    pub(super) fn retry(&mut self, report: &Report) {
        self.due |= std::mem::take(&mut self.put_off);
        let mut copy = PageCopy::of(&self.handle.ends.page);
        if self.handle.ends.page.copy(&mut copy).is_err() {
            return;
        }
        for (at, def) in self.defs.iter().enumerate() {
            let places = self.registry.places_of(at);
            let shows = |place: &u32| {
                let word = usize::try_from(*place).ok().and_then(|place| copy.words.get(place));
                // What was never read yet is not failing.
                word.is_none_or(|word| matches!(word.reading(), Ok(_) | Err(Reason::Pending)))
            };
            let failing = !places.is_empty() && !places.iter().any(shows);
            if failing || !report.is_armed(def) || report.has_no_room(def) {
                self.due |= 1 << at;
            }
        }
    }

    /// Whether everything due was begun, and what came of it is installed.
    pub(super) fn is_settled(&self, hands: &Armers) -> bool {
        self.under_way.is_none() && self.next_due(hands).is_none()
    }

    /// Whether the lane has something to install.
    pub(super) const fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Takes what has come back late and arms what is due, until the lane has something to install.
    pub(super) fn advance(&mut self, around: &mut Around<'_>) {
        while self.under_way.is_none() {
            let lane = self.lane;
            if let Some((seat, brought)) = around.hands.returned(|seat| seat.lane == lane) {
                let Some(&def) = self.defs.get(seat.at) else { continue };
                match brought {
                    Ok(Brought { epoch, outcome }) if epoch == around.under.epoch => {
                        self.due &= !(1 << seat.at);
                        self.settle(seat.at, def, outcome, around);
                    }
                    // It was armed under settings that hold no more.
                    Ok(Brought { .. }) => self.due |= 1 << seat.at,
                    Err(refusal) => around.report.late(def, work::refused(def, &refusal)),
                }
            } else if let Some(at) = self.next_due(around.hands) {
                self.due &= !(1 << at);
                self.rearm(at, around);
            } else {
                return;
            }
        }
    }

    /// The first sensor that is due and is not being armed already.
    fn next_due(&self, hands: &Armers) -> Option<usize> {
        let lane = self.lane;
        (0..self.defs.len()).find(|&at| self.due & (1 << at) != 0 && !hands.is_out(Seat { lane, at }))
    }

    /// Publishes what the places mean for good, once the lane has installed it.
    pub(super) fn confirm(&mut self, lane: usize, view: &View) {
        let ends = &self.handle.ends;
        if self.under_way.is_some_and(|generation| generation == ends.signals.installed()) {
            let ring_frame = ends.ring.as_ref().map_or(0, |ring| ring.next_frame());
            self.registry.columns_begin(ring_frame, ends.history.next_frame());
            view.publish(lane, self.registry.schema().clone());
            self.under_way = None;
        }
    }

    fn rearm(&mut self, at: usize, around: &mut Around<'_>) {
        let Some(&def) = self.defs.get(at) else { return };
        let seat = Seat { lane: self.lane, at };
        match work::arm(around.hands, around.under, (def, seat), &self.names, PATIENCE) {
            Ok(outcome) => self.settle(at, def, outcome, around),
            Err(absent) => {
                if !around.hands.is_out(seat) {
                    self.put_off |= 1 << at;
                }
                around.report.late(def, absent);
            }
        }
    }

    /// Gives a sensor's series their places and hands it to the lane.
    fn settle(&mut self, at: usize, def: &'static SensorDef, outcome: Outcome, around: &Around<'_>) {
        let report = around.report;
        let was_armed = report.is_armed(def);
        let Outcome { armed, sources } = outcome;
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
                around.view.publish(usize::from(self.lane == LaneKind::Slow), self.registry.schema().clone());
            }
            // The sensor armed before, if any, goes on with the series it has.
            Err(error) if was_armed => report.refuse(def, left_out(&error)),
            Err(error) => report.set(def, SensorState::Absent(too_many(&error)), sources),
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
pub(super) fn slow_rate_hz(sensors: &SensorConfig) -> u32 {
    if sensors.cgroups.period < Duration::from_secs(1) { SLOW_RATE_HZ_MAX } else { 1 }
}

fn rates(kind: LaneKind) -> Rates {
    match kind {
        // The owner's limits may change while the lane runs, so they are not the lane's own.
        LaneKind::Steady => Rates::new(1, RATE_HZ_MAX, 0),
        // A quarter of a second behind, so that the lanes do not wake together.
        LaneKind::Slow => Rates::new(1, SLOW_RATE_HZ_MAX, 250_000_000),
    }
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
