"""Intervals of what trials measure; how often they hold at five seeds is measured in tests/clinic/test_intervals.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

ROUNDS = 20_000  # of the bootstrap
FEWEST = 5  # values that the bootstrap needs: the range of four leaves the mean outside one time in eight


def wilson(k: int, n: int, z: float = 1.96) -> tuple[float, float, float]:
    """(share, lower, upper) of k of n at 95 % (Wilson 1927); (nan, 0, 1) of nothing."""
    share, low, high = score(k, n, z)
    return round(share, 4), round(low, 4), round(high, 4)


def score(k: int, n: int, z: float = 1.96) -> tuple[float, float, float]:
    """`wilson`, not rounded."""
    if not n:
        return math.nan, 0.0, 1.0
    p, d = k / n, 1 + z * z / n
    c, h = (p + z * z / (2 * n)) / d, z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    return p, max(0.0, c - h), min(1.0, c + h)


def paired(both: int, better: int, worse: int, neither: int) -> tuple[float, float, float]:
    """(difference, lower, upper) of two shares of the same seeds, at 95 % (Newcombe 1998, paired data, method 10).

    Of the seeds `both` came well with either arm, `better` with the second alone, `worse` with the first alone; the
    difference is the second arm's share less the first's. (nan, -1, 1) of nothing.
    """
    n = both + better + worse + neither
    if not n:
        return math.nan, -1.0, 1.0
    (q, q_low, q_high), (p, p_low, p_high) = score(both + worse, n), score(both + better, n)
    phi = correlation(both, better, worse, neither)

    def half(a: float, b: float) -> float:
        return math.sqrt(max(0.0, a * a - 2 * phi * a * b + b * b))

    low, high = p - q - half(p - p_low, q_high - q), p - q + half(p_high - p, q - q_low)
    return round(p - q, 4), round(max(-1.0, low), 4), round(min(1.0, high), 4)


def correlation(both: int, better: int, worse: int, neither: int) -> float:
    """Of two arms' success across seeds; where it is positive with Newcombe's correction for continuity."""
    margins = (both + better) * (both + worse) * (neither + better) * (neither + worse)
    if not margins:
        return 0.0
    found: float = both * neither - better * worse
    if found > 0:
        found = max(0.0, found - (both + better + worse + neither) / 2)
    return found / math.sqrt(margins)


def bootstrap(values: Sequence[float], level: float = 0.95, seed: int = 0) -> tuple[float, float, float]:
    """(mean, lower, upper) of the mean of differences by seed, from resamples with a fixed seed.

    Plain percentiles are too narrow for few values, so they are taken as far out as Student's t asks for (Hesterberg 2015,
    'expanded percentiles'): at five values almost their range. Of fewer than five the bounds are infinite.
    """
    x = np.asarray(values, dtype=float)
    if not len(x):
        return math.nan, -math.inf, math.inf
    mean = round(float(x.mean()), 4)
    if len(x) < FEWEST:
        return mean, -math.inf, math.inf
    n = len(x)
    means = np.random.default_rng(seed).choice(x, (ROUNDS, n)).mean(1)
    tail = NormalDist().cdf(-math.sqrt(n / (n - 1)) * student((1 + level) / 2, n - 1))
    low, high = np.quantile(means, [tail, 1 - tail])
    return mean, round(float(low), 4), round(float(high), 4)


def student(p: float, degrees: int) -> float:
    """The quantile p, above one half, of Student's t."""
    low, high = 0.0, 1e4
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if student_cdf(middle, degrees) < p else (low, middle)
    return high


def student_cdf(t: float, degrees: int) -> float:
    """For whole degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4)."""
    angle, odd = math.atan2(t, math.sqrt(degrees)), degrees % 2
    square = math.cos(angle) ** 2
    term, total = (math.cos(angle) if odd else 1.0), 0.0
    for k in range(1 + odd, degrees, 2):
        total += term
        term *= square * k / (k + 1)
    inside = 2 / math.pi * (angle + math.sin(angle) * total) if odd else math.sin(angle) * total
    return (1 + inside) / 2
