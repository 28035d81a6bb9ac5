//! What makes figures mean less than they seem to: outliers, and values that drift while they are taken.

use super::summary::{Summary, number};

/// Deviations from the median, in units that are the standard deviation of normal noise, beyond which a run stands
/// alone. Hyperfine draws the line at the same place.
pub const OUTLIER_DEVIATIONS: f64 = 10.0;

/// What the median absolute deviation of normal noise is short of its standard deviation by.
const MAD_TO_DEVIATION: f64 = 1.482_602_218_505_602;

/// How unlikely a trend has to be, in standard deviations, before it is told: once in 700 sets of runs without one.
const TREND_DEVIATIONS: f64 = 3.0;

/// A trend that changed a figure by less, from the first run to the last, is not worth telling.
const TREND_LEAST: f64 = 0.01;

/// Runs that stand alone, by their positions.
#[must_use]
pub fn outliers(sample: &[f64]) -> Vec<usize> {
    let Some(summary) = Summary::of(sample) else { return Vec::new() };
    let far = OUTLIER_DEVIATIONS * MAD_TO_DEVIATION * summary.mad;
    let alone = |value: &f64| summary.mad > 0.0 && (value - summary.median).abs() > far;
    sample.iter().enumerate().filter(|(_, value)| alone(value)).map(|(at, _)| at).collect()
}

/// By what part of its middle value the sample rose (or fell, if negative) from its first value to its last, if that is
/// no accident: Kendall's rank correlation with the order of the runs says whether, the slope of Theil and Sen by how
/// much. Neither is moved by outliers.
#[must_use]
pub fn drift(sample: &[f64]) -> Option<f64> {
    let summary = Summary::of(sample).filter(|summary| summary.median != 0.0)?;
    let mut slopes = Vec::with_capacity(sample.len() * sample.len() / 2);
    let mut ranks = 0.0;
    for (at, early) in sample.iter().enumerate() {
        for (distance, late) in sample[at..].iter().enumerate().skip(1) {
            slopes.push((late - early) / number(distance));
            ranks += if late > early { 1.0 } else { 0.0 } - if late < early { 1.0 } else { 0.0 };
        }
    }
    let count = number(sample.len());
    let ranks_deviation = (count * (count - 1.0) * (2.0 * count + 5.0) / 18.0).sqrt();
    let slope = Summary::of(&slopes)?.median;
    let risen = slope * (count - 1.0) / summary.median;
    (f64::abs(ranks) > TREND_DEVIATIONS * ranks_deviation && risen.abs() > TREND_LEAST).then_some(risen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::stats::random::Random;

    fn noise(count: usize, random: &mut Random) -> Vec<f64> {
        (0..count).map(|_| 10.0 + random.unit()).collect()
    }

    #[test]
    fn a_run_far_from_all_others_is_an_outlier_and_noise_has_none() {
        let mut sample = noise(20, &mut Random::seeded(1));
        assert_eq!(outliers(&sample), Vec::<usize>::new());
        sample[7] = 17.0;
        assert_eq!(outliers(&sample), [7]);
        assert_eq!(outliers(&[1.0, 1.0, 1.0, 2.0]), Vec::<usize>::new(), "there is nothing to measure it by");
    }

    #[test]
    fn a_rise_is_told_by_how_much_and_noise_almost_never_for_one() {
        let mut random = Random::seeded(2);
        let rising: Vec<f64> =
            noise(20, &mut random).iter().enumerate().map(|(at, value)| value + 0.1 * number(at)).collect();
        let risen = drift(&rising).unwrap();
        // 1.9 of about 11.5.
        assert!((risen - 0.165).abs() < 0.05, "{risen}");
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        assert!(drift(&falling).unwrap() < 0.0);
        let told = (0..2000).filter(|_| drift(&noise(20, &mut random)).is_some()).count();
        assert!(told <= 20, "{told} of 2000 without a drift");
        assert_eq!(drift(&[1.0]), None);
    }

    #[test]
    fn a_rise_too_small_to_matter_is_not_told() {
        let sample: Vec<f64> = (0..30_u32).map(|at| 1000.0 + f64::from(at) * 0.1).collect();
        assert_eq!(drift(&sample), None);
    }
}
