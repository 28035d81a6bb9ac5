//! What outlives an arming: the groups that are open, and how the events of each PMU are best grouped.

use std::sync::{Arc, Weak};

use hearth_drivers::perf::OpenError;
use hearth_drivers::perf::event::Event;
use hearth_drivers::perf::plan::Plan;

use super::watch::Watch;

/// Descriptors of all counters together, at most: 16 of each of 64 CPUs. The program's other files (connections, kernel
/// files, devices) need theirs, and many systems allow a program 4096.
pub(super) const DESCRIPTORS_MAX: usize = 1024;

/// What a group counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// The inode of a cgroup's directory; `None` for everything.
    pub(super) cgroup: Option<u64>,
    pub(super) cpu: u32,
    pub(super) pmu: String,
    pub(super) events: Vec<Event>,
}

/// A PMU and the families that were planned for it.
type Planned = (String, &'static [&'static [Event]], Plan);

/// Open groups and plans.
#[derive(Default)]
pub(super) struct Roster {
    watches: Vec<(Key, Weak<Watch>)>,
    plans: Vec<Planned>,
    descriptors_left: usize,
}

/// Why there is no group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoGroup {
    /// The kernel would not.
    Open(OpenError),
    /// All descriptors that counters may take are taken.
    Full,
}

impl Roster {
    /// A new arming, with so many descriptors to give out. Where a group proved too large, groups are planned anew.
    pub(super) fn begin(&mut self, descriptors: usize) {
        self.descriptors_left = descriptors;
        self.watches.retain(|(_, watch)| watch.strong_count() > 0);
        for watch in self.watches.iter().filter_map(|(_, watch)| watch.upgrade()) {
            if watch.is_starved() {
                self.plans.clear();
                watch.forgive();
            }
        }
    }

    /// The group of `key`, as it is open or as `open` opens it.
    pub(super) fn group(
        &mut self,
        key: Key,
        open: impl FnOnce() -> Result<Watch, OpenError>,
    ) -> Result<Arc<Watch>, NoGroup> {
        let left = self.descriptors_left.checked_sub(key.events.len()).ok_or(NoGroup::Full)?;
        let there =
            self.watches.iter().filter(|(known, _)| *known == key).find_map(|(_, watch)| watch.upgrade());
        let watch = match there {
            Some(watch) if watch.is_usable() => watch,
            lost => {
                let opened = open().map_err(NoGroup::Open)?;
                let watch = Arc::new(match &lost {
                    Some(lost) => opened.replacing(lost),
                    None => opened,
                });
                self.watches.retain(|(known, _)| *known != key);
                self.watches.push((key, Arc::downgrade(&watch)));
                watch
            }
        };
        self.descriptors_left = left;
        Ok(watch)
    }

    /// Whether so many descriptors may still be taken.
    pub(super) fn has(&self, descriptors: usize) -> bool {
        descriptors <= self.descriptors_left
    }

    /// Takes so many descriptors for something that is not kept here; false where there are not as many.
    pub(super) fn take(&mut self, descriptors: usize) -> bool {
        let left = self.descriptors_left.checked_sub(descriptors);
        self.descriptors_left = left.unwrap_or(self.descriptors_left);
        left.is_some()
    }

    /// The plan for `families` on `pmu`, as it was made before or as `make` makes it. Made once: beside groups that are
    /// already counting, a trial would find the counters taken.
    pub(super) fn plan(
        &mut self,
        pmu: &str,
        families: &'static [&'static [Event]],
        make: impl FnOnce() -> Plan,
    ) -> Plan {
        let known = self.plans.iter().find(|(name, of, _)| name == pmu && *of == families);
        if let Some((.., plan)) = known {
            return plan.clone();
        }
        let plan = make();
        self.plans.push((pmu.to_owned(), families, plan.clone()));
        plan
    }
}
