//! Which road is taken for each domain, and what is told of the others.

use std::path::Path;

use hearth_drivers::rapl::cpu::{self, Cpu, Thread};
use hearth_drivers::rapl::domain::{BackEnd, Cause, Finds, Found, Lack};
use hearth_drivers::rapl::filtering::{self, Filtering};
use hearth_drivers::rapl::{msr, perf, powercap};
use hearth_hot::contract::{Absent, Arming};
use hearth_hot::energy_config::EnergySource;
use hearth_model::{Reading, Reason};

use super::fixes;

/// What is read from now on.
pub(super) struct Choice {
    /// One counter for each domain, the most important first.
    pub(super) found: Vec<Found>,
    /// Whether the counters are blurred: 1, 0, or why nobody knows.
    pub(super) filtering: Reading,
    /// Everything that is not to be had, in the order it was looked for.
    lacks: Vec<Absent>,
}

impl Choice {
    /// Why there is no energy at all: a refusal is worth more than an absence, as it has a fix.
    pub(super) fn absent(self) -> Absent {
        let refused = self.lacks.iter().position(|absent| absent.reason == Reason::NoPermission);
        let nothing = Absent {
            reason: Reason::Absent,
            what: "the processor has no energy counter that is known".to_owned(),
            fix: String::new(),
        };
        self.lacks.into_iter().nth(refused.unwrap_or(0)).unwrap_or(nothing)
    }
}

/// Looks down every road that the owner allows, and takes for each domain the first that has it.
pub(super) fn choose(arming: &mut Arming<'_>) -> Choice {
    let root = arming.root();
    let cpu = cpu::cpu(root);
    let threads = cpu::threads(root);
    let wanted = arming.config().energy.source;
    let mut choice = Choice { found: Vec::new(), filtering: Err(Reason::Absent), lacks: Vec::new() };
    let roads: &[BackEnd] = match wanted {
        EnergySource::Auto => &[BackEnd::Perf, BackEnd::Powercap, BackEnd::Msr],
        EnergySource::Perf => &[BackEnd::Perf],
        EnergySource::Powercap => &[BackEnd::Powercap],
        EnergySource::Msr => &[BackEnd::Msr],
    };
    for road in roads {
        let finds = find(*road, root, cpu.as_ref(), &threads);
        for (name, why) in finds.spares {
            arming.spares(name, why);
        }
        for lack in finds.lacks {
            let Lack { name, cause, what } = lack;
            let absent = fixes::absent(*road, cause, what, cpu.as_ref());
            choice.lacks.push(absent.clone());
            arming.lacks(name, absent);
        }
        for found in finds.found {
            match choice.found.iter_mut().find(|taken| taken.key == found.key) {
                Some(taken) => {
                    let why = compare(taken, found);
                    arming.spares(format!("{} by {}", taken.key, road.name()), why);
                }
                None => choice.found.push(found),
            }
        }
    }
    choice.found.sort_by_key(|found| found.key);
    for found in &choice.found {
        arming.uses(found.key.to_string(), "µJ", found.how.clone());
    }
    choice.filtering = filter(arming, cpu.as_ref());
    choice
}

fn find(road: BackEnd, root: &Path, cpu: Option<&Cpu>, threads: &[Thread]) -> Finds {
    match road {
        BackEnd::Powercap => powercap::find(root),
        BackEnd::Msr => msr::find(root, cpu, threads),
        BackEnd::Perf => {
            let mut finds = Finds::default();
            let events = perf::list(root, threads, &mut finds);
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

/// Holds a counter that is spared against the one that is used: where both show the same 32 bits, the spared one, read
/// between two reads of the used one, must lie between them.
fn compare(used: &mut Found, mut spared: Found) -> String {
    let by = used.back_end.name();
    let how = spared.how.clone();
    if used.registers.len() != 1
        || spared.registers.len() != 1
        || used.counting.range != spared.counting.range
    {
        return format!("{by} counts the same; not comparable at once; {how}");
    }
    let (Some(one), Some(other)) = (used.registers.first_mut(), spared.registers.first_mut()) else {
        return how;
    };
    let reads = (one.read(), other.read(), one.read());
    let (Ok(before), Ok(between), Ok(after)) = reads else {
        return format!("{by} counts the same; the comparison failed; {how}");
    };
    let low = |raw: u64| u32::try_from(raw & u64::from(u32::MAX)).unwrap_or(0);
    let span = low(after).wrapping_sub(low(before));
    let agrees = low(between).wrapping_sub(low(before)) <= span;
    let verdict = match (agrees, used.counting.unit == spared.counting.unit) {
        (true, true) => "counts the same".to_owned(),
        (true, false) => format!("counts the same ticks as {}", used.counting.unit),
        (false, _) => format!("disagrees: it shows {before}, this {between}"),
    };
    format!("{by} {verdict}; {how}")
}

fn filter(arming: &mut Arming<'_>, cpu: Option<&Cpu>) -> Reading {
    match filtering::detect(arming.root(), cpu) {
        Ok(Filtering::On) => Ok(1),
        Ok(Filtering::Off | Filtering::Impossible) => Ok(0),
        Err((cause, what)) => {
            let absent = fixes::absent(BackEnd::Msr, cause, what, cpu);
            let reason = absent.reason;
            arming.lacks("energy filtering", absent);
            Err(reason)
        }
    }
}

/// The kind of absence, as readers know it.
pub(super) const fn reason(cause: Cause) -> Reason {
    match cause {
        Cause::Absent => Reason::Absent,
        Cause::NoPermission => Reason::NoPermission,
        Cause::Io => Reason::IoError,
        Cause::Malformed => Reason::OutOfRange,
    }
}
