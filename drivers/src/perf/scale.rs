//! Counts over time from counters that ran only some of it.
//!
//! When there are more groups than counters the kernel runs them in turns, and says for how long a group was enabled
//! and for how long it ran. What an event counted while it did not run is estimated by what it counted while it did:
//! `count × enabled ÷ running`, of the differences since the last reading, in 128 bits, rounded to the nearest whole.
//! Over differences, an estimate made under crowding does not colour what is counted exactly later.

use super::layout::Times;

/// One event's running total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scaled {
    /// The value and times up to which the total goes.
    value: u64,
    times: Times,
    total: u64,
}

/// What one reading added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Events, estimated where the counter ran for less than it was enabled.
    pub count: u64,
    /// Nanoseconds since the last reading that counted, and of these those in which the counter ran.
    pub times: Times,
}

/// Why a reading adds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScaleError {
    /// The counter was enabled and never ran. The next reading that counts speaks for this time as well.
    #[error("the counter was not scheduled")]
    NotCounted,
    /// The value or a time is lower than before: the descriptor is not the one it was. Counting goes on from here.
    #[error("the counter went back")]
    Backwards,
    /// It ran for longer than it was enabled, or the estimate has more than 64 bits. Counting goes on from here.
    #[error("the counter's times are impossible")]
    Impossible,
}

impl Scaled {
    /// Of an event that was opened anew and is to go on from `total`.
    #[must_use]
    pub fn going_on(total: u64) -> Self {
        Self { total, ..Self::default() }
    }

    /// Takes a reading. A counter starts from 0 when it is opened, so the first reading counts as well.
    ///
    /// # Errors
    /// [`ScaleError`]; the total stays.
    pub fn step(&mut self, value: u64, times: Times) -> Result<Interval, ScaleError> {
        let added = self.added(value, times);
        let total = match added {
            Ok(interval) => self.total.checked_add(interval.count).ok_or(ScaleError::Impossible),
            Err(ScaleError::NotCounted) => return Err(ScaleError::NotCounted),
            Err(error) => Err(error),
        };
        (self.value, self.times) = (value, times);
        self.total = total?;
        added
    }

    /// Events since the counter was opened, and those it went on from.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    fn added(&self, value: u64, times: Times) -> Result<Interval, ScaleError> {
        let less = |now: u64, before: u64| now.checked_sub(before).ok_or(ScaleError::Backwards);
        let count = less(value, self.value)?;
        let enabled_ns = less(times.enabled_ns, self.times.enabled_ns)?;
        let running_ns = less(times.running_ns, self.times.running_ns)?;
        let times = Times { enabled_ns, running_ns };
        let count = match running_ns {
            // Not enabled, so there was nothing to count: a cgroup that did not run on this CPU.
            0 if enabled_ns == 0 => 0,
            0 => return Err(ScaleError::NotCounted),
            _ if running_ns > enabled_ns => return Err(ScaleError::Impossible),
            _ if running_ns == enabled_ns => count,
            _ => estimate(count, times)?,
        };
        Ok(Interval { count, times })
    }
}

