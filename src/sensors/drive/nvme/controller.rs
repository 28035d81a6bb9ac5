//! An NVMe drive in the hands of its thread: what it is asked, and what is made of its answers.

use hearth_drivers::nvme::bytes::Temperature;
use hearth_drivers::nvme::error_log::Entry;
use hearth_drivers::nvme::health::{Health, Warnings};
use hearth_drivers::nvme::identify::Identity;
use hearth_drivers::nvme::self_test::{Ended, Kind, Outcome, Running};
use hearth_drivers::nvme::{Access, Admin, Controller, NvmeError};
use hearth_hot::contract::Absent;
use hearth_model::Reason;

use crate::sensors::drive::record::{Memory, Record};
use crate::sensors::drive::verdict::{Alarms, Findings, Finished, SelfTests, Verdict};
use crate::sensors::drive::worker::{Drive, Place, PollError};
use crate::sensors::unopened;

use super::errors;

/// What to do about a drive that may not be asked.
pub(super) const PRIVILEGE: &str = "run Hearth as root, or with CAP_SYS_ADMIN and access to the device";

/// An open drive.
pub(in crate::sensors::drive) struct Nvme<A> {
    pub(super) admin: A,
    pub(super) identity: Identity,
    record: Record,
    /// The self-tests that ended, when their log was read last: a log that fails once takes no verdict back.
    finished: [Option<Ended>; 2],
    /// Errors ever logged when the log was looked at.
    errors_seen: u64,
    /// The newest of them. One that is like the one before is not taken for news: drives log some command that they do
    /// not know at each start, or each minute.
    newest_error: Option<Entry>,
}

/// What drive it is, and by which way it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sensors::drive) struct Who {
    pub(super) identity: Identity,
    pub(super) access: Access,
    pub(super) newest_error: Option<Entry>,
    pub(super) memory: Memory,
}

/// What one poll learned.
#[derive(Clone, Copy, Debug)]
pub(in crate::sensors::drive) struct Answer {
    pub(super) identity: Identity,
    pub(super) health: Health,
    /// Or why their log could not be read.
    pub(super) tests: Result<Tests, Reason>,
    /// The newest entry of the error log, or why that could not be read.
    pub(super) newest_error: Result<Option<Entry>, Reason>,
    pub(super) verdict: Verdict,
}

/// What is shown of the log of self-tests; nothing of a drive without.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tests {
    pub(super) running: Option<Running>,
    /// The newest finished ones, short and long.
    pub(super) finished: [Option<Ended>; 2],
}

/// Opens a drive of this machine.
pub(super) fn open(place: &Place) -> Result<Nvme<Controller>, Absent> {
    let controller = Controller::open(&place.root, &place.name).map_err(|error| {
        let absent = unopened(&error, "load the kernel's nvme module, or let the service see /dev");
        let fix = if error.is_permission() { PRIVILEGE.to_owned() } else { absent.fix };
        Absent { fix, ..absent }
    })?;
    Nvme::meet(controller, place).map_err(|error| absent(&error))
}

/// Why a drive does not answer, in words.
pub(super) fn absent(error: &NvmeError) -> Absent {
    let (reason, fix) = match error {
        error if error.is_permission() => (Reason::NoPermission, PRIVILEGE),
        NvmeError::Os { .. } => (Reason::IoError, "look at the kernel's log for resets of the controller"),
        NvmeError::Refused(_) => {
            (Reason::IoError, "nothing if it answers again; else look for a newer firmware of the drive")
        }
        NvmeError::TimedOut { .. } => {
            (Reason::Stale, "look at the kernel's log for resets of the controller; check its slot and power")
        }
        NvmeError::Page(_) => (Reason::OutOfRange, "nothing: the drive's firmware is at fault"),
    };
    Absent { reason, what: error.to_string(), fix: fix.to_owned() }
}

/// What a drive may go without: a log that fails is `Err` inside; that the drive has gone is an error.
fn optional<T>(outcome: Result<T, NvmeError>) -> Result<Result<T, Reason>, NvmeError> {
    match outcome {
        Ok(value) => Ok(Ok(value)),
        Err(error) if error.is_gone() => Err(error),
        Err(error) => Ok(Err(absent(&error).reason)),
    }
}

