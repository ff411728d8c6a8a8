"""What several rules ask of live signals: how things stand now, how they went, and how sure a number makes one.

A *window* is a bounded stretch at the end, so that a look costs the same at any length of a run. Signals of exams come
rarely and are noisy: three of them speak together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Facts, Series, Track

SPAN, FEWEST, MOST = 0.2, 5, 50  # a window: this share of a series, in values no fewer and no more than these
LONG = 3  # windows: for what goes up and down by itself
TOGETHER = 3  # exams that speak together
WARM_UP = 4  # exams before outcomes are judged: everybody starts with samples that cover nothing
WARM_UP_STEPS = 200  # and steps, however often exams come
WARM_UP_SHARE = 0.05  # of the steps that are planned, where that is known
WARM_UP_SAMPLES, MOST_SHARE = 12_800, 0.25  # and samples that D has seen, within this share of the planned steps: 200 of 64
LONGEST = 60  # exams that are looked at
APART = 40  # steps between exams that say how samples went: in fewer nothing can have changed
HISTORY = 4000  # records that are looked at: a look costs the same at any length of a run


def recent(series: Series, windows: int = 1) -> Series:
    """The newest values, finite ones; where each step has a record of its own, `MOST` of them are no time at all."""
    n = max(FEWEST, round(SPAN * len(series)))
    if n > MOST:
        short = series.steps[-1] - series.steps[-MOST] < WARM_UP_STEPS
        n = min(n, int((series.steps >= series.steps[-1] - WARM_UP_STEPS).sum())) if short else MOST
    return series.last(windows * n).finite


def spaced(series: Series, steps: float) -> Series:
    """The newest value, and before it those that lie at least so many steps apart."""
    kept: list[int] = []
    for i in range(len(series) - 1, -1, -1):
        if not kept or series.steps[kept[-1]] - series.steps[i] >= steps:
            kept.append(i)
    kept.reverse()
    return Series(series.steps[kept], series.values[kept])


def history(track: Track, name: str) -> Series:
    """A signal's values, finite ones, as far back as a look goes."""
    return track[name].last(HISTORY).finite


def level(track: Track, name: str) -> float:
    """The median of a signal's newest values; NaN where there is none."""
    return recent(track[name]).median


def exams(track: Track, name: str) -> Series:
    """The newest exams of a signal, finite ones."""
    return track[name].last(TOGETHER).finite


def standing(track: Track, name: str) -> float:
    """The median over the newest exams; NaN where there is none."""
    return exams(track, name).median


@dataclass(frozen=True)
class Course:
    """How a signal of exams went, of which more is better."""

    name: str
    series: Series  # the newest exams
    now: float  # their median
    before: float  # median of the exams before those
    best: float  # the best median of as many in a row
    newest: float

    @property
    def improving(self) -> bool:
        """True where the newest exams are better than those before them, or the newest one than all, by more than chance."""
        gain = THRESHOLDS["improving"].value
        return self.now > self.before + gain or self.newest > self.best + gain

    @property
    def share_of_best(self) -> float:
        return self.now / self.best if self.best > 0 else 1.0


