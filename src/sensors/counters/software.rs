//! Events that the kernel itself counts, on every CPU.

use hearth_drivers::perf::event::Event;
use hearth_drivers::perf::{Target, open_group};
use hearth_hot::contract::{Absent, Arming};

use super::field::Field;
use super::placing::{self, Group};
use super::roster::{NoGroup, Roster};
use super::words;

/// What is counted of every CPU.
const EVENTS: [Event; 5] =
    [Event::ContextSwitches, Event::Migrations, Event::PageFaults, Event::MinorFaults, Event::MajorFaults];

/// The name of the kernel's own PMU.
pub(super) const PMU: &str = "software";

/// Opens the events on `cpus`.
///
/// # Errors
/// Why none of them can be had.
pub(super) fn arm(
    arming: &mut Arming<'_>,
    book: &mut Roster,
    cpus: &[u32],
    field: &mut Field,
) -> Result<(), Absent> {
    let codes = EVENTS.map(Event::code);
    let group = Group { cgroup: None, pmu: PMU, events: &EVENTS };
    let opened = placing::open(book, &group, cpus, |cpu| open_group(&codes, Target::Cpu(cpu)));
    match opened {
        Ok(watches) => {
            placing::place_on_cpus(arming, field, &group, watches);
            for event in EVENTS {
                arming.uses(named(event), "events", format!("perf_event_open on {} CPUs", cpus.len()));
            }
            for event in [Event::TaskClock, Event::CpuClock] {
                arming.spares(named(event), "of a whole CPU it counts the time itself");
            }
            Ok(())
        }
        Err(trouble) => {
            words::note(arming, "software events", trouble);
            Err(match trouble {
                NoGroup::Open(error) => words::absent(arming, "software events", error),
                NoGroup::Full => words::full_absent(),
            })
        }
    }
}

fn named(event: Event) -> String {
    format!("{PMU}/{}", event.name())
}
