"""T13: labels drawn per sample."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

NOISE = Arm("label-noise", "real U(0.8, 1), fake U(0, 0.2)", {"tricks.label_noise": {}})
WIDER = Arm("wider-noise", "real U(0.7, 1), fake U(0, 0.2)", {"tricks.label_noise": {"real_low": 0.7}})
TRIALS = (
    trial("bursts/naive", NOISE, WIDER),
    trial("ring/strong-d", NOISE),
    trial("mnist/strong-d", NOISE, WIDER),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    return verdict(effects(TRIALS, outcomes))


CLAIM = Claim(
    "T13",
    "Labels per sample, real U(0.8, 1), fake U(0, 0.2), G against 1; wider noise U(0.7, 1) if needed",
    RULE,
    TRIALS,
    decide,
)
