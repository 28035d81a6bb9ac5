//! Energy at the edges of a run: the processor's counters, read where they have just moved.
//!
//! A counter moves about once a millisecond. Read at any other moment it is up to a millisecond old, which at 50 W is
//! 50 mJ of error at either end of a run. So both ends are read just after a move: before the program is let go, and
//! after its end. What then lies outside the run (from the move to the start, from the end to the move) is taken off in
//! proportion to its time.
//!
//! How well a move was met is known, too: it lies between the beginning of the last read that showed the old value and
//! the end of the first that showed the new one. Each run says what that leaves open ([`Span::error_j`]).

use std::path::Path;
use std::time::Duration;

use hearth_drivers::rapl::accumulate::{Accumulator, Moment, Step};
use hearth_drivers::rapl::domain::{Cause, Found, Lack};
use hearth_drivers::rapl::roads::{self, Other, Roads};
use hearth_hot::clock::{Clock, SystemClock};

use super::record::{DomainFacts, Missing};

/// How long a counter is watched for a move. It comes about once a millisecond; one that has not moved by then belongs to
/// a domain that is asleep, or is updated more seldom.
const EDGE_WAIT: Duration = Duration::from_millis(3);

/// How often a counter moves, in nanoseconds. All of a package move together, but nothing promises it: of the domains
/// that do not lead, the move may lie this long before their read.
const UPDATE_NS: u64 = 1_000_000;

/// One domain's counters and what they have counted.
pub(super) struct Meter {
    found: Found,
    totals: Box<[Accumulator]>,
    /// No read is missing and no interval is in doubt since [`Meters::begin`].
    is_whole: bool,
}

impl Meter {
    /// Takes the counters' values at `now`; the total in microjoules, or nothing if one cannot be read, or if what was
    /// counted since the last read is in doubt. The next total is again one, but lacks that interval.
    fn take(&mut self, now: Moment) -> Option<u64> {
        let mut sum_uj = Some(0);
        for (register, total) in self.found.registers.iter_mut().zip(&mut self.totals) {
            match register.read().map(|raw| total.take(raw, now)) {
                Ok(Step::Begun | Step::Counted(_)) => sum_uj = sum_uj.map(|sum_uj| sum_uj + total.total_uj()),
                Ok(Step::Uncertain(_)) | Err(_) => sum_uj = None,
            }
        }
        sum_uj
    }

    /// The same, and nothing any more after one that was missing, until a new run begins.
    fn read(&mut self, now: Moment) -> Option<u64> {
        let total_uj = self.take(now);
        self.is_whole &= total_uj.is_some();
        total_uj.filter(|_| self.is_whole)
    }

    fn facts(&self) -> DomainFacts {
        let unit_j = joules(self.found.counting.unit.picojoules()) / 1e6;
        DomainFacts {
            name: self.found.key.to_string(),
            source: self.found.back_end.name().to_owned(),
            unit_j,
        }
    }
}

/// Every domain of the machine.
pub(super) struct Meters {
    meters: Vec<Meter>,
}

/// All totals at a moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Totals {
    /// `CLOCK_MONOTONIC`, in nanoseconds.
    pub(super) at_ns: u64,
    /// Of each domain in microjoules; nothing of one whose count is not whole.
    pub(super) totals_uj: Vec<Option<u64>>,
}

impl Totals {
    /// One domain's.
    pub(super) fn total_uj(&self, domain: usize) -> Option<u64> {
        self.totals_uj.get(domain).copied().flatten()
    }
}

/// All totals where the leading counter has just moved.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Edge {
    /// The totals, and when the move was, as well as that is known.
    pub(super) totals: Totals,
    /// How far the move of the leading counter may lie from that, in nanoseconds.
    leader_ns: u64,
    /// The same of the others.
    others_ns: u64,
}

