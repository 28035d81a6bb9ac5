//! What a lane knows about itself. Owned by the lane, lent to its sensors with every [`crate::contract::Tick`].

use hdrhistogram::Histogram;

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
    /// One entry a sensor of the lane, in the order of the list of sensors.
    pub sensors: Box<[SensorMeter]>,
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
