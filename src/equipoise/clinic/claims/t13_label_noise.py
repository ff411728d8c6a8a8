"""T13: labels drawn per sample."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import BURSTS, EPOCHS, trial
from equipoise.clinic.decide import RULE, effects, matched, ratio, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

NOISE = Arm("label-noise", "real U(0.8, 1), fake U(0, 0.2)", {"tricks.label_noise": {}})
WIDER = Arm("wider-noise", "real U(0.7, 1), fake U(0, 0.2)", {"tricks.label_noise": {"real_low": 0.7}})
TRIALS = (
    trial(BURSTS, NOISE, settings=EPOCHS),
    trial("ring/strong-d", NOISE, WIDER),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    found = [
        ratio(trial.ward, arm, pairs, "quality", "frechet")
        for trial, arm, pairs in matched(TRIALS, outcomes)
        if trial.ward == BURSTS
    ]
    found += [effect for effect in effects(TRIALS, outcomes) if effect.ward != BURSTS]
    return verdict(found, instead={WIDER.name: NOISE.name})


CLAIM = Claim(
    "T13",
    "Labels per sample, real U(0.8, 1), fake U(0, 0.2), G against 1; wider noise U(0.7, 1) if needed",
    RULE
    + f" On {BURSTS} the Frechet distance decides in any case: soft labels bound both losses, whatever the game does, so that a"
    " collapse seen in them would be cured by definition. Wider noise counts where the noise is not enough.",
    TRIALS,
    decide,
)
