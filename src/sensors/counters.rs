//! Performance counters: events of every CPU, of chosen cgroups, and how fast the CPUs run.
//!
//! Read on the slow lane, every ten seconds: a counter is read on its own CPU, which is interrupted, or woken from its
//! sleep, and waited for; each second, that would be a fifth of what Hearth costs when nobody asks. Nothing is lost by
//! being late, as every reading brings its own time.
//!
//! Open groups outlive arming ([`roster`]): when a CPU or a cgroup comes or goes, the others count on.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hearth_drivers::file::{Delivery, KernelText};
use hearth_drivers::perf::pmu;
use hearth_drivers::rapl::cpu::parse_list;
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, State, Tick};
use hearth_model::{Reason, catalogue::perf};

use super::kept::Kept;
use super::{Trouble, unopened};

mod cgroups;
mod field;
mod frequency;
mod hardware;
mod placing;
mod roster;
mod software;
#[cfg(test)]
mod tests;
mod watch;
mod words;

use field::Field;
use frequency::Frequency;
use roster::{DESCRIPTORS_MAX, Roster};

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "counters",
    source: "perf_event_open",
    lane: LaneKind::Slow,
    every: Every::Period(Duration::from_secs(10)),
    // A handful of groups on each CPU, each a visit to a CPU that may be asleep.
    budget: Duration::from_millis(5),
    metrics: &[perf::ALL],
    arm: |arming| arm(arming, &KEPT),
};

/// Groups and what was learned of the PMUs, for the next arming.
static KEPT: Kept<Mutex<Roster>> = Kept::new();

/// How often a cgroup that is configured and not there is looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

struct Counters {
    online: Online,
    /// All CPUs first, then each cgroup.
    fields: Vec<Field>,
    frequencies: Vec<Frequency>,
    missing: Missing,
    /// Keeps the roster for the sensor that comes after this one.
    _roster: Arc<Mutex<Roster>>,
}

/// Cgroups that are configured and not there.
#[derive(Default)]
struct Missing {
    is_one_missing: bool,
    /// When to look for them, in the lane's time; `None` before the first reading.
    due_ns: Option<u64>,
}

impl Missing {
    /// Whether it is time to look; the first reading begins the wait.
    fn is_due(&mut self, now_ns: u64) -> bool {
        let wait_ns = u64::try_from(LOOK_AGAIN.as_nanos()).unwrap_or(u64::MAX);
        let due_ns = *self.due_ns.get_or_insert(now_ns.saturating_add(wait_ns));
        let is_due = self.is_one_missing && now_ns >= due_ns;
        if is_due {
            self.due_ns = None;
        }
        is_due
    }
}

/// Which CPUs run, and which ran when this was armed.
struct Online {
    text: KernelText,
    armed: Box<[u8]>,
}

impl Online {
    fn open(arming: &Arming<'_>) -> Result<(Self, Vec<u32>), Absent> {
        let mut text = KernelText::open(arming.root(), pmu::ONLINE_PATH, Delivery::Whole)
            .map_err(|error| unopened(&error, "mount /sys"))?;
        let armed: Box<[u8]> = match text.read() {
            Ok(text) => text.into(),
            Err(error) => return Err(Trouble::from(error).absent(&SENSOR)),
        };
        let cpus = parse_list(&armed).map_err(|error| Absent {
            reason: Reason::OutOfRange,
            what: format!("/{}: {error}", pmu::ONLINE_PATH),
            fix: "nothing: this kernel writes it in a way that Hearth does not know; please report it"
                .to_owned(),
        })?;
        Ok((Self { text, armed }, cpus))
    }

    fn is_as_armed(&mut self) -> bool {
        self.text.read().is_ok_and(|now| now == &*self.armed)
    }
}

fn arm(arming: &mut Arming<'_>, kept: &Kept<Mutex<Roster>>) -> Result<Box<dyn Sensor>, Absent> {
    if arming.root() != Path::new("/") {
        return Err(Absent {
            reason: Reason::Absent,
            what: format!(
                "counters are asked of the running kernel, not of files below {}",
                arming.root().display()
            ),
            fix: "run without --root".to_owned(),
        });
    }
    let (online, cpus) = Online::open(arming)?;
    let roster = kept.below(arming.root(), || Ok::<_, Absent>(Mutex::new(Roster::default())))?;
    let mut book = super::kept::locked(&roster);
    book.begin(DESCRIPTORS_MAX);
    let mut everywhere = Field::default();
    let engines = hardware::engines(arming);
    let outcomes = [
        software::arm(arming, &mut book, &cpus, &mut everywhere),
        hardware::arm(arming, &mut book, &cpus, &engines, &mut everywhere),
    ];
    let frequencies = frequency::arm(arming, &mut book, &cpus);
    let (groups, is_one_missing) = cgroups::arm(arming, &mut book, &cpus, &engines);
    let is_any = !everywhere.is_empty() || !frequencies.is_empty() || !groups.is_empty();
    if let Some(absent) = outcomes.into_iter().find_map(Result::err).filter(|_| !is_any) {
        return Err(absent);
    }
    let fields = [everywhere].into_iter().chain(groups).collect();
    drop(book);
    let missing = Missing { is_one_missing, due_ns: None };
    Ok(Box::new(Counters { online, fields, frequencies, missing, _roster: roster }))
}

impl Sensor for Counters {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        let mut is_changed = !self.online.is_as_armed();
        for field in &mut self.fields {
            is_changed |= field.read(sheet);
        }
        for frequency in &mut self.frequencies {
            frequency.read(sheet);
        }
        is_changed |= self.missing.is_due(tick.monotonic_ns);
        Ok(if is_changed { State::Changed } else { State::Steady })
    }
}
