//! How much a counter grew of late, day by day, in a fixed room.

use serde::{Deserialize, Serialize};

/// Days that growth is remembered for.
pub(super) const WINDOW_DAYS: usize = 7;
/// Nanoseconds in a day.
pub(super) const NS_PER_DAY: u64 = 86_400_000_000_000;

/// A counter's growth over the last days. The first count seen is where it begins: nobody knows when that grew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Growth {
    last: Option<u64>,
    /// The day of the first place of `by_day`.
    today: u64,
    /// Growth of today, yesterday and so on.
    by_day: [u64; WINDOW_DAYS],
    /// When it grew last, or was first seen.
    moved_ns: u64,
}

impl Growth {
    /// Takes a count into account. One that fell (a sector read again, a counter set back) is where it goes on from.
    pub(super) fn take(&mut self, now_ns: u64, count: Option<u64>) {
        self.turn_to(now_ns / NS_PER_DAY);
        let Some(count) = count else { return };
        let grown = self.last.map_or(0, |last| count.saturating_sub(last));
        if grown > 0 || self.last.is_none() {
            self.moved_ns = now_ns;
        }
        self.by_day[0] = self.by_day[0].saturating_add(grown);
        self.last = Some(count);
    }

    /// Growth within the window.
    pub(super) fn within_window(&self) -> u64 {
        self.by_day.iter().fold(0, |sum, day| sum.saturating_add(*day))
    }

    /// How long it has not grown.
    pub(super) fn quiet_ns(&self, now_ns: u64) -> u64 {
        now_ns.saturating_sub(self.moved_ns)
    }

    /// What grew does not count any more.
    pub(super) fn forget(&mut self) {
        self.by_day = [0; WINDOW_DAYS];
    }

    fn turn_to(&mut self, day: u64) {
        let passed = usize::try_from(day.saturating_sub(self.today)).unwrap_or(WINDOW_DAYS).min(WINDOW_DAYS);
        self.by_day.rotate_right(passed);
        self.by_day[..passed].fill(0);
        self.today = self.today.max(day);
    }
}

#[cfg(test)]
impl Growth {
    /// The one whose every number is the largest.
    pub(super) const LARGEST: Self =
        Self { last: Some(u64::MAX), today: u64::MAX, by_day: [u64::MAX; WINDOW_DAYS], moved_ns: u64::MAX };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_forgotten_with_its_day() {
        let mut growth = Growth::default();
        let mut take = |day: u64, count: u64| {
            growth.take(day * NS_PER_DAY, Some(count));
            growth.within_window()
        };
        assert_eq!(take(3, 500), 0, "what was there before is nobody's growth");
        assert_eq!(take(3, 502), 2);
        assert_eq!(take(5, 503), 3);
        assert_eq!(take(9, 503), 3);
        assert_eq!(take(10, 503), 1);
        assert_eq!(take(12, 503), 0);
        assert_eq!(take(900, 504), 1);
        assert_eq!(take(2000, 504), 0);
    }

    #[test]
    fn a_count_that_falls_is_no_growth_and_one_that_is_not_said_changes_nothing() {
        let mut growth = Growth::default();
        growth.take(0, Some(9));
        growth.take(1, Some(3));
        growth.take(2, None);
        assert_eq!((growth.within_window(), growth.quiet_ns(10)), (0, 10));
        growth.take(3, Some(4));
        assert_eq!((growth.within_window(), growth.quiet_ns(10)), (1, 7));
        growth.take(4, Some(u64::MAX));
        growth.take(5, Some(0));
        growth.take(6, Some(u64::MAX));
        assert_eq!(growth.within_window(), u64::MAX, "saturates");
        growth.forget();
        assert_eq!(growth.within_window(), 0);
    }
}
