//! One command's runs in a few numbers.

/// What a sample is like. All in the sample's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many there are.
    pub count: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Middle value; the mean of the middle two of an even number.
    pub median: f64,
    /// Standard deviation of the population the sample is from (divided by n - 1); none of a single value.
    pub stddev: Option<f64>,
    /// Least.
    pub min: f64,
    /// Greatest.
    pub max: f64,
    /// Median absolute deviation from the median.
    pub mad: f64,
    /// 5th, 25th, 75th and 95th percentile.
    pub percentiles: [f64; 4],
}

/// The percentiles of [`Summary::percentiles`].
pub const PERCENTILES: [f64; 4] = [5.0, 25.0, 75.0, 95.0];

impl Summary {
    /// The summary of a sample of finite numbers; none of an empty one.
    #[must_use]
    pub fn of(sample: &[f64]) -> Option<Self> {
        let sorted = sorted(sample);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let median = percentile(&sorted, 50.0);
        let deviations: Vec<f64> = sample.iter().map(|value| (value - median).abs()).collect();
        Some(Self {
            count: sample.len(),
            mean: mean(sample),
            median,
            stddev: variance(sample).map(f64::sqrt),
            min,
            max,
            mad: percentile(&self::sorted(&deviations), 50.0),
            percentiles: PERCENTILES.map(|rank| percentile(&sorted, rank)),
        })
    }

    /// The standard deviation as a part of the mean; none of a single value or of a mean of 0.
    #[must_use]
    pub fn variation(&self) -> Option<f64> {
        self.stddev.filter(|_| self.mean != 0.0).map(|stddev| stddev / self.mean.abs())
    }
}

fn sorted(sample: &[f64]) -> Vec<f64> {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// Arithmetic mean; 0 of nothing.
pub(super) fn mean(sample: &[f64]) -> f64 {
    if sample.is_empty() { 0.0 } else { sample.iter().sum::<f64>() / number(sample.len()) }
}

/// Variance of the population; none of fewer than two.
pub(super) fn variance(sample: &[f64]) -> Option<f64> {
    let mean = mean(sample);
    let squares: f64 = sample.iter().map(|value| (value - mean).powi(2)).sum();
    (sample.len() > 1).then(|| squares / number(sample.len() - 1))
}

/// The percentile `rank` (0 to 100) of a sorted sample, linear between neighbours (Hyndman and Fan's type 7); 0 of
/// nothing.
pub(super) fn percentile(sorted: &[f64], rank: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let position = rank / 100.0 * number(last);
    let below = index(position.floor()).min(last);
    let above = (below + 1).min(last);
    let part = position - number(below);
    sorted[below] + (sorted[above] - sorted[below]) * part
}

/// A count as a number: exact up to 2^32, which no sample reaches.
pub(super) fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position in a sample: not negative, and below its length"
)]
fn index(position: f64) -> usize {
    position as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_summed_up_as_numpy_does() {
        let summary = Summary::of(&[3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]).unwrap();
        let close = |value: f64, wanted: f64| assert!((value - wanted).abs() < 1e-12, "{value} is {wanted}");
        assert_eq!((summary.count, summary.min, summary.max), (8, 1.0, 9.0));
        close(summary.mean, 3.875);
        close(summary.median, 3.5);
        close(summary.stddev.unwrap(), 2.748_376_143_938_713);
        close(summary.mad, 2.0);
        // numpy.percentile([…], [5, 25, 75, 95]).
        for (value, wanted) in summary.percentiles.into_iter().zip([1.0, 1.75, 5.25, 7.95]) {
            close(value, wanted);
        }
    }

    #[test]
    fn one_value_has_no_spread_and_none_no_summary() {
        let one = Summary::of(&[2.5]).unwrap();
        assert_eq!((one.mean, one.median, one.stddev, one.mad), (2.5, 2.5, None, 0.0));
        assert_eq!(one.variation(), None);
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[0.0, 0.0]).unwrap().variation(), None, "a part of nothing is no number");
    }
}
