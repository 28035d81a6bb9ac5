//! What is thought of a drive: a word and its causes.

use hearth_model::Reason;

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
    pub(crate) const ALL: [Self; 4] = [Self::Ok, Self::Watch, Self::Failing, Self::Unknown];

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
    pub(super) fn put(&mut self, cause: Cause, holds: bool) {
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
    pub(crate) fn unanswered(reason: Reason) -> Self {
        let mut causes = Causes::default();
        causes.put(Cause::NoAnswer, reason != Reason::Pending);
        Self { level: Level::Unknown, causes }
    }

    /// The worst of the causes makes the word.
    pub(super) fn of(causes: Causes) -> Self {
        let level = causes.each().map(Cause::level).max().unwrap_or(Level::Ok);
        Self { level, causes }
    }
}
