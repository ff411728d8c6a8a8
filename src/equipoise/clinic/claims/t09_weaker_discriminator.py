"""T9: dropout in D, or a smaller D."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import DROPOUT, trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

TRIALS = (
    trial("ring/strong-d", DROPOUT, Arm("smaller", "16 units in place of 64, both players", {"network.hidden": 16})),
    trial("mnist/strong-d", DROPOUT, Arm("smaller", "width 4 in place of 8, both players", {"network.width": 4})),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(effects(TRIALS, outcomes), "A network of another size is another size of both players here.")


CLAIM = Claim(
    "T9",
    "Dropout in D, or a smaller D, cures discriminator dominance",
    RULE,
    TRIALS,
    decide,
)
