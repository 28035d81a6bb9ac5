//! One group opened on many CPUs, and the series its counts go to.

use std::sync::Arc;

use hearth_drivers::perf::OpenError;
use hearth_drivers::perf::event::Event;
use hearth_drivers::perf::group::EventGroup;
use hearth_hot::contract::Arming;
use hearth_model::{Metric, catalogue::perf};

use super::field::{Field, Place, Placed, Sum};
use super::roster::{Key, NoGroup, Roster};
use super::watch::Watch;

/// A group as it is to be opened.
pub(super) struct Group<'a> {
    /// The inode of a cgroup's directory; `None` for everything.
    pub(super) cgroup: Option<u64>,
    pub(super) pmu: &'a str,
    pub(super) events: &'a [Event],
}

/// Opens `group` on each of `cpus`, or takes what is open of it: on all of them or on none. A CPU that goes in this
/// moment is left out; that it has gone is seen at the next reading.
///
/// # Errors
/// What stood in the way of the first CPU that failed.
pub(super) fn open(
    book: &mut Roster,
    group: &Group<'_>,
    cpus: &[u32],
    mut open: impl FnMut(u32) -> Result<EventGroup, OpenError>,
) -> Result<Vec<(u32, Arc<Watch>)>, NoGroup> {
    if !book.has(group.events.len().saturating_mul(cpus.len())) {
        return Err(NoGroup::Full);
    }
    let mut watches = Vec::with_capacity(cpus.len());
    for &cpu in cpus {
        let (pmu, events) = (group.pmu.to_owned(), group.events.to_vec());
        let key = Key { cgroup: group.cgroup, cpu, pmu, events };
        match book.group(key, || Ok(Watch::new(open(cpu)?, group.cgroup.is_none()))) {
            Ok(watch) => watches.push((cpu, watch)),
            Err(NoGroup::Open(OpenError::Gone(_))) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(watches)
}

/// Names the series of a group that counts whole CPUs: one of each event and CPU, and the sums.
pub(super) fn place_on_cpus(
    arming: &mut Arming<'_>,
    field: &mut Field,
    group: &Group<'_>,
    watches: Vec<(u32, Arc<Watch>)>,
) {
    let first_sum = field.sums.len();
    for event in group.events {
        let labels = [event.name(), group.pmu];
        let total = arming.slot(&perf::EVENTS, &labels);
        let running = (!event.is_software()).then(|| arming.slot(&perf::RUNNING, &labels));
        field.sums.push(Sum::new(total, running));
    }
    for (cpu, watch) in watches {
        let cpu = cpu.to_string();
        let place = |(at, event): (usize, &Event)| Place {
            cpu: metric(*event).map(|metric| arming.slot(metric, &[&cpu])),
            sum: first_sum + at,
        };
        let events = group.events.iter().enumerate().map(place).collect();
        field.groups.push(Placed { watch, events });
    }
}

/// The metric of one CPU's events.
const fn metric(event: Event) -> Option<&'static Metric> {
    Some(match event {
        Event::Cycles => &perf::CYCLES,
        Event::Instructions => &perf::INSTRUCTIONS,
        Event::Branches => &perf::BRANCHES,
        Event::BranchMisses => &perf::BRANCH_MISSES,
        Event::CacheReferences => &perf::CACHE_REFERENCES,
        Event::CacheMisses => &perf::CACHE_MISSES,
        Event::StalledFrontend => &perf::STALLED_FRONTEND,
        Event::StalledBackend => &perf::STALLED_BACKEND,
        Event::ContextSwitches => &perf::CONTEXT_SWITCHES,
        Event::Migrations => &perf::MIGRATIONS,
        Event::PageFaults => &perf::PAGE_FAULTS,
        Event::MinorFaults => &perf::MINOR_FAULTS,
        Event::MajorFaults => &perf::MAJOR_FAULTS,
        Event::TaskClock | Event::CpuClock => return None,
    })
}