/// A run and the edges around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span<'a> {
    pub(super) from: &'a Edge,
    pub(super) to: &'a Edge,
    /// How long the run was.
    pub(super) run_ns: u64,
}

impl Span<'_> {
    /// From edge to edge, in nanoseconds.
    pub(super) fn window_ns(&self) -> u64 {
        self.to.totals.at_ns.saturating_sub(self.from.totals.at_ns)
    }

    /// Joules of each domain.
    pub(super) fn energy_j(&self) -> Vec<Option<f64>> {
        between(&self.from.totals, &self.to.totals, self.run_ns)
    }

    /// How far each domain's joules may be off where the run's mean power is that at its ends: by what is open about both
    /// moves, and by a unit of the counter.
    pub(super) fn error_j(&self, domains: &[DomainFacts]) -> Vec<Option<f64>> {
        let window_s = seconds(self.window_ns().max(1));
        let whole = between(&self.from.totals, &self.to.totals, u64::MAX);
        let error_j = |at, whole_j: f64, unit_j: f64| {
            let of = |edge: &Edge| if at == LEADER { edge.leader_ns } else { edge.others_ns };
            let open_s = seconds(of(self.from).saturating_add(of(self.to)));
            // The most that mean power can be: in as little time as it may have been.
            let most_w = (whole_j + unit_j) / (window_s - open_s).max(window_s / 2.0);
            most_w * open_s + unit_j
        };
        let all = whole.iter().zip(domains).enumerate();
        all.map(|(at, (whole_j, domain))| whole_j.map(|whole_j| error_j(at, whole_j, domain.unit_j)))
            .collect()
    }
}

/// The domain whose moves are waited for: the first, a package.
const LEADER: usize = 0;

impl Meters {
    /// Opens the counters of every domain below `root`, each by the first road that has it.
    ///
    /// # Errors
    /// Why there is none: of several reasons the one that has a remedy.
    pub(super) fn open(root: &Path) -> Result<Self, Missing> {
        let Roads { found, others, is_virtual, .. } = roads::look(root, &roads::PREFERRED);
        if found.is_empty() {
            let lacks = others.into_iter().filter_map(|other| match other {
                Other::Lack(_, lack) => Some(lack),
                Other::Spare(..) | Other::Second(_) => None,
            });
            return Err(missing(lacks.collect(), is_virtual));
        }
        let meter = |found: Found| {
            let totals = found.registers.iter().map(|_| Accumulator::new(found.counting)).collect();
            Meter { found, totals, is_whole: true }
        };
        Ok(Self { meters: found.into_iter().map(meter).collect() })
    }

    /// What is read, in the order of the totals.
    pub(super) fn facts(&self) -> Vec<DomainFacts> {
        self.meters.iter().map(Meter::facts).collect()
    }

    /// Forgets doubts of the past: a new run begins. What has flowed since the last read belongs to nobody, and whether
    /// it can be known does not matter.
    pub(super) fn begin(&mut self, clock: &SystemClock) {
        let now = now(clock);
        for meter in &mut self.meters {
            meter.is_whole = true;
            // A counter that cannot be read now says so at the edge.
            meter.take(now);
        }
    }

    /// Reads every domain now.
    #[cfg(test)]
    fn read(&mut self, clock: &SystemClock) -> Totals {
        let now = now(clock);
        let totals_uj = self.meters.iter_mut().map(|meter| meter.read(now)).collect();
        Totals { at_ns: now.monotonic_ns, totals_uj }
    }

    /// Follows counters through a long run, which might begin again more than once between its edges.
    pub(super) fn follow(&mut self, clock: &SystemClock) {
        let now = now(clock);
        for meter in &mut self.meters {
            meter.read(now);
        }
    }

    /// Fills `totals_uj` with every domain's total at `now`; one that is missing is missing for this moment alone. Does
    /// not allocate.
    pub(super) fn read_into(&mut self, now: Moment, totals_uj: &mut [Option<u64>]) {
        for (meter, total) in self.meters.iter_mut().zip(totals_uj) {
            *total = meter.take(now);
        }
    }

