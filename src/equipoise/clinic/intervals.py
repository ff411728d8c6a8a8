"""Intervals of what trials measure."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

ROUNDS = 10_000  # of the bootstrap


def wilson(k: int, n: int, z: float = 1.96) -> tuple[float, float, float]:
    """(share, lower, upper) of k of n at 95 % (Wilson 1927); (nan, 0, 1) of nothing."""
    if not n:
        return math.nan, 0.0, 1.0
    p, d = k / n, 1 + z * z / n
    c, h = (p + z * z / (2 * n)) / d, z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    return round(p, 4), round(max(0.0, c - h), 4), round(min(1.0, c + h), 4)


def paired(better: int, worse: int, n: int, z: float = 1.96) -> tuple[float, float, float]:
    """(difference, lower, upper) of two shares of the same n seeds: `better` came well with the second arm alone, `worse` with
    the first alone. Agresti and Min 2005: Wald's interval after half a seed is added to each of the four cells.
    """
    if not n:
        return math.nan, -1.0, 1.0
    b, c, total = better + 0.5, worse + 0.5, n + 2
    centre = (b - c) / total
    half = z * math.sqrt(max(0.0, b + c - (b - c) ** 2 / total)) / total
    return round((better - worse) / n, 4), round(max(-1.0, centre - half), 4), round(min(1.0, centre + half), 4)


def bootstrap(values: Sequence[float], level: float = 0.95, seed: int = 0) -> tuple[float, float, float]:
    """(mean, lower, upper) of the mean: percentiles of `ROUNDS` resamples, from a fixed seed."""
    x = np.asarray(values, dtype=float)
    if not len(x):
        return math.nan, -math.inf, math.inf
    means = np.random.default_rng(seed).choice(x, (ROUNDS, len(x))).mean(1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return round(float(x.mean()), 4), round(float(low), 4), round(float(high), 4)
