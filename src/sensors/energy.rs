//! Energy and power of the processor's domains, at every tick.
//!
//! ```text
//! arm:  find (perf, powercap, msr) ─► choose one road a domain ─► ledger of accounts, kept over arming anew
//! read: each account's registers ─► accumulator ─► total, doubt, power over the last window
//! ```
//!
//! A tick costs one system call for each of at most [`EVERY_TICK_MAX`] counters; domains beyond, and sums over many cores,
//! are read once a second, which is often enough for every counter not to wrap unseen. Readers of a remote package wake
//! one of its cores: pin the lane (`lanes.cpu`) to the package that matters.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hearth_drivers::rapl::accumulate::Moment;
use hearth_drivers::rapl::domain::{BackEnd, Domain, Key};
use hearth_hot::contract::{Absent, Arming, Every, LaneKind, Sensor, SensorDef, Sheet, Slot, State, Tick};
use hearth_model::{Metric, Reading, Reason, Word, catalogue::energy as metrics};

use super::kept::{Kept, locked};
use account::Seen;
use ledger::Ledger;

mod account;
pub(super) mod choice;
mod compare;
mod fixes;
mod ledger;
#[cfg(test)]
mod tests;

pub(super) const SENSOR: SensorDef = SensorDef {
    name: "energy",
    source: "RAPL: perf, /sys/class/powercap, /dev/cpu/*/msr",
    lane: LaneKind::Steady,
    every: Every::Tick,
    budget: Duration::from_micros(100),
    metrics: &[metrics::ALL],
    arm: |arming| arm(arming, &KEPT),
};

/// Counters read at every tick, at most: two packages with four domains each.
const EVERY_TICK_MAX: usize = 8;
/// How long after a counter failed, or was found missing, the sensor asks to be armed anew.
const LOOK_AGAIN_NS: u64 = 10_000_000_000;
/// How far apart reads are of what is not read at every tick.
const SECOND_NS: u64 = 1_000_000_000;

/// Totals outlive arming.
static KEPT: Kept<Mutex<Ledger>> = Kept::new();

struct Energy {
    ledger: Arc<Mutex<Ledger>>,
    rows: Box<[Row]>,
    filtering: (Slot, Reading),
    /// A domain that was there before is not there now.
    lacks_one: bool,
    begun_ns: Option<u64>,
    /// When what is not read at every tick is due.
    next_second_ns: u64,
}

/// The series of one domain.
struct Row {
    /// Its account in the ledger.
    account: usize,
    /// The account of the package around it, to hold its silence against.
    package: Option<usize>,
    every_tick: bool,
    energy: Slot,
    gaps: Slot,
    zone: Slot,
    power: Slot,
    uncertainty: Slot,
}

fn arm(arming: &mut Arming<'_>, kept: &Kept<Mutex<Ledger>>) -> Result<Box<dyn Sensor>, Absent> {
    let mut choice = choice::choose(arming);
    let ledger = kept.below(arming.root(), || Ok::<_, Absent>(Mutex::new(Ledger::default())))?;
    let mut book = locked(&ledger);
    let mut rows = Vec::with_capacity(choice.found.len());
    let mut every_tick_left = EVERY_TICK_MAX;
    for found in std::mem::take(&mut choice.found) {
        let every_tick = every_tick_left > 0 && found.registers.len() == 1;
        every_tick_left -= usize::from(every_tick);
        rows.push((book.open(found), every_tick));
    }
    let open: Vec<usize> = rows.iter().map(|(account, _)| *account).collect();
    let lost = book.close_others(&open, choice.roads);
    let lacks_one = !lost.is_empty();
    rows.extend(lost.into_iter().map(|account| (account, false)));
    let named: Vec<Named> = rows
        .into_iter()
        .filter_map(|(account, every_tick)| Named::of(&book, account, every_tick, &open))
        .collect();
    // What the old sensor reads goes through this lock: nothing else is done with it in hand.
    drop(book);
    let rows: Box<[Row]> = named.into_iter().map(|named| named.row(arming)).collect();
    if rows.is_empty() {
        return Err(choice.absent());
    }
    let filtering = (arming.slot(&metrics::FILTERING, &[]), choice.filtering);
    Ok(Box::new(Energy { ledger, rows, filtering, lacks_one, begun_ns: None, next_second_ns: 0 }))
}

