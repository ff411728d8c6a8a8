"""T7: minibatch discrimination."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

TOLD = Arm("minibatch-discrimination", "D is told of the batch", {"tricks.minibatch_discrimination": {}})
TRIALS = (
    trial("ring/strong-d", TOLD),
    trial("mnist/strong-d", TOLD),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(effects(TRIALS, outcomes))


CLAIM = Claim(
    "T7",
    "Minibatch discrimination reduces mode collapse",
    RULE,
    TRIALS,
    decide,
)
