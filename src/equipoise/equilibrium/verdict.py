"""Has it converged, and to what? One answer, its reasons, and every indicator with what it is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from equipoise.equilibrium.evidence import Evidence
from equipoise.equilibrium.indicators import Indicator, curves
from equipoise.equilibrium.jacobian import LocalNash
from equipoise.equilibrium.limits import limit
from equipoise.equilibrium.motion import Motion
from equipoise.equilibrium.plateau import plateau
from equipoise.pieces import Equilibrium

Answer = Literal[
    "converged to equilibrium",
    "settled but exploitable",  # quality stands still and the data is reached, but a worst-case player gains much
    "stationary but collapsed",
    "cycling",
    "still improving",
    "diverged",
    "insufficient evidence",
]


@dataclass(frozen=True)
class Verdict:
    """The answer for one checkpoint."""

    answer: Answer
    reasons: tuple[str, ...]
    local_nash: LocalNash
    local_nash_words: str
    indicators: tuple[Indicator, ...]
    step: int
    seconds: dict[str, float] = field(default_factory=dict)  # what each part took

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def __getitem__(self, name: str) -> Indicator:
        """The indicator of that name."""
        return {row.name: row for row in self.indicators}[name]


def decide(
    found: Evidence, step: int, records: Sequence[Mapping[str, Any]] = (), equilibrium: Equilibrium | None = None
) -> Verdict:
    """The verdict on what was measured; `records` of the losses and their `equilibrium` add lines that decide nothing."""
    answer, reasons = judge(found)
    nash: LocalNash = "not established" if found.jacobian is None else found.jacobian.local_nash
    words = "not measured" if found.jacobian is None else found.jacobian.local_nash_words
    rows = found.indicators()
    if equilibrium is not None:
        rows += curves(records, equilibrium)
    return Verdict(answer, reasons, nash, words, tuple(rows), step, found.seconds)


def judge(found: Evidence) -> tuple[Answer, tuple[str, ...]]:
    """The answer and its reasons, from numbers alone."""
    going, gap = found.motion, found.gap
    if not found.finite:
        return "diverged", ("weights are infinite or not numbers",)
    if going is None or gap is None:
        return "insufficient evidence", ("the gap or the motion was not measured",)
    if going.spread > limit("spread") or not going.distances[-1] <= limit("spread"):
        wide, away = going.spread, going.distances[-1]
        return "diverged", (f"the samples are {wide:.3g} spreads of the data wide and {away:.3g} away from it",)
    reached, where = reach(found, going)
    improving, trend = quality(found, going)
    balanced = reached and gap.small
    if reached and gap.none:  # then what still changes of the distance is no player's doing
        return "converged to equilibrium", (gap.words, where, going.words, trend)
    towards = improving and going.straight >= limit("straight")
    if going.turning and not balanced and not towards:
        return "cycling", (going.words, where, gap.words)
    if improving:
        return "still improving", (trend, where, gap.words)
    if balanced:
        return "converged to equilibrium", (gap.words, where, trend, going.words)
    if reached and gap.unfinished:
        return "insufficient evidence", (f"the search for worst-case players ended too early: {gap.words}", where, trend)
    if going.roam >= limit("roam"):
        return "insufficient evidence", (f"neither at rest nor going round: {going.words}", where, trend, gap.words)
    if not reached:
        return "stationary but collapsed", (where, going.words, gap.words)
    return "settled but exploitable", (trend, where, gap.words, going.words)


def reach(found: Evidence, going: Motion) -> tuple[bool, str]:
    """Whether the samples are where the data is, all of it."""
    seen = found.coverage
    if seen is None or seen.clusters is None:  # the data is a point
        away = going.distances[0]
        return away <= limit("away"), f"the samples are {away:.3g} away from the data"
    words = f"the samples reach {round(seen.clusters * seen.of)} of {seen.of} clusters of held-out reals"
    near = seen.ratio is None or seen.ratio >= limit("missed")
    if seen.ratio is not None:
        words += f", and cover {seen.ratio:.0%} of what other reals cover"
    return near and seen.clusters >= limit("clusters"), words


def quality(found: Evidence, going: Motion) -> tuple[bool, str]:
    """Whether the distance to the data still falls: by the run's evaluations, else in the steps played on."""
    trend, where = found.plateau, "over the last third of the evaluations"
    if trend is None:
        trend, where = plateau(list(enumerate(going.distances)), share=1.0), f"in {going.steps} steps played on"
    if trend is None:
        return False, "no trend of the quality is known"
    return trend.improving, f"{trend.words} {where}"
