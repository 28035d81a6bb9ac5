//! The kernel's `power` PMU (`arch/x86/events/rapl.c`): energy as perf events.
//!
//! Every event counts in 2^-32 J whatever the hardware's unit is, since it was opened, on one CPU of each die (Intel) or
//! package (AMD); `power_core` (AMD, newer kernels) has one for each physical core. What there is stands in
//! `/sys/bus/event_source/devices`; opening is [`open`], and from then on an event is a descriptor to be read.

use std::path::Path;

use super::accumulate::{Counting, POWER_MAX_W, Range};
use super::cpu::{Cpu, Thread, parse_list};
use super::domain::{BackEnd, Cause, Domain, Finds, Found, Key, Place};
use super::powercap::word;
use super::register::{Fault, Register};
use super::units::{Unit, quirk_of};
use crate::text::Scan;

pub mod open;

/// Where PMUs are, below the root.
const DEVICES: &str = "sys/bus/event_source/devices";
/// Length of a read: the count, the time enabled, the time running (`perf_event_open(2)`, `PERF_FORMAT_TOTAL_TIME_*`).
pub const READ_BYTES: usize = 24;
/// The scale of every event: 2^-32, written out (`RAPL_EVENT_ATTR_STR`).
const SCALE: &str = "2.3283064365386962890625e-10";
/// The unit of every event.
const UNIT: &str = "Joules";

/// The kernel's rule of who may count, below the root.
const PARANOID: &str = "proc/sys/kernel/perf_event_paranoid";

/// The events that a machine may have: PMU, file, what it counts.
const EVENTS: &[(&str, &str, Domain)] = &[
    ("power", "energy-pkg", Domain::Package),
    ("power", "energy-psys", Domain::Psys),
    ("power", "energy-ram", Domain::Dram),
    ("power", "energy-cores", Domain::Core),
    ("power_core", "energy-core", Domain::Core),
    ("power", "energy-gpu", Domain::Uncore),
];

/// One event to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its PMU, as `type` says.
    pub pmu: u32,
    /// Its number within the PMU.
    pub config: u64,
    /// What it counts and where.
    pub key: Key,
    /// The CPUs it is to be opened on, whose counts add up.
    pub cpus: Vec<u32>,
    /// Its file below the root, for people.
    pub path: String,
    /// The least that the hardware behind it moves by, in microjoules.
    pub quantum_uj: u64,
}

/// Reads what `read(2)` of an event gave: how many 2^-32 J since it was opened.
///
/// # Errors
/// [`Fault::NotCounted`] where it never ran or its CPU went away (the end of the file, or less time running than
/// enabled), [`Fault::Malformed`] for any other length.
pub fn parse_read(bytes: &[u8]) -> Result<u64, Fault> {
    if bytes.is_empty() {
        return Err(Fault::NotCounted);
    }
    let (words, rest) = bytes.as_chunks::<8>();
    let ([count, enabled, running], []) = (words, rest) else { return Err(Fault::Malformed) };
    let (enabled, running) = (u64::from_ne_bytes(*enabled), u64::from_ne_bytes(*running));
    if running == 0 || running < enabled { Err(Fault::NotCounted) } else { Ok(u64::from_ne_bytes(*count)) }
}

/// Reads the description of an event: `event=0x02`.
#[must_use]
pub fn parse_event(text: &[u8]) -> Option<u64> {
    let mut scan = Scan::text(text);
    let config = if scan.prefix(b"event=0x") { scan.hex() } else { None };
    // The PMU takes 8 bits (`RAPL_EVENT_MASK`).
    config.filter(|config| scan.at_line_end() && (1..=0xff).contains(config))
}

