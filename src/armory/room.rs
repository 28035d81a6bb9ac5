//! How much room a lane has for series, and what is said when it does not suffice.
//!
//! A lane's room is made once, when it starts. Most of a home server's control groups and some of its drives come later,
//! so that there is room for as many as are ever followed, whatever is there at the start. A place that nothing was put
//! into is address space and no memory, which is why this may be generous.

use hearth_hot::contract::{Absent, LaneKind};
use hearth_hot::series::SeriesKey;
use hearth_hot::source::{Source, SourceOutcome};
use hearth_model::Reason;

use super::ArmoryConfig;
use super::report::NO_ROOM;
use crate::registry::{Capacity, TooManySeries};
use crate::sensors::room::{DRIVES_SERIES_MAX, GROUPS_SERIES_MAX};

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
    let every_tick = if is_late { usize::MAX } else { count(|key| key.metric.every_tick) };
    let history = if is_late { history_max } else { count(|key| key.metric.history) + HISTORY_SPARE };
    let later = if steady { 0 } else { GROUPS_SERIES_MAX + DRIVES_SERIES_MAX };
    Capacity {
        places: count(|_| true) * 2 + SPARE + later,
        ring_columns: if steady { every_tick.min(config.ring_columns) } else { 0 },
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
