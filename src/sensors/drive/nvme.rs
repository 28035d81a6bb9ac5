//! NVMe drives: their health log once a minute at most.
//!
//! One poll is one or two short commands: health, and the log of self-tests where the drive has any; the newest entry of
//! the error log only when the drive counted a new one. The kernel's hwmon files are left alone: each of them costs the
//! same command again.

use std::sync::Arc;
use std::time::Duration;

use hearth_drivers::nvme::bytes::Temperature;
use hearth_drivers::nvme::class::Controllers;
use hearth_drivers::nvme::health::{Health, Warnings};
use hearth_drivers::nvme::identify::Identity;
use hearth_drivers::nvme::self_test::{Ended, Kind, Outcome, Running};
use hearth_drivers::nvme::{Access, Admin, Controller, NvmeError};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, State, Tick};
use hearth_model::{Reason, catalogue::drive};

use super::standing::Standing;
use super::verdict::{Alarms, Findings, Finished, History, SelfTests, Verdict, drive_number};
use super::worker::{self, Desk, Drive, News, Open, Place, PollError, Round, Workers};
use crate::sensors::kept::Kept;
use crate::sensors::{pattern, unopened};

pub(super) mod by_hand;
mod slots;
#[cfg(test)]
mod tests;

use slots::Slots;

pub(in crate::sensors) const SENSOR: SensorDef = SensorDef {
    name: "nvme",
    source: "SMART and health log of /dev/nvme*",
    lane: LaneKind::Slow,
    // Answers and plugs are looked for at each read; drives are asked at the owner's pace.
    every: Every::Period(Duration::from_secs(5)),
    budget: Duration::from_millis(1),
    metrics: &[drive::ALL],
    arm: |arming| arm_with(arming, &KEPT, open),
};

/// What to do about a drive that may not be asked.
const PRIVILEGE: &str = "run Hearth as root, or with CAP_SYS_ADMIN and access to the device";

/// What to do where the kernel lists no controllers at all.
const NO_DRIVER: &str =
    "nothing if the box has no NVMe drive; else load the kernel's nvme module and mount /sys";

static KEPT: Kept<Workers<Nvme<Controller>>> = Kept::new();

/// An open drive.
pub(super) struct Nvme<A> {
    admin: A,
    identity: Identity,
    number: u64,
    history: History,
    /// Errors ever logged, and the status of the newest, when the log was looked at.
    errors_seen: (u64, Option<u16>),
}

/// What drive it is, and by which way it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Who {
    identity: Identity,
    access: Access,
}

/// What one poll learned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    identity: Identity,
    health: Health,
    tests: Tests,
    newest_error: Option<u16>,
    verdict: Verdict,
}

/// What is shown of the log of self-tests; nothing of a drive without.
#[derive(Clone, Copy, Debug, Default)]
struct Tests {
    running: Option<Running>,
    /// The newest finished ones, short and long.
    finished: [Option<Ended>; 2],
}

/// Opens a drive of this machine.
pub(super) fn open(place: &Place) -> Result<Nvme<Controller>, Absent> {
    let controller = Controller::open(&place.root, &place.name).map_err(|error| {
        let absent = unopened(&error, "load the kernel's nvme module, or let the service see /dev");
        let fix = if error.is_permission() { PRIVILEGE.to_owned() } else { absent.fix };
        Absent { fix, ..absent }
    })?;
    Nvme::meet(controller).map_err(|error| absent(&error))
}

/// Why a drive does not answer, in words.
pub(super) fn absent(error: &NvmeError) -> Absent {
    let reason = match error {
        error if error.is_permission() => Reason::NoPermission,
        NvmeError::Os { .. } | NvmeError::Refused(_) => Reason::IoError,
        NvmeError::TimedOut { .. } => Reason::Stale,
        NvmeError::Page(_) => Reason::OutOfRange,
    };
    let fix = if reason == Reason::NoPermission { PRIVILEGE.to_owned() } else { String::new() };
    Absent { reason, what: error.to_string(), fix }
}

impl<A: Admin> Nvme<A> {
    /// Asks a drive what it is.
    pub(super) fn meet(mut admin: A) -> Result<Self, NvmeError> {
        let identity = admin.identify()?;
        let number = drive_number(identity.model.as_bytes(), identity.serial.as_bytes());
        Ok(Self { admin, identity, number, history: History::default(), errors_seen: (0, None) })
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

    /// The status of the newest error, looked up when there is a new one.
    fn newest_error(&mut self, errors: u64) -> Result<Option<u16>, NvmeError> {
        if errors != self.errors_seen.0 {
            self.errors_seen = (errors, self.admin.newest_error()?.map(|entry| entry.status.0));
        }
        Ok(self.errors_seen.1)
    }

    fn ask(&mut self, now_ns: u64) -> Result<Answer, NvmeError> {
        let health = self.admin.health()?;
        let tests = self.tests()?;
        let newest_error = self.newest_error(health.error_log_entries.value)?;
        let findings = findings(&self.identity, &health, &tests);
        let verdict = self.history.judge(self.number, now_ns, &findings);
        Ok(Answer { identity: self.identity, health, tests, newest_error, verdict })
    }
}

impl<A: Admin + 'static> Drive for Nvme<A> {
    type Identity = Who;
    type Answer = Answer;

    fn identity(&self) -> Who {
        Who { identity: self.identity, access: self.admin.access() }
    }

    fn poll(&mut self, now_ns: u64) -> Result<Answer, PollError> {
        self.ask(now_ns).map_err(|error| {
            if error.is_gone() { PollError::Gone } else { PollError::Failed(absent(&error)) }
        })
    }
}

