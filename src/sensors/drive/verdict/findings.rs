//! What looks at a drive find, whatever kind it is.

/// What one look at a drive found; `None` is what this drive does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// Bits of the drive's own alarms.
    pub(crate) alarms: Alarms,
    /// Spare that is left, percent.
    pub(crate) spare_percent: Option<u8>,
    /// The spare below which the drive gives the alarm, percent.
    pub(crate) spare_threshold_percent: Option<u8>,
    /// Endurance used, percent; may exceed 100.
    pub(crate) used_percent: Option<u8>,
    /// Times that data could not be read back, ever.
    pub(crate) media_errors: Option<u64>,
    /// Sectors replaced, ever.
    pub(crate) reallocated: Option<u64>,
    /// Sectors that wait to be read or replaced, now.
    pub(crate) pending: Option<u64>,
    /// Sectors that the drive's own scans could not read, now.
    pub(crate) uncorrectable: Option<u64>,
    /// Errors on the link, ever.
    pub(crate) link_errors: Option<u64>,
    /// Temperature in thousandths of a degree Celsius.
    pub(crate) temperature_mc: Option<i32>,
    /// The temperature above which the drive is hotter than it wants.
    pub(crate) hot_mc: Option<i32>,
    /// The temperature that it does not bear.
    pub(crate) critical_mc: Option<i32>,
    /// Finished self-tests, by what the drive's log holds of them.
    pub(crate) self_tests: SelfTests,
}

/// Alarms that the drive itself gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Alarms {
    /// Spare below threshold.
    pub(crate) spare: bool,
    /// Reliability degraded.
    pub(crate) reliability: bool,
    /// Read only.
    pub(crate) read_only: bool,
    /// Backup of volatile memory failed.
    pub(crate) backup: bool,
    /// Persistent memory region unreliable.
    pub(crate) persistent_memory: bool,
    /// The overall assessment says "failing".
    pub(crate) assessment: bool,
    /// A pre-failure attribute crossed its threshold.
    pub(crate) attribute: bool,
}

/// The newest finished self-test of each kind, by the drive's own hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SelfTests {
    /// The newest short one.
    pub(crate) short: Option<Finished>,
    /// The newest long one.
    pub(crate) long: Option<Finished>,
    /// Hours that the drive has been on.
    pub(crate) power_on_hours: Option<u64>,
}

/// A self-test that ran to its end; one that was aborted says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    /// Whether it found no fault.
    pub(crate) passed: bool,
    /// The drive's hours at its end.
    pub(crate) at_hours: u64,
}

impl SelfTests {
    /// Whether the newest test that counts found a fault: a failed short one is outdone by a clean long one.
    pub(super) fn failed(self) -> bool {
        let long_failed = self.long.is_some_and(|long| !long.passed);
        let short_failed = self.short.is_some_and(|short| !short.passed);
        let outdone =
            |short: Finished| self.long.is_some_and(|long| long.passed && long.at_hours >= short.at_hours);
        long_failed || short_failed && !self.short.is_some_and(outdone)
    }

    /// How long ago, in the drive's hours, a long test was clean.
    pub(super) fn clean_long_ago_hours(self) -> Option<u64> {
        let long = self.long.filter(|long| long.passed)?;
        Some(self.power_on_hours?.saturating_sub(long.at_hours))
    }
}
