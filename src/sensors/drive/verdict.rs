//! From what looks at a drive found over time to one word for its owner, with causes.
//!
//! Pure: time is an argument, in nanoseconds of any clock that only goes forward. The rules:
//!
//! | what | becomes |
//! |---|---|
//! | the drive's own alarms (spare below its threshold, read only, reliability, a pre-failure attribute) | failing |
//! | a failed self-test, until a later one of the same kind or a long one is clean | failing |
//! | pending or uncorrectable sectors, whatever the drive's own "passed" says | watch |
//! | pending, uncorrectable, reallocated sectors or media errors that grow: some / many in [`growth::WINDOW_DAYS`] | watch / failing |
//! | reallocated sectors from before: watch until a clean long self-test, or [`SETTLED_DAYS`] without growth | watch |
//! | wear of [`WEAR_WATCH_PERCENT`] or more, spare near its threshold, a cable's errors growing | watch |
//! | hotter than the drive wants for [`HOT_NS`] / than it bears | watch / failing |
//! | no look, or a look that failed | unknown |
//!
//! Growth is forgotten with the window and with a clean long self-test that began after it, and everything is with
//! another drive in the same place: an error that did not come back does not alarm for ever.

use serde::{Deserialize, Serialize};

mod cause;
mod findings;
mod growth;
#[cfg(test)]
mod tests;

pub(crate) use cause::Verdict;
pub(super) use cause::{Cause, Causes, Level};
pub(super) use findings::{Alarms, Findings, Finished, SelfTests};
use growth::{Growth, NS_PER_DAY};

/// Growth within the window from which sectors or media errors are many: drives that lose that many in a week rarely
/// see the next month, while single ones come and go.
const MANY: u64 = 10;
/// Days without growth after which old reallocations are settled.
pub(super) const SETTLED_DAYS: u64 = 30;
/// Reallocated sectors beyond which a drive does not settle: spare room is finite, and nobody sees how much is left.
const REALLOCATED_MANY: u64 = 100;
/// Endurance used from which a drive is watched. The vendor's estimate may be exceeded by far, so it is no failure.
const WEAR_WATCH_PERCENT: u8 = 90;
/// How near to its threshold the spare is watched.
const SPARE_MARGIN_PERCENT: u8 = 5;
/// How long a drive may be hotter than it wants: a backup run heats most drives for minutes.
pub(super) const HOT_NS: u64 = 600_000_000_000;
/// A drive that cooled this far below its limit is not hot any more.
const COOL_MC: i32 = 2_000;

/// A number that tells a drive from another one in the same place; the same in every version of Hearth.
pub(super) fn drive_number(model: &[u8], serial: &[u8]) -> u64 {
    fnv1a([model, &[0], serial])
}

