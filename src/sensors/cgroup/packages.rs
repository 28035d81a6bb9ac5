//! The energy of all processor packages together, by counters of this sensor's own.

use hearth_drivers::rapl::accumulate::{Accumulator, Moment};
use hearth_drivers::rapl::domain::{Domain, Found};
use hearth_drivers::rapl::register::{Fault, Register};
use hearth_hot::contract::{Absent, Arming};
use hearth_model::Reason;

use crate::sensors::Trouble;
use crate::sensors::energy::choice::find;

/// The open counters.
pub(super) struct Packages {
    counters: Box<[Counter]>,
    /// Whether every counter had a value when they were read last.
    are_well: bool,
}

struct Counter {
    register: Register,
    accumulator: Accumulator,
}

/// What all packages have used since they were opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Total {
    /// In microjoules.
    pub(super) energy_uj: u64,
    /// How many intervals of any counter were in doubt; their energy is missing above.
    pub(super) doubts: u64,
}

impl Packages {
    /// Opens the packages' counters, or where there are none the dies', by the road that the owner chose. Says how they
    /// are read.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn open(arming: &Arming<'_>) -> Result<(Self, String), Absent> {
        // What else there is, and whether it says the same, is told by the sensor of energy.
        let mut choice = find(arming);
        let mut take = |domain| -> Vec<Found> {
            choice.found.extract_if(.., |found| found.key.domain == domain).collect()
        };
        let packages = Some(take(Domain::Package)).filter(|packages| !packages.is_empty());
        let whole = packages.unwrap_or_else(|| take(Domain::Die));
        if whole.is_empty() {
            return Err(choice.absent());
        }
        let names: Vec<String> =
            whole.iter().map(|found| format!("{} by {}", found.key, found.back_end.name())).collect();
        let counters = whole.into_iter().flat_map(|found| {
            let counting = found.counting;
            let counter = move |register| Counter { register, accumulator: Accumulator::new(counting) };
            found.registers.into_iter().map(counter)
        });
        Ok((Self { counters: counters.collect(), are_well: true }, names.join(", ")))
    }

    /// Reads every counter: one system call for each.
    ///
    /// # Errors
    /// Why one of them has no value. The accumulators bridge the time until it answers again.
    pub(super) fn read(&mut self, now: Moment) -> Result<Total, Reason> {
        let mut total = Total { energy_uj: 0, doubts: 0 };
        self.are_well = false;
        for counter in &mut self.counters {
            let raw = counter.register.read().map_err(reason)?;
            counter.accumulator.take(raw, now);
            total.energy_uj = total.energy_uj.saturating_add(counter.accumulator.total_uj());
            total.doubts = total.doubts.saturating_add(counter.accumulator.doubts());
        }
        self.are_well = true;
        Ok(total)
    }

    /// Whether every counter answered when they were read last.
    pub(super) const fn are_well(&self) -> bool {
        self.are_well
    }
}

fn reason(fault: Fault) -> Reason {
    match fault {
        Fault::Read(error) => Trouble::from(error).reason(),
        Fault::Malformed | Fault::OutOfRange => Reason::OutOfRange,
        Fault::NotCounted => Reason::NotCounted,
    }
}
