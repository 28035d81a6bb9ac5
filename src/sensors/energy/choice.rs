//! Which road is taken for each domain, and what is told of the others.

use std::path::Path;

use hearth_drivers::rapl::cpu::{self, Cpu, Thread};
use hearth_drivers::rapl::domain::{BackEnd, Cause, Finds, Found, Lack};
use hearth_drivers::rapl::filtering::{self, Filtering};
use hearth_drivers::rapl::units::oddity;
use hearth_drivers::rapl::{msr, perf, powercap};
use hearth_hot::contract::{Absent, Arming, EnergySource};
use hearth_model::{Reading, Reason};

use super::{compare, fixes};

/// What is read from now on.
pub(in crate::sensors) struct Choice {
    /// One counter for each domain, the most important first.
    pub(in crate::sensors) found: Vec<Found>,
    /// The roads that were looked down.
    pub(super) roads: &'static [BackEnd],
    /// Whether the counters are blurred: 1, 0, or why nobody knows.
    pub(super) filtering: Reading,
    /// Everything that is not to be had, in the order it was looked for.
    lacks: Vec<Absent>,
    /// Nothing can be had here: neither a module nor a privilege helps.
    is_virtual: bool,
}

impl Choice {
    /// Why there is no energy at all: a refusal is worth more than an absence, as it has a fix.
    pub(in crate::sensors) fn absent(self) -> Absent {
        let nothing = |what: &str, fix: &str| Absent {
            reason: Reason::Absent,
            what: what.to_owned(),
            fix: fix.to_owned(),
        };
        let (refused, others): (Vec<_>, Vec<_>) =
            self.lacks.into_iter().partition(|absent| absent.reason == Reason::NoPermission);
        if let Some(absent) = refused.into_iter().next() {
            return absent;
        }
        if self.is_virtual {
            return nothing("a virtual machine has no energy counters", fixes::ON_THE_HOST);
        }
        let fixable = others.into_iter().find(|absent| !absent.fix.is_empty());
        fixable.unwrap_or_else(|| nothing("no energy counter is known of this processor", fixes::BY_CHIPS))
    }
}

/// Looks down every road that the owner allows, and takes for each domain the first that has it.
pub(in crate::sensors) fn choose(arming: &mut Arming<'_>) -> Choice {
    let root = arming.root();
    let cpu = cpu::cpu(root);
    let threads = cpu::threads(root);
    let wanted = arming.config().energy.source;
    let roads: &[BackEnd] = match wanted {
        EnergySource::Auto => &[BackEnd::Perf, BackEnd::Powercap, BackEnd::Msr],
        EnergySource::Perf => &[BackEnd::Perf],
        EnergySource::Powercap => &[BackEnd::Powercap],
        EnergySource::Msr => &[BackEnd::Msr],
    };
    let finds: Vec<_> = roads.iter().map(|road| (road, find(*road, root, cpu.as_ref(), &threads))).collect();
    let is_hollow = finds.iter().any(|(_, finds)| finds.lacks.iter().any(|lack| lack.cause == Cause::Hollow));
    let is_virtual = is_hollow || cpu.as_ref().is_some_and(|cpu| cpu.is_guest);
    let place = fixes::Place { cpu: cpu.as_ref(), is_virtual };
    let filtering = Err(Reason::Absent);
    let mut choice = Choice { found: Vec::new(), roads, filtering, lacks: Vec::new(), is_virtual };
    for (road, finds) in finds {
        for (name, why) in finds.spares {
            arming.spares(name, why);
        }
        for lack in finds.lacks {
            let Lack { name, cause, mut what } = lack;
            if (*road, cause) == (BackEnd::Perf, Cause::NoPermission) {
                what = format!("{what}; {}", perf::rule(root));
            }
            let absent = fixes::absent(*road, cause, what, place);
            choice.lacks.push(absent.clone());
            arming.lacks(name, absent);
        }
        for found in finds.found {
            match choice.found.iter_mut().find(|taken| taken.key == found.key) {
                Some(taken) => {
                    let why = compare::words(taken, found);
                    arming.spares(format!("{} by {}", taken.key, road.name()), why);
                }
                None => choice.found.push(found),
            }
        }
    }
    choice.found.sort_by_key(|found| found.key);
    for found in &choice.found {
        let oddity = cpu.as_ref().and_then(|cpu| oddity(cpu, found.key.domain, found.counting.unit));
        // The PMU's unit says nothing of the hardware's.
        let oddity = oddity.filter(|_| found.back_end == BackEnd::Powercap);
        arming.uses(
            found.key.to_string(),
            "µJ",
            found.how.clone() + &oddity.map(|odd| format!("; {odd}")).unwrap_or_default(),
        );
    }
    choice.filtering = filter(arming, place);
    choice
}

fn find(road: BackEnd, root: &Path, cpu: Option<&Cpu>, threads: &[Thread]) -> Finds {
    match road {
        BackEnd::Powercap => powercap::find(root),
        BackEnd::Msr => msr::find(root, cpu, threads),
        BackEnd::Perf => {
            let mut finds = Finds::default();
            let events = perf::list(root, cpu, threads, &mut finds);
            if root == Path::new("/") {
                perf::open::open(&events, &mut finds);
            } else if !events.is_empty() {
                // A system call asks the kernel that runs, not the tree that it is pointed to.
                finds.spares.push((
                    "power PMU".to_owned(),
                    "events are the running kernel's own, and the root is another directory".to_owned(),
                ));
            }
            finds
        }
    }
}

fn filter(arming: &mut Arming<'_>, place: fixes::Place<'_>) -> Reading {
    match filtering::detect(arming.root(), place.cpu) {
        Ok(Filtering::On) => Ok(1),
        Ok(Filtering::Off | Filtering::Impossible) => Ok(0),
        Err((cause, what)) => {
            let absent = fixes::absent(BackEnd::Msr, cause, what, place);
            let reason = absent.reason;
            arming.lacks("energy filtering", absent);
            Err(reason)
        }
    }
}

/// The kind of absence, as readers know it.
pub(super) const fn reason(cause: Cause) -> Reason {
    match cause {
        Cause::Absent | Cause::NoCounter | Cause::Hollow => Reason::Absent,
        Cause::NoPermission => Reason::NoPermission,
        Cause::Io => Reason::IoError,
        Cause::Malformed => Reason::OutOfRange,
    }
}
