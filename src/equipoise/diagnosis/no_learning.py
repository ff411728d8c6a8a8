"""A player does not learn at all."""

import numpy as np

from equipoise.card import Card
from equipoise.diagnosis.curves import quantile
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="no_learning",
    title="No learning: D never does better than a coin",
    equation="95 % of D's losses are at or above the value of a D that says 1/2 of everything, from the beginning to the end",
    source="FAILURES.md, sections 0.5 and 4b",
    helps="Tells a D that never learned from one that learned and was then matched by G, which ends at the same loss",
    hurts="Needs the beginning of the run: a log that starts late may show the equilibrium only",
    cost="none",
)
FEW = 10
FIXED = ("non_saturating", "minimax", "least_squares", "relativistic")


def from_losses(track: Track) -> Judgement | None:
    facts, d = track.facts, track["d_loss"].finite
    if facts.objective not in FIXED or facts.d_equilibrium is None or len(d) < FEW:
        return None
    limit = THRESHOLDS["never_below_chance"]
    low = quantile(d, 0.05) / facts.d_equilibrium
    calm = float(np.median(d.values)) / facts.d_equilibrium < 1.5
    if low < limit.value or not calm:
        return None
    words = (
        f"D's loss was never below {low * facts.d_equilibrium:.3g}, its value if it says 1/2 of everything, in {len(d)} prints from the first"
        " on. A D that learns is below it at least at the beginning, while fakes are easy: this one gives G nothing to learn from."
    )
    evidence = Evidence("d_loss", d.window, low, ">", limit.value, limit.source, words)
    return Judgement(0.7, "serious", (evidence,), words)


RULE = Rule(
    card=CARD,
    axis="outcome",
    verdict="no_learning",
    readings=(Reading(("d_loss", "g_loss"), from_losses),),
    remedies=(),
)
