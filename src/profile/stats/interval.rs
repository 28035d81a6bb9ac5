//! Intervals that hold what they promise: in 95 of 100 experiments the true value lies inside.
//!
//! Each end is the further one of two. The one is that of the studentized bootstrap (Hall, "The Bootstrap and Edgeworth
//! Expansion", 1992, section 3.2): the sample is drawn from anew, with repeats, some thousand times; each draw says how
//! far its own mean lies from the sample's, in its own standard errors; what 95 of 100 draws lie between, as many too far
//! on either side, turned around and in the sample's standard errors, is the interval. It follows noise that leans to
//! one side. The other is Student's, which of a few values of even noise is the safer one.
//!
//! The better-known BCa interval is narrower than the truth needs: `cargo nextest run --test profile coverage
//! --no-capture` shows both side by side, in the same simulated experiments.
//!
//! Two commands are compared by pairs: runs next to each other in time, whose common drift cancels. Where there are no
//! such neighbours, because one command was run after the other, each is drawn from by itself. A mean of its own, of
//! seconds of idleness or of runs in a row, is of values that may remember those before them: such are worth fewer, and
//! the interval is wider by as much ([`memory`]).
//!
//! Not promised: noise that remembers and is not shared by the halves of a pair (of ten to fifteen pairs 63 to 90 of 100
//! hold), a mean of values that remember much (91 to 94 of fifteen to sixty), rare far outliers that a short sample may
//! not contain (85 to 93 of ten), and runs that go on until the interval is narrow enough (91 to 96).

use super::random::Random;
use super::summary::{mean, number, percentile, variance};

/// Draws for one interval.
pub const DRAWS: u32 = 4000;

/// Pairs or values below which no interval is given: a draw of so few mostly repeats itself.
pub const LEAST: usize = 5;

/// Pairs or values below which an interval is known to be wide, and to hold less where noise leans far to one side.
pub const FEW: usize = 10;

/// Values from which on it is looked for whether they remember each other: the seconds of a usual baseline.
pub const REMEMBERING: usize = 15;

/// A figure and what it may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// What the sample says.
    pub estimate: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// A sample that varies by less, as a part of itself, does not: that is how sums are rounded.
const EXACT: f64 = 1e-13;

impl Interval {
    /// Whether `value` may be the truth.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// How far the further end is from the estimate: what stands behind ±.
    #[must_use]
    pub fn half_width(&self) -> f64 {
        (self.high - self.estimate).max(self.estimate - self.low)
    }
}

/// The mean that `sample` is from; none of fewer than [`LEAST`] values. The values are in the order in which they were
/// taken.
#[must_use]
pub fn of_mean(sample: &[f64], seed: u64) -> Option<Interval> {
    if sample.len() < LEAST {
        return None;
    }
    let one = Deviations::of(sample, 1.0);
    if one.error <= EXACT * one.centre.abs() {
        return Some(Interval { estimate: one.centre, low: one.centre, high: one.centre });
    }
    let mut random = Random::seeded(seed);
    let distances = (0..DRAWS).map(|_| {
        let drawn = one.draw(&mut random);
        in_errors(drawn.mean, drawn.error)
    });
    let reach = Reach::of(distances.collect(), memory(sample), number(sample.len() - 1))?;
    Some(Interval {
        estimate: one.centre,
        low: one.centre - one.error * reach.down,
        high: one.centre + one.error * reach.up,
    })
}

