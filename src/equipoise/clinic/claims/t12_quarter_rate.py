"""T12: D's rate at a quarter of G's."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import BURSTS, COLLAPSE, EPOCHS, d_rate, trial, uncollapsed
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

QUARTER = Arm("d-rate/4", "G 2e-4, D 5e-5", {"tricks.two_rates": {"g_rate": 2e-4, "d_rate": 5e-5}})
TENTH = Arm("d-rate/10", "G 2e-4, D 2e-5", {"tricks.two_rates": {"g_rate": 2e-4, "d_rate": 2e-5}})
TRIALS = (
    trial(BURSTS, QUARTER, TENTH, settings=EPOCHS),
    trial("ring/strong-d", d_rate("ring/strong-d", 1 / 4)),
    trial("mnist/strong-d", d_rate("mnist/strong-d", 1 / 4)),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(
        effects(TRIALS, outcomes, uncollapsed),
        "On the strong-d wards D's rate is a quarter of what it is there. A slower D may collapse later than the trial lasts.",
        instead={TENTH.name: QUARTER.name},
    )


CLAIM = Claim(
    "T12",
    "D's learning rate at a quarter of G's (or a tenth) stops the collapse of a DCGAN on 218 samples in epoch 1",
    RULE + COLLAPSE + " A tenth counts where a quarter is not enough.",
    TRIALS,
    decide,
)
