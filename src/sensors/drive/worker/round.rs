//! One drive, visited by its sensor at each read.

use std::sync::Arc;
use std::time::Duration;

use hearth_model::Reason;

use super::{Desk, Drive, LATE_NS};

/// One drive as its sensor attends to it.
pub(in crate::sensors::drive) struct Round<D: Drive> {
    desk: Arc<Desk<D>>,
    period_ns: u64,
    /// The drive that the series were named after.
    armed_as: Option<D::Identity>,
    polls_seen: u64,
}

/// What a visit brings.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::sensors::drive) enum News<A> {
    /// Nothing new: what is shown stays.
    None,
    /// An answer.
    Answer {
        /// What the poll learned.
        answer: A,
        /// What it took, in nanoseconds.
        cost_ns: u64,
    },
    /// There is no value, for this reason.
    Failed(Reason),
    /// The drive has gone, or is known by other words than the series are named after: arm anew.
    Changed,
}

impl<D: Drive> Round<D> {
    /// A drive that is polled every `period`, armed as what it is known to be now.
    pub(in crate::sensors::drive) fn new(
        desk: Arc<Desk<D>>,
        period: Duration,
        armed_as: Option<D::Identity>,
    ) -> Self {
        let period_ns = u64::try_from(period.as_nanos()).unwrap_or(u64::MAX);
        Self { desk, period_ns, armed_as, polls_seen: 0 }
    }

    /// Visits the drive's desk. Neither allocates nor waits for the drive.
    pub(in crate::sensors::drive) fn step(&mut self, now_ns: u64) -> News<D::Answer> {
        let known = self.desk.visit(now_ns, self.period_ns);
        if known.is_gone || known.identity.is_some_and(|identity| self.armed_as != Some(identity)) {
            return News::Changed;
        }
        if known.waits_since_ns.is_some_and(|since| now_ns.saturating_sub(since) > LATE_NS) {
            return News::Failed(Reason::Stale);
        }
        if known.polls == self.polls_seen {
            return News::None;
        }
        self.polls_seen = known.polls;
        match known.answer {
            Some(Ok(answer)) => News::Answer { answer, cost_ns: known.cost_ns },
            Some(Err(reason)) => News::Failed(reason),
            None => News::None,
        }
    }
}
