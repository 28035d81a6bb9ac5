//! The machine's clock: what it says, its zone, how it is kept, and what it ticks by.

use std::time::Duration;

use hearth_drivers::clock::{self, Timex, Zone};
use hearth_drivers::file::{Errno, KernelText};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Metric, Reason, catalogue::system};

use super::{SECOND, Trouble, settle, unopened};

pub(super) const TIME: SensorDef = SensorDef {
    name: "time",
    source: "clock_gettime(2)",
    lane: LaneKind::Steady,
    every: Every::Period(SECOND),
    budget: Duration::from_micros(20),
    metrics: &[&[&system::TIME]],
    arm: |arming| Ok(Box::new(Time { slot: arming.slot(&system::TIME, &[]) })),
};

pub(super) const ZONE: SensorDef = SensorDef {
    name: "time_zone",
    source: "localtime_r(3)",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(30)),
    budget: Duration::from_micros(50),
    metrics: &[&[&system::ZONE_OFFSET]],
    arm: arm_zone,
};

pub(super) const TIMEX: SensorDef = SensorDef {
    name: "timex",
    source: "adjtimex(2)",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(5)),
    budget: Duration::from_micros(20),
    metrics: &[&TIMEX_METRICS],
    arm: arm_timex,
};

pub(super) const CLOCKSOURCE: SensorDef = SensorDef {
    name: "clocksource",
    source: "/sys/devices/system/clocksource",
    lane: LaneKind::Steady,
    every: Every::Period(Duration::from_secs(60)),
    budget: Duration::from_micros(50),
    metrics: &[&[&system::CLOCKSOURCE_AVAILABLE, &system::CLOCKSOURCE_CURRENT]],
    arm: arm_clocksource,
};

/// Nanoseconds in a second.
const SECOND_NS: u64 = 1_000_000_000;

struct Time {
    slot: Slot,
}

struct ZoneOffset {
    zone: Zone,
    slot: Slot,
}

/// What to do where the kernel refuses to tell the time's state.
const FIX: &str =
    "let the service call adjtimex (SystemCallFilter= in its unit); nothing else keeps it from that";

fn refused(errno: Errno, what: &str) -> Absent {
    let reason = if errno.is_permission() { Reason::NoPermission } else { Reason::IoError };
    Absent { reason, what: format!("{what} failed: {errno}"), fix: FIX.to_owned() }
}

fn arm_zone(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    // A label has to be named before there is a tick to take the time from. Should the two disagree (summer begins, the
    // clock is set), the first reading finds another zone and has the sensor armed anew.
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let unix_seconds = i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX);
    let zone = clock::zone_at(unix_seconds).map_err(|errno| refused(errno, "looking up the time zone"))?;
    let name = String::from_utf8_lossy(zone.name.as_bytes());
    let slot = arming.slot(&system::ZONE_OFFSET, &[&name]);
    Ok(Box::new(ZoneOffset { zone, slot }))
}

/// In the order of [`timex_numbers`].
const TIMEX_METRICS: [&Metric; 17] = [
    &system::TIMEX_OFFSET,
    &system::TIMEX_FREQUENCY,
    &system::TIMEX_MAX_ERROR,
    &system::TIMEX_ESTIMATED_ERROR,
    &system::TIMEX_STATUS,
    &system::TIMEX_SYNC,
    &system::TIMEX_CONSTANT,
    &system::TIMEX_TICK,
    &system::TIMEX_TAI,
    &system::PPS_FREQUENCY,
    &system::PPS_JITTER,
    &system::PPS_SHIFT,
    &system::PPS_STABILITY,
    &system::PPS_JITTER_EXCEEDED,
    &system::PPS_CALIBRATIONS,
    &system::PPS_ERRORS,
    &system::PPS_STABILITY_EXCEEDED,
];

/// One, in the 18 decimal places of the frequency metrics.
const RATIO_ONE: i64 = 1_000_000_000_000_000_000;

