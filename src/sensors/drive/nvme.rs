//! NVMe drives: their health log once a minute at most.
//!
//! One poll is one or two short commands: health, and the log of self-tests where the drive has any; the newest entry of
//! the error log when the drive is opened and when it counted a new one. Only the health page is a must: a drive whose
//! other logs fail is told apart from one that fails. The kernel's hwmon files are left alone: each of them costs the
//! same command again.

use std::sync::Arc;
use std::time::Duration;

use hearth_drivers::nvme::class::Controllers;
use hearth_drivers::nvme::{Admin, Controller};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, State, Tick};
use hearth_model::{Reason, catalogue::drive};

use super::record;
use super::standing::Standing;
use super::worker::{self, Desk, News, Open, Place, Round, Workers};
use crate::sensors::kept::Kept;
use crate::sensors::{pattern, unopened};

pub(super) mod by_hand;
mod controller;
mod errors;
mod slots;
#[cfg(test)]
mod tests;

use controller::{Nvme, Who, open};
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

/// What to do where the kernel lists no controllers at all.
const NO_DRIVER: &str =
    "nothing if the box has no NVMe drive; else load the kernel's nvme module and mount /sys";

static KEPT: Kept<Workers<Nvme<Controller>>> = Kept::new();

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
    let places: Vec<Place> = wanted.iter().map(|name| Place::of(arming, name)).collect();
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
    let absent = |reason, what: String, fix: &str| Absent { reason, what, fix: fix.to_owned() };
    listed.map_err(|errno| {
        let what = format!("listing the NVMe controllers failed: {errno}");
        absent(Reason::IoError, what, "mount /sys anew; it is looked for again each minute")
    })?;
    if names.is_empty() {
        return Err(absent(Reason::Absent, "there is no NVMe controller".to_owned(), NO_DRIVER));
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
            let cost = desk.cost_words();
            arming.uses(device(name), "health log", how(&who, period, &cost));
            record::note(arming, &device(name), who.memory);
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

/// `Layout Example 1TB, by io_uring, every 60 s, 3.1 ms a poll; newest error: …`
fn how(who: &Who, period: Duration, cost: &str) -> String {
    let model = String::from_utf8_lossy(who.identity.model.as_bytes());
    let error = who
        .newest_error
        .map_or_else(String::new, |entry| format!("; newest error in its log: {}", errors::words(&entry)));
    format!("{model}, by {}, every {} s{cost}{error}", who.access, period.as_secs())
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
