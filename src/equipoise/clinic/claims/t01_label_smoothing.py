"""T1: one-sided label smoothing."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import SMOOTHING, trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Claim, Outcome, Verdict

TRIALS = (
    trial("ring/strong-d", SMOOTHING),
    trial("grid/strong-d", SMOOTHING),
    trial("mnist/strong-d", SMOOTHING),
    trial("mnist/few-samples", SMOOTHING),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(effects(TRIALS, outcomes))


CLAIM = Claim(
    "T1",
    "Real label 0.9 instead of 1 keeps D from becoming overconfident and helps against D dominance",
    RULE,
    TRIALS,
    decide,
)
