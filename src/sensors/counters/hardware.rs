//! Events of the CPUs' own counters, on every core PMU.

use hearth_drivers::perf::event::{Code, Event};
use hearth_drivers::perf::group::{CountError, EventGroup};
use hearth_drivers::perf::plan::{self, Plan};
use hearth_drivers::perf::pmu::{self, CorePmu};
use hearth_drivers::perf::{OpenError, Target, open_group};
use hearth_hot::contract::{Absent, Arming};

use super::field::Field;
use super::placing::{self, Group};
use super::roster::Roster;
use super::words;
use crate::sensors::unopened;

/// How a group is opened on a PMU: by the kernel, or by a test.
pub(super) type Open = fn(&CorePmu, &[Event], Target<'_>) -> Result<EventGroup, OpenError>;

/// A core PMU as it is asked.
pub(super) struct Engine {
    pub(super) pmu: CorePmu,
    pub(super) open: Open,
}

/// Where there is one PMU, events need not name it.
fn open_generic(_: &CorePmu, events: &[Event], target: Target<'_>) -> Result<EventGroup, OpenError> {
    let codes: Vec<Code> = events.iter().map(|event| event.code()).collect();
    open_group(&codes, target)
}

/// Where there are several, they must say which one they mean.
fn open_named(pmu: &CorePmu, events: &[Event], target: Target<'_>) -> Result<EventGroup, OpenError> {
    let codes: Vec<Code> = events.iter().map(|event| event.code_on(pmu)).collect();
    match open_group(&codes, target) {
        // arm64 before 6.6 finds the PMU by the CPU and knows no longer code.
        Err(OpenError::Unsupported(_)) => open_generic(pmu, events, target),
        opened => opened,
    }
}

impl Engine {
    /// The CPUs of `cpus` that are this PMU's.
    pub(super) fn cpus(&self, cpus: &[u32]) -> Vec<u32> {
        cpus.iter().copied().filter(|cpu| self.pmu.is_of(*cpu)).collect()
    }

    pub(super) fn open(&self, events: &[Event], target: Target<'_>) -> Result<EventGroup, OpenError> {
        (self.open)(&self.pmu, events, target)
    }

    /// Whether a group of `events` runs on `cpu` as soon as it is opened.
    fn trial(&self, events: &[Event], cpu: u32) -> Result<bool, OpenError> {
        match self.open(events, Target::Cpu(cpu))?.read() {
            // Where no time has passed yet, nothing can be said against it.
            Ok(counts) => Ok(counts.times.running_ns > 0 || counts.times.enabled_ns == 0),
            Err(CountError::Os(errno)) => Err(OpenError::Os(errno)),
            Err(CountError::Stopped | CountError::Layout(_) | CountError::Missing) => Ok(false),
        }
    }

    /// How `families` are best grouped, tried on the first of its CPUs.
    pub(super) fn plan(
        &self,
        book: &mut Roster,
        families: &'static [&'static [Event]],
        cpus: &[u32],
    ) -> Plan {
        let Some(&first) = cpus.first() else { return Plan::default() };
        book.plan(&self.pmu.name, families, || plan::plan(families, |events| self.trial(events, first)))
    }
}

/// The core PMUs there are; without any in sysfs, the one that an event without a PMU's name would find. None where the
/// owner leaves them to others.
pub(super) fn engines(arming: &mut Arming<'_>) -> Vec<Engine> {
    if !arming.config().perf.hardware {
        arming.spares("hardware events", "left to other tools by `hardware = false` in [perf]");
        return Vec::new();
    }
    let mut pmus = match pmu::core_pmus(arming.root()) {
        Ok(pmus) => pmus,
        Err(error) => {
            arming.lacks("list of PMUs", unopened(&error, "mount /sys"));
            Vec::new()
        }
    };
    if pmus.is_empty() {
        pmus.push(CorePmu { name: "cpu".to_owned(), kind: 0, cpus: None });
    }
    let open = if pmus.len() > 1 { open_named } else { open_generic };
    pmus.into_iter().map(|pmu| Engine { pmu, open }).collect()
}

/// Opens what each of `engines` counts on its CPUs.
///
/// # Errors
/// Why there is nothing, where there is nothing at all.
pub(super) fn arm(
    arming: &mut Arming<'_>,
    book: &mut Roster,
    cpus: &[u32],
    engines: &[Engine],
    field: &mut Field,
) -> Result<(), Absent> {
    let mut trouble = None;
    for engine in engines {
        let cpus = engine.cpus(cpus);
        let plan = engine.plan(book, &Event::HARDWARE, &cpus);
        refused(arming, engine, &plan, &mut trouble);
        for events in &plan.groups {
            let group = Group { cgroup: None, pmu: &engine.pmu.name, events };
            match placing::open(book, &group, &cpus, |cpu| engine.open(events, Target::Cpu(cpu))) {
                Ok(watches) => {
                    placing::place_on_cpus(arming, field, &group, watches);
                    used(arming, engine, &plan, events, cpus.len());
                }
                Err(error) => {
                    for event in events {
                        words::note(arming, &named(engine, *event), error);
                    }
                }
            }
        }
    }
    trouble.map_or(Ok(()), Err)
}

/// Notes what cannot be counted: one line for all where it is all.
fn refused(arming: &mut Arming<'_>, engine: &Engine, plan: &Plan, trouble: &mut Option<Absent>) {
    if plan.groups.is_empty()
        && let Some((_, error)) = plan.refused.first()
    {
        let absent = words::no_hardware(arming, *error);
        arming.lacks(format!("{}: hardware events", engine.pmu.name), absent.clone());
        *trouble = Some(absent);
        return;
    }
    for (event, error) in &plan.refused {
        let name = named(engine, *event);
        let absent = words::absent(arming, &name, *error);
        arming.lacks(name, absent);
    }
}

/// Notes what is counted and with what else.
fn used(arming: &mut Arming<'_>, engine: &Engine, plan: &Plan, events: &[Event], cpus: usize) {
    let with = |event: &Event| {
        let others: Vec<&str> =
            events.iter().filter(|other| *other != event).map(|other| other.name()).collect();
        if others.is_empty() { "alone".to_owned() } else { format!("with {}", others.join(", ")) }
    };
    for event in events {
        let halved = plan.shrunk.iter().any(|family| family.contains(event));
        let starved = plan.starved.contains(event);
        let why = match (halved, starved) {
            (_, true) => "; no counter was free for it, so it waits for its turn",
            (true, false) => "; the whole family needs more counters than are free",
            (false, false) => "",
        };
        let how = format!("perf_event_open on {cpus} CPUs, {}{why}", with(event));
        arming.uses(named(engine, *event), "events", how);
    }
}

fn named(engine: &Engine, event: Event) -> String {
    format!("{}/{}", engine.pmu.name, event.name())
}