/// `count × enabled ÷ running` to the nearest whole; `running` is not 0.
fn estimate(count: u64, times: Times) -> Result<u64, ScaleError> {
    let running = u128::from(times.running_ns);
    // (2^64 − 1)² + 2^63 is below 2^128.
    let product = u128::from(count) * u128::from(times.enabled_ns) + running / 2;
    match u64::try_from(product / running) {
        Ok(count) => Ok(count),
        Err(_beyond_64_bits) => Err(ScaleError::Impossible),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(enabled_ns: u64, running_ns: u64) -> Times {
        Times { enabled_ns, running_ns }
    }

    /// A generator of numbers that are the same in every run (xorshift64).
    fn dice() -> impl FnMut(u64) -> u64 {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        move |end| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % end
        }
    }

    #[test]
    fn a_counter_that_always_ran_is_counted_exactly() {
        let (mut scaled, mut roll) = (Scaled::default(), dice());
        let (mut value, mut time) = (0, 0);
        for _ in 0..10_000 {
            value += roll(1 << 40);
            time += roll(1 << 32);
            let added = scaled.step(value, at(time, time));
            assert!(added.is_ok(), "{added:?}");
            assert_eq!(scaled.total(), value);
        }
    }

    #[test]
    fn a_steady_event_is_told_exactly_whatever_share_of_the_time_it_ran() {
        // So many events a nanosecond make every estimate a whole number: the truth is rate × time enabled.
        let mut roll = dice();
        for _ in 0..200 {
            let rate = 1 + roll(1000);
            let (mut scaled, mut now) = (Scaled::default(), Times::default());
            let mut missed = false;
            for _ in 0..100 {
                let enabled = 1 + roll(2_000_000_000);
                // One turn in four it does not run at all.
                let running = if roll(4) == 0 { 0 } else { 1 + roll(enabled) };
                now = at(now.enabled_ns + enabled, now.running_ns + running);
                let added = scaled.step(rate * now.running_ns, now);
                missed = running == 0;
                assert_eq!(added.err(), missed.then_some(ScaleError::NotCounted));
                if !missed {
                    assert_eq!(scaled.total(), rate * now.enabled_ns);
                }
            }
            assert!(scaled.total() < rate * now.enabled_ns || !missed);
        }
    }

    #[test]
    fn every_estimate_is_the_nearest_whole_and_the_total_never_falls() {
        let mut roll = dice();
        for _ in 0..2_000 {
            let (mut scaled, mut value, mut now) = (Scaled::default(), 0, Times::default());
            for _ in 0..20 {
                let (count, enabled) = (roll(1 << 50), 1 + roll(1 << 40));
                let running = 1 + roll(enabled);
                value += count;
                now = at(now.enabled_ns + enabled, now.running_ns + running);
                let before = scaled.total();
                match scaled.step(value, now) {
                    Ok(added) => {
                        let exact = u128::from(count) * u128::from(enabled);
                        let told = u128::from(added.count) * u128::from(running);
                        assert!(
                            2 * told.abs_diff(exact) <= u128::from(running),
                            "{count} {enabled} {running}"
                        );
                        assert_eq!(scaled.total(), before + added.count);
                    }
                    Err(error) => {
                        assert_eq!((error, scaled.total()), (ScaleError::Impossible, before));
                        assert!(u128::from(count) * u128::from(enabled) / u128::from(running) > 1 << 63);
                    }
                }
            }
        }
    }

    #[test]
    fn a_counter_that_never_ran_is_not_counted_and_one_that_was_not_enabled_counted_nothing() {
        let mut scaled = Scaled::default();
        assert_eq!(scaled.step(0, at(5, 0)), Err(ScaleError::NotCounted));
        let idle = scaled.step(0, at(0, 0)).unwrap();
        assert_eq!((idle.count, idle.times), (0, at(0, 0)));
        // The time that was missed is spoken for as soon as it runs.
        let added = scaled.step(10, at(20, 5)).unwrap();
        assert_eq!((added.count, added.times, scaled.total()), (40, at(20, 5), 40));
    }

    #[test]
    fn an_event_opened_anew_goes_on_where_it_was() {
        let mut scaled = Scaled::going_on(1000);
        assert_eq!(scaled.step(7, at(5, 5)).map(|added| added.count), Ok(7));
        assert_eq!(scaled.total(), 1007);
        assert_eq!(Scaled::going_on(u64::MAX).step(1, at(1, 1)), Err(ScaleError::Impossible));
    }

    #[test]
    fn a_counter_that_goes_back_or_lies_is_an_error_once() {
        let mut scaled = Scaled::default();
        scaled.step(100, at(10, 10)).unwrap();
        assert_eq!(scaled.step(99, at(20, 20)), Err(ScaleError::Backwards));
        assert_eq!(scaled.step(109, at(30, 30)).map(|added| added.count), Ok(10));
        assert_eq!(scaled.step(110, at(31, 40)), Err(ScaleError::Impossible));
        assert_eq!(scaled.step(u64::MAX, at(u64::MAX, 41)), Err(ScaleError::Impossible));
        assert_eq!(scaled.total(), 110);
    }
}