/// The ratio of the means that the second and the first of each pair are from; none of fewer than [`LEAST`] pairs or of
/// values that are not positive.
#[must_use]
pub fn of_ratio(pairs: &[(f64, f64)], seed: u64) -> Option<Interval> {
    if pairs.len() < LEAST || pairs.iter().any(|(first, second)| *first <= 0.0 || *second <= 0.0) {
        return None;
    }
    let count = number(pairs.len());
    let first = pairs.iter().map(|pair| pair.0).sum::<f64>() / count;
    let second = pairs.iter().map(|pair| pair.1).sum::<f64>() / count;
    let relative: Vec<(f64, f64)> =
        pairs.iter().map(|pair| (pair.0 / first - 1.0, pair.1 / second - 1.0)).collect();
    let error = Sums::of(relative.iter().copied()).log_ratio(count).1;
    let log_ratio = (second / first).ln();
    if error <= EXACT {
        return Some(Reach::NONE.of_logarithm(log_ratio, error));
    }
    let mut random = Random::seeded(seed);
    let distances = (0..DRAWS).map(|_| {
        let (drawn, drawn_error) = Sums::of(redrawn(&relative, &mut random)).log_ratio(count);
        in_errors(drawn, drawn_error)
    });
    let reach = Reach::of(distances.collect(), 1.0, count - 1.0)?;
    Some(reach.of_logarithm(log_ratio, error))
}

/// The ratio of the means that `second` and `first` are from, which were taken apart from each other; none of fewer than
/// [`LEAST`] values of either or of values that are not positive.
#[must_use]
pub fn of_ratio_apart(first: &[f64], second: &[f64], seed: u64) -> Option<Interval> {
    let is_enough = |sample: &[f64]| sample.len() >= LEAST && sample.iter().all(|value| *value > 0.0);
    if !is_enough(first) || !is_enough(second) {
        return None;
    }
    let (one, two) = (Deviations::of(first, mean(first)), Deviations::of(second, mean(second)));
    let error = one.error.hypot(two.error);
    let log_ratio = (two.centre / one.centre).ln();
    if error <= EXACT {
        return Some(Reach::NONE.of_logarithm(log_ratio, error));
    }
    let mut random = Random::seeded(seed);
    let distances = (0..DRAWS).map(|_| {
        let (one, two) = (one.draw(&mut random), two.draw(&mut random));
        let (one_mean, two_mean) = (1.0 + one.mean, 1.0 + two.mean);
        in_errors((two_mean / one_mean).ln(), (one.error / one_mean).hypot(two.error / two_mean))
    });
    // Welch and Satterthwaite's.
    let freedom = |error: f64, sample: &[f64]| error.powi(4) / number(sample.len() - 1);
    let freedom = error.powi(4) / (freedom(one.error, first) + freedom(two.error, second));
    let remembered = (one.error * memory(first)).hypot(two.error * memory(second));
    let reach = Reach::of(distances.collect(), remembered / error, freedom)?;
    Some(reach.of_logarithm(log_ratio, error))
}

/// A sample as its values' distances from their mean, in some unit.
struct Deviations {
    centre: f64,
    list: Vec<f64>,
    error: f64,
}

/// A draw's mean and standard error, as distances from the sample's mean.
struct Drawn {
    mean: f64,
    error: f64,
}

impl Deviations {
    fn of(sample: &[f64], unit: f64) -> Self {
        let centre = mean(sample);
        let list = sample.iter().map(|value| (value - centre) / unit).collect();
        let error = (variance(sample).unwrap_or(0.0) / number(sample.len())).sqrt() / unit;
        Self { centre, list, error }
    }

    fn draw(&self, random: &mut Random) -> Drawn {
        let count = number(self.list.len());
        let (mut sum, mut squares) = (0.0, 0.0);
        for value in redrawn(&self.list, random) {
            sum += value;
            squares += value * value;
        }
        let variance = (squares - sum * sum / count).max(0.0) / (count - 1.0);
        Drawn { mean: sum / count, error: (variance / count).sqrt() }
    }
}

/// Sums over pairs of relative deviations.
#[derive(Default)]
struct Sums {
    first: f64,
    second: f64,
    first_squares: f64,
    products: f64,
    second_squares: f64,
}

impl Sums {
    fn of(pairs: impl Iterator<Item = (f64, f64)>) -> Self {
        let mut sums = Self::default();
        for (first, second) in pairs {
            sums.first += first;
            sums.second += second;
            sums.first_squares += first * first;
            sums.products += first * second;
            sums.second_squares += second * second;
        }
        sums
    }