    /// Waits until the leading counter moves, at most [`EDGE_WAIT`], and reads every domain there.
    pub(super) fn read_at_edge(&mut self, clock: &SystemClock) -> Edge {
        let limit_ns = u64::try_from(EDGE_WAIT.as_nanos()).unwrap_or(u64::MAX);
        let begun = now(clock);
        let mut read_leader = |now| self.meters.get_mut(LEADER).and_then(|meter| meter.read(now));
        let before = read_leader(begun);
        let mut old_ns = begun.monotonic_ns;
        let (leader_uj, new) = loop {
            let at = now(clock);
            let leader_uj = read_leader(at);
            if leader_uj != before || at.monotonic_ns - begun.monotonic_ns >= limit_ns {
                break (leader_uj, at);
            }
            old_ns = at.monotonic_ns;
        };
        let moved_ns = clock.monotonic_ns();
        // A counter that stands still is as it was when it was first looked at.
        let old_ns = if leader_uj == before { begun.monotonic_ns } else { old_ns };
        let at_ns = old_ns.midpoint(moved_ns);
        let others = self.meters.iter_mut().skip(LEADER + 1).map(|meter| meter.read(new));
        let totals_uj = std::iter::once(leader_uj).chain(others).collect();
        let others_ns = (clock.monotonic_ns() - at_ns).max(at_ns - old_ns) + UPDATE_NS;
        Edge { totals: Totals { at_ns, totals_uj }, leader_ns: moved_ns - at_ns, others_ns }
    }
}

fn now(clock: &SystemClock) -> Moment {
    Moment { monotonic_ns: clock.monotonic_ns(), boottime_ns: clock.boottime_ns() }
}

/// Of what is lacking, a refusal first: it has a remedy. Where there cannot be a counter, no road to it is told.
fn missing(lacks: Vec<Lack>, is_virtual: bool) -> Missing {
    let (refused, others): (Vec<_>, Vec<_>) =
        lacks.into_iter().partition(|lack| lack.cause == Cause::NoPermission);
    let first = |lacks: Vec<Lack>| lacks.into_iter().next().map(|lack| lack.what);
    let (what, fix) = if let Some(what) = first(refused) {
        (what, "run as root, or see `hearth sensors` for the least that is needed")
    } else if is_virtual {
        ("a virtual machine has no energy counters".to_owned(), "measure on its host; see `hearth sensors`")
    } else {
        let what = first(others).unwrap_or_else(|| "no energy counter is known of this processor".to_owned());
        (what, "see `hearth sensors` for each road to it; most often it is: modprobe intel_rapl_msr")
    };
    Missing { name: "energy".to_owned(), what, fix: fix.to_owned() }
}

/// Joules of each domain between two readings, taken down to the part `run_ns` of the time between them that the run was.
pub(super) fn between(from: &Totals, to: &Totals, run_ns: u64) -> Vec<Option<f64>> {
    let window_ns = to.at_ns.saturating_sub(from.at_ns).max(1);
    let part = (seconds(run_ns) / seconds(window_ns)).min(1.0);
    let pairs = from.totals_uj.iter().zip(&to.totals_uj);
    pairs.map(|(from, to)| Some(joules(to.as_ref()?.checked_sub(*from.as_ref()?)?) * part)).collect()
}

/// Microjoules as joules; exact up to 9 GJ.
#[expect(clippy::cast_precision_loss, reason = "a run of more than 2^53 µJ is not to be had")]
pub(super) fn joules(energy_uj: u64) -> f64 {
    energy_uj as f64 / 1e6
}

/// Nanoseconds as seconds; exact up to a hundred days.
#[expect(clippy::cast_precision_loss, reason = "a run of more than 2^53 ns is not to be had")]
pub(super) fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

#[cfg(test)]
mod tests;
