"""T11: how often each player moves."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

MORE_D = Arm("d-steps-5", "five D steps for one of G", {"tricks.cadence": {"d_steps": 5}})
MORE_G = Arm("g-steps-2", "two G steps for one of D", {"tricks.cadence": {"g_steps": 2}})
TRIALS = (
    trial("ring/weak-d", MORE_D),
    trial("mnist/weak-d", MORE_D),
    trial("ring/strong-d", MORE_G),
    trial("mnist/strong-d", MORE_G),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(
        effects(TRIALS, outcomes),
        "The strong-d wards have three D steps for one of G without it. A step is one round of the game, however many of "
        "either player it has.",
    )


CLAIM = Claim(
    "T11",
    "Training D 1 to 5 times per G step balances the two; training G twice per D step helps when D dominates",
    RULE,
    TRIALS,
    decide,
)
