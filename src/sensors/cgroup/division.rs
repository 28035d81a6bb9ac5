//! The series of who used the energy, filled from the books.

use std::sync::{Arc, Mutex};

use hearth_drivers::process::usage;
use hearth_drivers::rapl::accumulate::Moment;
use hearth_hot::contract::{Absent, Arming, Sheet, Slot, Tick};
use hearth_model::attribution::Tariff;
use hearth_model::{Reason, catalogue::attribution as metrics};

use super::book::{Book, Fresh, Now};
use super::packages::{Packages, Total};
use super::row::Row;
use crate::sensors::kept::{Kept, locked};

/// Joules outlive arming.
pub(super) static KEPT: Kept<Mutex<Book>> = Kept::new();

/// The division of energy among the rows.
pub(super) struct Division {
    book: Arc<Mutex<Book>>,
    /// To be taken into the books at the first reading; afterwards what they had before.
    fresh: Fresh,
    is_begun: bool,
    cpus: u32,
    tariff: Option<Tariff>,
    whole: Whole,
    groups: Box<[OfGroup]>,
    energy: Result<Total, Reason>,
}

/// Series about the machine.
#[derive(Clone, Copy)]
struct Whole {
    attributed: Slot,
    idle: Slot,
    unattributed: Slot,
    gone: Slot,
    own: Slot,
    lost: Slot,
    idle_power: Slot,
}

/// Series about one group.
struct OfGroup {
    energy: Slot,
    power: Slot,
    cost: Option<Slot>,
}

impl Division {
    /// Opens the packages' counters, unless the books below `arming`'s root have some that answer, and names the series
    /// of the groups with these inodes and labels.
    ///
    /// # Errors
    /// Why there is no energy to divide.
    pub(super) fn arm(
        arming: &mut Arming<'_>,
        kept: &Kept<Mutex<Book>>,
        groups: &[(u64, String)],
        cpus: u32,
    ) -> Result<(Self, String), Absent> {
        let (packages, how) = Packages::open(arming)?;
        let book = kept.below(arming.root(), || Ok::<_, Absent>(Mutex::new(Book::new(None))))?;
        // Only lanes read. Arming asks no device here: while it hung, the lane would wait for the lock.
        let is_well = locked(&book).packages.as_ref().is_some_and(Packages::are_well);
        let packages = Some(packages).filter(|_| !is_well);
        let tariff = arming.config().energy.tariff;
        let currency = arming.config().energy.currency.clone();
        let mut of_group = |label: &str| OfGroup {
            energy: arming.slot(&metrics::GROUP, &[label]),
            power: arming.slot(&metrics::POWER, &[label]),
            cost: tariff.map(|_| arming.slot(&metrics::COST, &[label, &currency])),
        };
        let series = groups.iter().map(|(_, label)| of_group(label)).collect();
        let whole = Whole {
            attributed: arming.slot(&metrics::ATTRIBUTED, &[]),
            idle: arming.slot(&metrics::IDLE, &[]),
            unattributed: arming.slot(&metrics::UNATTRIBUTED, &[]),
            gone: arming.slot(&metrics::GONE, &[]),
            own: arming.slot(&metrics::OWN, &[]),
            lost: arming.slot(&metrics::LOST, &[]),
            idle_power: arming.slot(&metrics::IDLE_POWER, &[]),
        };
        let fresh = Fresh::new(groups.iter().map(|(inode, _)| *inode), packages);
        let division = Self {
            book,
            fresh,
            is_begun: false,
            cpus,
            tariff,
            whole,
            groups: series,
            energy: Err(Reason::Pending),
        };
        Ok((division, how))
    }

    /// Reads the energy, before any CPU time is read. At the first time the rows are given the CPU times that are in the
    /// books.
    pub(super) fn begin(&mut self, tick: &Tick<'_>, rows: &mut [Row]) {
        let mut book = locked(&self.book);
        if !self.is_begun {
            self.is_begun = true;
            book.renew(&mut self.fresh);
            for (row, account) in rows.iter_mut().zip(&book.accounts) {
                row.usage_us = account.usage_us;
            }
        }
        let now = Moment { monotonic_ns: tick.monotonic_ns, boottime_ns: tick.boottime_ns };
        self.energy = book.packages.as_mut().map_or(Err(Reason::Absent), |packages| packages.read(now));
    }

    /// Divides it by what the rows have moved, `own_us` being their CPU time without that of rows in them.
    pub(super) fn end(
        &mut self,
        at_ns: u64,
        busy_us: u64,
        rows: &[Row],
        own_us: &[u64],
        sheet: &mut Sheet<'_>,
    ) {
        let mut book = locked(&self.book);
        for ((account, row), own_us) in book.accounts.iter_mut().zip(rows).zip(own_us) {
            account.charge(*own_us, row.usage_us);
        }
        let (energy, process_us) = match (self.energy, usage::read()) {
            (energy, Ok(used)) => (energy, used.processor_us),
            // The kernel does not refuse this; if it did, the interval would be divided with the next.
            (_, Err(_errno)) => (Err(Reason::IoError), 0),
        };
        book.settle(energy, Now { at_ns, busy_us, own_us: process_us }, self.cpus, self.tariff);
        if let Err(reason) = energy {
            self.fail(sheet, reason);
        } else {
            self.show(&book, sheet);
        }
    }

    fn show(&self, book: &Book, sheet: &mut Sheet<'_>) {
        for (slots, account) in self.groups.iter().zip(&book.accounts) {
            sheet.count(slots.energy, account.energy_uj);
            match account.power_uw {
                Some(power_uw) => sheet.count(slots.power, power_uw),
                None => sheet.fail(slots.power, Reason::Pending),
            }
            if let Some(slot) = slots.cost {
                sheet.count(slot, account.cost.nano());
            }
        }
        let Whole { attributed, idle, unattributed, gone, own, lost, idle_power } = self.whole;
        sheet.count(attributed, book.attributed_uj);
        sheet.count(idle, book.idle_uj);
        sheet.count(unattributed, book.unattributed_uj);
        sheet.count(gone, book.gone_uj);
        sheet.count(own, book.own_uj);
        sheet.count(lost, book.lost);
        match book.floor_uw() {
            Some(floor_uw) => sheet.count(idle_power, floor_uw),
            None => sheet.fail(idle_power, Reason::NotCounted),
        }
    }

    /// Says everywhere why there is no energy.
    pub(super) fn fail(&self, sheet: &mut Sheet<'_>, reason: Reason) {
        for slots in &self.groups {
            for slot in [Some(slots.energy), Some(slots.power), slots.cost].into_iter().flatten() {
                sheet.fail(slot, reason);
            }
        }
        let Whole { attributed, idle, unattributed, gone, own, lost, idle_power } = &self.whole;
        for slot in [attributed, idle, unattributed, gone, own, lost, idle_power] {
            sheet.fail(*slot, reason);
        }
    }
}
