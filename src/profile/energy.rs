//! Energy at the edges of a run: the processor's counters, read where they have just moved.
//!
//! A counter moves about once a millisecond. Read at any other moment it is up to a millisecond old, which at 50 W is
//! 50 mJ of error at either end of a run. So both ends are read just after a move: before the program is let go, and
//! after its end. What then lies outside the run (from the move to the start, from the end to the move) is taken off in
//! proportion to its time.

use std::path::Path;
use std::time::Duration;

use hearth_drivers::rapl::accumulate::{Accumulator, Moment, Step};
use hearth_drivers::rapl::domain::{BackEnd, Cause, Finds, Found, Lack};
use hearth_drivers::rapl::{cpu, msr, perf, powercap};
use hearth_hot::clock::{Clock, SystemClock};

use super::record::{DomainFacts, Missing};

/// How long a counter is watched for a move. It comes about once a millisecond; one that has not moved by then belongs to
/// a domain that is asleep, or is updated more seldom.
const EDGE_WAIT: Duration = Duration::from_millis(3);

/// One domain's counters and what they have counted.
pub(super) struct Meter {
    found: Found,
    totals: Box<[Accumulator]>,
    /// No read is missing and no interval is in doubt since [`Meters::clear`].
    is_whole: bool,
}

impl Meter {
    /// Takes the counters' values at `now`; the total in microjoules, or nothing if one cannot be read.
    fn read(&mut self, now: Moment) -> Option<u64> {
        let mut sum_uj = 0;
        for (register, total) in self.found.registers.iter_mut().zip(&mut self.totals) {
            match register.read().map(|raw| total.take(raw, now)) {
                Ok(Step::Begun | Step::Counted(_)) => sum_uj += total.total_uj(),
                Ok(Step::Uncertain(_)) | Err(_) => self.is_whole = false,
            }
        }
        self.is_whole.then_some(sum_uj)
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
    /// What moves the edges: the first domain of the headline.
    leader: usize,
}

/// All totals at a moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Totals {
    /// `CLOCK_MONOTONIC`, in nanoseconds.
    pub(super) at_ns: u64,
    /// Of each domain in microjoules; nothing of one whose count is not whole.
    pub(super) totals_uj: Vec<Option<u64>>,
}

impl Meters {
    /// Opens the counters of every domain below `root`, each by the first road that has it.
    ///
    /// # Errors
    /// Why there is none: of several reasons the one that has a remedy.
    pub(super) fn open(root: &Path) -> Result<Self, Missing> {
        let (cpu, threads) = (cpu::cpu(root), cpu::threads(root));
        let mut meters: Vec<Meter> = Vec::new();
        let mut lacks = Vec::new();
        for road in [BackEnd::Perf, BackEnd::Powercap, BackEnd::Msr] {
            let mut finds = match road {
                BackEnd::Powercap => powercap::find(root),
                BackEnd::Msr => msr::find(root, cpu.as_ref(), &threads),
                BackEnd::Perf => Finds::default(),
            };
            if road == BackEnd::Perf {
                let events = perf::list(root, cpu.as_ref(), &threads, &mut finds);
                // A system call asks the kernel that runs, not the tree that it is pointed to.
                if root == Path::new("/") {
                    perf::open::open(&events, &mut finds);
                }
            }
            lacks.append(&mut finds.lacks);
            for found in finds.found {
                if meters.iter().all(|taken| taken.found.key != found.key) {
                    let totals = found.registers.iter().map(|_| Accumulator::new(found.counting)).collect();
                    meters.push(Meter { found, totals, is_whole: true });
                }
            }
        }
        if meters.is_empty() {
            return Err(missing(lacks));
        }
        meters.sort_by_key(|meter| meter.found.key);
        Ok(Self { meters, leader: 0 })
    }

    /// What is read, in the order of the totals.
    pub(super) fn facts(&self) -> Vec<DomainFacts> {
        self.meters.iter().map(Meter::facts).collect()
    }

    /// Forgets doubts of the past: a new run begins.
    pub(super) fn clear(&mut self) {
        for meter in &mut self.meters {
            meter.is_whole = true;
        }
    }

    /// Reads every domain now. Allocates.
    pub(super) fn read(&mut self, clock: &SystemClock) -> Totals {
        let now = now(clock);
        let totals_uj = self.meters.iter_mut().map(|meter| meter.read(now)).collect();
        Totals { at_ns: now.monotonic_ns, totals_uj }
    }

    /// Fills `totals_uj` with every domain's total at `now`. Does not allocate.
    pub(super) fn read_into(&mut self, now: Moment, totals_uj: &mut [Option<u64>]) {
        for (meter, total) in self.meters.iter_mut().zip(totals_uj) {
            *total = meter.read(now);
        }
    }

    /// Waits until the leading counter moves, at most [`EDGE_WAIT`], and reads every domain there.
    pub(super) fn read_at_edge(&mut self, clock: &SystemClock) -> Totals {
        let begun = now(clock);
        let leader = self.leader;
        let mut read_leader = |now| self.meters.get_mut(leader).and_then(|meter| meter.read(now));
        let before = read_leader(begun);
        let limit_ns = u64::try_from(EDGE_WAIT.as_nanos()).unwrap_or(u64::MAX);
        loop {
            let at = now(clock);
            if read_leader(at) != before || at.monotonic_ns - begun.monotonic_ns >= limit_ns {
                break;
            }
        }
        self.read(clock)
    }
}

