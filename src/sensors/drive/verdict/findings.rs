//! What looks at a drive find, whatever kind it is.

/// What one look at a drive found; `None` is what this drive does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sensors::drive) struct Findings {
    /// Bits of the drive's own alarms.
    pub(in crate::sensors::drive) alarms: Alarms,
    /// Spare that is left, percent.
    pub(in crate::sensors::drive) spare_percent: Option<u8>,
    /// The spare below which the drive gives the alarm, percent.
    pub(in crate::sensors::drive) spare_threshold_percent: Option<u8>,
    /// Endurance used, percent; may exceed 100.
    pub(in crate::sensors::drive) used_percent: Option<u8>,
    /// Times that data could not be read back, ever.
    pub(in crate::sensors::drive) media_errors: Option<u64>,
    /// Sectors replaced, ever.
    pub(in crate::sensors::drive) reallocated: Option<u64>,
    /// Sectors that wait to be read or replaced, now.
    pub(in crate::sensors::drive) pending: Option<u64>,
    /// Sectors that the drive's own scans could not read, now.
    pub(in crate::sensors::drive) uncorrectable: Option<u64>,
    /// Errors on the link, ever.
    pub(in crate::sensors::drive) link_errors: Option<u64>,
    /// Temperature in thousandths of a degree Celsius.
    pub(in crate::sensors::drive) temperature_mc: Option<i32>,
    /// The temperature above which the drive is hotter than it wants.
    pub(in crate::sensors::drive) hot_mc: Option<i32>,
    /// The temperature that it does not bear.
    pub(in crate::sensors::drive) critical_mc: Option<i32>,
    /// Finished self-tests, by what the drive's log holds of them.
    pub(in crate::sensors::drive) self_tests: SelfTests,
}

/// Alarms that the drive itself gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sensors::drive) struct Alarms {
    /// Spare below threshold.
    pub(in crate::sensors::drive) spare: bool,
    /// Reliability degraded.
    pub(in crate::sensors::drive) reliability: bool,
    /// Read only.
    pub(in crate::sensors::drive) read_only: bool,
    /// Backup of volatile memory failed.
    pub(in crate::sensors::drive) backup: bool,
    /// Persistent memory region unreliable.
    pub(in crate::sensors::drive) persistent_memory: bool,
    /// The overall assessment says "failing".
    pub(in crate::sensors::drive) assessment: bool,
    /// A pre-failure attribute crossed its threshold.
    pub(in crate::sensors::drive) attribute: bool,
}

/// The newest finished self-test of each kind, by the drive's own hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sensors::drive) struct SelfTests {
    /// The newest short one.
    pub(in crate::sensors::drive) short: Option<Finished>,
    /// The newest long one.
    pub(in crate::sensors::drive) long: Option<Finished>,
    /// Hours that the drive has been on.
    pub(in crate::sensors::drive) power_on_hours: Option<u64>,
}

/// A self-test that ran to its end; one that was aborted says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sensors::drive) struct Finished {
    /// Whether it found no fault.
    pub(in crate::sensors::drive) passed: bool,
    /// The drive's hours at its end.
    pub(in crate::sensors::drive) at_hours: u64,
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
