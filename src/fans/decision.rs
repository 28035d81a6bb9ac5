//! What a fan is to do at one turn. Pure: the reading and the time are arguments.

use hearth_drivers::hwmon::DUTY_MAX;
use hearth_model::{Reading, Reason};

use super::curve::Curve;

/// How long a fan waits for its first temperature before it is taken over at full speed, in nanoseconds.
const FIRST_NS: u64 = 10_000_000_000;
/// How long a sensor that says it has no value just now (`EAGAIN`) is waited for, in nanoseconds.
const PAUSE_NS: u64 = 3_000_000_000;

/// What a fan is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The chip or its firmware keeps it: no temperature was ever read.
    Leave,
    /// This duty, of 255, by the curve.
    Follow(u8),
    /// Full speed, since there is no temperature to be trusted, and why.
    Full(Reason),
}

impl Decision {
    /// The duty that is to be written, if any.
    #[must_use]
    pub const fn duty(self) -> Option<u8> {
        match self {
            Self::Leave => None,
            Self::Follow(duty) => Some(duty),
            Self::Full(_) => Some(DUTY_MAX),
        }
    }
}

/// A fan's memory from turn to turn.
#[derive(Debug)]
pub struct Decider {
    curve: Curve,
    begun_ns: Option<u64>,
    /// The temperature that counts, and when it was last confirmed.
    counting: Option<(i64, u64)>,
    was_read: bool,
}

impl Decider {
    /// A fan that has seen nothing yet.
    #[must_use]
    pub const fn new(curve: Curve) -> Self {
        Self { curve, begun_ns: None, counting: None, was_read: false }
    }

    /// What to do at `now_ns` with this temperature in m°C.
    pub fn turn(&mut self, now_ns: u64, temperature: Reading) -> Decision {
        let begun_ns = *self.begun_ns.get_or_insert(now_ns);
        match temperature {
            Ok(temperature_mc) => {
                self.was_read = true;
                let before = self.counting.map(|(before, _)| before);
                let counting_mc = self.curve.counting_mc(before, temperature_mc);
                self.counting = Some((counting_mc, now_ns));
                Decision::Follow(self.curve.duty(counting_mc))
            }
            Err(Reason::Pending) if !self.was_read && now_ns.saturating_sub(begun_ns) < FIRST_NS => {
                Decision::Leave
            }
            Err(Reason::NotCounted) => match self.counting {
                Some((counting_mc, at_ns)) if now_ns.saturating_sub(at_ns) < PAUSE_NS => {
                    Decision::Follow(self.curve.duty(counting_mc))
                }
                Some(_) | None => self.full(Reason::NotCounted),
            },
            Err(reason) => self.full(reason),
        }
    }

    /// Full speed; what counted before counts no more.
    fn full(&mut self, reason: Reason) -> Decision {
        self.counting = None;
        Decision::Full(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::fans::{Fan, Point};

    const SECOND_NS: u64 = 1_000_000_000;

    fn decider() -> Decider {
        let (name, pwm, temperature) = Default::default();
        let points = vec![Point { celsius: 40, percent: 20 }, Point { celsius: 80, percent: 100 }];
        Decider::new(Curve::of(&Fan {
            name,
            pwm,
            temperature,
            points,
            hysteresis: 3,
            minimum: 10,
            silence: 10,
        }))
    }

    #[test]
    fn any_reason_for_no_temperature_is_full_speed_and_a_reading_ends_it() {
        for reason in Reason::ALL.into_iter().filter(|reason| *reason != Reason::NotCounted) {
            let mut decider = decider();
            assert_eq!(decider.turn(0, Ok(40_000)), Decision::Follow(51));
            assert_eq!(decider.turn(SECOND_NS, Err(reason)), Decision::Full(reason));
            assert_eq!(Decision::Full(reason).duty(), Some(255));
            assert_eq!(decider.turn(2 * SECOND_NS, Ok(40_000)), Decision::Follow(51));
        }
    }

    #[test]
    fn a_sensor_that_pauses_is_waited_for_and_not_for_long() {
        let mut decider = decider();
        assert_eq!(decider.turn(0, Ok(40_000)), Decision::Follow(51));
        for second in 1..3 {
            assert_eq!(decider.turn(second * SECOND_NS, Err(Reason::NotCounted)), Decision::Follow(51));
        }
        for second in 3..9 {
            let full = Decision::Full(Reason::NotCounted);
            assert_eq!(decider.turn(second * SECOND_NS, Err(Reason::NotCounted)), full);
        }
    }

    #[test]
    fn a_fan_is_left_alone_until_the_first_temperature_and_not_longer_than_ten_seconds() {
        let mut decider = decider();
        for second in 100..110 {
            assert_eq!(decider.turn(second * SECOND_NS, Err(Reason::Pending)), Decision::Leave);
        }
        assert_eq!(decider.turn(110 * SECOND_NS, Err(Reason::Pending)), Decision::Full(Reason::Pending));
    }
}
