"""T16: the usual numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from equipoise.clinic.claims.arms import trial
from equipoise.clinic.decide import RULE, called, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict


def adam(lr: float, beta1: float) -> dict[str, Any]:
    return {"kind": "adam", "lr": lr, "beta1": beta1}


USUAL = {"optimizer": adam(2e-4, 0.5), "latent": 100, "batch": 64}
AS_SAID = Arm("as-said", "Adam 2e-4, beta1 0.5, latent 100, batch 64", USUAL)
OTHERS = (
    Arm("beta1 0.9", "beta1 0.9", {**USUAL, "optimizer": adam(2e-4, 0.9)}),
    Arm("rate 0.002", "rate 0.002", {**USUAL, "optimizer": adam(2e-3, 0.5)}),
    Arm("latent 8", "latent 8", {**USUAL, "latent": 8}),
    Arm("batch 16", "batch 16", {**USUAL, "batch": 16}),
)
TRIALS = tuple(trial("fashion/plain", AS_SAID, control=other, settings={"steps": 1000}) for other in OTHERS)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    found = []
    for one in TRIALS:
        found += called(effects([one], outcomes), {AS_SAID.name: f"as said, not {one.arms[0].name}"})
    return verdict(found, "The same number of steps for all, so a batch of 16 sees a quarter of the data.")


CLAIM = Claim(
    "T16",
    "Adam with beta1 = 0.5 (0.9 is too high), rate 0.0002 (higher diverges), latent size 100, batch 64",
    RULE,
    TRIALS,
    decide,
)