fn now(clock: &SystemClock) -> Moment {
    Moment { monotonic_ns: clock.monotonic_ns(), boottime_ns: clock.boottime_ns() }
}

/// Of what is lacking, a refusal first: it has a remedy.
fn missing(lacks: Vec<Lack>) -> Missing {
    let refused = lacks.iter().position(|lack| lack.cause == Cause::NoPermission);
    match lacks.into_iter().nth(refused.unwrap_or(0)) {
        None => Missing {
            name: "energy".to_owned(),
            what: "this machine has no energy counter that is known".to_owned(),
            fix: "virtual machines have none; on bare metal see `hearth sensors`".to_owned(),
        },
        Some(Lack { name, cause, what }) => {
            let fix = match cause {
                Cause::NoPermission => "run as root, or see `hearth sensors` for the least that is needed",
                Cause::Absent | Cause::NoCounter | Cause::Hollow | Cause::Io | Cause::Malformed => {
                    "see `hearth sensors` for each road to it and its remedy"
                }
            };
            Missing { name, what, fix: fix.to_owned() }
        }
    }
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
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::FileExt;

    /// A tree with one package and its memory, 61 µJ a tick.
    fn tree(package_uj: u64, dram_uj: u64) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let zones = [("intel-rapl:0", "package-0", package_uj), ("intel-rapl:0:0", "dram", dram_uj)];
        for (zone, name, energy_uj) in zones {
            let at = dir.path().join("sys/class/powercap").join(zone);
            fs::create_dir_all(&at).unwrap();
            fs::write(at.join("name"), format!("{name}\n")).unwrap();
            fs::write(at.join("max_energy_range_uj"), "262143328850\n").unwrap();
            fs::write(at.join("energy_uj"), format!("{energy_uj:012}\n")).unwrap();
        }
        dir
    }

    /// Writes in place, so that no reader finds half a number; always as many digits.
    fn set(dir: &tempfile::TempDir, energy_uj: u64) {
        let at = dir.path().join("sys/class/powercap/intel-rapl:0/energy_uj");
        let file = fs::File::options().write(true).open(at).unwrap();
        file.write_all_at(format!("{energy_uj:012}\n").as_bytes(), 0).unwrap();
    }

    #[test]
    fn totals_begin_with_the_first_reading_and_a_wrap_loses_nothing() {
        let dir = tree(262_143_000_000, 5_000_000);
        let mut meters = Meters::open(dir.path()).unwrap();
        let names: Vec<String> = meters.facts().into_iter().map(|facts| facts.name).collect();
        assert_eq!(names[0], "package-0");
        let clock = SystemClock::new().unwrap();
        let first = meters.read(&clock);
        // 328 850 µJ to the range's end and a tick beyond, then another million.
        set(&dir, 1_000_000);
        let second = meters.read(&clock);
        let joules = between(&first, &second, second.at_ns - first.at_ns);
        let package = joules[0].unwrap();
        assert!((package - 1.328_9).abs() < 0.000_3, "{package}");
        assert_eq!(joules.last().unwrap(), &Some(0.0));
    }

    #[test]
    fn an_edge_is_where_the_counter_has_moved_or_where_patience_ends() {
        let dir = tree(1_000_000, 0);
        let mut meters = Meters::open(dir.path()).unwrap();
        let clock = SystemClock::new().unwrap();
        let begun_ns = clock.monotonic_ns();
        let still = meters.read_at_edge(&clock);
        assert!(still.at_ns - begun_ns >= 3_000_000, "it waits for what does not come, but not for ever");
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| (2..200).for_each(|step| set(&dir, step * 1_000_000)));
            let moved = meters.read_at_edge(&clock);
            writer.join().unwrap();
            drop(moved);
        });
        let last = meters.read(&clock);
        assert!(last.totals_uj[0] > still.totals_uj[0], "{last:?} {still:?}");
    }

    #[test]
    fn what_lies_outside_the_run_is_not_charged() {
        let at = |at_ns, total_uj| Totals { at_ns, totals_uj: vec![Some(total_uj), None] };
        assert_eq!(between(&at(0, 0), &at(1_000_000_000, 10_000_000), 900_000_000), [Some(9.0), None]);
        assert_eq!(between(&at(0, 5), &at(10, 4), 10), [None, None], "less than before is no energy");
    }

    #[test]
    fn a_failed_read_spoils_its_run_and_not_the_next() {
        let dir = tree(1_000_000, 0);
        let mut meters = Meters::open(dir.path()).unwrap();
        let clock = SystemClock::new().unwrap();
        let first = meters.read(&clock);
        let at = dir.path().join("sys/class/powercap/intel-rapl:0/energy_uj");
        fs::write(&at, "not a number\n").unwrap();
        assert_eq!(meters.read(&clock).totals_uj[0], None);
        set(&dir, 2_000_000);
        assert_eq!(meters.read(&clock).totals_uj[0], None, "an interval with a hole in it is not known");
        meters.clear();
        assert!(meters.read(&clock).totals_uj[0] >= first.totals_uj[0]);
    }

    #[test]
    fn a_machine_without_counters_says_so_with_a_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let missing = Meters::open(dir.path()).err().unwrap();
        assert!(!missing.what.is_empty() && missing.fix.contains("hearth sensors"), "{missing:?}");
    }
}
