"""Features of one curve: its level early and late, its trend, its swing, where it stands still. All scale-free or ratios."""

from __future__ import annotations

import math

import numpy as np

from equipoise.diagnosis.track import Facts, Numbers, Series

EARLY, LATE = 0.2, 0.6  # the first 20 % and the last 40 % of a run


def early(series: Series) -> Series:
    """The first fifth, finite values only."""
    return series.finite.share(0.0, EARLY)


def late(series: Series) -> Series:
    """The last two fifths, finite values only."""
    return series.finite.share(LATE)


def last_fifth(series: Series) -> Series:
    return series.finite.share(0.8)


def quantile(series: Series, q: float) -> float:
    return float(np.quantile(series.values, q)) if len(series) else math.nan


def growth(series: Series) -> float:
    """Median of the last fifth over that of the first, of absolute values; NaN without values, infinite from zero."""
    first, last = np.abs(early(series).values), np.abs(last_fifth(series).values)
    if not len(first) or not len(last):
        return math.nan
    before, after = float(np.median(first)), float(np.median(last))
    return after / before if before > 0 else math.inf if after > 0 else 1.0


def trend(values: Numbers) -> float:
    """Spearman's rank correlation with time, -1 to 1; 0 where nothing moves."""
    if len(values) < 3 or np.ptp(values) == 0:
        return 0.0
    ranks = ranked(values)
    time = np.arange(len(values), dtype=np.float64)
    ranks, time = ranks - ranks.mean(), time - time.mean()
    return float((ranks * time).sum() / math.sqrt((ranks**2).sum() * (time**2).sum()))


def ranked(values: Numbers) -> Numbers:
    """Ranks, equal values their mean rank."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2)[place], dtype=np.float64)


def smooth(values: Numbers, parts: int = 20) -> Numbers:
    """Medians of equal parts: what is left of a curve without its noise."""
    return np.array([np.median(part) for part in np.array_split(values, min(parts, max(len(values), 1)))])


def swing(series: Series) -> float:
    """Ratio of the 90 % and the 10 % quantile of a positive curve; infinite where it touches 0."""
    low, high = quantile(series, 0.1), quantile(series, 0.9)
    return high / low if low > 0 else math.inf


def crossings(values: Numbers, level: float = 0.0) -> int:
    """How often a curve passes a level."""
    side = np.sign(values - level)
    side = side[side != 0]
    return int((side[1:] != side[:-1]).sum())


def standstill(series: Series) -> float:
    """Share of the values that are exactly the most frequent one."""
    values = series.values
    if not len(values):
        return 0.0
    known = values[~np.isnan(values)]
    _, count = np.unique(known, return_counts=True)
    return float(count.max() / len(values)) if len(count) else 0.0


def digits(values: Numbers) -> int:
    """Decimals with which the values seem to be written, at most 8."""
    for decimals in range(8):
        if np.allclose(values, np.round(values, decimals), rtol=0, atol=1e-10):
            return decimals
    return 8


def won(level: float, facts: Facts) -> float:
    """How much of the way from perfect D (0) to equilibrium (1) D's loss stands; NaN where an objective has no such way."""
    if facts.d_equilibrium is None or facts.d_floor is None or facts.d_equilibrium <= facts.d_floor:
        return math.nan
    return (level - facts.d_floor) / (facts.d_equilibrium - facts.d_floor)


def level(share: float, facts: Facts) -> float:
    """The D loss at that share of the way from a perfect D to equilibrium."""
    floor, top = facts.d_floor or 0.0, facts.d_equilibrium or 0.0
    return floor + share * (top - floor)


# Losses that a clipped or saturated cross-entropy repeats, with what does it.
SATURATED = {
    100.0: "PyTorch's BCELoss, which cuts logarithms off at -100",
    50.0: "half of PyTorch's limit of 100, averaged over reals and fakes",
    27.631021: "-ln 1e-12, a clipped probability",
    18.420681: "-ln 1e-8, a clipped probability",
    16.118096: "-ln 1e-7, Keras's clip",
    15.942385: "-ln 1.2e-7, Keras's clip in float32",
    15.424949: "Keras's clip in float32",
    13.815511: "-ln 1e-6, a clipped probability",
    13.815510: "half of -ln 1e-12",
    9.210340: "-ln 1e-4, a clipped probability",
    7.971192: "half of Keras's clip: D says 'real' of everything, or 'fake'",
    8.059048: "half of Keras's clip: D says 'real' of everything, or 'fake'",
    7.712474: "half of Keras's clip: D says 'real' of everything, or 'fake'",
}


def saturated(value: float) -> str | None:
    """What repeats that loss, where a clipped cross-entropy does."""
    return next((why for limit, why in SATURATED.items() if abs(value - limit) < 2e-3 * limit**0.5), None)
