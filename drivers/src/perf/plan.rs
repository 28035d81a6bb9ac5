//! Which events go into one group: as many of a family as the CPU's counters really hold.
//!
//! `perf_event_open(2)` refuses a group that could never be scheduled on an empty PMU, but a counter may be taken for
//! good (the NMI watchdog, a pinned event of somebody else), and then a full group is accepted and never runs. So each
//! family is tried, alone, and halved until its parts run.

use super::event::Event;
use super::open::OpenError;

/// How events are to be counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Groups, each of which was seen to run, but for an event that does not even run alone.
    pub groups: Vec<Vec<Event>>,
    /// Families that had to be halved, as they were wanted.
    pub shrunk: Vec<Vec<Event>>,
    /// Events that do not even run alone: counters are taken, and may become free.
    pub starved: Vec<Event>,
    /// Events that cannot be opened, and why.
    pub refused: Vec<(Event, OpenError)>,
}

/// Plans groups of `families`. `trial` opens a group, says whether it ran, and closes it.
pub fn plan(families: &[&[Event]], mut trial: impl FnMut(&[Event]) -> Result<bool, OpenError>) -> Plan {
    let mut plan = Plan::default();
    for family in families {
        let mut there = Vec::new();
        for &event in *family {
            match trial(&[event]) {
                Ok(true) => there.push(event),
                Ok(false) => {
                    plan.starved.push(event);
                    plan.groups.push(vec![event]);
                }
                Err(error) => plan.refused.push((event, error)),
            }
        }
        let before = plan.groups.len();
        place(&there, &mut plan.groups, &mut trial);
        if plan.groups.len() > before + 1 {
            plan.shrunk.push(there);
        }
    }
    plan
}

/// Adds `events` as one group if that runs, and else as the groups of its halves.
fn place(
    events: &[Event],
    groups: &mut Vec<Vec<Event>>,
    trial: &mut impl FnMut(&[Event]) -> Result<bool, OpenError>,
) {
    match events {
        [] => {}
        // Each ran alone a moment ago.
        [_] => groups.push(events.to_vec()),
        // A group that is refused though its events are not is too large, whatever the kernel calls it.
        _ if trial(events).unwrap_or(false) => groups.push(events.to_vec()),
        _ => {
            let (first, rest) = events.split_at(events.len() / 2);
            place(first, groups, trial);
            place(rest, groups, trial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::Errno;
    use Event::{
        BranchMisses, Branches, CacheMisses, CacheReferences, Cycles, Instructions, StalledFrontend,
    };

    const FAMILY: &[Event] = &[Cycles, Instructions, Branches, BranchMisses];

    #[test]
    fn a_group_that_fits_stays_whole() {
        let planned = plan(&[FAMILY, &[CacheReferences, CacheMisses]], |events| Ok(events.len() <= 4));
        assert_eq!(planned.groups, [FAMILY.to_vec(), vec![CacheReferences, CacheMisses]]);
        assert!(planned.shrunk.is_empty() && planned.starved.is_empty() && planned.refused.is_empty());
    }

    #[test]
    fn a_group_that_never_runs_or_is_refused_is_halved_until_it_does() {
        for too_large in [Ok(false), Err(OpenError::TooLarge)] {
            let planned = plan(&[FAMILY], |events| if events.len() <= 3 { Ok(true) } else { too_large });
            assert_eq!(planned.groups, [[Cycles, Instructions], [Branches, BranchMisses]]);
            assert_eq!(planned.shrunk, [FAMILY]);
        }
        let planned = plan(&[FAMILY], |events| Ok(events.len() == 1));
        assert_eq!(planned.groups, [[Cycles], [Instructions], [Branches], [BranchMisses]]);
    }

    #[test]
    fn an_event_that_the_cpu_lacks_is_named_and_the_rest_of_its_family_is_counted() {
        let error = OpenError::Unsupported(Errno(libc::ENOENT));
        let lacks = |events: &[Event]| if events.contains(&StalledFrontend) { Err(error) } else { Ok(true) };
        let planned = plan(&[&[StalledFrontend, Cycles]], lacks);
        assert_eq!((planned.groups, planned.refused), (vec![vec![Cycles]], vec![(StalledFrontend, error)]));
    }

    #[test]
    fn an_event_that_does_not_run_alone_is_kept_by_itself() {
        let planned = plan(&[&[Cycles, Instructions]], |events| Ok(!events.contains(&Cycles)));
        assert_eq!(planned.groups, [[Cycles], [Instructions]]);
        assert_eq!(planned.starved, [Cycles]);
        assert!(planned.shrunk.is_empty());
    }
}