impl<A: Admin> Nvme<A> {
    /// Asks a drive what it is, and takes up what is remembered of it.
    pub(super) fn meet(mut admin: A, place: &Place) -> Result<Self, NvmeError> {
        let identity = admin.identify()?;
        let record = Record::open(place, identity.model.as_bytes(), identity.serial.as_bytes());
        // A drive without an error log that can be read has none.
        let newest_error = optional(admin.newest_error())?.unwrap_or(None);
        let errors_seen = newest_error.map_or(0, |entry| entry.number);
        Ok(Self { admin, identity, record, finished: [None; 2], errors_seen, newest_error })
    }

    fn tests(&mut self) -> Result<Tests, NvmeError> {
        if !self.identity.has_self_test {
            return Ok(Tests::default());
        }
        match self.admin.self_tests() {
            Ok(log) => Ok(Tests {
                running: log.running,
                finished: [Kind::Short, Kind::Extended].map(|kind| log.newest_finished(kind)),
            }),
            // Some say that they have them and refuse their log.
            Err(NvmeError::Refused(status)) if status.is_unsupported() => Ok(Tests::default()),
            Err(error) => Err(error),
        }
    }

    /// The newest error, looked up when there is a new one.
    fn newest_error(&mut self, errors: u64) -> Result<Option<Entry>, NvmeError> {
        if errors != self.errors_seen {
            let newest = self.admin.newest_error()?;
            if newest.map(errors::gist) != self.newest_error.map(errors::gist) {
                self.newest_error = newest;
            }
            self.errors_seen = errors;
        }
        Ok(self.newest_error)
    }

    pub(super) fn ask(&mut self, now_ns: u64) -> Result<Answer, NvmeError> {
        let health = self.admin.health()?;
        let tests = optional(self.tests())?;
        if let Ok(tests) = tests {
            self.finished = tests.finished;
        }
        let errors = self.newest_error(health.error_log_entries.value);
        let newest_error = optional(errors)?;
        let findings = findings(&self.identity, &health, self.finished);
        let verdict = self.record.judge(now_ns, &findings);
        Ok(Answer { identity: self.identity, health, tests, newest_error, verdict })
    }
}

impl<A: Admin + 'static> Drive for Nvme<A> {
    type Identity = Who;
    type Answer = Answer;

    fn identity(&self) -> Who {
        let (newest_error, memory) = (self.newest_error, self.record.memory());
        Who { identity: self.identity, access: self.admin.access(), newest_error, memory }
    }

    fn poll(&mut self, now_ns: u64) -> Result<Answer, PollError> {
        self.ask(now_ns).map_err(|error| {
            if error.is_gone() { PollError::Gone } else { PollError::Failed(absent(&error)) }
        })
    }

    fn keep(&mut self, is_last: bool) {
        self.record.keep(is_last);
    }
}

/// What the verdict is made from.
fn findings(identity: &Identity, health: &Health, ended: [Option<Ended>; 2]) -> Findings {
    let warns = |mask| health.warnings.has(mask);
    // What is true of a group of media is true of the drive.
    let groups = Warnings(health.endurance_group_warnings);
    let media = |mask| warns(mask) || groups.has(mask);
    let mc = |temperature: Temperature| temperature.celsius().map(|celsius| celsius * 1000);
    let temperature_mc = mc(health.composite);
    // A drive without limits of its own still says when it is beyond them.
    let alarmed_at = temperature_mc.filter(|_| warns(Warnings::TEMPERATURE));
    let finished = |ended: Option<Ended>| {
        let at_hours = |ended: Ended| Finished {
            passed: ended.outcome == Outcome::Passed,
            at_hours: ended.power_on_hours,
        };
        ended.map(at_hours)
    };
    Findings {
        alarms: Alarms {
            spare: media(Warnings::SPARE),
            reliability: media(Warnings::RELIABILITY),
            read_only: media(Warnings::READ_ONLY),
            backup: warns(Warnings::BACKUP),
            persistent_memory: warns(Warnings::PERSISTENT_MEMORY),
            assessment: false,
            attribute: false,
        },
        spare_percent: health.spare_percent,
        spare_threshold_percent: health.spare_threshold_percent,
        used_percent: Some(health.used_percent),
        media_errors: Some(health.media_errors.value),
        temperature_mc,
        hot_mc: mc(identity.warning).or(alarmed_at),
        critical_mc: mc(identity.critical),
        self_tests: SelfTests {
            short: finished(ended[0]),
            long: finished(ended[1]),
            power_on_hours: Some(health.power_on_hours.value),
        },
        ..Findings::default()
    }
}
