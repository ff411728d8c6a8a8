"""T17: what calms wild oscillation."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import MATCHING, trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

SLOWER = Arm("rate-1e-4", "1e-4 for both", {"optimizer.lr": 1e-4})
WITHOUT = Arm("no-batch-norm", "no normalisation", {"network.normalise": "none"})
TRIALS = (
    trial("ring/wild", SLOWER, MATCHING),
    trial("grid/wild", SLOWER),
    trial("mnist/wild", SLOWER, MATCHING, WITHOUT),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(
        effects(TRIALS, outcomes),
        "Batch normalisation is in mnist/wild from the start: the arm no-batch-norm takes it away.",
        ("no-batch-norm",),
    )


CLAIM = Claim(
    "T17",
    "Batch normalisation, a lower learning rate for both (0.0001) or feature matching cure wild oscillation",
    RULE,
    TRIALS,
    decide,
)