/// What a domain's series are named by.
struct Named {
    account: usize,
    package: Option<usize>,
    every_tick: bool,
    key: Key,
    back_end: BackEnd,
    path: String,
}

impl Named {
    fn of(book: &Ledger, account: usize, every_tick: bool, open: &[usize]) -> Option<Self> {
        let (back_end, path) = book.road(account)?;
        let package = book.package_of(account, open);
        Some(Self { account, package, every_tick, key: book.key(account)?, back_end, path })
    }

    fn row(self, arming: &mut Arming<'_>) -> Row {
        let Self { account, package, every_tick, key: Key { domain, place }, back_end, path } = self;
        let (name, place, source) = (domain.name(), place.to_string(), back_end.name());
        Row {
            account,
            package,
            every_tick,
            energy: arming.slot(&metrics::ENERGY, &[name, &place, source]),
            gaps: arming.slot(&metrics::GAPS, &[name, &place, source]),
            zone: arming.slot(zone_metric(domain), &[&place, &path]),
            power: arming.slot(&metrics::POWER, &[name, &place]),
            uncertainty: arming.slot(&metrics::UNCERTAINTY, &[name, &place]),
        }
    }
}

/// node_exporter names a metric by the zone's name; dies have their package's, told apart by the index.
fn zone_metric(domain: Domain) -> &'static Metric {
    match domain {
        Domain::Package | Domain::Die => &metrics::PACKAGE,
        Domain::Psys => &metrics::PSYS,
        Domain::Dram => &metrics::DRAM,
        Domain::Core => &metrics::CORE,
        Domain::Uncore => &metrics::UNCORE,
    }
}

impl Row {
    fn fill(&self, sheet: &mut Sheet<'_>, seen: &Seen) {
        let shown = |reading: Result<u64, Reason>| reading.and_then(|value| Word::count(value).reading());
        sheet.reading(self.energy, shown(seen.total_uj));
        sheet.reading(
            self.zone,
            shown(seen.total_uj.map(|total_uj| seen.zone_base_uj.saturating_add(total_uj))),
        );
        sheet.count(self.gaps, seen.doubts);
        sheet.reading(self.power, shown(seen.power.map(|power| power.uw)));
        sheet.reading(self.uncertainty, shown(seen.power.map(|power| power.uncertainty_uw)));
    }
}

impl Sensor for Energy {
    fn read(&mut self, tick: &Tick<'_>, sheet: &mut Sheet<'_>) -> Result<State, Reason> {
        // Only arming holds the lock besides, for moments: then the words stay as they are for a tick.
        let Ok(mut book) = self.ledger.try_lock() else { return Ok(State::Steady) };
        let now = Moment { monotonic_ns: tick.monotonic_ns, boottime_ns: tick.boottime_ns };
        let is_second = tick.monotonic_ns >= self.next_second_ns;
        if is_second {
            self.next_second_ns = tick.monotonic_ns.saturating_add(SECOND_NS);
        }
        let mut wants_arming = self.lacks_one;
        for row in self.rows.iter().filter(|row| row.every_tick || is_second) {
            let package_uj = row.package.and_then(|package| book.total_uj(package));
            if let Some(seen) = book.read(row.account, package_uj, now) {
                wants_arming |= seen.is_gone;
                row.fill(sheet, &seen);
            }
        }
        let (slot, filtering) = self.filtering;
        sheet.reading(slot, filtering);
        let begun_ns = *self.begun_ns.get_or_insert(tick.monotonic_ns);
        let waited = tick.monotonic_ns.saturating_sub(begun_ns) >= LOOK_AGAIN_NS;
        Ok(if wants_arming && waited { State::Changed } else { State::Steady })
    }
}
