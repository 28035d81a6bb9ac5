//! How much room a lane has for series, and what is said when it does not suffice.
//!
//! A lane's room is made once, when it starts. Most of a home server's control groups and some of its drives come later,
//! so that there is room for as many as are ever followed, whatever is there at the start. A place that nothing was put
//! into is address space and no memory, which is why this may be generous.

use std::ops::RangeInclusive;

use hearth_hot::contract::{Absent, LaneKind};
use hearth_hot::series::SeriesKey;
use hearth_hot::source::{Source, SourceOutcome};
use hearth_model::Reason;
use hearth_model::catalogue::energy;

use super::ArmoryConfig;
use super::report::NO_ROOM;
use crate::registry::{Capacity, TooManySeries};
use crate::sensors::room::{DRIVES_SERIES_MAX, GROUPS_SERIES_MAX};

/// Columns of the every-tick ring where the owner fixed none: the first however few energy domains there are, the last
/// however many.
pub const RING_COLUMNS: RangeInclusive<usize> = 4..=8;

const _: () = {
    // A frame is its words and five bytes of time.
    let minute_bytes = 60 * 1000 * (8 * *RING_COLUMNS.end() + 5);
    assert!(minute_bytes < 4 << 20, "a minute at 1000 Hz takes less than 4 MiB");
};

/// Columns of history kept free for devices that come later.
const HISTORY_SPARE: usize = 8;

/// Columns of history of each lane at most, steady first: 128 in all.
const HISTORY_COLUMNS_MAX: [usize; 2] = [96, 32];

/// Places for what is neither a control group nor a drive, beyond twice what was found.
const SPARE: usize = 256;

const FIX: &str = "restart Hearth, which makes room for what it finds; or disable a sensor you do not need";

/// Room for what was found and for as much again; on the slow lane also for every control group and drive that may come;
/// where something `is_late`, all the columns there may be.
pub(super) fn capacity(
    config: &ArmoryConfig,
    kind: LaneKind,
    found: &[&[SeriesKey]],
    is_late: bool,
) -> Capacity {
    let count = |wanted: fn(&SeriesKey) -> bool| {
        found.iter().flat_map(|series| series.iter()).filter(|key| wanted(key)).count()
    };
    let steady = kind == LaneKind::Steady;
    let history_max = HISTORY_COLUMNS_MAX[usize::from(!steady)];
    // Energy has the first columns, as its sensor is the first; what comes after it is no reason for more of them.
    let domains = count(|key| key.metric.name == energy::ENERGY.name);
    let ring_columns =
        config.ring_columns.unwrap_or(domains.clamp(*RING_COLUMNS.start(), *RING_COLUMNS.end()));
    let every_tick = if is_late { usize::MAX } else { count(|key| key.metric.every_tick) };
    let history = if is_late { history_max } else { count(|key| key.metric.history) + HISTORY_SPARE };
    let later = if steady { 0 } else { GROUPS_SERIES_MAX + DRIVES_SERIES_MAX };
    Capacity {
        places: count(|_| true) * 2 + SPARE + later,
        ring_columns: if steady { every_tick.min(ring_columns) } else { 0 },
        history_columns: history.min(history_max),
    }
}

/// Why a sensor has no series at all.
pub(super) fn too_many(error: &TooManySeries) -> Absent {
    Absent { reason: Reason::OutOfRange, what: error.to_string(), fix: FIX.to_owned() }
}

/// Why a sensor goes on with the series that it had.
pub(super) fn left_out(error: &TooManySeries) -> Source {
    let what = format!("left out, and what was there before goes on: {error}");
    let absent = Absent { reason: Reason::OutOfRange, what, fix: FIX.to_owned() };
    Source { name: NO_ROOM.to_owned(), outcome: SourceOutcome::Absent(absent) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_hot::series::Part;
    use hearth_model::Metric;
    use hearth_model::catalogue::network;

    /// Columns of the ring with so many energy domains and interfaces, under this setting of the owner's.
    fn columns(domains: usize, interfaces: usize, fixed: Option<usize>) -> usize {
        let key = |metric: &'static Metric| SeriesKey { metric, labels: Box::default(), part: Part::Value };
        let energy: Vec<_> = (0..domains).map(|_| key(&energy::ENERGY)).collect();
        let traffic: Vec<_> = (0..interfaces)
            .flat_map(|_| [key(&network::TICK_RX_BYTES), key(&network::TICK_TX_BYTES)])
            .collect();
        let config = ArmoryConfig {
            root: "/".into(),
            sensors: hearth_hot::testing::Bench::config(),
            disabled: Vec::new(),
            rates_hz: (10, 1000),
            ring_columns: fixed,
            ring_frames: 60_000,
            history_frames: 600,
            thread: hearth_hot::thread::Settings::default(),
        };
        capacity(&config, LaneKind::Steady, &[&energy, &traffic], false).ring_columns
    }

    #[test]
    fn there_is_a_column_for_each_energy_domain_and_four_for_a_machine_with_fewer() {
        for (domains, interfaces, wanted) in
            [(0, 0, 0), (0, 1, 2), (0, 5, 4), (1, 0, 1), (4, 2, 4), (5, 2, 5), (8, 2, 8), (12, 2, 8)]
        {
            let got = columns(domains, interfaces, None);
            assert_eq!(got, wanted, "{domains} domains, {interfaces} interfaces");
        }
    }

    #[test]
    fn the_owner_may_fix_them() {
        for (fixed, wanted) in [(1, 1), (4, 4), (6, 6), (8, 8)] {
            assert_eq!(columns(8, 2, Some(fixed)), wanted);
        }
        assert_eq!(columns(3, 2, Some(8)), 7, "never more than there are series for");
    }
}
