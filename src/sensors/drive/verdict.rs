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

use std::hash::{DefaultHasher, Hash, Hasher};

use hearth_model::Reason;

mod growth;
#[cfg(test)]
mod tests;

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

/// The word for a drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Nothing speaks against it.
    Ok,
    /// Have a backup, look again.
    Watch,
    /// Replace it.
    Failing,
    /// Nothing is known.
    Unknown,
}

impl Level {
    /// Every level, in the order of its series.
    pub(super) const ALL: [Self; 4] = [Self::Ok, Self::Watch, Self::Failing, Self::Unknown];

    /// The label's value.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Watch => "watch",
            Self::Failing => "failing",
            Self::Unknown => "unknown",
        }
    }
}

/// Declares the causes with their label and what each makes of the drive.
macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident = $label:literal, $level:ident;)*) => {
        /// Why a drive is not simply ok.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Cause {
            $($(#[$doc])* $name,)*
        }

        impl Cause {
            /// Every cause, in the order of its series.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The label's value.
            #[must_use]
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }

            /// What the cause makes of the drive.
            #[must_use]
            pub(crate) const fn level(self) -> Level {
                match self { $(Self::$name => Level::$level,)* }
            }
        }
    };
}

causes! {
    /// The spare is below the drive's own threshold.
    SpareExhausted = "spare_exhausted", Failing;
    /// The spare is near the threshold.
    SpareLow = "spare_low", Watch;
    /// The drive says that its reliability is degraded.
    ReliabilityDegraded = "reliability_degraded", Failing;
    /// The drive takes no more writes.
    ReadOnly = "read_only", Failing;
    /// What keeps writes through a power cut has failed.
    BackupFailed = "backup_failed", Failing;
    /// The persistent memory region cannot be relied on.
    PersistentMemory = "persistent_memory", Failing;
    /// The drive's overall assessment is that it fails.
    OwnAssessment = "own_assessment", Failing;
    /// A pre-failure attribute is at or below its threshold.
    AttributeThreshold = "attribute_threshold", Failing;
    /// The newest self-test that counts found a fault.
    SelfTestFailed = "self_test_failed", Failing;
    /// Sectors wait to be read or replaced.
    PendingSectors = "pending_sectors", Watch;
    /// Sectors could not be read while the drive looked by itself.
    UncorrectableSectors = "uncorrectable_sectors", Watch;
    /// Sectors were replaced.
    ReallocatedSectors = "reallocated_sectors", Watch;
    /// Sectors go bad at a rate that does not stop.
    SectorsGrowing = "sectors_growing", Failing;
    /// Data could not be read back correctly of late.
    MediaErrors = "media_errors", Watch;
    /// And more often than once in a while.
    MediaErrorsGrowing = "media_errors_growing", Failing;
    /// The endurance that the maker estimates is nearly used, or more than that.
    Wear = "wear", Watch;
    /// Hotter than the drive wants for a while.
    Hot = "hot", Watch;
    /// Hotter than the drive bears.
    Overheated = "overheated", Failing;
    /// Errors on the way between drive and controller grow: a cable or a socket.
    LinkErrors = "link_errors", Watch;
    /// It did not answer.
    NoAnswer = "no_answer", Unknown;
}

/// A set of causes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Causes(u32);

const _: () = assert!(Cause::ALL.len() <= 32, "a set has 32 places");

impl Causes {
    /// Puts a cause into the set if `holds`.
    fn put(&mut self, cause: Cause, holds: bool) {
        self.0 |= u32::from(holds) << (cause as u32);
    }

    /// Whether the cause is in the set.
    #[must_use]
    pub(crate) const fn has(self, cause: Cause) -> bool {
        self.0 >> (cause as u32) & 1 == 1
    }

    /// Those in the set.
    pub(crate) fn each(self) -> impl Iterator<Item = Cause> {
        Cause::ALL.iter().copied().filter(move |cause| self.has(*cause))
    }
}

/// What is thought of a drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The word.
    pub(crate) level: Level,
    /// Why.
    pub(crate) causes: Causes,
}