/// FNV-1a in 64 bits, as RFC 9923 has it.
pub(super) fn fnv1a<const N: usize>(parts: [&[u8]; N]) -> u64 {
    let bytes = parts.into_iter().flatten();
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What is remembered of a drive between looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct History {
    drive: Option<u64>,
    pending: Growth,
    uncorrectable: Growth,
    reallocated: Growth,
    media_errors: Growth,
    link_errors: Growth,
    /// The drive's hours of the clean long test that was taken into account last.
    cleaned_at_hours: Option<u64>,
    /// Nobody knows how warm it was while nobody looked, so this does not last.
    #[serde(skip)]
    hot_since_ns: Option<u64>,
}

impl History {
    /// Takes what a look at `now_ns` found into account, and judges. `drive` is its [`drive_number`]: with another drive everything begins anew.
    pub(super) fn judge(&mut self, drive: u64, now_ns: u64, found: &Findings) -> Verdict {
        if self.drive != Some(drive) {
            *self = Self { drive: Some(drive), ..Self::default() };
        }
        self.forget_what_was_tested(found.self_tests);
        let counts =
            [found.pending, found.uncorrectable, found.reallocated, found.media_errors, found.link_errors];
        for (growth, count) in self.growths().into_iter().zip(counts) {
            growth.take(now_ns, count);
        }
        let mut causes = Causes::default();
        alarms(found, &mut causes);
        self.sectors(now_ns, found, &mut causes);
        self.heat(now_ns, found, &mut causes);
        causes.put(Cause::LinkErrors, self.link_errors.within_window() > 0);
        causes.put(Cause::SelfTestFailed, found.self_tests.failed());
        Verdict::of(causes)
    }

    /// What of it outlives a restart.
    pub(super) const fn lasting(&self) -> Self {
        Self { hot_since_ns: None, ..*self }
    }

    fn growths(&mut self) -> [&mut Growth; 5] {
        [
            &mut self.pending,
            &mut self.uncorrectable,
            &mut self.reallocated,
            &mut self.media_errors,
            &mut self.link_errors,
        ]
    }

    /// A clean long test that is news was begun after what grew before it was seen: it has looked at every sector.
    fn forget_what_was_tested(&mut self, tests: SelfTests) {
        let clean = tests.long.filter(|long| long.passed).map(|long| long.at_hours);
        if clean.is_some() && clean != self.cleaned_at_hours {
            for growth in
                [&mut self.pending, &mut self.uncorrectable, &mut self.reallocated, &mut self.media_errors]
            {
                growth.forget();
            }
            self.cleaned_at_hours = clean;
        }
    }

    fn sectors(&self, now_ns: u64, found: &Findings, causes: &mut Causes) {
        causes.put(Cause::PendingSectors, found.pending.is_some_and(|count| count > 0));
        causes.put(Cause::UncorrectableSectors, found.uncorrectable.is_some_and(|count| count > 0));
        causes.put(Cause::ReallocatedSectors, self.has_unsettled_reallocations(now_ns, found));
        let grown = [&self.pending, &self.uncorrectable, &self.reallocated].map(Growth::within_window);
        causes.put(Cause::SectorsGrowing, grown.into_iter().any(|grown| grown >= MANY));
        let media_errors = self.media_errors.within_window();
        causes.put(Cause::MediaErrors, media_errors > 0);
        causes.put(Cause::MediaErrorsGrowing, media_errors >= MANY);
    }

    fn has_unsettled_reallocations(&self, now_ns: u64, found: &Findings) -> bool {
        let count = found.reallocated.unwrap_or(0);
        let hours = SETTLED_DAYS * 24;
        let is_tested = found.self_tests.clean_long_ago_hours().is_some_and(|ago| ago <= hours);
        let is_quiet = self.reallocated.quiet_ns(now_ns) >= SETTLED_DAYS * NS_PER_DAY;
        let is_settled = self.reallocated.within_window() == 0 && (is_tested || is_quiet);
        count > REALLOCATED_MANY || count > 0 && !is_settled
    }

    fn heat(&mut self, now_ns: u64, found: &Findings, causes: &mut Causes) {
        let Some(temperature_mc) = found.temperature_mc else { return };
        let critical = found.critical_mc.is_some_and(|limit| temperature_mc >= limit);
        causes.put(Cause::Overheated, critical);
        let Some(limit) = found.hot_mc else { return };
        if temperature_mc >= limit {
            self.hot_since_ns = self.hot_since_ns.or(Some(now_ns));
        } else if temperature_mc < limit.saturating_sub(COOL_MC) {
            self.hot_since_ns = None;
        }
        let long = self.hot_since_ns.is_some_and(|since| now_ns.saturating_sub(since) >= HOT_NS);
        causes.put(Cause::Hot, long);
    }
}

/// What needs no history.
fn alarms(found: &Findings, causes: &mut Causes) {
    let Findings { alarms, spare_percent, spare_threshold_percent, used_percent, .. } = *found;
    let spare = spare_percent.zip(spare_threshold_percent);
    let is_below = spare.is_some_and(|(spare, threshold)| spare < threshold);
    // A drive without a threshold (0) says nothing by its spare.
    let is_near = spare.is_some_and(|(spare, threshold)| {
        threshold > 0 && spare < 100 && spare <= threshold.saturating_add(SPARE_MARGIN_PERCENT)
    });
    causes.put(Cause::SpareExhausted, alarms.spare || is_below);
    causes.put(Cause::SpareLow, is_near && !is_below && !alarms.spare);
    causes.put(Cause::ReliabilityDegraded, alarms.reliability);
    causes.put(Cause::ReadOnly, alarms.read_only);
    causes.put(Cause::BackupFailed, alarms.backup);
    causes.put(Cause::PersistentMemory, alarms.persistent_memory);
    causes.put(Cause::OwnAssessment, alarms.assessment);
    causes.put(Cause::AttributeThreshold, alarms.attribute);
    causes.put(Cause::Wear, used_percent.is_some_and(|used| used >= WEAR_WATCH_PERCENT));
}
