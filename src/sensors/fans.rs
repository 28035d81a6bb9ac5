//! What the loops that drive fans say of themselves.

use std::time::Duration;

use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Reason, catalogue::fan as metrics};

use super::SECOND;
use crate::meter::{FANS, FanFigures, FanMeter};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "fans",
    source: "the fans' own loops",
    lane: LaneKind::Slow,
    every: Every::Period(SECOND),
    budget: Duration::from_micros(50),
    metrics: &[metrics::ALL],
    arm: |arming| arm_with(arming, FANS.get().map_or(&[][..], |fans| fans)),
};

/// A loop that has not turned for longer hangs in its chip.
const SILENT_NS: u64 = 5_000_000_000;

struct Fans(Box<[Row]>);

struct Row {
    /// Whether its loop had turned when the row was armed.
    was_turning: bool,
    meter: &'static FanMeter,
    duty: Slot,
    temperature: Slot,
    failsafe: Slot,
    failures: Slot,
}

fn arm_with(arming: &mut Arming<'_>, fans: &'static [FanMeter]) -> Result<Box<dyn Sensor>, Absent> {
    if fans.is_empty() {
        return Err(Absent {
            reason: Reason::Absent,
            what: "no fan is configured, so that the board's own control keeps them all".to_owned(),
            fix: "describe one with [[fan]] in the configuration".to_owned(),
        });
    }
    let row = |meter: &'static FanMeter| {
        let was_turning = tell(arming, meter);
        Row {
            was_turning,
            meter,
            duty: arming.slot(&metrics::DUTY, &[meter.name()]),
            temperature: arming.slot(&metrics::TEMPERATURE, &[meter.name()]),
            failsafe: arming.slot(&metrics::FAILSAFE, &[meter.name()]),
            failures: arming.slot(&metrics::FAILURES, &[meter.name()]),
        }
    };
    Ok(Box::new(Fans(fans.iter().map(row).collect())))
}

/// Says whether the fan's loop turns, which is what finds its channel.
fn tell(arming: &mut Arming<'_>, meter: &FanMeter) -> bool {
    let name = format!("fan {}", meter.name());
    let FanFigures { failures, turned_ns, .. } = meter.figures();
    if turned_ns > 0 {
        arming.uses(name, "1/255", "its channel of hwmon, every 1 s; each turn is its loop's own");
        return true;
    }
    let what = match failures {
        0 => "its loop has not turned yet, so that nobody knows whether its channel is there".to_owned(),
        failures => format!("its loop has not turned yet, and failed {failures} times"),
    };
    let fix =
        "nothing while Hearth starts; fans are driven by `hearth run` alone, and its log says what fails";
    arming.lacks(name, Absent { reason: Reason::Pending, what, fix: fix.to_owned() });
    false
}

impl Row {
    /// Whether the fan's line is not true any more.
    fn has_news(&self) -> bool {
        !self.was_turning && self.meter.figures().turned_ns > 0
    }

    fn fill(&self, now_ns: u64, sheet: &mut Sheet<'_>) {
        let FanFigures { duty, temperature_mc, is_failsafe, failures, turned_ns } = self.meter.figures();
        sheet.count(self.failures, failures);
        let gauges = [self.duty, self.temperature, self.failsafe];
        if turned_ns == 0 {
            return gauges.iter().for_each(|slot| sheet.fail(*slot, Reason::Pending));
        }
        if now_ns.saturating_sub(turned_ns) > SILENT_NS {
            return gauges.iter().for_each(|slot| sheet.fail(*slot, Reason::Stale));
        }
        // 255 is full duty; to the nearest thousandth.
        let ratio = duty.map(|duty| (duty * 1000 + 127) / 255);
        sheet.reading(self.duty, ratio.ok_or(Reason::NotCounted));
        sheet.reading(self.temperature, temperature_mc.ok_or(Reason::Absent));
        sheet.set(self.failsafe, i64::from(is_failsafe));
    }
}

impl Sensor for Fans {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        self.0.iter().for_each(|row| row.fill(tick.monotonic_ns, sheet));
        Ok(if self.0.iter().any(Row::has_news) { State::Changed } else { State::Steady })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use hearth_hot::source::SourceOutcome;
    use hearth_hot::testing::Bench;

    static TWO: LazyLock<[FanMeter; 2]> =
        LazyLock::new(|| [FanMeter::new("case"), FanMeter::new("cpu \"1\"")]);
    static TESTED: SensorDef = SensorDef { arm: |arming| arm_with(arming, &*TWO), ..SENSOR };

    #[test]
    fn a_fan_shows_its_duty_and_one_that_hangs_is_stale() {
        let mut bench = Bench::arm(&TESTED, "/".as_ref()).unwrap();
        bench.read_at(1).unwrap();
        let value = |bench: &Bench, name: &str, fan: &str| bench.value(name, &[("fan", fan)]);
        assert_eq!(value(&bench, "hearth_fan_duty_ratio", "case"), Some(Err(Reason::Pending)));
        TWO[0].look(Some(41_000), 1_000);
        TWO[0].drives(255, true);
        TWO[1].look(None, 1_000);
        TWO[1].failed();
        let outcomes =
            |bench: &Bench| bench.sources().iter().map(|source| source.outcome.clone()).collect::<Vec<_>>();
        let [SourceOutcome::Absent(absent), SourceOutcome::Absent(_)] = &outcomes(&bench)[..] else {
            panic!("found before they turned: {:?}", bench.sources())
        };
        assert!(absent.what.contains("has not turned") && !absent.fix.is_empty(), "{absent:?}");
        assert_eq!(bench.read_at(2_000), Ok(State::Changed), "now they turn");
        let again = Bench::arm(&TESTED, "/".as_ref()).unwrap();
        assert!(outcomes(&again).iter().all(|outcome| matches!(outcome, SourceOutcome::Used { .. })));
        assert_eq!(value(&bench, "hearth_fan_duty_ratio", "case"), Some(Ok(1000)));
        assert_eq!(value(&bench, "hearth_fan_failsafe", "case"), Some(Ok(1)));
        assert_eq!(value(&bench, "hearth_fan_temperature_celsius", "case"), Some(Ok(41_000)));
        assert_eq!(value(&bench, "hearth_fan_duty_ratio", "cpu \"1\""), Some(Err(Reason::NotCounted)));
        assert_eq!(value(&bench, "hearth_fan_failures_total", "cpu \"1\""), Some(Ok(1)));
        bench.read_at(SILENT_NS + 2_000).unwrap();
        assert_eq!(value(&bench, "hearth_fan_duty_ratio", "case"), Some(Err(Reason::Stale)));
    }

    #[test]
    fn without_a_configured_fan_the_way_to_one_is_named() {
        let absent = Bench::arm(&SENSOR, "/".as_ref()).err().unwrap();
        assert!(absent.fix.contains("[[fan]]"), "{absent:?}");
    }
}
