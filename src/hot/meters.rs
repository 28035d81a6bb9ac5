//! What a lane knows about itself. Owned by the lane, lent to its sensors with every [`crate::contract::Tick`].

use hdrhistogram::{CreationError, Histogram};

/// Upper bounds of the exported lateness histogram, in nanoseconds: close together up to half a millisecond, where a
/// quiet machine lies, and up to a second for a stalled one. The bucket without a bound (`+Inf`) comes behind them.
pub const LATENESS_BOUNDS_NS: [u64; 12] = [
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    5_000_000,
    10_000_000,
    50_000_000,
    100_000_000,
    1_000_000_000,
];

/// Buckets of the exported lateness histogram, the unbounded one included.
pub const LATENESS_BUCKETS: usize = LATENESS_BOUNDS_NS.len() + 1;

/// Finest lateness that the quantiles tell apart.
const LATENESS_LOW_NS: u64 = 1_000;
/// Greatest lateness that the quantiles tell; what is later counts as this.
const LATENESS_HIGH_NS: u64 = 60_000_000_000;
/// Significant decimal digits of the quantiles.
const LATENESS_DIGITS: u8 = 2;

/// A lane's own figures; plain numbers, since only the lane's thread touches them.
pub struct LaneMeters {
    /// Ticks run.
    pub ticks: u64,
    /// Deadlines that passed unserved.
    pub missed: u64,
    /// Base rate now.
    pub rate_hz: u32,
    /// Lateness of the ticks in nanoseconds, preallocated with fixed bounds.
    pub lateness_ns: Histogram<u64>,
    /// Sum of the lateness of all ticks.
    pub lateness_sum_ns: u64,
    /// Ticks in each bucket of [`LATENESS_BOUNDS_NS`] (not cumulative), the unbounded one last. Kept beside the
    /// histogram because its cells do not end at these bounds.
    lateness_counts: [u64; LATENESS_BUCKETS],
    /// One entry a sensor of the lane, in the order of the list of sensors.
    pub sensors: Box<[SensorMeter]>,
}

impl LaneMeters {
    /// Meters at zero for `sensors` sensors on a lane that starts at `rate_hz`. Allocates; nothing after it does.
    ///
    /// # Errors
    /// The histogram's bounds were refused; they are constants, so this says that the histogram crate has changed.
    pub fn new(sensors: usize, rate_hz: u32) -> Result<Self, CreationError> {
        let mut lateness_ns = Histogram::new_with_bounds(LATENESS_LOW_NS, LATENESS_HIGH_NS, LATENESS_DIGITS)?;
        lateness_ns.auto(false);
        Ok(Self {
            ticks: 0,
            missed: 0,
            rate_hz,
            lateness_ns,
            lateness_sum_ns: 0,
            lateness_counts: [0; LATENESS_BUCKETS],
            sensors: vec![SensorMeter::default(); sensors].into_boxed_slice(),
        })
    }

    /// Counts a tick that began `late_ns` after its deadline.
    pub fn record_lateness(&mut self, late_ns: u64) {
        self.lateness_ns.saturating_record(late_ns);
        self.lateness_sum_ns = self.lateness_sum_ns.saturating_add(late_ns);
        let bucket = LATENESS_BOUNDS_NS.partition_point(|&bound| bound < late_ns);
        if let Some(count) = self.lateness_counts.get_mut(bucket) {
            *count += 1;
        }
    }

    /// The lateness in nanoseconds that the share `quantile` (0 to 1) of the ticks did not exceed, to two significant
    /// digits; 0 before the first tick. Allocates nothing, walks at most some 3000 cells.
    #[must_use]
    pub fn quantile_ns(&self, quantile: f64) -> u64 {
        self.lateness_ns.value_at_quantile(quantile)
    }

    /// For each of [`LATENESS_BOUNDS_NS`], exactly how many ticks were no later than it; last, how many ticks there
    /// were.
    #[must_use]
    pub fn cumulative_lateness(&self) -> [u64; LATENESS_BUCKETS] {
        let mut sum = 0;
        self.lateness_counts.map(|count| {
            sum += count;
            sum
        })
    }
}

/// What reading one sensor has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SensorMeter {
    /// Reads done.
    pub reads: u64,
    /// Reads that failed as a whole.
    pub failures: u64,
    /// Reads that took longer than the budget.
    pub over_budget: u64,
    /// Time spent in reads.
    pub cost_ns: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lateness_on_a_bound_belongs_to_that_bound_and_one_above_to_the_next() {
        let mut meters = LaneMeters::new(0, 10).unwrap();
        meters.record_lateness(LATENESS_BOUNDS_NS[2]);
        meters.record_lateness(LATENESS_BOUNDS_NS[2] + 1);
        let cumulative = meters.cumulative_lateness();
        assert_eq!(cumulative[..4], [0, 0, 1, 2]);
    }

    #[test]
    fn the_last_cumulative_bucket_counts_every_tick_however_late() {
        let mut meters = LaneMeters::new(0, 10).unwrap();
        for late_ns in [0, 10_000, 999_999_999_999, u64::MAX] {
            meters.record_lateness(late_ns);
        }
        assert_eq!(meters.cumulative_lateness()[LATENESS_BUCKETS - 1], 4);
        assert_eq!(meters.cumulative_lateness()[LATENESS_BUCKETS - 2], 2);
        assert_eq!(meters.lateness_ns.len(), 4);
        assert_eq!(meters.lateness_sum_ns, u64::MAX);
    }

    #[test]
    fn quantiles_are_within_a_hundredth_of_the_ticks_recorded() {
        let mut meters = LaneMeters::new(0, 10).unwrap();
        assert_eq!(meters.quantile_ns(0.5), 0);
        for late_us in 1..=1000_u64 {
            meters.record_lateness(late_us * 1000);
        }
        for (quantile, truth_ns) in [(0.5, 500_000_u64), (0.99, 990_000), (1.0, 1_000_000)] {
            let told_ns = meters.quantile_ns(quantile);
            assert!(told_ns.abs_diff(truth_ns) <= truth_ns / 100, "{quantile}: {told_ns} for {truth_ns}");
        }
    }

    #[test]
    fn the_histogram_never_grows() {
        let mut meters = LaneMeters::new(0, 10).unwrap();
        let cells = meters.lateness_ns.distinct_values();
        meters.record_lateness(u64::MAX);
        assert_eq!(meters.lateness_ns.distinct_values(), cells);
    }
}
