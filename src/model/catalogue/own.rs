//! What Hearth says about itself.

use crate::{Scale, Unit, counter, gauge, histogram};

super::metrics! {
    /// Lateness of a lane's ticks: from the deadline to the moment the lane ran.
    TICK_LATENESS = histogram("hearth_lane_tick_lateness_seconds", Unit::Seconds, "How late the lane's ticks ran after their deadlines.")
        .labels(&["lane"]).scale(Scale::NANO);
    /// Quantiles of the same.
    TICK_LATENESS_QUANTILE = gauge("hearth_lane_tick_lateness_quantile_seconds", Unit::Seconds, "Lateness that this share of the lane's ticks did not exceed.")
        .labels(&["lane", "quantile"]).scale(Scale::NANO);
    /// Ticks run.
    TICKS = counter("hearth_lane_ticks_total", Unit::None, "Ticks the lane has run.").labels(&["lane"]);
    /// Deadlines that passed before the lane could serve them.
    MISSED_TICKS = counter("hearth_lane_missed_ticks_total", Unit::None, "Deadlines that passed unserved; they are counted, not caught up.")
        .labels(&["lane"]);
    /// Base rate now.
    RATE = gauge("hearth_lane_rate_hertz", Unit::Hertz, "Base rate the lane runs at now.").labels(&["lane"]);
    /// Time spent reading, per sensor.
    SENSOR_COST = counter("hearth_sensor_read_seconds_total", Unit::Seconds, "Time spent in the sensor's reads.")
        .labels(&["lane", "sensor"]).scale(Scale::NANO);
    /// Reads, per sensor.
    SENSOR_READS = counter("hearth_sensor_reads_total", Unit::None, "Reads of the sensor.").labels(&["lane", "sensor"]);
    /// Reads above the sensor's budget.
    SENSOR_OVER_BUDGET = counter("hearth_sensor_over_budget_total", Unit::None, "Reads that took longer than the sensor's budget.")
        .labels(&["lane", "sensor"]);
    /// Failed reads, per sensor.
    SENSOR_FAILURES = counter("hearth_sensor_failures_total", Unit::None, "Reads of the sensor that failed as a whole.")
        .labels(&["lane", "sensor"]);
}
