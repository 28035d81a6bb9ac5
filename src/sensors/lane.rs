//! What a lane says about itself: lateness, missed ticks, and what each of its sensors costs.

use std::time::Duration;

use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_hot::meters::{LATENESS_BOUNDS_NS, LATENESS_BUCKETS};
use hearth_model::{Decimal, Reason, catalogue::own};

/// The steady lane about itself.
pub(super) const STEADY: SensorDef = SensorDef { lane: LaneKind::Steady, ..SLOW };

/// The slow lane about itself.
pub(super) const SLOW: SensorDef = SensorDef {
    name: "lane",
    source: "the lane's own meters",
    lane: LaneKind::Slow,
    every: Every::Period(Duration::from_secs(5)),
    budget: Duration::from_micros(100),
    metrics: &[own::ALL],
    arm,
};

const QUANTILES: [(&str, f64); 4] = [("0.5", 0.5), ("0.9", 0.9), ("0.99", 0.99), ("0.999", 0.999)];

struct Lane {
    buckets: [Slot; LATENESS_BUCKETS],
    sum: Slot,
    count: Slot,
    quantiles: [Slot; QUANTILES.len()],
    ticks: Slot,
    missed: Slot,
    rate: Slot,
    sensors: Vec<Costs>,
}

struct Costs {
    seconds: Slot,
    reads: Slot,
    over_budget: Slot,
    failures: Slot,
}

fn arm(arming: &mut Arming<'_>) -> Result<Box<dyn Sensor>, Absent> {
    let lane = [arming.lane().name()];
    let buckets = std::array::from_fn(|at| {
        let bound =
            LATENESS_BOUNDS_NS.get(at).map(|&bound| Decimal { digits: i128::from(bound), decimals: 9 });
        let le = bound.map_or_else(|| "+Inf".to_owned(), |bound| bound.text().to_string());
        arming.bucket(&own::TICK_LATENESS, &lane, &le)
    });
    let (sum, count) = arming.sum_and_count(&own::TICK_LATENESS, &lane);
    let quantiles = QUANTILES.map(|(name, _)| arming.slot(&own::TICK_LATENESS_QUANTILE, &[lane[0], name]));
    let ticks = arming.slot(&own::TICKS, &lane);
    let missed = arming.slot(&own::MISSED_TICKS, &lane);
    let rate = arming.slot(&own::RATE, &lane);
    let mut sensors = Vec::new();
    for sensor in arming.lane_sensors() {
        let labels = [lane[0], sensor];
        sensors.push(Costs {
            seconds: arming.slot(&own::SENSOR_COST, &labels),
            reads: arming.slot(&own::SENSOR_READS, &labels),
            over_budget: arming.slot(&own::SENSOR_OVER_BUDGET, &labels),
            failures: arming.slot(&own::SENSOR_FAILURES, &labels),
        });
    }
    Ok(Box::new(Lane { buckets, sum, count, quantiles, ticks, missed, rate, sensors }))
}

impl Sensor for Lane {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let meters = tick.meters;
        let cumulative = meters.cumulative_lateness();
        for (slot, count) in self.buckets.iter().zip(cumulative) {
            sheet.count(*slot, count);
        }
        sheet.count(self.sum, meters.lateness_sum_ns);
        sheet.count(self.count, cumulative[LATENESS_BUCKETS - 1]);
        for (slot, (_, quantile)) in self.quantiles.iter().zip(QUANTILES) {
            sheet.count(*slot, meters.quantile_ns(quantile));
        }
        sheet.count(self.ticks, meters.ticks);
        sheet.count(self.missed, meters.missed);
        sheet.set(self.rate, i64::from(meters.rate_hz));
        for (costs, meter) in self.sensors.iter().zip(&meters.sensors) {
            sheet.count(costs.seconds, meter.cost_ns);
            sheet.count(costs.reads, meter.reads);
            sheet.count(costs.over_budget, meter.over_budget);
            sheet.count(costs.failures, meter.failures);
        }
        Ok(State::Steady)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_hot::series::Part;
    use hearth_hot::testing::Bench;

    #[test]
    fn lateness_misses_and_costs_are_the_lanes_own() {
        let mut bench = Bench::arm(&STEADY, "/".as_ref()).unwrap();
        let meters = bench.meters();
        meters.missed = 3;
        meters.record_lateness(20_000);
        meters.record_lateness(2_000_000_000);
        meters.sensors[0].cost_ns = 77;
        bench.read_at(0).unwrap();
        let lane = ("lane", "steady");
        assert_eq!(bench.value("hearth_lane_missed_ticks_total", &[lane]), Some(Ok(3)));
        let bucket = |le| bench.part("hearth_lane_tick_lateness_seconds", &[lane, ("le", le)], Part::Bucket);
        assert_eq!(bucket("0.00001"), Some(Ok(0)));
        assert_eq!(bucket("0.000025"), Some(Ok(1)));
        assert_eq!(bucket("1"), Some(Ok(1)));
        assert_eq!(bucket("+Inf"), Some(Ok(2)));
        let sum = bench.part("hearth_lane_tick_lateness_seconds", &[lane], Part::Sum);
        assert_eq!(sum, Some(Ok(2_000_020_000)));
        let cost = bench.value("hearth_sensor_read_seconds_total", &[lane, ("sensor", "lane")]);
        assert_eq!(cost, Some(Ok(77)));
    }
}
