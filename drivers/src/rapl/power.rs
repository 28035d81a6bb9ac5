//! Power: what a total gained over a window, and how far off that can be.

/// The shortest time that power is taken over: 1 s. A single tick of a fast lane sees 0, 1 or 2 updates of the counter and
/// would show noise.
pub const WINDOW_NS: u64 = 1_000_000_000;
/// How far apart the hardware's updates of a counter are; it does not say when the last one was.
const UPDATE_NS: u64 = 1_000_000;
/// Nanoseconds in a second.
const SECOND_NS: u128 = 1_000_000_000;

/// The mean over one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Power {
    /// Microwatts.
    pub uw: u64,
    /// How far the truth may be from it, either way, in microwatts: one update and one tick of the counter.
    pub uncertainty_uw: u64,
}

/// The window that is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    begun: Option<Begun>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Begun {
    at_ns: u64,
    total_uj: u64,
}

impl Window {
    /// No window: the next total begins one.
    #[must_use]
    pub const fn new() -> Self {
        Self { begun: None }
    }

    /// Forgets the window: what lies in it is in doubt.
    pub fn reset(&mut self) {
        self.begun = None;
    }

    /// Takes the total at a time of `CLOCK_MONOTONIC`. The power where this ends a window; the next one begins here.
    /// `tick_uj` is what one tick of the counter is worth.
    pub fn take(&mut self, total_uj: u64, tick_uj: u64, at_ns: u64) -> Option<Power> {
        let here = Begun { at_ns, total_uj };
        let Some(begun) = self.begun else {
            self.begun = Some(here);
            return None;
        };
        let length_ns = at_ns.saturating_sub(begun.at_ns);
        if length_ns < WINDOW_NS {
            return None;
        }
        self.begun = Some(here);
        let per_second = |amount: u128| {
            u64::try_from((amount * SECOND_NS).div_ceil(u128::from(length_ns))).unwrap_or(u64::MAX)
        };
        let gained_uj = u128::from(total_uj.saturating_sub(begun.total_uj));
        let uw = u64::try_from(gained_uj * SECOND_NS / u128::from(length_ns)).unwrap_or(u64::MAX);
        let of_update_uw = (u128::from(uw) * u128::from(UPDATE_NS)).div_ceil(u128::from(length_ns));
        let uncertainty = of_update_uw + u128::from(per_second(u128::from(tick_uj)));
        Some(Power { uw, uncertainty_uw: u64::try_from(uncertainty).unwrap_or(u64::MAX) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_is_the_gain_of_a_whole_window_and_is_uncertain_by_an_update_and_a_tick() {
        let mut window = Window::new();
        assert_eq!(window.take(5_000_000, 62, 1_000), None);
        assert_eq!(window.take(30_000_000, 62, 500_001_000), None);
        // 50 J in 1 s: an update is 50 mJ, so ±50 mW and a tick.
        let power = window.take(55_000_000, 62, 1_000_001_000);
        assert_eq!(power, Some(Power { uw: 50_000_000, uncertainty_uw: 50_062 }));
        // The next window begins where that one ended, and is as long as the reads make it.
        assert_eq!(window.take(155_000_000, 62, 1_900_001_000), None);
        let power = window.take(155_000_000, 62, 3_000_001_000);
        assert_eq!(power, Some(Power { uw: 50_000_000, uncertainty_uw: 25_031 }));
    }

    #[test]
    fn a_window_that_was_reset_ends_nothing() {
        let mut window = Window::new();
        assert_eq!(window.take(1, 1, 0), None);
        window.reset();
        assert_eq!(window.take(9_000_000, 1, 5_000_000_000), None);
        assert_eq!(window.take(9_000_000, 1, 6_000_000_000), Some(Power { uw: 0, uncertainty_uw: 1 }));
    }
}
