//! Lanes that have run for a while, to count a tick of.

use std::path::Path;
use std::time::Duration;

use hearth::sensors::SENSORS;
use hearth_hot::armed::{Armed, Columns};
use hearth_hot::clock::Clock;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_hot::lane::{LaneCore, LaneEnds, LaneSpec, Shape};
use hearth_hot::schedule::Rates;
use hearth_hot::testing::Bench;
use hearth_measure::rapl::Domains;
use hearth_model::Reason;
use hearth_model::catalogue::own;

/// Puts the tick's number into its slots, with no system call.
struct Four([Slot; 4]);

impl Sensor for Four {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        for slot in self.0 {
            sheet.count(slot, tick.index);
        }
        Ok(State::Steady)
    }
}

fn arm_four(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    Ok(Box::new(Four([(); 4].map(|()| arming.slot(&own::RATE, &["steady"])))))
}

static FOUR: SensorDef = SensorDef {
    name: "four",
    source: "the tick",
    lane: LaneKind::Steady,
    every: Every::Tick,
    budget: Duration::from_millis(1),
    metrics: &[own::ALL],
    arm: arm_four,
};

/// A clock that stands still.
pub(crate) struct At(u64);

impl Clock for At {
    fn monotonic_ns(&self) -> u64 {
        self.0
    }

    fn realtime_ns(&self) -> u64 {
        self.0
    }
}

/// A lane, what hangs on it, and the time of its next tick.
pub(crate) type Stage = (LaneCore, LaneEnds, At);

/// A lane at 1000 Hz with a sensor of four words; its next tick is at `next_ms`.
pub(crate) fn stage(next_ms: u64) -> Stage {
    let config = Bench::config();
    let mut arming = Arming::new(Path::new("/"), &config, LaneKind::Steady, &["four"]);
    let sensor = arm_four(&mut arming).expect("always there");
    let columns: Columns = (0..4).map(|at| (u32::from(at), at)).collect();
    warmed(Armed::new(&FOUR, sensor, [0, 1, 2, 3].into(), columns.clone(), columns), 4, next_ms)
}

/// The same with the energy of eight domains, the totals of which go into the ring.
pub(crate) fn stage_of_energy(next_ms: u64) -> (Stage, Domains) {
    let domains = Domains::start("count");
    let energy = SENSORS.iter().find(|def| def.name == "energy").expect("the sensor is listed");
    let config = Bench::config();
    let mut arming = Arming::new(domains.root(), &config, LaneKind::Steady, &["energy"]);
    let sensor = (energy.arm)(&mut arming).unwrap_or_else(|absent| panic!("{}", absent.what));
    let series = arming.into_series();
    let slots = (0..).zip(&series).filter(|(_, key)| key.metric.name == "hearth_energy_joules_total");
    let columns: Columns = slots.map(|(slot, _)| slot).zip(0..).collect();
    assert_eq!(columns.len(), 8, "eight domains have eight totals");
    let places = (0..).take(series.len()).collect();
    (warmed(Armed::new(energy, sensor, places, columns.clone(), columns), 8, next_ms), domains)
}

/// A lane that has run from a whole second on.
fn warmed(armed: Armed, columns: usize, next_ms: u64) -> Stage {
    let spec = LaneSpec {
        kind: LaneKind::Steady,
        rates: Rates::new(1000, 1000, 0),
        sensors: [Some(armed)].into(),
        generation: 1,
        places: 1000,
        ring: Some(Shape { columns, frames: 60_000 }),
        history: Shape { columns: 32, frames: 600 },
        control: std::thread::current(),
    };
    let (mut core, ends) = LaneCore::new(spec, 0).expect("the sensor fits");
    for ms in 0..next_ms {
        core.tick(&At(ms * 1_000_000 + 50_000));
    }
    (core, ends, At(next_ms * 1_000_000 + 50_000))
}