/// Parts per million with 16 bits behind the point as a ratio in 18 decimal places, rounded down.
///
/// A unit is 1 / (2^16 × 10^6), which is 5^16 / 10^22 and so 5^16 / 10^4 of the last place.
fn ratio(ppm_scaled: i64) -> Option<i64> {
    i64::try_from((i128::from(ppm_scaled) * 152_587_890_625).div_euclid(10_000)).ok()
}

fn timex_numbers(timex: &Timex) -> [Option<i64>; TIMEX_METRICS.len()] {
    [
        Some(timex.offset_ns),
        ratio(timex.frequency_ppm_scaled).and_then(|ratio| RATIO_ONE.checked_add(ratio)),
        Some(timex.max_error_us),
        Some(timex.estimated_error_us),
        Some(i64::from(timex.status)),
        Some(i64::from(timex.is_synchronized)),
        Some(timex.loop_time_constant),
        Some(timex.tick_us),
        Some(i64::from(timex.tai_offset_s)),
        ratio(timex.pps_frequency_ppm_scaled),
        Some(timex.pps_jitter_ns),
        Some(i64::from(timex.pps_shift)),
        ratio(timex.pps_stability_ppm_scaled),
        Some(timex.pps_jitter_exceeded),
        Some(timex.pps_calibrations),
        Some(timex.pps_errors),
        Some(timex.pps_stability_exceeded),
    ]
}

struct Discipline {
    slots: [Slot; TIMEX_METRICS.len()],
}

fn arm_timex(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    clock::read_timex().map_err(|errno| refused(errno, "adjtimex"))?;
    Ok(Box::new(Discipline { slots: TIMEX_METRICS.map(|metric| arming.slot(metric, &[])) }))
}

struct Clocksource {
    available: KernelText,
    current: KernelText,
    /// The names as armed, those available before the current one.
    names: Vec<Box<[u8]>>,
    slots: Vec<Slot>,
}

fn arm_clocksource(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let root = arming.root();
    let open =
        |path| KernelText::open(root, path, clock::DELIVERY).map_err(|error| unopened(&error, "mount /sys"));
    let (mut available, mut current) = (open(clock::PATH_AVAILABLE)?, open(clock::PATH_CURRENT)?);
    let mut names = Vec::new();
    let mut slots = Vec::new();
    let of = [(&mut available, &system::CLOCKSOURCE_AVAILABLE), (&mut current, &system::CLOCKSOURCE_CURRENT)];
    for (text, metric) in of {
        let text = text.read().map_err(|error| Trouble::from(error).absent(&CLOCKSOURCE))?;
        for name in clock::names(text) {
            // "0" is the number of the kernel's only set of clock sources.
            slots.push(arming.slot(metric, &["0", &String::from_utf8_lossy(name)]));
            names.push(name.into());
        }
    }
    Ok(Box::new(Clocksource { available, current, names, slots }))
}

impl Clocksource {
    fn fill(&mut self, sheet: &mut Sheet<'_>) -> Result<State, Trouble> {
        let now = clock::names(self.available.read()?).chain(clock::names(self.current.read()?));
        if !now.eq(self.names.iter().map(|name| &**name)) {
            return Err(Trouble::Outgrown);
        }
        self.slots.iter().for_each(|slot| sheet.set(*slot, 1));
        Ok(State::Steady)
    }
}

impl Sensor for Time {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        sheet.count(self.slot, tick.realtime_ns);
        Ok(State::Steady)
    }
}

impl Sensor for ZoneOffset {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let unix_seconds = i64::try_from(tick.realtime_ns / SECOND_NS).unwrap_or(i64::MAX);
        let Ok(zone) = clock::zone_at(unix_seconds) else { return Err(Reason::OutOfRange) };
        if zone.name != self.zone.name {
            return Ok(State::Changed);
        }
        sheet.set(self.slot, zone.offset_s);
        Ok(State::Steady)
    }
}

