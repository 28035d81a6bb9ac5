//! Performance counters of one run: each event of the program and of all it starts, from its first instruction on.

use std::path::Path;

use hearth_drivers::perf::child::ChildEvent;
use hearth_drivers::perf::event::{Code, Event};
use hearth_drivers::perf::pmu::{self, CorePmu};
use hearth_drivers::perf::scale::Scaled;
use hearth_drivers::perf::{OpenError, open_child, open_idle};
use nix::unistd::Pid;

use super::record::{Counted, Missing};

/// What is counted unless the owner says otherwise.
pub const USUAL: &[Event] = &[
    Event::Cycles,
    Event::Instructions,
    Event::BranchMisses,
    Event::CacheMisses,
    Event::ContextSwitches,
    Event::Migrations,
    Event::PageFaults,
    Event::TaskClock,
];

/// Every event that may be named in `--counters`.
pub const ALL: &[Event] = &[
    Event::Cycles,
    Event::Instructions,
    Event::Branches,
    Event::BranchMisses,
    Event::CacheReferences,
    Event::CacheMisses,
    Event::StalledFrontend,
    Event::StalledBackend,
    Event::ContextSwitches,
    Event::Migrations,
    Event::PageFaults,
    Event::MinorFaults,
    Event::MajorFaults,
    Event::TaskClock,
    Event::CpuClock,
];

/// The events that this machine and this user can count.
pub(super) struct Countable {
    events: Vec<(Event, Vec<Code>)>,
    /// One of each, which never counts: while it is open, opening and closing those of a run takes microseconds. The first
    /// of a kind makes the kernel patch its own code, and the last undo it, which takes half a millisecond.
    held: Vec<ChildEvent>,
    /// Those that cannot be counted, and why.
    pub(super) missing: Vec<Missing>,
    /// What the kernel does for a program is left out.
    pub(super) user_only: bool,
}

impl Countable {
    /// Tries each of `wanted` on this process.
    pub(super) fn find(wanted: &[Event]) -> Self {
        let root = Path::new("/");
        // Without a list the kernel's own choice is counted, which on most machines is all there is.
        let (pmus, unlisted) = match pmu::core_pmus(root) {
            Ok(pmus) => (pmus, Vec::new()),
            Err(error) => (Vec::new(), vec![no_list(&error)]),
        };
        let own = Pid::this().as_raw();
        let mut countable =
            Self { events: Vec::new(), held: Vec::new(), missing: unlisted, user_only: false };
        for event in wanted {
            let codes = codes(*event, &pmus);
            let opened: Result<Vec<ChildEvent>, OpenError> =
                codes.iter().map(|code| open_idle(*code, own, event.is_kernel_only())).collect();
            match opened {
                Ok(opened) => {
                    countable.user_only |= opened.iter().any(ChildEvent::is_user_only);
                    countable.events.push((*event, codes));
                    countable.held.extend(opened);
                }
                Err(error) => countable.missing.push(missing(*event, &error)),
            }
        }
        countable
    }

    /// Names, in the order of the counts.
    pub(super) fn names(&self) -> Vec<String> {
        self.events.iter().map(|(event, _)| event.name().to_owned()).collect()
    }

    /// Opens every event for the process `pid`, to be counted from its program's beginning.
    pub(super) fn open(&self, pid: Pid) -> Counters {
        let open = |event: &Event, codes: &[Code]| {
            let opened: Result<Vec<ChildEvent>, OpenError> =
                codes.iter().map(|code| open_child(*code, pid.as_raw(), event.is_kernel_only())).collect();
            match opened {
                Ok(opened) => opened,
                Err(error) => {
                    tracing::warn!("{} is not counted in this run: {error}", event.name());
                    Vec::new()
                }
            }
        };
        Counters { events: self.events.iter().map(|(event, codes)| open(event, codes)).collect() }
    }
}

/// Hybrid machines may then be counted in part, which is said.
fn no_list(error: &dyn std::error::Error) -> Missing {
    Missing {
        name: "the kinds of CPU".to_owned(),
        what: format!("{error}; where there are several, hardware events may be those of one of them"),
        fix: "mount /sys".to_owned(),
    }
}

