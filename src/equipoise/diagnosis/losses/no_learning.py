"""A player does not learn at all."""

from __future__ import annotations

import numpy as np

from equipoise.diagnosis.curves import quantile
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

FEW = 10
FIXED = ("non_saturating", "minimax", "least_squares", "relativistic")


def judge(track: Track) -> Judgement | None:
    facts, d = track.facts, track["d_loss"].finite
    if facts.objective not in FIXED or facts.d_equilibrium is None or len(d) < FEW:
        return None
    limit = THRESHOLDS["never_below_chance"]
    low = quantile(d, 0.05) / facts.d_equilibrium
    middle = float(np.median(d.values)) / facts.d_equilibrium
    if low < limit.value or middle > THRESHOLDS["pinned_to_chance"].value:
        return None
    words = (
        f"D's loss was never below {low * facts.d_equilibrium:.3g}, its value if it says 1/2 of everything, in {len(d)}"
        " prints from the first"
        " on. A D that learns is below it at least at the beginning, while fakes are easy: this one gives G nothing to"
        " learn from."
    )
    evidence = Evidence("d_loss", d.window, low, ">", limit.value, limit.source, words)
    return Judgement(0.7, "serious", (evidence,), words)
