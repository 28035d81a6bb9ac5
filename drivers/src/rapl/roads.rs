//! Which road is taken to each domain: the first that has it.

use std::path::Path;

use super::cpu::{self, Cpu, Thread};
use super::domain::{BackEnd, Cause, Finds, Found, Lack};
use super::{msr, perf, powercap};

/// Every road, the one that is taken first where several lead to a domain before the others: the kernel's own events are
/// the finest, and registers need the most rights.
pub const PREFERRED: [BackEnd; 3] = [BackEnd::Perf, BackEnd::Powercap, BackEnd::Msr];

/// What looking down the roads brought.
#[derive(Debug, Default)]
pub struct Roads {
    /// One counter for each domain, the most important domain first.
    pub found: Vec<Found>,
    /// Everything else, in the order in which it was met.
    pub others: Vec<Other>,
    /// The processor, if the kernel says which.
    pub cpu: Option<Cpu>,
    /// This is a virtual machine: neither a module nor a privilege helps.
    pub is_virtual: bool,
}

/// Something that is not read.
#[derive(Debug)]
pub enum Other {
    /// A counter that its own back end leaves alone: name and reason.
    Spare(String, String),
    /// A counter of a domain that another road led to before.
    Second(Found),
    /// Something that this road has not.
    Lack(BackEnd, Lack),
}

/// Looks down `roads` below `root`, in this order.
#[must_use]
pub fn look(root: &Path, roads: &[BackEnd]) -> Roads {
    let (cpu, threads) = (cpu::cpu(root), cpu::threads(root));
    let finds = roads.iter().map(|road| (*road, find(*road, root, cpu.as_ref(), &threads)));
    let roads = choose(finds);
    let is_hollow = |other: &Other| matches!(other, Other::Lack(_, lack) if lack.cause == Cause::Hollow);
    let is_virtual = roads.others.iter().any(is_hollow) || cpu.as_ref().is_some_and(|cpu| cpu.is_guest);
    Roads { cpu, is_virtual, ..roads }
}

/// Takes for each domain the first of `finds` that has it.
fn choose(finds: impl Iterator<Item = (BackEnd, Finds)>) -> Roads {
    let mut roads = Roads::default();
    for (road, Finds { found, spares, lacks }) in finds {
        roads.others.extend(spares.into_iter().map(|(name, why)| Other::Spare(name, why)));
        roads.others.extend(lacks.into_iter().map(|lack| Other::Lack(road, lack)));
        for found in found {
            if roads.found.iter().any(|taken| taken.key == found.key) {
                roads.others.push(Other::Second(found));
            } else {
                roads.found.push(found);
            }
        }
    }
    roads.found.sort_by_key(|found| found.key);
    roads
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

#[cfg(test)]
mod tests {
    use super::super::accumulate::{Counting, Range};
    use super::super::domain::{Domain, Key, Place};
    use super::super::units::Unit;
    use super::*;

    fn found(domain: Domain, back_end: BackEnd) -> Found {
        let key = Key { domain, place: Place { package: 0, die: None } };
        let counting = Counting::by_ticks(Unit::MICROJOULE, Range::REGISTER, 100);
        Found { key, back_end, registers: Vec::new(), counting, path: String::new(), how: String::new() }
    }

    #[test]
    fn the_first_road_that_has_a_domain_is_taken_and_what_else_was_met_is_told_in_order() {
        let lack = Lack { name: "dram".to_owned(), cause: Cause::Absent, what: String::new() };
        let perf = Finds {
            found: vec![found(Domain::Core, BackEnd::Perf)],
            spares: vec![("gpu".to_owned(), "why".to_owned())],
            lacks: vec![lack],
        };
        let powercap = Finds {
            found: vec![found(Domain::Core, BackEnd::Powercap), found(Domain::Package, BackEnd::Powercap)],
            ..Finds::default()
        };
        let roads = choose([(BackEnd::Perf, perf), (BackEnd::Powercap, powercap)].into_iter());
        let taken: Vec<_> = roads.found.iter().map(|found| (found.key.domain, found.back_end)).collect();
        assert_eq!(taken, [(Domain::Package, BackEnd::Powercap), (Domain::Core, BackEnd::Perf)]);
        let [Other::Spare(spare, _), Other::Lack(BackEnd::Perf, lack), Other::Second(second)] =
            &roads.others[..]
        else {
            panic!("{:?}", roads.others)
        };
        assert_eq!((spare.as_str(), lack.name.as_str()), ("gpu", "dram"));
        assert_eq!((second.key.domain, second.back_end), (Domain::Core, BackEnd::Powercap));
    }

    #[test]
    fn a_machine_without_counters_has_no_road_and_says_why_for_each() {
        let roads = look(Path::new("/no/such/machine"), &PREFERRED);
        assert!(roads.found.is_empty());
        let met: Vec<BackEnd> = roads
            .others
            .iter()
            .map(|other| match other {
                Other::Lack(road, _) => *road,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(PREFERRED.iter().all(|road| met.contains(road)), "{met:?}");
    }
}