def course(track: Track, name: str) -> Course | None:
    """How a signal went, None while it is too early to say."""
    series = track[name]
    if len(series) > 1 and series.steps[-1] - series.steps[-2] < APART:
        series = spaced(series.last(10 * LONGEST), APART)
    series = series.last(LONGEST).finite
    if len(series) < WARM_UP or track.age < warm_up(track.facts):
        return None
    medians = np.sort(np.lib.stride_tricks.sliding_window_view(series.values, TOGETHER), axis=1)[:, TOGETHER // 2]
    before = float(medians[max(len(medians) - 1 - TOGETHER, 0)])
    return Course(name, series.last(TOGETHER), float(medians[-1]), before, float(medians.max()), float(series.values[-1]))


def warm_up(facts: Facts) -> float:
    """Steps before the samples are judged."""
    planned = facts.steps_planned or 0
    seen = min(WARM_UP_SAMPLES / facts.batch, MOST_SHARE * planned) if facts.batch else 0.0
    return max(WARM_UP_STEPS, WARM_UP_SHARE * planned, seen)


def sureness(value: float, limit: str) -> float:
    """0.55 at the threshold, 0.95 where every failure that was measured lies, in between along a line."""
    threshold = THRESHOLDS[limit]
    if threshold.sure is None or threshold.sure == threshold.value:
        return 0.75
    way = (value - threshold.value) / (threshold.sure - threshold.value)
    return 0.55 + 0.4 * min(max(way, 0.0), 1.0) if math.isfinite(way) else 0.55


def onset(series: Series, holds: NDArray[np.bool_]) -> float:
    """The first step from which a condition held to the end without a break; the last step where it does not hold there."""
    broken = np.flatnonzero(~holds)
    first = int(broken[-1]) + 1 if len(broken) else 0
    return float(series.steps[min(first, len(series) - 1)])


# ------------------------------------------------------------------------------------- what D can tell


def accuracy(track: Track) -> Series:
    """How often D is right, reals and fakes halved; empty for a critic, whose zero is no boundary."""
    real, fake = track["accuracy_real"].last(HISTORY), track["accuracy_fake"].last(HISTORY)
    if not track.facts.logits or len(real) != len(fake) or track.facts.objective in CRITICS:
        return Series(np.empty(0), np.empty(0))
    return Series(real.steps, (real.values + fake.values) / 2)


CRITICS = ("wasserstein", "relativistic", "relativistic_average", "relativistic_paired")


def separation(track: Track) -> Series:
    """How well D's logits tell reals from fakes: their correlation with the label, -1 to 1.

    (E D(x) - E D(G(z))) / (2 std of all logits): free of a logit's scale and offset, so it means the same for every
    objective. Two Gaussians that are told apart 95 times of 100 have 0.85; 1 is D with just two answers, both right.
    """
    real, fake, spread = (track[name].last(HISTORY) for name in ("logit_real", "logit_fake", "logit_std"))
    if not len(real) == len(fake) == len(spread):
        return Series(np.empty(0), np.empty(0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return Series(real.steps, (real.values - fake.values) / (2 * spread.values))


def telling(track: Track) -> tuple[str, Series]:
    """How often D is right, or what comes nearest to it for a critic; and the signals' names."""
    right = accuracy(track)
    if len(right):
        return "accuracy_real, accuracy_fake", right
    return "logit_real, logit_fake, logit_std", equivalent(separation(track))


def surely_wrong(track: Track) -> Series:
    """D's newest accuracies where D is wrong nearly always, of reals and of fakes, and sure of it; empty else. A weak D
    that lags behind G is wrong, too, but of fakes alone, or not sure.
    """
    now = recent(accuracy(track), LONG)
    limit = THRESHOLDS["accuracy_inverted"].value
    both = max(recent(track[name], LONG).median for name in ("accuracy_real", "accuracy_fake")) if len(now) >= 10 else 1.0
    apart = level(track, "logit_real") - level(track, "logit_fake")
    return now if both < limit and now.values.max() < 0.5 and apart < THRESHOLDS["logits_inverted"].value else now.last(0)


def blameless(track: Track) -> bool:
    """Whether D can't be blamed for being at chance: G has few outputs, each new, and D learns as fast as G does."""
    few = standing(track, "duplicates") > THRESHOLDS["duplicates"].value
    return few and not level(track, "d_update") < THRESHOLDS["slow_d"].value * level(track, "g_update")


def equivalent(series: Series) -> Series:
    """The accuracy of two Gaussians of equal width whose separation is r: Phi(r / sqrt(1 - r^2))."""
    r = np.clip(np.nan_to_num(series.values), -0.9999, 0.9999)
    odds = r / np.sqrt(1 - r * r)
    return Series(series.steps, 1 / (1 + np.exp(-1.702 * odds)))  # the logistic curve is within 0.01 of Phi


# -------------------------------------------------------------------------------------- what G's samples are worth


def reach(track: Track) -> Course | None:
    """How much of the data the samples reach, by wide balls where there are such; None while it is too early to say."""
    return course(track, "coverage_wide") or course(track, "coverage")


def is_poor(reached: Course, limit: str = "reach_poor") -> bool:
    """Whether the samples leave much of the data out, and do not come nearer."""
    limit = limit if reached.name == "coverage_wide" else "coverage_poor"
    return reached.now < THRESHOLDS[limit].value and not reached.improving


def poor(track: Track, limit: str = "reach_poor") -> Course | None:
    """How little the samples reach, where they do not come nearer; None where they do, or nobody knows."""
    reached = reach(track)
    return reached if reached is not None and is_poor(reached, limit) else None


def reached_words(reached: Course) -> str:
    return f"The samples reach {percent(reached.now)} of what fresh reals would reach of the data, and that does not rise"


def reach_evidence(reached: Course, words: str) -> Evidence:
    limit = "reach_poor" if reached.name == "coverage_wide" else "coverage_poor"
    return Evidence.of(reached.name, reached.series, reached.now, "<", limit, words)


def narrowness(track: Track) -> tuple[str, Series, float]:
    """The smallest ratio of the fakes' variety to the reals' among the measures at hand: its signal, exams, value."""
    found = [(standing(track, name), name) for name in VARIETY if track.has(name)]
    value, name = min(((v, n) for v, n in found if math.isfinite(v)), default=(math.nan, ""))
    return name, exams(track, name), value


VARIETY = ("diversity_encoder", "diversity_pixels")  # not in D's features: a D that wins maps all fakes to one place


def percent(value: float) -> str:
    return f"{value:.0%}".replace("%", " %")


def steps(series: Series) -> str:
    """'steps 100 to 400'."""
    first, last = series.window if len(series) else (0.0, 0.0)
    return f"steps {first:,.0f} to {last:,.0f}" if first != last else f"step {last:,.0f}"
