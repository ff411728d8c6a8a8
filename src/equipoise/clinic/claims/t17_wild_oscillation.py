"""T17: what calms wild oscillation."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import MATCHING, trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

SLOWER = Arm("rate-1e-4", "1e-4 for both", {"optimizer.lr": 1e-4})
THIRD = {"optimizer.lr": 1e-2}  # of the ward's rate: at all of it the ward fails with batch normalisation, by choice
WITHOUT = Arm("no-batch-norm", "a third of the rate, no normalisation in D", {**THIRD, "network.normalise": "none"})
NORMALISED = Arm("batch-norm", "a third of the rate, batch normalisation in D", THIRD)
TRIALS = (
    trial("ring/wild", SLOWER, MATCHING),
    trial("mnist/wild", SLOWER, MATCHING),
    trial("mnist/wild", NORMALISED, control=WITHOUT),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(
        effects(TRIALS, outcomes),
        "mnist/wild has batch normalisation in D from the start: batch-norm is compared with D without it, at a rate of 0.01.",
    )


CLAIM = Claim(
    "T17",
    "Batch normalisation, a lower learning rate for both (0.0001) or feature matching cure wild oscillation",
    RULE,
    TRIALS,
    decide,
)
