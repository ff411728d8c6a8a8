"""T14: more data and augmentation."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import AUGMENTED, BURSTS, COLLAPSE, EPOCHS, trial, uncollapsed
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

MORE = Arm("three-types", "36 + 218 + 4 windows", {"data.type_2": 36, "data.type_5": 4})
TRIALS = (
    trial(BURSTS, MORE, AUGMENTED, settings=EPOCHS),
    trial("mnist/few-samples", AUGMENTED),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(
        effects(TRIALS, outcomes, uncollapsed),
        "The distance on bursts/naive is to windows of the one type, of three types as well.",
    )


CLAIM = Claim(
    "T14",
    "More data (258 windows of three types instead of 218 of one) and augmentation help a small-data GAN",
    RULE + COLLAPSE,
    TRIALS,
    decide,
)
