"""T8: LeakyReLU in D."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Trial, Verdict

ARMS = (Arm("relu", "ReLU in both players", {"network.activation": "relu"}), Arm("leaky-relu", "LeakyReLU, leak 0.2"))
TRIALS = (
    Trial("ring/plain", ARMS, 10),
    Trial("grid/plain", ARMS, 10),
    Trial("ring/r1", ARMS, 10),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(
        effects(TRIALS, outcomes),
        "Both players of the small networks are changed, not D alone; no image ward offers the choice.",
    )


CLAIM = Claim(
    "T8",
    "LeakyReLU instead of ReLU in D keeps the gradient alive",
    RULE,
    TRIALS,
    decide,
)
