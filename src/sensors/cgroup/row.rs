//! One followed group: its CPU times, and its other files when those have moved.

use hearth_drivers::cgroup::cpu_stat::{self, CpuStat};
use hearth_drivers::cgroup::group::{Group, GroupError, read};
use hearth_drivers::cgroup::layers::Layer;
use hearth_drivers::file::KernelFile;
use hearth_hot::contract::{Arming, Sheet, Slot};
use hearth_model::{Reason, catalogue::cgroup as metrics};

use super::part::{Part, parts};
use crate::sensors::Trouble;

/// After so long the files of a group that did nothing are read all the same: others may take memory from it.
const REFRESH_NS: u64 = 30_000_000_000;

/// One followed group.
pub(super) struct Row {
    /// The row of the group that it is in.
    pub(super) parent: Option<usize>,
    /// CPU time when it was last read, in microseconds.
    pub(super) usage_us: Option<u64>,
    /// CPU time since the read before, in microseconds; 0 where that is not known.
    pub(super) moved_us: u64,
    cpu: KernelFile,
    modes: [Slot; 2],
    throttling: Option<[Slot; 3]>,
    parts: Box<[Part]>,
    refresh_at_ns: u64,
    is_gone: bool,
    is_unread: bool,
    has_moved: bool,
}

/// What reading a row came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The group was removed, or used a device that was not there when it was armed.
    pub(super) is_outdated: bool,
}

/// What all rows share while they are read.
pub(super) struct Around<'a, 'w> {
    /// Where texts are read into.
    pub(super) room: &'a mut [u8],
    /// Which block devices stand before others.
    pub(super) layers: &'a [Layer],
    /// Where words go.
    pub(super) sheet: &'a mut Sheet<'w>,
    /// The time of the tick.
    pub(super) now_ns: u64,
}

impl Row {
    /// Names the series of `group`.
    pub(super) fn arm(
        arming: &mut Arming<'_>,
        group: Group,
        label: &str,
        parent: Option<usize>,
        room: &mut [u8],
    ) -> Self {
        let modes = ["user", "system"].map(|mode| arming.slot(&metrics::CPU, &[label, mode]));
        let now = read(&group.cpu, room, cpu_stat::parse);
        let is_limited = now.is_ok_and(|now| now.throttling.is_some());
        let throttling = is_limited.then(|| {
            [&metrics::PERIODS, &metrics::THROTTLED_PERIODS, &metrics::THROTTLED]
                .map(|metric| arming.slot(metric, &[label]))
        });
        let parts = parts(arming, group.others, label, room).into();
        Self {
            parent,
            usage_us: None,
            moved_us: 0,
            cpu: group.cpu,
            modes,
            throttling,
            parts,
            refresh_at_ns: 0,
            is_gone: false,
            is_unread: true,
            has_moved: true,
        }
    }

    /// Whether it was never read.
    pub(super) const fn is_new(&self) -> bool {
        self.is_unread
    }

    /// Whether rows in it can have moved: it has, or its own CPU time is not known.
    pub(super) const fn has_moved(&self) -> bool {
        self.has_moved
    }

    /// Nothing around it moved, so neither did it; its files are read only if it is time.
    pub(super) fn rest(&mut self, around: &mut Around<'_, '_>) -> Seen {
        (self.moved_us, self.has_moved) = (0, false);
        self.fill_parts(false, around)
    }

    /// Reads the CPU times and, if they have moved or it is time, the other files.
    pub(super) fn read(&mut self, around: &mut Around<'_, '_>) -> Seen {
        (self.moved_us, self.has_moved) = (0, true);
        match read(&self.cpu, around.room, cpu_stat::parse) {
            Ok(now) => {
                self.has_moved = self.is_unread || self.usage_us != Some(now.usage_us);
                self.is_unread = false;
                self.moved_us = self.usage_us.map_or(0, |before| now.usage_us.saturating_sub(before));
                self.usage_us = Some(now.usage_us);
                self.put(&now, around.sheet);
                self.fill_parts(self.has_moved, around)
            }
            Err(error) => self.fail(error, around.sheet),
        }
    }

    fn put(&self, now: &CpuStat, sheet: &mut Sheet<'_>) {
        for (slot, time_us) in self.modes.iter().zip([now.user_us, now.system_us]) {
            sheet.count(*slot, time_us);
        }
        match (self.throttling, now.throttling) {
            (Some(slots), Some(held)) => {
                for (slot, value) in
                    slots.iter().zip([held.periods, held.throttled_periods, held.throttled_us])
                {
                    sheet.count(*slot, value);
                }
            }
            (Some(slots), None) => slots.iter().for_each(|slot| sheet.fail(*slot, Reason::Absent)),
            (None, _) => {}
        }
    }

    fn fill_parts(&mut self, has_moved: bool, around: &mut Around<'_, '_>) -> Seen {
        let mut seen = Seen::default();
        if self.is_gone || !has_moved && around.now_ns < self.refresh_at_ns {
            return seen;
        }
        self.refresh_at_ns = around.now_ns.saturating_add(REFRESH_NS);
        for part in &mut self.parts {
            match part.fill(around.room, around.layers, around.sheet) {
                Ok(is_strange) => seen.is_outdated |= is_strange,
                Err(error) => {
                    part.fail(around.sheet, reason(error));
                    seen.is_outdated |= error.is_gone();
                }
            }
        }
        seen
    }

    /// Without its CPU times, nothing about a group is shown.
    fn fail(&mut self, error: GroupError, sheet: &mut Sheet<'_>) -> Seen {
        let reason = reason(error);
        self.is_gone = error.is_gone();
        for slot in self.modes.iter().chain(self.throttling.iter().flatten()) {
            sheet.fail(*slot, reason);
        }
        for part in &self.parts {
            part.fail(sheet, reason);
        }
        // What it shows is renewed as soon as its CPU times can be read again.
        self.refresh_at_ns = 0;
        Seen { is_outdated: error.is_gone() }
    }
}

/// The reason that stands in the place of a value.
pub(super) fn reason(error: GroupError) -> Reason {
    match error {
        error if error.is_gone() => Reason::Gone,
        GroupError::Read(error) => Trouble::from(error).reason(),
        GroupError::Parse(error) => Trouble::from(error).reason(),
    }
}
