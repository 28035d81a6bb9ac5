//! Which road is taken for each domain, and what is told of the others.

use std::path::Path;
use std::time::Instant;

use hearth_drivers::rapl::domain::{BackEnd, Cause, Found, Lack};
use hearth_drivers::rapl::filtering::{self, Filtering};
use hearth_drivers::rapl::perf;
use hearth_drivers::rapl::roads::{self, Other, Roads};
use hearth_drivers::rapl::units::{UNKNOWN_MODEL, oddity, quirk_of};
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
        let fixable = others.into_iter().find(|absent| !absent.fix.starts_with("nothing"));
        fixable.unwrap_or_else(|| nothing("no energy counter is known of this processor", fixes::BY_CHIPS))
    }
}

/// The roads that the owner allows, the preferred first.
const fn wanted(source: EnergySource) -> &'static [BackEnd] {
    match source {
        EnergySource::Auto => &roads::PREFERRED,
        EnergySource::Perf => &[BackEnd::Perf],
        EnergySource::Powercap => &[BackEnd::Powercap],
        EnergySource::Msr => &[BackEnd::Msr],
    }
}

/// Looks down every road that the owner allows, and takes for each domain the first that has it. Tells nothing and
/// compares nothing: that is for [`choose`], once.
pub(in crate::sensors) fn find(arming: &Arming<'_>) -> Choice {
    let root = arming.root();
    let roads = wanted(arming.config().energy.source);
    let Roads { found, others, cpu, is_virtual } = roads::look(root, roads);
    let place = fixes::Place { cpu: cpu.as_ref(), is_virtual };
    let lacks = others.into_iter().filter_map(|other| match other {
        Other::Lack(road, lack) => Some(absent(root, road, lack, place).1),
        Other::Spare(..) | Other::Second(_) => None,
    });
    Choice { found, roads, filtering: Err(Reason::Absent), lacks: lacks.collect(), is_virtual }
}

/// What is lacking, with its name.
fn absent(root: &Path, road: BackEnd, lack: Lack, place: fixes::Place<'_>) -> (String, Absent) {
    let Lack { name, cause, mut what } = lack;
    if (road, cause) == (BackEnd::Perf, Cause::NoPermission) {
        what = format!("{what}; {}", perf::rule(root));
    }
    (name, fixes::absent(road, cause, what, place))
}

/// As [`find`], and tells of everything that was met; where two roads lead to a domain, compares them.
pub(super) fn choose(arming: &mut Arming<'_>) -> Choice {
    let root = arming.root();
    let roads = wanted(arming.config().energy.source);
    let Roads { mut found, others, cpu, is_virtual } = roads::look(root, roads);
    let place = fixes::Place { cpu: cpu.as_ref(), is_virtual };
    let began = Instant::now();
    let mut lacks = Vec::new();
    for other in others {
        match other {
            Other::Spare(name, why) => arming.spares(name, why),
            Other::Lack(road, lack) => {
                let (name, absent) = absent(root, road, lack, place);
                lacks.push(absent.clone());
                arming.lacks(name, absent);
            }
            Other::Second(second) => {
                let name = format!("{} by {}", second.key, second.back_end.name());
                if let Some(taken) = found.iter_mut().find(|taken| taken.key == second.key) {
                    arming.spares(name, compare::words(taken, second, || began.elapsed()));
                }
            }
        }
    }
    let mut choice = Choice { found, roads, filtering: Err(Reason::Absent), lacks, is_virtual };
    for found in &choice.found {
        let oddity = cpu.as_ref().and_then(|cpu| match found.back_end {
            BackEnd::Powercap => oddity(cpu, found.key.domain, found.counting.unit),
            // The PMU's own unit says nothing of the hardware's; only that nobody else speaks of the model.
            BackEnd::Perf => quirk_of(cpu).is_none().then_some(UNKNOWN_MODEL),
            // Its own words say so already.
            BackEnd::Msr => None,
        });
        arming.uses(
            found.key.to_string(),
            "µJ",
            found.how.clone() + &oddity.map(|odd| format!("; {odd}")).unwrap_or_default(),
        );
    }
    choice.filtering = filter(arming, place);
    choice
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
