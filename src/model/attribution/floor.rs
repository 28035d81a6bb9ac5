//! What the machine draws with nothing to do.

use super::Interval;

/// Quiet intervals remembered.
const QUIET_MAX: usize = 64;
/// Quiet intervals seen before a floor is believed.
const QUIET_MIN: usize = 8;
/// An interval is quiet when at most one part in so many of the CPU time there was has been used.
const QUIET_PARTS: u64 = 50;
/// Of the remembered powers, one part in so many lies below the floor.
const BELOW_PARTS: usize = 10;

/// The measured floor: the tenth percentile of the mean power of the newest 64 intervals in which at most a fiftieth of
/// the CPU time was used. Intervals with more to do change nothing, and a floor that rises (a disk was added) or falls
/// (a governor was changed) is followed within 64 quiet intervals.
#[derive(Clone, Copy, Debug)]
pub struct IdleFloor {
    quiet_uw: [u64; QUIET_MAX],
    seen: usize,
    next: usize,
    floor_uw: Option<u64>,
}

impl IdleFloor {
    /// Nothing seen yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { quiet_uw: [0; QUIET_MAX], seen: 0, next: 0, floor_uw: None }
    }

    /// Looks at an interval.
    pub fn take(&mut self, interval: &Interval) {
        let is_quiet = interval.busy_us <= interval.capacity_us() / QUIET_PARTS;
        let Some(power_uw) = interval.power_uw().filter(|_| is_quiet) else { return };
        if let Some(place) = self.quiet_uw.get_mut(self.next) {
            *place = power_uw;
        }
        self.next = (self.next + 1) % QUIET_MAX;
        self.seen = (self.seen + 1).min(QUIET_MAX);
        let mut sorted = self.quiet_uw;
        let known = sorted.get_mut(..self.seen).unwrap_or_default();
        known.sort_unstable();
        self.floor_uw = known.get(self.seen / BELOW_PARTS).copied().filter(|_| self.seen >= QUIET_MIN);
    }

    /// The floor in microwatts; `None` until enough quiet intervals were seen.
    #[must_use]
    pub const fn power_uw(&self) -> Option<u64> {
        self.floor_uw
    }
}

impl Default for IdleFloor {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(power_uw: u64, busy_us: u64) -> Interval {
        Interval { energy_uj: power_uw / 2, duration_ns: 500_000_000, busy_us, cpus: 2 }
    }

    #[test]
    fn the_floor_is_a_low_percentile_of_quiet_intervals_alone() {
        let mut floor = IdleFloor::new();
        // One second of CPU time in half a second of two: a fiftieth is 20 ms.
        for _ in 0..100 {
            floor.take(&interval(1_000_000, 20_001));
        }
        assert_eq!(floor.power_uw(), None, "busy intervals say nothing");
        for step in 0..7 {
            floor.take(&interval(6_000_000 + step * 2, 20_000));
        }
        assert_eq!(floor.power_uw(), None, "seven are too few");
        floor.take(&interval(9_000_000, 0));
        assert_eq!(floor.power_uw(), Some(6_000_000));
    }

    #[test]
    fn the_floor_follows_the_machine() {
        let mut floor = IdleFloor::new();
        for power_uw in [5_000_000_u64, 8_000_000, 3_000_000] {
            for _ in 0..64 {
                floor.take(&interval(power_uw, 0));
            }
            assert_eq!(floor.power_uw(), Some(power_uw));
        }
        // Outliers below are one in a hundred, and the tenth percentile does not see them.
        floor.take(&interval(2, 0));
        assert_eq!(floor.power_uw(), Some(3_000_000));
    }

    #[test]
    fn an_interval_without_length_says_nothing() {
        let mut floor = IdleFloor::new();
        for _ in 0..64 {
            floor.take(&Interval { energy_uj: 1, duration_ns: 0, busy_us: 0, cpus: 1 });
        }
        assert_eq!(floor.power_uw(), None);
    }
}
