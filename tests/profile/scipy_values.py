"""What numpy and SciPy make of samples that are drawn here: `scipy_values.py SEED` prints them with the samples, as JSON.

tests/profile/scipy_values.json is its output for seed 1; to write it anew:
    python3 tests/profile/scipy_values.py 1 > tests/profile/scipy_values.json

Needs numpy and SciPy (Debian: python3-scipy). SciPy has no studentized bootstrap: it is written out here once more, by
other means than in the program (all draws as one matrix of weights), with SciPy's Student quantile.
"""

import json
import sys

import numpy as np
from scipy import stats

DRAWS = 20_000


def bootstrap_ends(moments, weights, count):
    """2.5 % and 97.5 % of the studentized distances of draws."""
    distance, error = moments(weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        studentized = np.where(distance == 0, 0.0, distance / error)
    return np.percentile(studentized, [2.5, 97.5])


def reach(ends, memory, freedom):
    student = stats.t.ppf(0.975, freedom)
    return max(ends[1] * memory, student), max(-ends[0] * memory, student)


def memory(sample):
    if len(sample) < 15:
        return 1.0
    away = sample - sample.mean()
    seen = (away[1:] * away[:-1]).sum() / (away * away).sum()
    if seen < 0.5 / np.sqrt(len(sample)):
        return 1.0
    remembered = min(max(seen + (1 + 4 * seen) / len(sample), 0.0), 0.95)
    return np.sqrt((1 + remembered) / (1 - remembered))


def draws(random, count):
    return random.multinomial(count, [1 / count] * count, size=DRAWS) / count


def mean_moments(away, count):
    def moments(weights):
        mean = weights @ away
        spread = np.maximum(weights @ (away * away) - mean * mean, 0) * count / (count - 1)
        return mean, np.sqrt(spread / count)

    return moments


def mean_interval(random, sample):
    count, centre, error = len(sample), sample.mean(), stats.sem(sample)
    ends = bootstrap_ends(mean_moments(sample - centre, count), draws(random, count), count)
    down, up = reach(ends, memory(sample), count - 1)
    return [centre - error * down, centre + error * up]


def ratio_interval(random, first, second):
    count = len(first)
    one, two = first / first.mean() - 1, second / second.mean() - 1

    def moments(weights):
        ones, twos = 1 + weights @ one, 1 + weights @ two
        squares = weights @ ((1 + two) ** 2) / twos**2 + weights @ ((1 + one) ** 2) / ones**2
        squares -= 2 * (weights @ ((1 + one) * (1 + two))) / (ones * twos)
        return np.log(twos / ones), np.sqrt(np.maximum(squares, 0) / (count - 1))

    error = np.sqrt(((two - one) ** 2).sum() / (count - 1) / count)
    down, up = reach(bootstrap_ends(moments, draws(random, count), count), 1.0, count - 1)
    middle = np.log(second.mean() / first.mean())
    return np.exp([middle - error * down, middle + error * up]).tolist()


def trend(sample):
    """Theil and Sen's rise over the middle, and Kendall's score in its standard deviations."""
    count = len(sample)
    slope = stats.theilslopes(sample, np.arange(count))[0]
    tau = stats.kendalltau(np.arange(count), sample).statistic
    score = tau * count * (count - 1) / 2
    deviation = np.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    return [slope * (count - 1) / np.median(sample), score / deviation]


def bca(random, data, statistic):
    found = stats.bootstrap(
        data, statistic, paired=True, n_resamples=10_000, method="BCa", random_state=random, vectorized=True
    ).confidence_interval
    return [found.low, found.high]


def ratio(first, second, axis=-1):
    return second.mean(axis=axis) / first.mean(axis=axis)


def samples(random):
    shapes = {
        "normal": lambda n: random.normal(size=n),
        "leaning": lambda n: random.exponential(size=n) - 1,
        "lognormal": lambda n: random.lognormal(0, 0.6, size=n) - 1.2,
        "outliers": lambda n: random.normal(size=n) + np.where(np.arange(n) % 9 == 4, 12.0, 0.0),
        "rising": lambda n: random.normal(size=n) + np.linspace(0, 6, n),
    }
    for shape, noise in shapes.items():
        for count in (5, 8, 13, 20, 47, 100):
            first = 40 * (1 + 0.013 * noise(count))
            # The halves of a pair have something in common.
            second = 1.03 * first * (1 + 0.01 * noise(count))
            yield shape, np.round(first, 6), np.round(second, 6)


def main():
    random = np.random.default_rng(int(sys.argv[1]))
    rows = []
    for shape, first, second in samples(random):
        count = len(first)
        # Of fewer the far draws, which make the ends, are few and apart; more are nearly the same again.
        drawn = {}
        if count in (20, 47):
            drawn = {
                "mean_interval": mean_interval(random, first),
                "ratio_interval": ratio_interval(random, first, second),
                "bca_mean": bca(random, (first,), np.mean),
                "bca_ratio": bca(random, (first, second), ratio),
            }
        rows.append(
            {
                "shape": shape,
                "first": first.tolist(),
                "second": second.tolist(),
                "mean": float(np.mean(first)),
                "stddev": float(stats.tstd(first)),
                "median": float(np.median(first)),
                "mad": float(stats.median_abs_deviation(first)),
                "percentiles": np.percentile(first, [5, 25, 75, 95]).tolist(),
                "student": list(stats.t.interval(0.95, count - 1, first.mean(), stats.sem(first))),
                "trend": trend(first),
                **drawn,
            }
        )
    print("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]")


main()
