//! The bias-corrected and accelerated bootstrap interval (Efron, "Better Bootstrap Confidence Intervals", 1987): what the
//! program's own intervals are held against. It is no part of the program.

use hearth::profile::stats::random::Random;

/// The 95 % interval of `statistic` of a sample, by so many draws.
pub(crate) fn interval<T: Copy>(
    sample: &[T],
    statistic: impl Fn(&[T]) -> f64,
    draws: u32,
    seed: u64,
) -> (f64, f64) {
    let mut random = Random::seeded(seed);
    let bound = u32::try_from(sample.len()).expect("a sample is short");
    let seen = statistic(sample);
    let mut drawn: Vec<T> = sample.to_vec();
    let mut found: Vec<f64> = (0..draws)
        .map(|_| {
            drawn.iter_mut().for_each(|value| *value = sample[random.below(bound) as usize]);
            statistic(&drawn)
        })
        .collect();
    found.sort_by(f64::total_cmp);
    let part = |count: usize| f64::from(u32::try_from(count).expect("few")) / f64::from(draws);
    let (below, same) =
        (found.partition_point(|value| *value < seen), found.partition_point(|value| *value <= seen));
    let bias = quantile((part(below) + part(same)) / 2.0);
    let left_out: Vec<f64> = (0..sample.len())
        .map(|at| {
            let others: Vec<T> = sample[..at].iter().chain(&sample[at + 1..]).copied().collect();
            statistic(&others)
        })
        .collect();
    let mean = left_out.iter().sum::<f64>() / f64::from(bound);
    let moment = |power: i32| left_out.iter().map(|value| (mean - value).powi(power)).sum::<f64>();
    let acceleration = moment(3) / (6.0 * moment(2).powf(1.5));
    let end = |rank: f64| {
        let shifted = bias + quantile(rank);
        let rank = normal(bias + shifted / (1.0 - acceleration * shifted));
        let at = rank * f64::from(draws - 1);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
        let (low, high) = (at.floor() as usize, at.ceil() as usize);
        found[low] + (found[high] - found[low]) * at.fract()
    };
    (end(0.025), end(0.975))
}

/// The part of normal values below `x`: the series of Abramowitz and Stegun, 26.2.11.
fn normal(x: f64) -> f64 {
    let (mut term, mut sum, mut odd) = (x, x, 1.0);
    while term.abs() > 1e-17 {
        odd += 2.0;
        term *= x * x / odd;
        sum += term;
    }
    (0.5 + sum * (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt()).clamp(0.0, 1.0)
}

/// Where the part of normal values below is this.
fn quantile(part: f64) -> f64 {
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if normal(middle) < part { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}