/// One code for each kind of CPU: on hybrid machines each has a PMU of its own.
fn codes(event: Event, pmus: &[CorePmu]) -> Vec<Code> {
    if pmus.len() < 2 || event.is_software() {
        return vec![event.code()];
    }
    pmus.iter().map(|pmu| event.code_on(pmu)).collect()
}

fn missing(event: Event, error: &OpenError) -> Missing {
    let fix = match error {
        OpenError::Refused(_) => "sysctl kernel.perf_event_paranoid=1, or run with CAP_PERFMON",
        OpenError::Unsupported(_) => {
            "this processor, or the virtual machine's share of it, does not count it"
        }
        _ => "",
    };
    Missing { name: event.name().to_owned(), what: error.to_string(), fix: fix.to_owned() }
}

/// The open events of one run.
pub(super) struct Counters {
    /// Of each event one on each kind of CPU; none if it could not be opened.
    events: Vec<Vec<ChildEvent>>,
}

impl Counters {
    /// What was counted so far, in the order of [`Countable::names`].
    pub(super) fn read(&self) -> Vec<Option<Counted>> {
        self.events.iter().map(|parts| count(parts)).collect()
    }
}

/// The sum over all kinds of CPU; nothing if one of them could not be read or the event never ran where the program did.
fn count(parts: &[ChildEvent]) -> Option<Counted> {
    let (mut value, mut enabled_ns, mut running_ns) = (0_u64, 0_u64, 0_u64);
    for part in parts {
        let single = part.read().ok()?;
        enabled_ns = enabled_ns.max(single.times.enabled_ns);
        running_ns = running_ns.saturating_add(single.times.running_ns);
        // A program that never ran on this kind of CPU has counted nothing there.
        if single.times.running_ns > 0 {
            value = value.checked_add(Scaled::default().step(single.value, single.times).ok()?.count)?;
        }
    }
    if running_ns == 0 {
        return None;
    }
    let ratio = super::energy::seconds(running_ns) / super::energy::seconds(enabled_ns.max(1));
    Some(Counted { value, ratio: ratio.min(1.0) })
}

/// The events named, apart by commas.
///
/// # Errors
/// The name that is none.
pub fn parse(list: &str) -> Result<Vec<Event>, String> {
    let named = |name: &str| ALL.iter().copied().find(|event| event.name() == name);
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| named(name).ok_or_else(|| name.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::child::Waiting;
    use crate::profile::program::Program;

    #[test]
    fn software_events_of_a_program_are_its_own_and_its_childrens() {
        let countable = Countable::find(&[Event::TaskClock, Event::PageFaults]);
        if countable.names().len() < 2 {
            eprintln!("not checked, since nothing can be counted here: {:?}", countable.missing);
            return;
        }
        let line = "sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done'";
        let words = ["sh", "-c", line].map(str::to_owned).to_vec();
        let waiting = Waiting::spawn(Program::new(words)).unwrap();
        let counters = countable.open(waiting.pid());
        let before: Vec<u64> = counters.read().into_iter().flatten().map(|counted| counted.value).collect();
        assert!(before.iter().all(|value| *value == 0), "nothing is counted before it begins: {before:?}");
        let ended = waiting.release().unwrap().wait(None, || false).unwrap();
        let counts = counters.read();
        let [Some(clock), Some(faults)] = counts[..] else { panic!("{counts:?}") };
        let cpu_ns = (ended.usage.user + ended.usage.system).as_nanos();
        // The clock counts what the loop of the grandchild took, too.
        assert!(
            u128::from(clock.value) > cpu_ns / 2 && u128::from(clock.value) < cpu_ns * 2 + 20_000_000,
            "{clock:?} {cpu_ns}"
        );
        assert!(faults.value > 0 && faults.ratio > 0.99, "{faults:?}");
    }

    #[test]
    fn events_are_named_as_perf_names_them() {
        assert_eq!(parse("cycles, page-faults,").unwrap(), [Event::Cycles, Event::PageFaults]);
        assert_eq!(parse("cycles,joules"), Err("joules".to_owned()));
        assert!(USUAL.iter().all(|event| ALL.contains(event)));
    }

    #[test]
    fn an_event_that_cannot_be_counted_says_why() {
        let countable = Countable::find(ALL);
        assert_eq!(countable.names().len() + countable.missing.len(), ALL.len());
        assert!(countable.missing.iter().all(|missing| !missing.what.is_empty()), "{:?}", countable.missing);
    }
}
