"""What answers show: rates, skill and bias, strengths; each with a 95 % interval. Knows no files and no plan.

Answers of one person are not independent, so an interval over answers alone (Wilson) is too narrow as soon as people differ.
The bootstrap over raters knows that. Reports give both, and call the wider one the interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from equipoise.clinic.intervals import FEWEST, bootstrap, score, student

Floats = NDArray[np.float64]
NORMAL = NormalDist()
ROUNDS = 10_000  # of the bootstrap, as HYPE (Zhou et al. 2019)
BOTH_WAYS = 10  # raters from which on items are resampled too
PART = 2_000_000  # numbers held at once while items are resampled
CONVERGED = 1e-10


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval; NaN and infinities where nothing can be said."""

    value: float
    low: float = -math.inf
    high: float = math.inf

    @property
    def width(self) -> float:
        return self.high - self.low


def wider(a: Estimate, b: Estimate | None) -> Estimate:
    """The first one's value, with the wider of the two intervals that can be told (finite)."""
    return a if b is None or not math.isfinite(b.width) or b.width <= a.width else Estimate(a.value, b.low, b.high)


# ------------------------------------------------------------------------------------------------------------- rates


def rate(k: int, n: int) -> Estimate:
    """k of n, Wilson's interval (1927); NaN, 0 to 1 of nothing."""
    return Estimate(*score(k, n))


def middle(a: Estimate, b: Estimate) -> Estimate:
    """The mean of two independent rates; the interval by square and add (Newcombe 1998, method 10)."""
    value = (a.value + b.value) / 2
    if math.isnan(value):
        return Estimate(math.nan, 0.0, 1.0)
    below, above = math.hypot(a.value - a.low, b.value - b.low) / 2, math.hypot(a.high - a.value, b.high - b.value) / 2
    return Estimate(value, max(0.0, value - below), min(1.0, value + above))


def binomial(k: int, n: int) -> float:
    """The exact two-sided p of k of n against a fair coin: of counts as far from n / 2, or further; 1 of nothing."""
    near = min(k, n - k)
    if 2 * near == n:
        return 1.0
    tail = sum(math.comb(n, i) for i in range(near + 1))
    return min(1.0, float(Fraction(2 * tail, 2**n)))


def holm(found: Mapping[str, float]) -> dict[str, float]:
    """p values corrected for how many there are (Holm 1979), by name; never below what they were."""
    corrected, most = {}, 0.0
    for rank, (name, p) in enumerate(sorted(found.items(), key=lambda one: one[1])):
        most = max(most, min(1.0, p * (len(found) - rank)))
        corrected[name] = most
    return {name: corrected[name] for name in found}


# ----------------------------------------------------------------------------------------------------- skill and bias


@dataclass(frozen=True)
class Sensitivity:
    """Signal detection, 'fake' being the signal (Green and Swets 1966; Macmillan and Creelman 2005).

    d' = z(hit) - z(false alarm): 0 is guessing, whatever the bias. c = -(z(hit) + z(false alarm)) / 2: above 0 says 'real'
    too often, below 0 'fake'. Rates are (k + 0.5) / (n + 1), which keeps both finite (the log-linear rule, Hautus 1995).
    """

    d: float
    c: float
    variance: float  # of d; a quarter of it is c's (Gourevitch and Galanter 1967)


def sensitivity(hits: int, fakes: int, false_alarms: int, reals: int) -> Sensitivity:
    """`hits` of `fakes` were called fake, and `false_alarms` of `reals`."""
    shares = [((k + 0.5) / (n + 1), n + 1) for k, n in ((hits, fakes), (false_alarms, reals))]
    (h, f), variances = (NORMAL.inv_cdf(p) for p, _ in shares), []
    for p, n in shares:
        variances.append(p * (1 - p) / (n * NORMAL.pdf(NORMAL.inv_cdf(p)) ** 2))
    return Sensitivity(h - f, -(h + f) / 2, sum(variances))


def mean_of(values: Sequence[float], variances: Sequence[float]) -> Estimate:
    """The mean over raters: resampled from five raters on, before that from each one's own variance.

    The second knows nothing of how raters differ: it speaks of these raters alone.
    """
    if len(values) >= FEWEST:
        return Estimate(*bootstrap(values))
    if not values:
        return Estimate(math.nan)
    mean, half = float(np.mean(values)), 1.96 * math.sqrt(sum(variances)) / len(values)
    return Estimate(mean, mean - half, mean + half)