/// The events below `root` on these threads, and in `finds` what is not to be had.
#[must_use]
pub fn list(root: &Path, cpu: Option<&Cpu>, threads: &[Thread], finds: &mut Finds) -> Vec<Event> {
    let mut events = Vec::new();
    let pmu_path = format!("{DEVICES}/power/type");
    if let Err((cause, what)) = word(root, &pmu_path) {
        finds.lack("power PMU", cause, what);
        return events;
    }
    let has_dies = threads.iter().any(|thread| thread.die != 0);
    for (pmu, name, domain) in EVENTS {
        let path = format!("{DEVICES}/{pmu}/events/{name}");
        if !root.join(&path).exists() {
            continue;
        }
        match describe(root, pmu, &path) {
            Ok((pmu_type, config, cpus)) => {
                let places = places(&cpus, threads, has_dies && *pmu == "power");
                if places.is_empty() {
                    finds.lack(
                        *name,
                        Cause::Malformed,
                        format!("no CPU of /{DEVICES}/{pmu}/cpumask is online"),
                    );
                }
                for (place, cpus) in places {
                    let domain =
                        if place.die.is_some() && *domain == Domain::Package { Domain::Die } else { *domain };
                    let key = Key { domain, place };
                    // Kernels with power_core have no sum over the cores; should one have both, the sum is enough.
                    if !events.iter().any(|event: &Event| event.key == key) {
                        let quantum_uj = quantum_uj(cpu, key.domain);
                        events.push(Event {
                            pmu: pmu_type,
                            config,
                            key,
                            cpus,
                            path: path.clone(),
                            quantum_uj,
                        });
                    }
                }
            }
            Err((cause, what)) => finds.lack(*name, cause, what),
        }
    }
    if events.is_empty() && finds.lacks.is_empty() {
        finds.lack("power PMU", Cause::Absent, format!("/{DEVICES}/power has no energy event"));
    }
    events
}

/// What the hardware's tick is worth at most; the PMU does not say. All that are in use are 2^-14 J or finer, but for
/// platforms that count in joules.
fn quantum_uj(cpu: Option<&Cpu>, domain: Domain) -> u64 {
    let counts_joules =
        domain == Domain::Psys && cpu.and_then(quirk_of).is_some_and(|quirk| quirk.joule_psys);
    if counts_joules { Unit::JOULE.tick_uj_ceil() } else { Unit::joules_over_two_to(14).tick_uj_ceil() }
}

type Description = (u32, u64, Vec<u32>);

fn describe(root: &Path, pmu: &str, path: &str) -> Result<Description, (Cause, String)> {
    let malformed = |path: &str, text: &str| (Cause::Malformed, format!("/{path} holds {text:?}"));
    for (ending, wanted) in [("scale", SCALE), ("unit", UNIT)] {
        let path = format!("{path}.{ending}");
        let text = word(root, &path)?;
        if text != wanted {
            return Err((Cause::Malformed, format!("/{path} holds {text:?}, not {wanted:?}")));
        }
    }
    let text = word(root, path)?;
    let config = parse_event(format!("{text}\n").as_bytes()).ok_or_else(|| malformed(path, &text))?;
    let type_path = format!("{DEVICES}/{pmu}/type");
    let text = word(root, &type_path)?;
    let pmu_type =
        text.parse().map_err(|error| (Cause::Malformed, format!("/{type_path} holds {text:?}: {error}")))?;
    let mask_path = format!("{DEVICES}/{pmu}/cpumask");
    let text = word(root, &mask_path)?;
    let cpus = parse_list(format!("{text}\n").as_bytes())
        .map_err(|error| (Cause::Malformed, format!("/{mask_path} holds {text:?}: {error}")))?;
    Ok((pmu_type, config, cpus))
}

/// The CPUs of a mask by the place they stand for.
fn places(cpus: &[u32], threads: &[Thread], by_die: bool) -> Vec<(Place, Vec<u32>)> {
    let mut places: Vec<(Place, Vec<u32>)> = Vec::new();
    for thread in cpus.iter().filter_map(|cpu| threads.iter().find(|thread| thread.cpu == *cpu)) {
        let place = Place { package: thread.package, die: by_die.then_some(thread.die) };
        match places.iter_mut().find(|(at, _)| *at == place) {
            Some((_, cpus)) => cpus.push(thread.cpu),
            None => places.push((place, vec![thread.cpu])),
        }
    }
    places
}

/// The kernel's rule of who may count, in words: above 0, counting a whole CPU takes `CAP_PERFMON`.
#[must_use]
pub fn rule(root: &Path) -> String {
    match word(root, PARANOID) {
        Ok(level) => format!("kernel.perf_event_paranoid is {level}"),
        Err((_, what)) => what,
    }
}

/// What the descriptors of an opened event make together.
#[must_use]
pub fn found(event: &Event, descriptors: Vec<std::fs::File>) -> Found {
    Found {
        key: event.key,
        back_end: BackEnd::Perf,
        registers: descriptors.into_iter().map(|event| Register::Perf { event }).collect(),
        counting: Counting {
            quantum_uj: event.quantum_uj,
            ..Counting::by_ticks(Unit::PERF, Range::PERF, POWER_MAX_W)
        },
        path: format!("/{}", event.path),
        how: format!(
            "perf event {:#x} of PMU {} on CPU {:?}, ticks of 2^-32 J",
            event.config, event.pmu, event.cpus
        ),
    }
}

#[cfg(test)]
mod tests;
