//! When the followed groups are not the right ones any more.

use std::path::Path;

use hearth_drivers::cgroup::group;
use hearth_drivers::cgroup::memory::{self, CENSUS, DESCENDANTS};
use hearth_drivers::cgroup::walk::Walk;
use hearth_drivers::file::KernelFile;
use hearth_drivers::proc::keyed::Keyed;
use hearth_hot::contract::{Arming, Sheet, Slot, State};
use hearth_model::{Reason, catalogue::cgroup as metrics};

use super::row;

/// Where many groups come and go, the tree is walked through no more often than this.
const WALKS_APART_NS: u64 = 5_000_000_000;
/// Where not all groups are followed, which are the busiest is asked anew after this long.
const RANKED_FOR_NS: u64 = 600_000_000_000;

/// Room for the root's count, which is some ten short lines.
const TEXT_BYTES: usize = 1024;

/// The root's own number of groups; the kernel has it since 4.14.
pub(super) struct Count {
    file: KernelFile,
    keyed: Keyed,
    first: u64,
}

impl Count {
    /// Opens the count below `base` and counts a first time; `None` where there is none.
    pub(super) fn open(base: &Path) -> Option<Self> {
        let mut room = [0; TEXT_BYTES];
        let file = KernelFile::open(base, CENSUS, memory::DELIVERY).ok()?;
        let keyed = group::read(&file, &mut room, |text| memory::arm(text, &[DESCENDANTS])).ok()?;
        let mut count = Self { file, keyed, first: 0 };
        count.first = count.read(&mut room).ok()?;
        Some(count)
    }

    fn read(&mut self, room: &mut [u8]) -> Result<u64, Reason> {
        let mut value = [None];
        group::read(&self.file, room, |text| self.keyed.read(text, &mut value)).map_err(row::reason)?;
        value[0].ok_or(Reason::OutOfRange)
    }
}

/// How many groups there are, and were when the sensor was armed.
pub(super) struct Census {
    count: Option<Count>,
    followed: u64,
    left_out: Slot,
    /// What the walk left out, for where the kernel does not count.
    walk_left_out: u64,
    begun_ns: Option<u64>,
    said_ns: Option<u64>,
    is_outdated: bool,
}

impl Census {
    /// Names the series; `followed` groups of those in `walk` have rows, and `count` was opened before it.
    pub(super) fn arm(arming: &mut Arming<'_>, count: Option<Count>, followed: usize, walk: &Walk) -> Self {
        let unopened = walk.groups.len().saturating_sub(followed);
        Self {
            count,
            followed: u64::try_from(followed).unwrap_or(u64::MAX),
            left_out: arming.slot(&metrics::LEFT_OUT, &[]),
            walk_left_out: u64::try_from(walk.left_out + unopened).unwrap_or(u64::MAX),
            begun_ns: None,
            said_ns: None,
            is_outdated: false,
        }
    }

    /// Counts, shows how many groups are not followed, and says whether it is time to arm anew.
    pub(super) fn read(
        &mut self,
        is_outdated: bool,
        now_ns: u64,
        room: &mut [u8],
        sheet: &mut Sheet<'_>,
    ) -> State {
        let begun_ns = *self.begun_ns.get_or_insert(now_ns);
        self.is_outdated |= is_outdated;
        let left_out = match &mut self.count {
            Some(count) => count.read(room).map(|now| {
                self.is_outdated |= now != count.first;
                now.saturating_sub(self.followed)
            }),
            None => Ok(self.walk_left_out),
        };
        match left_out {
            Ok(left_out) => sheet.count(self.left_out, left_out),
            Err(reason) => sheet.fail(self.left_out, reason),
        }
        let is_ranking_old =
            left_out.is_ok_and(|left_out| left_out > 0) && now_ns.saturating_sub(begun_ns) >= RANKED_FOR_NS;
        let since_ns = now_ns.saturating_sub(self.said_ns.unwrap_or(begun_ns));
        if (self.is_outdated || is_ranking_old) && since_ns >= WALKS_APART_NS {
            self.said_ns = Some(now_ns);
            self.is_outdated = false;
            return State::Changed;
        }
        State::Steady
    }
}
