//! Events of the cgroups that the owner chose, each as a whole.

use hearth_drivers::file::KernelText;
use hearth_drivers::perf::cgroup::{self, Cgroup};
use hearth_drivers::perf::event::Event;
use hearth_drivers::perf::group::EventGroup;
use hearth_drivers::perf::{OpenError, Target, open_group};
use hearth_hot::contract::{Absent, Arming};
use hearth_model::{Reason, catalogue::perf};

use super::field::{Field, Place, Placed, Sum};
use super::hardware::Engine;
use super::placing::{self, Group};
use super::roster::Roster;
use super::{software, words};

/// What is counted of a cgroup: few events, as each is a descriptor on each CPU.
const HARDWARE: [&[Event]; 1] =
    [&[Event::Cycles, Event::Instructions, Event::BranchMisses, Event::CacheMisses]];
const SOFTWARE: [Event; 3] = [Event::ContextSwitches, Event::Migrations, Event::PageFaults];

/// An open cgroup and its path as the owner wrote it.
struct Chosen<'a> {
    path: &'a str,
    cgroup: Cgroup,
}

/// Opens the cgroups of the configuration. The second value says whether one is not there and may come.
pub(super) fn arm(
    arming: &mut Arming<'_>,
    book: &mut Roster,
    cpus: &[u32],
    engines: &[Engine],
) -> (Vec<Field>, bool) {
    let (mut fields, mut is_one_missing) = (Vec::new(), false);
    let mut paths = arming.config().perf.cgroups.clone();
    paths.sort();
    paths.dedup();
    for path in &paths {
        match find(arming, path) {
            Ok((chosen, alive)) => {
                let mut field = Field::while_readable(alive);
                fill(arming, book, cpus, engines, &chosen, &mut field);
                if !field.is_empty() {
                    fields.push(field);
                }
            }
            Err(absent) => {
                is_one_missing = true;
                arming.lacks(format!("cgroup {path}"), absent);
            }
        }
    }
    (fields, is_one_missing)
}

/// The cgroup of this path, and a file that tells when it is gone.
fn find<'a>(arming: &Arming<'_>, path: &'a str) -> Result<(Chosen<'a>, KernelText), Absent> {
    let mount = cgroup::mount(arming.root()).ok_or_else(|| Absent {
        reason: Reason::Absent,
        what: "no cgroup hierarchy is mounted below /sys/fs/cgroup".to_owned(),
        fix: "mount cgroup version 2 there".to_owned(),
    })?;
    let fix = "start what runs in it, or correct `cgroups` in [perf]; it is looked for each minute";
    let opened = Cgroup::open(arming.root(), mount, path).map_err(|error| super::unopened(&error, fix));
    opened.map(|(cgroup, alive)| (Chosen { path, cgroup }, alive))
}

/// Opens the kernel's and the CPUs' events of one cgroup.
fn fill(
    arming: &mut Arming<'_>,
    book: &mut Roster,
    cpus: &[u32],
    engines: &[Engine],
    chosen: &Chosen<'_>,
    field: &mut Field,
) {
    let mut sums = Vec::new();
    let codes = SOFTWARE.map(Event::code);
    let group = Group { cgroup: Some(chosen.cgroup.inode()), pmu: software::PMU, events: &SOFTWARE };
    let kernel = |_: &[Event], target: Target<'_>| open_group(&codes, target);
    add(arming, book, cpus, chosen, &group, field, &mut sums, kernel);
    for engine in engines {
        let cpus = engine.cpus(cpus);
        let plan = engine.plan(book, &HARDWARE, &cpus);
        for events in &plan.groups {
            let group = Group { cgroup: Some(chosen.cgroup.inode()), pmu: &engine.pmu.name, events };
            let cpu = |events: &[Event], target: Target<'_>| engine.open(events, target);
            add(arming, book, &cpus, chosen, &group, field, &mut sums, cpu);
        }
    }
}

/// Opens one group of a cgroup on `cpus` and names its series. `sums` says which sum is which event's: the PMUs of a
/// hybrid CPU share them.
#[expect(clippy::too_many_arguments, reason = "what is armed, where it is kept, and what is opened how")]
fn add(
    arming: &mut Arming<'_>,
    book: &mut Roster,
    cpus: &[u32],
    chosen: &Chosen<'_>,
    group: &Group<'_>,
    field: &mut Field,
    sums: &mut Vec<Event>,
    open: impl Fn(&[Event], Target<'_>) -> Result<EventGroup, OpenError>,
) {
    let source = format!("cgroup {}, {} events", chosen.path, group.pmu);
    let watches = match placing::open(book, group, cpus, |cpu| open(group.events, chosen.cgroup.on(cpu))) {
        Ok(watches) => watches,
        Err(trouble) => return words::note(arming, &source, trouble),
    };
    let names: Vec<&str> = group.events.iter().map(|event| event.name()).collect();
    arming.uses(source, "events", format!("{} on {} CPUs", names.join(", "), cpus.len()));
    let mut sum_of = |event: Event| {
        sums.iter().position(|known| *known == event).unwrap_or_else(|| {
            let labels = [chosen.path, event.name()];
            let total = arming.slot(&perf::CGROUP_EVENTS, &labels);
            let running = (!event.is_software()).then(|| arming.slot(&perf::CGROUP_RUNNING, &labels));
            sums.push(event);
            field.sums.push(Sum::new(total, running));
            sums.len() - 1
        })
    };
    let at: Vec<usize> = group.events.iter().map(|event| sum_of(*event)).collect();
    for (_, watch) in watches {
        let events = at.iter().map(|&sum| Place { cpu: None, sum }).collect();
        field.groups.push(Placed { watch, events });
    }
}