impl Sensor for Discipline {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let Ok(timex) = clock::read_timex() else { return Err(Reason::IoError) };
        for (slot, number) in self.slots.iter().zip(timex_numbers(&timex)) {
            sheet.reading(*slot, number.ok_or(Reason::OutOfRange));
        }
        Ok(State::Steady)
    }
}

impl Sensor for Clocksource {
    fn read(&mut self, _tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        settle(self.fill(sheet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::testing::Files;
    use hearth_hot::testing::Bench;

    #[test]
    fn the_time_is_the_ticks() {
        let mut bench = Bench::arm(&TIME, "/".as_ref()).unwrap();
        bench.read_at(5).unwrap();
        let time = i64::try_from(Bench::REALTIME_ZERO_NS + 5).unwrap();
        assert_eq!(bench.value("node_time_seconds", &[]), Some(Ok(time)));
    }

    #[test]
    fn the_zone_is_the_one_in_force_at_the_tick() {
        let mut bench = Bench::arm(&ZONE, "/".as_ref()).unwrap();
        let in_force = clock::zone_at(i64::try_from(Bench::REALTIME_ZERO_NS / SECOND_NS).unwrap()).unwrap();
        let name = in_force.name.as_text().unwrap();
        let series = [("time_zone", name)];
        match bench.read_at(0).unwrap() {
            State::Steady => {
                let offset = bench.value("node_time_zone_offset_seconds", &series);
                assert_eq!(offset, Some(Ok(in_force.offset_s)));
            }
            // Where it is summer now, it was not on the bench's first of January.
            State::Changed => assert_eq!(bench.value("node_time_zone_offset_seconds", &series), None),
        }
    }

    #[test]
    fn frequencies_are_ratios_in_eighteen_places() {
        // One part in a million is 2^16 units.
        assert_eq!(ratio(1 << 16), Some(1_000_000_000_000));
        assert_eq!(ratio(-(1 << 16)), Some(-1_000_000_000_000));
        assert_eq!(ratio(1), Some(15_258_789));
        // The kernel allows 500 parts in a million.
        assert_eq!(ratio(500 << 16), Some(500_000_000_000_000));
        assert_eq!(ratio(i64::MAX), None);
    }

    #[test]
    fn the_clocks_discipline_is_the_kernels() {
        let mut bench = match Bench::arm(&TIMEX, "/".as_ref()) {
            Ok(bench) => bench,
            Err(absent) => {
                eprintln!("not checked here: {absent:?}");
                return;
            }
        };
        bench.read_at(0).unwrap();
        let tick = bench.value("node_timex_tick_seconds", &[]).unwrap().unwrap();
        assert!((9_000..=11_000).contains(&tick), "{tick} microseconds");
        let frequency = bench.value("node_timex_frequency_adjustment_ratio", &[]).unwrap().unwrap();
        assert!((frequency - RATIO_ONE).abs() <= 500_000_000_000_000, "{frequency}");
    }

    #[test]
    fn clock_sources_are_named_and_a_new_one_asks_for_arming() {
        let files = Files::with(&[(clock::PATH_AVAILABLE, "tsc hpet \n"), (clock::PATH_CURRENT, "tsc\n")]);
        let mut bench = Bench::arm(&CLOCKSOURCE, files.root()).unwrap();
        assert_eq!(bench.read_at(0), Ok(State::Steady));
        let source = |name| [("device", "0"), ("clocksource", name)];
        assert_eq!(bench.value("node_time_clocksource_available_info", &source("hpet")), Some(Ok(1)));
        assert_eq!(bench.value("node_time_clocksource_current_info", &source("tsc")), Some(Ok(1)));
        files.write(clock::PATH_CURRENT, "hpet\n");
        assert_eq!(bench.read_at(1), Ok(State::Changed));
    }
}
