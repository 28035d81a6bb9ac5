//! Which road is taken for each domain, and what is told of the others.

use hearth_drivers::rapl::domain::{BackEnd, Cause, Found, Lack};
use hearth_drivers::rapl::filtering::{self, Filtering};
use hearth_drivers::rapl::perf;
use hearth_drivers::rapl::roads::{self, Other, Roads};
use hearth_drivers::rapl::units::oddity;
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
    let wanted = arming.config().energy.source;
    let roads: &[BackEnd] = match wanted {
        EnergySource::Auto => &roads::PREFERRED,
        EnergySource::Perf => &[BackEnd::Perf],
        EnergySource::Powercap => &[BackEnd::Powercap],
        EnergySource::Msr => &[BackEnd::Msr],
    };
    let Roads { mut found, others, cpu, is_virtual } = roads::look(root, roads);
    let place = fixes::Place { cpu: cpu.as_ref(), is_virtual };
    let mut lacks = Vec::new();
    for other in others {
        match other {
            Other::Spare(name, why) => arming.spares(name, why),
            Other::Lack(road, Lack { name, cause, mut what }) => {
                if (road, cause) == (BackEnd::Perf, Cause::NoPermission) {
                    what = format!("{what}; {}", perf::rule(root));
                }
                let absent = fixes::absent(road, cause, what, place);
                lacks.push(absent.clone());
                arming.lacks(name, absent);
            }
            Other::Second(second) => {
                let name = format!("{} by {}", second.key, second.back_end.name());
                if let Some(taken) = found.iter_mut().find(|taken| taken.key == second.key) {
                    arming.spares(name, compare::words(taken, second));
                }
            }
        }
    }
    let mut choice = Choice { found, roads, filtering: Err(Reason::Absent), lacks, is_virtual };
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
