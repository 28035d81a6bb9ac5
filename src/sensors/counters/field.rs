//! Groups that are read together and summed: those of all CPUs, or those of one cgroup.

use std::sync::Arc;

use hearth_drivers::file::KernelText;
use hearth_hot::contract::{Sheet, Slot};
use hearth_model::Reason;

use super::watch::Watch;

/// Parts of a whole, as the words of a ratio count them.
const MILLIONTHS: u128 = 1_000_000;

/// Groups, and the sums over them.
#[derive(Default)]
pub(super) struct Field {
    /// A file that can no longer be read when what is counted is gone: a cgroup's.
    alive: Option<KernelText>,
    pub(super) groups: Vec<Placed>,
    pub(super) sums: Vec<Sum>,
    is_gone: bool,
}

/// A group, and where its events go.
pub(super) struct Placed {
    pub(super) watch: Arc<Watch>,
    pub(super) events: Vec<Place>,
}

/// Where one event's count goes.
pub(super) struct Place {
    /// The CPU's own series.
    pub(super) cpu: Option<Slot>,
    /// Which of the field's sums.
    pub(super) sum: usize,
}

/// One event over all groups of a field.
pub(super) struct Sum {
    total: Slot,
    /// How much of the time it ran; of events that share nothing there is none.
    running: Option<Slot>,
    found: Found,
}

/// What one round found for a sum.
#[derive(Clone, Copy, Default)]
struct Found {
    total: u64,
    is_counted: bool,
    enabled_ns: u64,
    running_ns: u64,
    trouble: Option<Reason>,
}

impl Sum {
    pub(super) fn new(total: Slot, running: Option<Slot>) -> Self {
        Self { total, running, found: Found::default() }
    }

    fn fill(&self, sheet: &mut Sheet<'_>) {
        let found = self.found;
        let reason = found.trouble.unwrap_or(Reason::NotCounted);
        // A CPU that could not be read keeps its last total in the sum, so that this never falls.
        if found.is_counted {
            sheet.count(self.total, found.total);
        } else {
            sheet.fail(self.total, reason);
        }
        if let Some(running) = self.running {
            let millionths = u128::from(found.running_ns) * MILLIONTHS;
            match millionths.checked_div(u128::from(found.enabled_ns)).map(i64::try_from) {
                Some(Ok(share)) => sheet.set(running, share),
                Some(Err(_beyond_64_bits)) => sheet.fail(running, Reason::OutOfRange),
                None => sheet.fail(running, reason),
            }
        }
    }
}

impl Field {
    /// Of what is there as long as `alive` can be read.
    pub(super) fn while_readable(alive: KernelText) -> Self {
        Self { alive: Some(alive), ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Reads every group and fills all slots. Whether something came or went.
    pub(super) fn read(&mut self, sheet: &mut Sheet<'_>) -> bool {
        if let Some(alive) = &mut self.alive
            && alive.read().is_err()
        {
            let was_gone = std::mem::replace(&mut self.is_gone, true);
            for sum in &self.sums {
                sheet.fail(sum.total, Reason::Gone);
                sum.running.into_iter().for_each(|slot| sheet.fail(slot, Reason::Gone));
            }
            return !was_gone;
        }
        let mut is_spent = false;
        self.sums.iter_mut().for_each(|sum| sum.found = Found::default());
        for placed in &self.groups {
            let seen = placed.watch.read();
            is_spent |= seen.is_spent;
            for ((place, added), total) in placed.events.iter().zip(seen.added).zip(seen.totals) {
                if let Some(slot) = place.cpu {
                    match added {
                        Ok(_) => sheet.count(slot, total),
                        Err(reason) => sheet.fail(slot, reason),
                    }
                }
                let Some(sum) = self.sums.get_mut(place.sum) else { continue };
                sum.found.total = sum.found.total.saturating_add(total);
                let times = seen.times.unwrap_or_default();
                sum.found.enabled_ns = sum.found.enabled_ns.saturating_add(times.enabled_ns);
                sum.found.running_ns = sum.found.running_ns.saturating_add(times.running_ns);
                match added {
                    Ok(_) => sum.found.is_counted = true,
                    Err(reason) => sum.found.trouble = Some(reason),
                }
            }
        }
        self.sums.iter().for_each(|sum| sum.fill(sheet));
        is_spent
    }
}