# --------------------------------------------------------------------------------------------------- the bootstrap


def resampled(
    raters: Sequence[int], columns: Floats, items: Sequence[Sequence[int]] = (), rounds: int = ROUNDS, seed: int = 0
) -> Floats:
    """Sums of the columns [A, C] of A answers when raters are drawn anew, [rounds, C].

    `raters` says whose each answer is. `items`, one or more numbers an answer, are drawn anew as well: an answer counts as
    often as its rater times its items were drawn (the pigeonhole bootstrap, Owen 2007; never too narrow, sometimes wide).
    """
    rng = np.random.default_rng(seed)
    who, who_of = np.unique(np.asarray(raters), return_inverse=True)
    if not len(items):
        each = np.zeros((len(who), columns.shape[1]))
        np.add.at(each, who_of, columns)
        return drawn(rng, rounds, len(who)) @ each
    what, what_of = np.unique(np.asarray(items), return_inverse=True)
    what_of = what_of.reshape(len(columns), -1)
    step = max(1, PART // max(1, len(columns)))
    sums = []
    for start in range(0, rounds, step):
        n = min(step, rounds - start)
        weights = drawn(rng, n, len(who))[:, who_of]
        of_items = drawn(rng, n, len(what))
        for one in what_of.T:
            weights = weights * of_items[:, one]
        sums.append(weights @ columns)
    return np.concatenate(sums)


def drawn(rng: np.random.Generator, rounds: int, n: int) -> Floats:
    """How often each of n is among n draws with replacement, [rounds, n]."""
    return rng.multinomial(n, np.full(n, 1 / n), size=rounds).astype(np.float64)


def interval(value: float, draws: Floats, clusters: int) -> Estimate | None:
    """The percentile interval of resampled values; None where there are fewer than five of what was drawn.

    Plain percentiles are too narrow for few clusters: they are taken as far out as Student's t asks for (Hesterberg 2015).
    """
    draws = draws[np.isfinite(draws)]
    if clusters < FEWEST or not len(draws):
        return None
    tail = NORMAL.cdf(-math.sqrt(clusters / (clusters - 1)) * student(0.975, clusters - 1))
    low, high = np.quantile(draws, [tail, 1 - tail])
    return Estimate(value, float(low), float(high))


def again(raters: Sequence[int], columns: Floats, items: Sequence[Sequence[int]], seed: int = 0) -> Floats | None:
    """`resampled` as reports want it: over raters, over items too from ten raters on; None where raters are too few."""
    n = len(set(raters))
    if n < FEWEST:
        return None
    return resampled(raters, columns, items if n >= BOTH_WAYS else (), seed=seed)


def two_sided(draws: Floats) -> float:
    """The p of a resampled difference against none: twice the smaller share on one side of 0, counting the data itself."""
    draws = draws[np.isfinite(draws)]
    n = len(draws)
    return min(1.0, 2 * (1 + min(int((draws <= 0).sum()), int((draws >= 0).sum()))) / (n + 1)) if n else 1.0


# --------------------------------------------------------------------------------------------------- Bradley-Terry

HALF = 0.5  # a win added to either side of each pair that met: without it one who never lost is infinitely strong


def bradley_terry(wins: NDArray[Any], steps: int = 100) -> Floats:
    """Log strengths [..., M], their mean 0, from wins [..., M, M] of the row over the column.

    P(i beats j) = 1 / (1 + exp(s_j - s_i)) (Bradley and Terry 1952), the maximum of the likelihood by Newton's steps, with
    half a win added to both sides of each pair that met.
    """
    met = (wins + np.swapaxes(wins, -1, -2)) > 0
    won = wins + HALF * met
    games = won + np.swapaxes(won, -1, -2)
    found: Floats = np.zeros(won.shape[:-1])
    for _ in range(steps):
        p = 1 / (1 + np.exp(found[..., None, :] - found[..., :, None]))
        slope = won.sum(-1) - (games * p).sum(-1)
        bend = games * p * (1 - p)
        curvature = bend.sum(-1)[..., None] * np.eye(bend.shape[-1]) - bend
        step = np.clip((np.linalg.pinv(curvature, hermitian=True) @ slope[..., None])[..., 0], -1, 1)
        found = found + step
        found = found - found.mean(-1, keepdims=True)
        if np.abs(step).max() < CONVERGED:
            break
    return found
