"""What is read off the curves: the indicators that courses teach (CLAIMS R13 and R14), each with what it is worth.

A D loss near log 2 proves nothing: an unregularised Dirac-GAN cycles for ever at 0.69, and D's loss reads between 0.3 and
0.7 for everything from a quarter of the modes to all of them. So these lines are shown with their number and never decide.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from equipoise.pieces import Equilibrium

Standing = Literal["proves", "supports", "proves nothing", "contradicts", "not assessed"]
Numbers = NDArray[np.float64]
TENTH = 0.1
JUMP = 6.0  # robust standard deviations between neighbours make a jump; 1 in 10^9 of Gaussian ones
FEWEST = 20  # records


@dataclass(frozen=True)
class Indicator:
    """One line of a verdict."""

    name: str
    title: str
    value: float | None
    expected: str  # at equilibrium
    standing: Standing
    words: str  # why it stands so
    low: float | None = None  # of the 95 % interval, where there is one
    high: float | None = None


def missing(name: str, title: str, needs: str) -> Indicator:
    """A line that could not be written."""
    return Indicator(name, title, None, "", "not assessed", needs)


def line(name: str, title: str, value: float | None, expected: str, good: bool, words: str) -> Indicator:
    """A line that speaks for an equilibrium or against it; without a number it says nothing."""
    if value is None:
        return missing(name, title, words)
    return Indicator(name, title, value, expected, "supports" if good else "contradicts", words)


def curves(records: Sequence[Mapping[str, Any]], equilibrium: Equilibrium) -> list[Indicator]:
    """The losses' lines, from records with `d_loss` (mean convention) and `g_loss`, oldest first."""
    d, g = column(records, "d_loss"), column(records, "g_loss")
    if len(d) < FEWEST or len(g) < FEWEST:
        return [missing("d_loss", "D loss in the last tenth", f"needs at least {FEWEST} records of both losses")]
    at = "" if equilibrium.d_loss is None else f"; {equilibrium.d_loss:.3f} at equilibrium"
    late_d, late_g = last(d), last(g)
    rows = (
        ("d_loss", "D loss in the last tenth", late_d.mean(), f"0.5 to 0.7 is taught{at}", CYCLES),
        ("d_loss_settled", "Its spread there, over its mean", ratio(late_d.std(), late_d.mean()), "small", CYCLES),
        ("d_loss_least", "Least D loss of the run", d.min(), "0.1 or more is taught", STRONG),
        ("g_loss_settled", "G loss: spread over mean in the last tenth", ratio(late_g.std(), late_g.mean()), "small", CYCLES),
        ("g_loss_lower", "G loss: last tenth less first tenth", late_g.mean() - first(g).mean(), "below 0 is taught", MOVES),
        ("wild_jumps", "Share of wild jumps of the D loss", jumps(last(d, 0.5)), "near 0", SMOOTH),
        ("consistent", "D loss: shift between the last two tenths, over its spread", steady(d), "within 0.5", CYCLES),
    )
    return [Indicator(name, title, float(number), aim, "proves nothing", why) for name, title, number, aim, why in rows]


CYCLES = "a game that cycles for ever has the same averages"
STRONG = "a strong D in the first steps is no harm, and a collapsed run can stay above it"
MOVES = "a loss measures the other player too: in a collapse under a strong D it falls as well"
SMOOTH = "curves are as smooth over a collapsed or cycling game"


def column(records: Sequence[Mapping[str, Any]], name: str) -> Numbers:
    """The finite values of a signal."""
    found: Numbers = np.array([float(r[name]) for r in records if isinstance(r.get(name), int | float)])
    finite: Numbers = found[np.isfinite(found)]
    return finite


def first(values: Numbers, share: float = TENTH) -> Numbers:
    return values[: max(1, round(share * len(values)))]


def last(values: Numbers, share: float = TENTH) -> Numbers:
    return values[-max(1, round(share * len(values))) :]


def ratio(a: float, b: float) -> float:
    return float(a / abs(b)) if b else math.inf


def jumps(values: Numbers) -> float:
    """The share of differences between neighbours beyond JUMP robust standard deviations (1.4826 MAD)."""
    steps = np.diff(values)
    spread = 1.4826 * float(np.median(np.abs(steps - np.median(steps))))
    return float((np.abs(steps) > JUMP * spread).mean()) if spread > 0 else 0.0


def steady(values: Numbers) -> float:
    """How far the last tenth's mean is from that of the tenth before, in standard deviations of both."""
    late, n = last(values), max(1, round(TENTH * len(values)))
    before = values[-2 * n : -n]
    spread = float(np.sqrt((late.var() + before.var()) / 2))
    return ratio(float(late.mean() - before.mean()), spread) if spread else 0.0
