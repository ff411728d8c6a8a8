"""T9: dropout in D, or a smaller D."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

DROPOUT = Arm("dropout", "dropout 0.3 in D", {"tricks.dropout": {}})
TRIALS = (
    trial("ring/strong-d", DROPOUT, Arm("smaller-d", "16 units in D, 64 in G", {"network.d_hidden": 16})),
    trial("mnist/strong-d", DROPOUT, Arm("smaller-d", "width 2 in D, 8 in G", {"network.d_width": 2})),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(effects(TRIALS, outcomes))


CLAIM = Claim(
    "T9",
    "Dropout in D, or a smaller D, cures discriminator dominance",
    RULE,
    TRIALS,
    decide,
)
