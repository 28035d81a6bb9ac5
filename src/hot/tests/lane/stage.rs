//! A stage for lanes: a clock that is set by hand, and sensors that are closures.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hearth_hot::armed::{Armed, Columns};
use hearth_hot::clock::Clock;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_hot::lane::{LaneCore, LaneSpec, Shape};
use hearth_hot::schedule::Rates;
use hearth_hot::testing::Bench;
use hearth_model::{Reason, catalogue::own};

/// How long the machine of [`HandClock`] has slept before the test.
pub(crate) const SLEPT_NS: u64 = 7_000_000_000;

/// A clock that stands still unless it is moved.
#[derive(Clone, Default)]
pub(crate) struct HandClock(Arc<AtomicU64>);

impl HandClock {
    pub(crate) fn advance(&self, by_ns: u64) {
        self.0.fetch_add(by_ns, Ordering::Relaxed);
    }

    /// Moves to the lane's next deadline and runs that tick.
    pub(crate) fn step(&self, core: &mut LaneCore) {
        self.0.store(core.deadline_ns(), Ordering::Relaxed);
        core.tick(self);
    }
}

impl Clock for HandClock {
    fn monotonic_ns(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn realtime_ns(&self) -> u64 {
        Bench::REALTIME_ZERO_NS + self.monotonic_ns()
    }

    fn boottime_ns(&self) -> u64 {
        SLEPT_NS + self.monotonic_ns()
    }
}

/// A sensor that is a closure over its slots.
struct Scripted<F>(Vec<Slot>, F);

impl<F> Sensor for Scripted<F>
where
    F: FnMut(&[Slot], &Tick<'_>, &mut Sheet<'_>) -> Result<State, Reason> + Send,
{
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        (self.1)(&self.0, tick, sheet)
    }
}

const fn def(name: &'static str, every: Every) -> SensorDef {
    SensorDef {
        name,
        source: "the test",
        lane: LaneKind::Steady,
        every,
        budget: Duration::from_micros(100),
        metrics: &[],
        arm: refuse,
    }
}

fn refuse(_: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    Err(Absent { reason: Reason::Absent, what: "made by the test itself".into(), fix: String::new() })
}

/// Read at every tick.
pub(crate) static TICKING: SensorDef = def("ticking", Every::Tick);
/// Read once a second.
pub(crate) static SECONDLY: SensorDef = def("secondly", Every::Period(Duration::from_secs(1)));

/// A sensor with a slot for each of `places`, the first of them in column 0 of the rings if `kept`.
pub(crate) fn armed<F>(def: &'static SensorDef, places: &[u32], kept: bool, read: F) -> Armed
where
    F: FnMut(&[Slot], &Tick<'_>, &mut Sheet<'_>) -> Result<State, Reason> + Send + 'static,
{
    let config = Bench::config();
    let mut arming = Arming::new(Path::new("/"), &config, LaneKind::Steady, &[]);
    let slots: Vec<Slot> = places.iter().map(|_| arming.slot(&own::RATE, &["steady"])).collect();
    let columns: Columns = if kept { [(0, 0)].into() } else { [].into() };
    Armed::new(def, Box::new(Scripted(slots, read)), places.into(), columns.clone(), columns)
}

/// A sensor that puts the number of the tick into its first slot.
pub(crate) fn counting(def: &'static SensorDef, place: u32) -> Armed {
    armed(def, &[place], false, |slots, tick, sheet| {
        sheet.count(slots[0], tick.index);
        Ok(State::Steady)
    })
}

/// A lane of 10 to 1000 Hz with 16 places and two columns; this thread controls it.
pub(crate) fn spec(sensors: Vec<Option<Armed>>) -> LaneSpec {
    LaneSpec {
        kind: LaneKind::Steady,
        rates: Rates::new(10, 1000, 0),
        sensors: sensors.into(),
        generation: 1,
        places: 16,
        ring: Some(Shape { columns: 2, frames: 64 }),
        history: Shape { columns: 2, frames: 8 },
        control: std::thread::current(),
    }
}
