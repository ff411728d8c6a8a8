"""A loss that repeats itself to the last digit: nothing moves."""

from __future__ import annotations

import numpy as np

from equipoise.diagnosis.curves import digits, late, saturated, standstill
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Series, Track

FEW = 5
NAMES = {"d_loss": "D's loss", "g_loss": "G's loss"}


def judge(track: Track) -> Judgement | None:
    for name in ("d_loss", "g_loss"):
        judgement = of(track, name)
        if judgement is not None:
            return judgement
    return None


def of(track: Track, name: str) -> Judgement | None:
    limit, end = THRESHOLDS["standstill"], late(track[name])
    share = max(standstill(end), resting(track, name))
    if len(end) < 2 or len(track[name]) < FEW or share < limit.value:
        return None
    if standstill(track[name]) < limit.value and repeated(track):
        return None  # a bar that was drawn again and again between two values
    value = end.median
    exact = digits(track[name].finite.values) >= 3 or abs(value) > 5
    why = saturated(value) or saturated(written(track, name))
    words = f"{NAMES[name]} stands still at {written(track, name):.6g}"
    words += f" ({why})." if why else "."
    words += (
        " A network that is trained never repeats its loss to the last digit: it is saturated or not updated, or what is"
        " printed is not its loss."
    )
    evidence = Evidence(name, end.window, share, ">", limit.value, limit.source, f"{share:.0%} of the last values are the same")
    dominated = name == "d_loss" and value < 1e-3
    verdict = "discriminator_dominance" if dominated and late(track["g_loss"]).median > 1 else None
    return Judgement(0.85 if exact or why else 0.45, "serious", (evidence,), words, verdict=verdict)


def repeated(track: Track) -> bool:
    """True where both losses stand still together at the end: what is printed is printed many times."""
    limit = THRESHOLDS["standstill"].value
    return all(standstill(late(track[name])) >= limit for name in NAMES) and late(track["d_loss"]).median > 1e-3


def resting(track: Track, name: str) -> float:
    """Share of the last values of G's loss that are next to nothing beside D's: minus a critic's output that is always 0."""
    if name != "g_loss" or track.facts.objective not in ("wasserstein", "hinge"):
        return 0.0
    end, beside = late(track[name]), late(track["d_loss"])
    if not len(beside):
        return 0.0
    return float((np.abs(end.values) < 1e-3 * abs(beside.median)).mean()) if len(end) else 0.0


def written(track: Track, name: str) -> float:
    """The value as the log has it."""
    series: Series = track["d_loss_written"] if name == "d_loss" and track.has("d_loss_written") else track[name]
    return late(series).median
