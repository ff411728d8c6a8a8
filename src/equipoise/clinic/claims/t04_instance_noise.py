"""T4: noise on what D sees."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import AUGMENTED, trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

BOTH = Arm("noise-both", "on reals and fakes", {"tricks.instance_noise": {"std": 0.05}})
REAL = Arm("noise-real", "on reals only", {"tricks.instance_noise": {"std": 0.05, "on": "real"}})
TRIALS = (
    trial("ring/strong-d", BOTH, REAL),
    trial("mnist/few-samples", BOTH, REAL, AUGMENTED),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(
        effects(TRIALS, outcomes),
        "The arm augmented, beside it, shows what augmentation proper does there. On the ring 0.05 is as wide as a mode.",
        beside=(AUGMENTED.name,),
    )


CLAIM = Claim(
    "T4",
    "Gaussian noise of 0.05 on the images that D sees acts like augmentation (on reals only, or on both)",
    RULE,
    TRIALS,
    decide,
)
