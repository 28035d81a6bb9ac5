//! The series that every kind of drive has: what is thought of it, why, and what asking it took.

use hearth_hot::contract::{Arming, Sheet, Slot};
use hearth_model::{Reason, catalogue::drive};

use super::verdict::{Cause, Level, Verdict};

/// Slots of one drive.
pub(super) struct Standing {
    levels: [Slot; Level::ALL.len()],
    causes: Box<[Slot]>,
    poll: Slot,
}

impl Standing {
    /// Names the series of `device`.
    pub(super) fn arm(arming: &mut Arming<'_>, device: &str) -> Self {
        let levels = Level::ALL.map(|level| arming.slot(&drive::VERDICT, &[device, level.name()]));
        let causes = Cause::ALL
            .iter()
            .map(|cause| arming.slot(&drive::VERDICT_REASON, &[device, cause.name()]))
            .collect();
        Self { levels, causes, poll: arming.slot(&drive::POLL, &[device]) }
    }

    /// Shows a verdict, after a poll that took `cost_ns`.
    pub(super) fn fill(&self, verdict: Verdict, cost_ns: u64, sheet: &mut Sheet<'_>) {
        self.show(verdict, sheet);
        sheet.count(self.poll, cost_ns);
    }

    /// Shows that there was no answer, and why.
    pub(super) fn fail(&self, reason: Reason, sheet: &mut Sheet<'_>) {
        self.show(Verdict::unanswered(reason), sheet);
        sheet.fail(self.poll, reason);
    }

    fn show(&self, verdict: Verdict, sheet: &mut Sheet<'_>) {
        for (slot, level) in self.levels.iter().zip(Level::ALL) {
            sheet.set(*slot, i64::from(level == verdict.level));
        }
        for (slot, cause) in self.causes.iter().zip(Cause::ALL) {
            sheet.set(*slot, i64::from(verdict.causes.has(*cause)));
        }
    }
}
