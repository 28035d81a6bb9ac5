//! From a temperature to a duty: points, straight lines between them, hysteresis, a least duty.
//!
//! All in whole numbers: thousandths of a degree Celsius, and 255ths of full duty, rounded up.

use hearth_drivers::hwmon::DUTY_MAX;

use crate::config::fans::{Fan, Point};

/// A fan's curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    /// As the configuration guarantees: rising in temperature, not falling in duty, the last at 100 %.
    points: Vec<Point>,
    hysteresis_mc: i64,
    minimum: u8,
}

impl Curve {
    /// The curve of a configured fan.
    #[must_use]
    pub fn of(fan: &Fan) -> Self {
        Self {
            points: fan.points.clone(),
            hysteresis_mc: i64::from(fan.hysteresis) * 1000,
            minimum: duty_of_percent_thousandths(u64::from(fan.minimum) * 1000),
        }
    }

    /// The temperature that counts: `before` as long as the new one is at most the hysteresis below it, so that the fan
    /// follows a rise at once and a fall only when it is one.
    #[must_use]
    pub fn counting_mc(&self, before: Option<i64>, temperature_mc: i64) -> i64 {
        let most = temperature_mc.saturating_add(self.hysteresis_mc);
        before.map_or(temperature_mc, |before| before.clamp(temperature_mc, most))
    }

    /// The duty at a temperature, never below the least one.
    #[must_use]
    pub fn duty(&self, temperature_mc: i64) -> u8 {
        self.on_the_line(temperature_mc).max(self.minimum)
    }

    fn on_the_line(&self, temperature_mc: i64) -> u8 {
        let at_mc = |point: &Point| i64::from(point.celsius) * 1000;
        let next = self.points.iter().position(|point| temperature_mc < at_mc(point));
        let whole = |point: &Point| duty_of_percent_thousandths(u64::from(point.percent) * 1000);
        match next {
            // Colder than the first point: its duty. Hotter than the last: full speed, whatever it says.
            Some(0) => self.points.first().map_or(DUTY_MAX, whole),
            None => DUTY_MAX,
            Some(next) => {
                let (Some(below), Some(above)) = (self.points.get(next - 1), self.points.get(next)) else {
                    return DUTY_MAX;
                };
                // Both differences are positive and small: at most 200 000 m°C and 100 000 thousandths of a percent.
                let run = at_mc(above).abs_diff(at_mc(below)).max(1);
                let along = temperature_mc.abs_diff(at_mc(below));
                let rise = u64::from(above.percent.saturating_sub(below.percent)) * 1000;
                duty_of_percent_thousandths(u64::from(below.percent) * 1000 + (rise * along).div_ceil(run))
            }
        }
    }
}

/// Thousandths of a percent as 255ths, rounded up: a fan that is to turn does not stand.
fn duty_of_percent_thousandths(thousandths: u64) -> u8 {
    u8::try_from((thousandths * u64::from(DUTY_MAX)).div_ceil(100_000)).unwrap_or(DUTY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(i32, u8)], hysteresis: u8, minimum: u8) -> Curve {
        let points = points.iter().map(|&(celsius, percent)| Point { celsius, percent }).collect();
        let (name, pwm, temperature) = Default::default();
        Curve::of(&Fan { name, pwm, temperature, points, hysteresis, minimum, silence: 10 })
    }

    /// A generator of numbers that are the same in every run (xorshift64).
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: u64) -> i64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            i64::try_from((self.0 >> 11) % end).unwrap()
        }

        fn curve(&mut self) -> Curve {
            let count = usize::try_from(2 + self.below(15)).unwrap();
            let mut celsius: Vec<i32> = Vec::new();
            while celsius.len() < count {
                celsius.push(i32::try_from(self.below(201) - 50).unwrap());
                celsius.sort_unstable();
                celsius.dedup();
            }
            let mut percent: Vec<u8> = (1..count).map(|_| u8::try_from(self.below(101)).unwrap()).collect();
            percent.sort_unstable();
            percent.push(100);
            let points: Vec<_> = celsius.into_iter().zip(percent).collect();
            curve(&points, u8::try_from(self.below(31)).unwrap(), u8::try_from(self.below(101)).unwrap())
        }
    }

    #[test]
    fn duties_lie_on_straight_lines_between_the_points() {
        let curve = curve(&[(40, 20), (60, 60), (80, 100)], 0, 0);
        for (temperature_mc, duty) in [
            (i64::MIN, 51),
            (-5_000, 51),
            (40_000, 51),
            (50_000, 102),
            (60_000, 153),
            (70_000, 204),
            (79_999, 255),
            (80_000, 255),
            (i64::MAX, 255),
        ] {
            assert_eq!(curve.duty(temperature_mc), duty, "{temperature_mc}");
        }
        assert_eq!(curve.duty(40_001), 52, "a little warmer is a little faster");
    }

    #[test]
    fn any_curve_rises_with_the_temperature_from_its_least_duty_to_full_speed() {
        let mut dice = Dice(7);
        for _ in 0..500 {
            let curve = dice.curve();
            let mut before = curve.minimum;
            for temperature_mc in (-60_000..160_000).step_by(137) {
                let duty = curve.duty(temperature_mc);
                assert!(duty >= before, "{curve:?} at {temperature_mc}: {duty} after {before}");
                before = duty;
            }
            assert_eq!(before, DUTY_MAX, "{curve:?}");
        }
    }

    #[test]
    fn with_hysteresis_a_fan_is_never_slower_than_its_curve_nor_faster_than_the_hysteresis_allows() {
        let mut dice = Dice(11);
        for _ in 0..200 {
            let curve = dice.curve();
            let (mut counting, mut temperature_mc) = (None, dice.below(100_000));
            for _ in 0..300 {
                temperature_mc += dice.below(6001) - 3000;
                let now = curve.counting_mc(counting, temperature_mc);
                let duty = curve.duty(now);
                assert!(duty >= curve.duty(temperature_mc) && duty >= curve.minimum, "{curve:?}");
                assert!(duty <= curve.duty(temperature_mc + curve.hysteresis_mc), "{curve:?}");
                counting = Some(now);
            }
        }
    }

    #[test]
    fn a_fall_within_the_hysteresis_changes_nothing() {
        let curve = curve(&[(40, 20), (80, 100)], 3, 0);
        let mut counting = None;
        let mut at = |temperature_mc| {
            counting = Some(curve.counting_mc(counting, temperature_mc));
            counting
        };
        assert_eq!(at(50_000), Some(50_000));
        assert_eq!(at(47_000), Some(50_000));
        assert_eq!(at(46_000), Some(49_000));
        assert_eq!(at(48_000), Some(49_000));
        assert_eq!(at(55_000), Some(55_000));
    }
}
