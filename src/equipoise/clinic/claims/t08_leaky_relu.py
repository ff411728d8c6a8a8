"""T8: LeakyReLU in D."""

from __future__ import annotations

from collections.abc import Sequence

from equipoise.clinic.claims.arms import UNTREATED, trial
from equipoise.clinic.decide import RULE, Effect, called, effects, matched, ratio, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict

RELU = Arm("relu", "ReLU in D, LeakyReLU as it was in the rest", {"network.d_activation": "relu"})
LEAKY = {UNTREATED.name: "leaky-relu"}
WORDS = "Only D is changed; the control has ReLU."
GRADIENT = "leaky-relu: gradient"
TRIALS = (
    trial("ring/plain", UNTREATED, control=RELU),
    trial("ring/strong-d", UNTREATED, control=RELU),
    trial("mnist/plain", UNTREATED, control=RELU),
)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    found = called(effects(TRIALS, outcomes), LEAKY)
    pulls = [ratio(trial.ward, GRADIENT, pairs, "gradient", "fake_grad") for trial, _, pairs in matched(TRIALS, outcomes)]
    return verdict([*found, *pulls], f"{WORDS} {counts(pulls)}", beside=(GRADIENT,))


def counts(pulls: Sequence[Effect]) -> str:
    larger, smaller = sum(e.helps for e in pulls), sum(e.harms for e in pulls)
    return f"G's gradient, in the last tenth, is shown to be larger with LeakyReLU in {larger} wards and smaller in {smaller}."


CLAIM = Claim(
    "T8",
    "LeakyReLU instead of ReLU in D keeps the gradient alive",
    RULE,
    TRIALS,
    decide,
)