    /// How far the logarithm of the ratio of the means is from the sample's, and its standard error by the delta method,
    /// which takes into account that the halves of a pair go together.
    fn log_ratio(&self, count: f64) -> (f64, f64) {
        let (first, second) = (1.0 + self.first / count, 1.0 + self.second / count);
        let squares = (self.first_squares - self.first * self.first / count) / (first * first)
            + (self.second_squares - self.second * self.second / count) / (second * second)
            - 2.0 * (self.products - self.first * self.second / count) / (first * second);
        ((second / first).ln(), (squares.max(0.0) / (count - 1.0) / count).sqrt())
    }
}

/// As many values of a sample as it has, each any of them.
fn redrawn<'a, T: Copy>(from: &'a [T], random: &'a mut Random) -> impl Iterator<Item = T> + 'a {
    let bound = u32::try_from(from.len()).unwrap_or(u32::MAX);
    from.iter().map(move |_| from[random.below(bound) as usize])
}

/// A distance in standard errors. A draw that is one value again and again has no error of its own: it is infinitely
/// far, unless it is not away at all.
fn in_errors(distance: f64, error: f64) -> f64 {
    if distance == 0.0 { 0.0 } else { distance / error }
}

/// How many standard errors an interval goes to either side.
#[derive(Clone, Copy)]
struct Reach {
    down: f64,
    up: f64,
}

impl Reach {
    const NONE: Self = Self { down: 0.0, up: 0.0 };

    /// By the distances of draws, which are `memory` times as far in truth; none if more of them than are left away on a
    /// side are infinitely far.
    fn of(mut distances: Vec<f64>, memory: f64, freedom: f64) -> Option<Self> {
        distances.sort_by(f64::total_cmp);
        let student = student(freedom);
        let further = |distance: f64| (distance * memory).max(student);
        // Turned around: where draws lie far above their truth, so may the sample.
        let (up, down) = (further(-percentile(&distances, 2.5)), further(percentile(&distances, 97.5)));
        (down.is_finite() && up.is_finite()).then_some(Self { down, up })
    }

    /// The interval of what has this logarithm, with this standard error.
    fn of_logarithm(self, logarithm: f64, error: f64) -> Interval {
        let [estimate, low, high] =
            [logarithm, logarithm - error * self.down, logarithm + error * self.up].map(f64::exp);
        Interval { estimate, low, high }
    }
}

/// The distance from the middle that Student's distribution keeps in 95 of 100, by the expansion of Cornish and Fisher
/// (Abramowitz and Stegun, 26.7.5): to a thousandth of itself from 4 degrees of freedom on.
fn student(freedom: f64) -> f64 {
    const NORMAL: f64 = 1.959_963_984_540_054;
    let odd =
        |powers: &[f64]| powers.iter().rev().fold(0.0, |sum, factor| sum * NORMAL * NORMAL + factor) * NORMAL;
    let terms = [
        odd(&[1.0, 1.0]) / 4.0,
        odd(&[3.0, 16.0, 5.0]) / 96.0,
        odd(&[-15.0, 17.0, 19.0, 3.0]) / 384.0,
        odd(&[-945.0, -1920.0, 1482.0, 776.0, 79.0]) / 92_160.0,
    ];
    terms.iter().rev().fold(0.0, |sum, term| (sum + term) / freedom) + NORMAL
}

