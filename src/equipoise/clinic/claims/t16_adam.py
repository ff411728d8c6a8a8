"""T16: the usual numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from equipoise.clinic.claims.arms import LOOKS, SEEDS
from equipoise.clinic.decide import RULE, Effect, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Trial, Verdict


def adam(lr: float, beta1: float) -> dict[str, Any]:
    return {"kind": "adam", "lr": lr, "beta1": beta1}


USUAL = {"optimizer": adam(2e-4, 0.5), "latent": 100, "batch": 64}
AS_SAID = Arm("as-said", "Adam 2e-4, beta1 0.5, latent 100, batch 64", USUAL)
OTHERS = (
    Arm("beta1-0.9", "beta1 0.9", {**USUAL, "optimizer": adam(2e-4, 0.9)}),
    Arm("rate-2e-3", "rate 0.002", {**USUAL, "optimizer": adam(2e-3, 0.5)}),
    Arm("latent-8", "latent 8", {**USUAL, "latent": 8}),
    Arm("batch-16", "batch 16", {**USUAL, "batch": 16}),
)
TRIALS = tuple(Trial("mnist/plain", (other, AS_SAID), SEEDS, LOOKS) for other in OTHERS)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    found = []
    for trial in TRIALS:
        found += [against(effect, trial.arms[0].name) for effect in effects([trial], outcomes)]
    return verdict(found, "The same number of steps for all, so a batch of 16 sees a quarter of the data.")


def against(effect: Effect, other: str) -> Effect:
    """What an arm does, named after what it is compared with."""
    return replace(effect, arm=f"as said, not {other}")


CLAIM = Claim(
    "T16",
    "Adam with beta1 = 0.5 (0.9 is too high), rate 0.0002 (higher diverges), latent size 100, batch 64",
    RULE,
    TRIALS,
    decide,
)
