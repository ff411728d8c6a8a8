"""T2: flipped labels."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

BATCH = Arm("flip-batch", "whole batches", {"tricks.label_flipping": {"p": 0.05, "per": "batch", "side": "real"}})
SAMPLE = Arm("flip-sample", "single labels", {"tricks.label_flipping": {"p": 0.05, "per": "sample", "side": "real"}})
TRIALS = (
    trial("ring/strong-d", BATCH, SAMPLE),
    trial("mnist/strong-d", BATCH),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(effects(TRIALS, outcomes))


CLAIM = Claim(
    "T2",
    "Flipping 5 % of the real labels to fake keeps D from overpowering G (a whole batch at a time; or each sample by itself)",
    RULE,
    TRIALS,
    decide,
)