/// What the verdict is made from.
fn findings(identity: &Identity, health: &Health, tests: &Tests) -> Findings {
    let warns = |mask| health.warnings.has(mask);
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
            spare: warns(Warnings::SPARE),
            reliability: warns(Warnings::RELIABILITY),
            read_only: warns(Warnings::READ_ONLY),
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
            short: finished(tests.finished[0]),
            long: finished(tests.finished[1]),
            power_on_hours: Some(health.power_on_hours.value),
        },
        ..Findings::default()
    }
}

struct NvmeSensor<A: Admin + 'static> {
    list: Controllers,
    rows: Box<[Row<A>]>,
    /// The threads live as long as a sensor holds them.
    _workers: Arc<Workers<Nvme<A>>>,
}

struct Row<A: Admin + 'static> {
    name: Box<str>,
    /// Nothing of a drive that is left out.
    attended: Option<Attended<A>>,
}

struct Attended<A: Admin + 'static> {
    round: Round<Nvme<A>>,
    standing: Standing,
    slots: Slots,
}

fn arm_with<A: Admin + 'static>(
    arming: &mut Arming<'_>,
    kept: &Kept<Workers<Nvme<A>>>,
    open: Open<Nvme<A>>,
) -> Result<Box<dyn Sensor>, Absent> {
    let mut list = Controllers::open(arming.root()).map_err(|error| unopened(&error, NO_DRIVER))?;
    let names = names(&mut list)?;
    let is_ignored = |name: &str| pattern::any_matches(&arming.config().drives.ignored, name);
    let (ignored, wanted): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| is_ignored(name));
    let places: Vec<Place> =
        wanted.iter().map(|name| Place { root: arming.root().to_owned(), name: name.clone() }).collect();
    let workers = kept.below(arming.root(), || Ok::<_, Absent>(Workers::new(open)))?;
    let desks = workers.keep_only(&places);
    worker::meet(&desks);
    let mut rows = Vec::with_capacity(ignored.len() + wanted.len());
    for place in workers.gone().iter().filter(|place| !ignored.contains(&place.name)) {
        arming.lacks(device(&place.name), worker::gone());
    }
    for name in ignored {
        arming.spares(device(&name), "drives.ignored names it");
        rows.push(Row { name, attended: None });
    }
    for (name, desk) in wanted.into_iter().zip(desks) {
        let attended = attend(arming, &name, desk);
        rows.push(Row { name, attended });
    }
    Ok(Box::new(NvmeSensor { list, rows: rows.into(), _workers: workers }))
}

/// The controllers there are, in the order of their numbers.
fn names(list: &mut Controllers) -> Result<Vec<Box<str>>, Absent> {
    let mut names: Vec<Box<str>> = Vec::new();
    let listed = list.list(|name| names.push(String::from_utf8_lossy(name).into()));
    let absent = |reason, what| Absent { reason, what, fix: String::new() };
    listed
        .map_err(|errno| absent(Reason::IoError, format!("listing the NVMe controllers failed: {errno}")))?;
    if names.is_empty() {
        return Err(absent(Reason::Absent, "there is no NVMe controller".to_owned()));
    }
    names.sort_by_key(|name| (name.len(), name.clone()));
    Ok(names)
}

fn device(name: &str) -> String {
    format!("/dev/{name}")
}

fn attend<A: Admin + 'static>(
    arming: &mut Arming<'_>,
    name: &str,
    desk: Result<Arc<Desk<Nvme<A>>>, Absent>,
) -> Option<Attended<A>> {
    let desk = match desk {
        Ok(desk) => desk,
        Err(absent) => {
            arming.lacks(device(name), absent);
            return None;
        }
    };
    let period = arming.config().drives.nvme_period;
    let who = match desk.met() {
        Some(Ok(who)) => {
            let model = String::from_utf8_lossy(who.identity.model.as_bytes()).into_owned();
            let how = format!("{model}, by {}, every {} s", who.access, period.as_secs());
            arming.uses(device(name), "health log", how);
            Some(who)
        }
        Some(Err(absent)) => {
            arming.lacks(device(name), absent);
            None
        }
        None => {
            arming.lacks(device(name), worker::unmet());
            None
        }
    };
    let standing = Standing::arm(arming, name);
    let slots = Slots::arm(arming, name, who.as_ref());
    Some(Attended { round: Round::new(desk, period, who), standing, slots })
}

impl<A: Admin + 'static> NvmeSensor<A> {
    /// Whether the controllers are those that were armed.
    fn is_unchanged(&mut self) -> Result<bool, Reason> {
        let rows = &self.rows;
        let mut known = 0;
        let mut unknown = 0;
        let listed = self.list.list(|name| {
            let is_known = rows.iter().any(|row| row.name.as_bytes() == name);
            if is_known { known += 1 } else { unknown += 1 }
        });
        match listed {
            Ok(()) => Ok(unknown == 0 && known == rows.len()),
            // With its last drive the list itself may go.
            Err(errno) if errno.is_absent() => Ok(false),
            Err(_) => Err(Reason::IoError),
        }
    }
}

impl<A: Admin + 'static> Sensor for NvmeSensor<A> {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let mut is_steady = self.is_unchanged()?;
        for Attended { round, standing, slots } in
            self.rows.iter_mut().filter_map(|row| row.attended.as_mut())
        {
            match round.step(tick.monotonic_ns) {
                News::None => {}
                News::Answer { answer, cost_ns } => {
                    standing.fill(answer.verdict, cost_ns, sheet);
                    slots.fill(&answer, sheet);
                }
                News::Failed(reason) => {
                    standing.fail(reason, sheet);
                    slots.fail(reason, sheet);
                }
                News::Changed => is_steady = false,
            }
        }
        Ok(if is_steady { State::Steady } else { State::Changed })
    }
}