impl Verdict {
    /// Of a drive that did not answer, for whatever reason.
    #[must_use]
    pub(super) fn unanswered(reason: Reason) -> Self {
        let mut causes = Causes::default();
        causes.put(Cause::NoAnswer, reason != Reason::Pending);
        Self { level: Level::Unknown, causes }
    }

    fn of(causes: Causes) -> Self {
        let level = causes.each().map(Cause::level).max().unwrap_or(Level::Ok);
        Self { level, causes }
    }
}

/// What one look at a drive found; `None` is what this drive does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// Bits of the drive's own alarms.
    pub(super) alarms: Alarms,
    /// Spare that is left, percent.
    pub(super) spare_percent: Option<u8>,
    /// The spare below which the drive gives the alarm, percent.
    pub(super) spare_threshold_percent: Option<u8>,
    /// Endurance used, percent; may exceed 100.
    pub(super) used_percent: Option<u8>,
    /// Times that data could not be read back, ever.
    pub(super) media_errors: Option<u64>,
    /// Sectors replaced, ever.
    pub(super) reallocated: Option<u64>,
    /// Sectors that wait to be read or replaced, now.
    pub(super) pending: Option<u64>,
    /// Sectors that the drive's own scans could not read, now.
    pub(super) uncorrectable: Option<u64>,
    /// Errors on the link, ever.
    pub(super) link_errors: Option<u64>,
    /// Temperature in thousandths of a degree Celsius.
    pub(super) temperature_mc: Option<i32>,
    /// The temperature above which the drive is hotter than it wants.
    pub(super) hot_mc: Option<i32>,
    /// The temperature that it does not bear.
    pub(super) critical_mc: Option<i32>,
    /// Finished self-tests, by what the drive's log holds of them.
    pub(super) self_tests: SelfTests,
}

/// Alarms that the drive itself gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Alarms {
    /// Spare below threshold.
    pub(super) spare: bool,
    /// Reliability degraded.
    pub(super) reliability: bool,
    /// Read only.
    pub(super) read_only: bool,
    /// Backup of volatile memory failed.
    pub(super) backup: bool,
    /// Persistent memory region unreliable.
    pub(super) persistent_memory: bool,
    /// The overall assessment says "failing".
    pub(super) assessment: bool,
    /// A pre-failure attribute crossed its threshold.
    pub(super) attribute: bool,
}

/// The newest finished self-test of each kind, by the drive's own hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SelfTests {
    /// The newest short one.
    pub(super) short: Option<Finished>,
    /// The newest long one.
    pub(super) long: Option<Finished>,
    /// Hours that the drive has been on.
    pub(super) power_on_hours: Option<u64>,
}

/// A self-test that ran to its end; one that was aborted says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Finished {
    /// Whether it found no fault.
    pub(super) passed: bool,
    /// The drive's hours at its end.
    pub(super) at_hours: u64,
}

impl SelfTests {
    /// Whether the newest test that counts found a fault: a failed short one is outdone by a clean long one.
    fn failed(self) -> bool {
        let long_failed = self.long.is_some_and(|long| !long.passed);
        let short_failed = self.short.is_some_and(|short| !short.passed);
        let outdone =
            |short: Finished| self.long.is_some_and(|long| long.passed && long.at_hours >= short.at_hours);
        long_failed || short_failed && !self.short.is_some_and(outdone)
    }

    /// How long ago, in the drive's hours, a long test was clean.
    fn clean_long_ago_hours(self) -> Option<u64> {
        let long = self.long.filter(|long| long.passed)?;
        Some(self.power_on_hours?.saturating_sub(long.at_hours))
    }
}

/// A number that tells a drive from another one in the same place.
pub(super) fn drive_number(model: &[u8], serial: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (model, serial).hash(&mut hasher);
    hasher.finish()
}

/// What is remembered of a drive between looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    drive: Option<u64>,
    pending: Growth,
    uncorrectable: Growth,
    reallocated: Growth,
    media_errors: Growth,
    link_errors: Growth,
    /// The drive's hours of the clean long test that was taken into account last.
    cleaned_at_hours: Option<u64>,
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
