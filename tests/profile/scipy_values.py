"""Prints what SciPy makes of the samples in src/profile/stats/interval.rs, for whoever doubts the values there.

Needs numpy and SciPy (Debian: python3-scipy). SciPy has no studentized bootstrap; of a sample this large every sound
interval is nearly the same one.
"""

import numpy as np
from scipy import stats

i = np.arange(120)
first = 50 + np.sin(i * 12.9898) * 2 + np.cos(i * 78.233) ** 4 * 3
second = 51 + np.sin(i * 12.9898) * 1.5 + np.cos(i * 37.719) ** 4 * 3


def ratio(x, y, axis=-1):
    return y.mean(axis=axis) / x.mean(axis=axis)


print("mean", first.mean(), *stats.t.interval(0.95, len(first) - 1, first.mean(), stats.sem(first)))
interval = stats.bootstrap(
    (first, second), ratio, paired=True, n_resamples=100_000, method="BCa", random_state=1, vectorized=True
).confidence_interval
print("ratio", second.mean() / first.mean(), interval.low, interval.high)
