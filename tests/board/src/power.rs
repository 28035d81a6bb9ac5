//! Power over board time, and the energy under it, in integers.
//!
//! Power is in milliwatts and time in nanoseconds, so that energy is in picojoules and every integral is exact:
//! 1 mW × 1 ns = 10⁻³ × 10⁻⁹ J = 1 pJ.

use std::sync::Arc;
use std::time::Duration;

/// Levels that follow each other, over and over.
#[derive(Debug, Clone)]
struct Cycle {
    levels: Vec<(u64, u128)>,
    period_ns: u128,
    period_pj: u128,
}

impl Cycle {
    fn energy_pj(&self, elapsed_ns: u128) -> u128 {
        let mut left_ns = elapsed_ns % self.period_ns;
        let mut energy_pj = elapsed_ns / self.period_ns * self.period_pj;
        for (milliwatts, lasts_ns) in &self.levels {
            let here_ns = left_ns.min(*lasts_ns);
            energy_pj += here_ns * u128::from(*milliwatts);
            left_ns -= here_ns;
        }
        energy_pj
    }

    fn milliwatts(&self, elapsed_ns: u128) -> u64 {
        let mut left_ns = elapsed_ns % self.period_ns;
        for (milliwatts, lasts_ns) in &self.levels {
            if left_ns < *lasts_ns {
                return *milliwatts;
            }
            left_ns -= lasts_ns;
        }
        0
    }
}

/// What a part of the machine draws: a sum of cycles of constant levels.
#[derive(Debug, Clone)]
pub struct PowerCurve(Arc<[Cycle]>);

impl PowerCurve {
    /// The same power at every moment, in milliwatts.
    #[must_use]
    pub fn constant(milliwatts: u64) -> Self {
        Self::repeating(&[(milliwatts, Duration::from_secs(1))])
    }

    /// These levels (milliwatts, and how long they last) one after the other from board time zero, and again from
    /// the first after the last.
    ///
    /// # Panics
    /// If the levels last no time at all: such a curve would say nothing.
    #[must_use]
    #[track_caller]
    pub fn repeating(levels: &[(u64, Duration)]) -> Self {
        let levels: Vec<_> =
            levels.iter().map(|(milliwatts, lasts)| (*milliwatts, lasts.as_nanos())).collect();
        let period_ns = levels.iter().map(|(_, lasts_ns)| lasts_ns).sum();
        assert!(period_ns > 0, "a power curve lasts some time");
        let period_pj = levels.iter().map(|(milliwatts, lasts_ns)| u128::from(*milliwatts) * lasts_ns).sum();
        Self([Cycle { levels, period_ns, period_pj }].into())
    }

    /// Both curves together, as a package draws what its cores draw and more.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self(self.0.iter().chain(&*other.0).cloned().collect())
    }

    /// The energy from board time zero until `elapsed`, in picojoules.
    #[must_use]
    pub fn energy_pj(&self, elapsed: Duration) -> u128 {
        self.0.iter().map(|cycle| cycle.energy_pj(elapsed.as_nanos())).sum()
    }

    /// The power at `elapsed`, in milliwatts.
    #[must_use]
    pub fn milliwatts(&self, elapsed: Duration) -> u64 {
        self.0.iter().map(|cycle| cycle.milliwatts(elapsed.as_nanos())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn day() -> PowerCurve {
        PowerCurve::repeating(&[(5_000, 3 * SECOND), (65_000, SECOND), (0, SECOND)])
    }

    #[test]
    fn the_energy_of_a_watt_and_a_second_is_a_joule() {
        let curve = PowerCurve::constant(1_000);
        assert_eq!(curve.energy_pj(SECOND), 1_000_000_000_000);
        assert_eq!(curve.energy_pj(Duration::from_nanos(1)), 1_000);
        assert_eq!(curve.energy_pj(3 * SECOND / 2), 1_500_000_000_000);
    }

    #[test]
    fn levels_follow_each_other_and_begin_again() {
        let milliwatts = [0, 2, 3, 4, 5, 7, 8].map(|second| day().milliwatts(second * SECOND));
        assert_eq!(milliwatts, [5_000, 5_000, 65_000, 0, 5_000, 5_000, 65_000]);
        assert_eq!(day().energy_pj(5 * SECOND), 80 * 10_u128.pow(12));
        assert_eq!(
            day().energy_pj(13 * SECOND + SECOND / 2),
            (160 + 15 + 33) * 10_u128.pow(12) - 500_000_000_000
        );
    }

    #[test]
    fn the_integral_is_the_sum_of_its_parts_wherever_it_is_cut() {
        let curve = day().plus(&PowerCurve::repeating(&[(7, 13 * SECOND / 10), (1_234_567, SECOND / 3)]));
        let (mut at, mut sum_pj) = (Duration::ZERO, 0);
        for step_ns in (1..4_000).map(|step| step * 7_919_u64) {
            let next = at + Duration::from_nanos(step_ns);
            sum_pj += curve.energy_pj(next) - curve.energy_pj(at);
            at = next;
        }
        assert_eq!(sum_pj, curve.energy_pj(at));
    }

    #[test]
    fn a_level_is_the_slope_of_the_energy() {
        let curve = day().plus(&PowerCurve::constant(250));
        for at_ms in (0..20_000).step_by(37) {
            let at = Duration::from_millis(at_ms);
            let next = at + Duration::from_nanos(1);
            let slope = curve.energy_pj(next) - curve.energy_pj(at);
            assert_eq!(slope, u128::from(curve.milliwatts(at)), "at {at:?}");
        }
    }

    #[test]
    fn centuries_of_a_kilowatt_are_exact() {
        let century = Duration::from_secs(100 * 365 * 86_400);
        assert_eq!(PowerCurve::constant(1_000_000).energy_pj(century), 3_153_600_000 * 10_u128.pow(15));
    }
}
