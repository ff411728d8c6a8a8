"""T3: feature matching."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import MATCHING, trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Claim, Outcome, Verdict

TRIALS = (
    trial("ring/strong-d", MATCHING),
    trial("mnist/strong-d", MATCHING),
    trial("mnist/plain", MATCHING),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(effects(TRIALS, outcomes))


CLAIM = Claim(
    "T3",
    "Feature matching improves stability and diversity",
    RULE,
    TRIALS,
    decide,
)
