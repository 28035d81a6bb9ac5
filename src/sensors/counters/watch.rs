//! One open group and the totals of its events.

use std::sync::Mutex;

use hearth_drivers::perf::group::{CountError, EventGroup};
use hearth_drivers::perf::layout::{EVENTS_MAX, Times};
use hearth_drivers::perf::scale::{Interval, ScaleError, Scaled};
use hearth_model::Reason;

use crate::sensors::kept::locked;

/// Readings after which a group that never runs is planned anew, if it could be smaller.
const STARVED_READS: u32 = 30;

/// A group with its totals. The lock is the lane's alone: a sensor that is armed holds the same group as the one before
/// it, and only one of them is read.
pub(super) struct Watch {
    group: EventGroup,
    /// Whether the kernel counts its time without a pause, as it does for a whole CPU.
    is_always_enabled: bool,
    tally: Mutex<Tally>,
}

#[derive(Default)]
struct Tally {
    scaled: [Scaled; EVENTS_MAX],
    /// The times of the last reading.
    times: Times,
    starved_reads: u32,
    /// Its CPU was taken away: the kernel never runs it again, even when the CPU comes back.
    is_detached: bool,
}

/// What one reading of a group found.
pub(super) struct Seen {
    /// Of each event, in its order: what it counted since the last reading that counted, or why there is nothing.
    pub(super) added: [Result<Interval, Reason>; EVENTS_MAX],
    /// The totals, also of events that counted nothing now.
    pub(super) totals: [u64; EVENTS_MAX],
    /// For how long the group was enabled since the last reading, and ran; `None` where it could not be read.
    pub(super) times: Option<Times>,
    /// Whether the group should be armed anew.
    pub(super) is_spent: bool,
}

impl Watch {
    pub(super) fn new(group: EventGroup, is_always_enabled: bool) -> Self {
        Self { group, is_always_enabled, tally: Mutex::new(Tally::default()) }
    }

    /// In the place of `lost`, whose totals it goes on from.
    pub(super) fn replacing(self, lost: &Self) -> Self {
        let scaled = locked(&lost.tally).scaled.map(|scaled| Scaled::going_on(scaled.total()));
        Self { tally: Mutex::new(Tally { scaled, ..Tally::default() }), ..self }
    }

    /// Whether the next arming can go on with it.
    pub(super) fn is_usable(&self) -> bool {
        !locked(&self.tally).is_detached
    }

    /// Whether its group has proven too large.
    pub(super) fn is_starved(&self) -> bool {
        self.group.len() > 1 && locked(&self.tally).starved_reads >= STARVED_READS
    }

    /// Gives a group that seemed too large another chance.
    pub(super) fn forgive(&self) {
        locked(&self.tally).starved_reads = 0;
    }

    pub(super) fn read(&self) -> Seen {
        let mut tally = locked(&self.tally);
        let totals = |tally: &Tally| tally.scaled.map(|scaled| scaled.total());
        let counts = match self.group.read() {
            Ok(counts) => counts,
            Err(error) => {
                let added = [Err(reason(error)); EVENTS_MAX];
                return Seen { added, totals: totals(&tally), times: None, is_spent: false };
            }
        };
        let mut added = [Err(Reason::Absent); EVENTS_MAX];
        for ((added, scaled), value) in added.iter_mut().zip(&mut tally.scaled).zip(counts.values()) {
            *added = scaled.step(*value, counts.times).map_err(|error| match error {
                ScaleError::NotCounted => Reason::NotCounted,
                ScaleError::Backwards => Reason::Uncertain,
                ScaleError::Impossible => Reason::OutOfRange,
            });
        }
        let was_spent = tally.is_detached || tally.starved_reads >= STARVED_READS;
        match added[0] {
            Err(Reason::NotCounted) => tally.starved_reads = tally.starved_reads.saturating_add(1),
            Ok(Interval { times: Times { enabled_ns: 0, .. }, .. }) if self.is_always_enabled => {
                tally.is_detached = true;
            }
            _ => tally.starved_reads = 0,
        }
        let is_starved = self.group.len() > 1 && tally.starved_reads >= STARVED_READS;
        // Said once: what cannot be helped does not call for arming at every reading.
        let is_spent = (tally.is_detached || is_starved) && !was_spent;
        let times = Times {
            enabled_ns: counts.times.enabled_ns.saturating_sub(tally.times.enabled_ns),
            running_ns: counts.times.running_ns.saturating_sub(tally.times.running_ns),
        };
        tally.times = counts.times;
        Seen { added, totals: totals(&tally), times: Some(times), is_spent }
    }
}

/// The reason that stands in the place of a count.
pub(super) fn reason(error: CountError) -> Reason {
    match error {
        CountError::Os(_) => Reason::IoError,
        CountError::Stopped => Reason::Gone,
        CountError::Layout(_) | CountError::Missing => Reason::OutOfRange,
    }
}
