//! A lane with the real sensors, stepped by hand on the test's own thread and armed as the daemon arms it.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hearth::registry::{Assignment, Capacity, Registry};
use hearth::sensors::SENSORS;
use hearth_hot::armed::Armed;
use hearth_hot::clock::Clock;
use hearth_hot::contract::{
    Absent, Arming, Every, LaneKind, Sensor, SensorConfig, SensorDef, Sheet, State, Tick,
};
use hearth_hot::lane::{LaneCore, LaneEnds, LaneSpec, Shape};
use hearth_hot::orders::{Order, Vacated};
use hearth_hot::schedule::Rates;
use hearth_hot::series::SeriesKey;
use hearth_hot::testing::Bench;
use hearth_model::{Reason, catalogue::own};

use super::allocator::requests;

/// Fails at two of three reads and asks to be armed anew at the third.
static MOODY: SensorDef = SensorDef {
    name: "moody",
    source: "the test",
    lane: LaneKind::Steady,
    every: Every::Tick,
    budget: Duration::from_micros(1),
    metrics: &[own::ALL],
    arm: |arming| {
        let slot = arming.slot(&own::SENSOR_READS, &[arming.lane().name(), "moody"]);
        Ok(Box::new(Moody(slot)))
    },
};

struct Moody(hearth_hot::contract::Slot);

impl Sensor for Moody {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        sheet.count(self.0, tick.index);
        match tick.index % 3 {
            0 => Err(Reason::IoError),
            1 => Err(Reason::NoPermission),
            _ => Ok(State::Changed),
        }
    }
}

/// A clock that stands wherever it is put.
#[derive(Default)]
struct HandClock(Cell<u64>);

impl Clock for HandClock {
    fn monotonic_ns(&self) -> u64 {
        self.0.get()
    }

    fn realtime_ns(&self) -> u64 {
        Bench::REALTIME_ZERO_NS + self.0.get()
    }
}

/// The lane and everything that belongs to it.
pub(crate) struct Rig {
    root: PathBuf,
    config: SensorConfig,
    lane: LaneKind,
    defs: Vec<&'static SensorDef>,
    names: Vec<&'static str>,
    registry: Registry,
    clock: HandClock,
    core: LaneCore,
    ends: LaneEnds,
    /// Sensors that are not there, and why.
    pub(crate) absent: Vec<(&'static str, Absent)>,
    /// Orders carried out.
    pub(crate) installed: u32,
}

type Found = Result<(Box<dyn Sensor>, Vec<SeriesKey>), Absent>;

fn arm(root: &Path, config: &SensorConfig, lane: LaneKind, names: &[&'static str], def: &SensorDef) -> Found {
    let mut arming = Arming::new(root, config, lane, names);
    let sensor = (def.arm)(&mut arming)?;
    Ok((sensor, arming.into_series()))
}

fn seated(def: &'static SensorDef, sensor: Box<dyn Sensor>, assignment: Assignment) -> (Armed, Vacated) {
    let vacated = Vacated {
        places: assignment.vacated_places,
        ring: assignment.vacated_ring,
        history: assignment.vacated_history,
    };
    (Armed::new(def, sensor, assignment.places, assignment.ring, assignment.history), vacated)
}

impl Rig {
    /// Every sensor of `lane` that `root` has, and one that fails.
    pub(crate) fn arm(root: &Path, lane: LaneKind) -> Self {
        Self::arm_with(root, lane, Bench::config())
    }

    /// The same as an owner configured them.
    pub(crate) fn arm_with(root: &Path, lane: LaneKind, config: SensorConfig) -> Self {
        let mut defs: Vec<_> = SENSORS.iter().filter(|def| def.lane == lane).collect();
        defs.push(&MOODY);
        let names: Vec<_> = defs.iter().map(|def| def.name).collect();
        let capacity = Capacity { places: 8192, ring_columns: 8, history_columns: 96 };
        let mut registry = Registry::new(lane, defs.len(), capacity);
        let (mut sensors, mut absent) = (Vec::new(), Vec::new());
        for (at, def) in defs.iter().enumerate() {
            sensors.push(match arm(root, &config, lane, &names, def) {
                Ok((sensor, series)) => {
                    let assignment = registry.assign(at, series).expect("8192 series are enough");
                    Some(seated(def, sensor, assignment).0)
                }
                Err(why) => {
                    absent.push((def.name, why));
                    None
                }
            });
        }
        let spec = LaneSpec {
            kind: lane,
            rates: Rates::new(1, 1000, 0),
            sensors: sensors.into(),
            generation: registry.schema().generation,
            places: capacity.places,
            ring: Some(Shape { columns: capacity.ring_columns, frames: 1024 }),
            history: Shape { columns: capacity.history_columns, frames: 64 },
            control: std::thread::current(),
        };
        let (core, ends) = LaneCore::new(spec, 0).expect("the lane takes its sensors");
        let (root, clock) = (root.to_owned(), HandClock::default());
        Self { root, config, lane, defs, names, registry, clock, core, ends, absent, installed: 0 }
    }

    /// The rate of the ticks to come.
    pub(crate) fn rate(&self, hz: u32) {
        self.ends.wanted().set(hz);
    }

    /// One tick at its deadline; allocating, growing or freeing in it fails the test.
    pub(crate) fn step(&mut self) {
        let (core, clock) = (&mut self.core, &self.clock);
        clock.0.set(core.deadline_ns());
        let (calls, first) = requests(|| {
            core.tick(clock);
        });
        let (tick, lane) = (self.core.meters().ticks, self.lane.name());
        assert_eq!(calls, 0, "tick {tick} of the {lane} lane asked the allocator; first {first}");
        while let Some(order) = self.ends.desk.take_spent() {
            drop(order);
            self.installed += 1;
        }
    }

    /// Arms anew what asked for it in the last tick, and sensor `number` of the list, counted round it.
    pub(crate) fn rearm(&mut self, number: usize) {
        let changed = self.ends.signals.take_changed() | 1 << (number % self.defs.len());
        for at in (0..self.defs.len()).filter(|at| changed >> at & 1 == 1) {
            // One that is gone meanwhile stays as it was: the lane goes on with its failures.
            let found = arm(&self.root, &self.config, self.lane, &self.names, self.defs[at]);
            let Ok((sensor, series)) = found else { continue };
            let assignment = self.registry.assign(at, series).expect("8192 series are enough");
            let generation = assignment.generation;
            let (armed, vacated) = seated(self.defs[at], sensor, assignment);
            let sent = self.ends.desk.send(Order { at, armed: Some(armed), vacated, generation });
            assert!(sent.is_ok(), "the lane takes an order for {}", self.defs[at].name);
        }
    }

    /// Name, reads and failures of each sensor, armed or not.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&'static str, u64, u64)> {
        self.names
            .iter()
            .zip(&self.core.meters().sensors)
            .map(|(&name, meter)| (name, meter.reads, meter.failures))
    }

    /// Ticks so far.
    pub(crate) fn ticks(&self) -> u64 {
        self.core.meters().ticks
    }
}