/// How many times as far as it seems the mean of `sample` may be off, as each value remembers the one before: by the
/// correlation of neighbours, to which is added what a sample of this length shows too little of (Marriott and Pope,
/// "Bias in the estimation of autocorrelations", 1954). 1 of values that do not, and of fewer than [`REMEMBERING`], which hardly show it.
#[must_use]
pub fn memory(sample: &[f64]) -> f64 {
    /// Nothing sensible can be said of values that hardly change from one to the next.
    const MOST: f64 = 0.95;
    if sample.len() < REMEMBERING {
        return 1.0;
    }
    let centre = mean(sample);
    let squares: f64 = sample.iter().map(|value| (value - centre).powi(2)).sum();
    let products: f64 = sample.windows(2).map(|pair| (pair[0] - centre) * (pair[1] - centre)).sum();
    if squares <= 0.0 {
        return 1.0;
    }
    let seen = products / squares;
    // Half of what chance alone makes of values that remember nothing.
    if seen < 0.5 / number(sample.len()).sqrt() {
        return 1.0;
    }
    let remembered = (seen + (1.0 + 4.0 * seen) / number(sample.len())).clamp(0.0, MOST);
    ((1.0 + remembered) / (1.0 - remembered)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(count: u32, random: &mut Random) -> Vec<f64> {
        (0..count).map(|_| 10.0 + random.unit()).collect()
    }

    #[test]
    fn a_seed_gives_the_same_interval_and_another_nearly_the_same() {
        let sample = noise(40, &mut Random::seeded(3));
        assert_eq!(of_mean(&sample, 5), of_mean(&sample, 5));
        let (one, other) = (of_mean(&sample, 5).unwrap(), of_mean(&sample, 6).unwrap());
        assert!(one != other && (one.half_width() / other.half_width() - 1.0).abs() < 0.1);
    }

    #[test]
    fn what_never_varies_is_known_exactly_and_too_few_say_nothing() {
        for value in [3.0, 0.1] {
            let interval = of_mean(&[value; 8], 1).unwrap();
            assert!((interval.low - value).abs() < 1e-12 && (interval.high - value).abs() < 1e-12);
            let interval = of_ratio(&[(2.0 * value, 3.0 * value); 8], 1).unwrap();
            assert!((interval.low - 1.5).abs() < 1e-12 && (interval.high - 1.5).abs() < 1e-12);
            let interval = of_ratio_apart(&[2.0 * value; 8], &[3.0 * value; 9], 1).unwrap();
            assert!((interval.low - 1.5).abs() < 1e-12 && (interval.high - 1.5).abs() < 1e-12);
        }
        assert_eq!(of_mean(&[1.0, 2.0, 3.0, 4.0], 1), None);
        assert_eq!(of_ratio(&[(1.0, 2.0); 4], 1), None);
        assert_eq!(of_ratio_apart(&[1.0; 9], &[2.0; 4], 1), None);
        assert_eq!(of_ratio_apart(&[1.0; 9], &[0.0; 9], 1), None);
        assert_eq!(of_ratio(&[(0.0, 2.0); 9], 1), None, "a ratio to nothing");
    }

    #[test]
    fn an_interval_leans_to_where_the_noise_does_and_plus_minus_is_its_further_end() {
        let leaning: Vec<f64> =
            noise(30, &mut Random::seeded(4)).iter().map(|value| 10.0 + (value - 10.0).powi(8)).collect();
        let interval = of_mean(&leaning, 1).unwrap();
        let (up, down) = (interval.high - interval.estimate, interval.estimate - interval.low);
        assert!(up > 1.2 * down, "{interval:?}");
        assert!((interval.half_width() - up).abs() < 1e-12);
    }

    #[test]
    fn students_distance_is_that_of_the_tables() {
        for (freedom, wanted) in [(4.0, 2.776_445), (9.0, 2.262_157), (19.0, 2.093_024), (99.0, 1.984_217)] {
            assert!((student(freedom) / wanted - 1.0).abs() < 1e-3, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn values_that_remember_widen_the_interval_and_others_do_not() {
        let even = noise(60, &mut Random::seeded(6));
        assert!(memory(&even) < 1.4, "{}", memory(&even));
        // Each stays for five times.
        let slow: Vec<f64> = (0..60).map(|at| even[at / 5]).collect();
        assert!(memory(&slow) > 2.0, "{}", memory(&slow));
        assert_eq!((memory(&slow[..14]), memory(&[1.0; 20])), (1.0, 1.0), "too few, and nothing to go by");
    }
}
