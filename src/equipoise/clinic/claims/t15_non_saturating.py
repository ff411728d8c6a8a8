"""T15: the non-saturating loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from equipoise.clinic.claims.arms import UNTREATED, trial
from equipoise.clinic.decide import effects, matched, ratio, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict
from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Objective

NS = Arm("non-saturating", "the non-saturating loss", {"objective": "non_saturating"})
SATURATING = Arm("saturating", "the saturating loss", {"objective": "minimax"})
TRIALS = (
    trial("ring/stalled", NS),
    trial("mnist/stalled", NS),
    trial("ring/plain", UNTREATED, control=SATURATING),
    trial("mnist/plain", UNTREATED, control=SATURATING),
    trial("dirac/saturating", NS),
)
SEPARATED = [one for one in TRIALS if one.ward != "dirac/saturating"]  # on the line D is never sure of a fake
LOGITS = (-2.0, -5.0, -10.0)  # of D on fakes: it is more and more sure of them
BESIDE = "non-saturating: outcome"
RULE = (
    "The optima are compared in closed form: the logit of D at equilibrium. The gradients are compared in the trials: the norm"
    " of the gradient of G's loss at the fakes, mean over the first tenth of a run, as a ratio seed by seed (bootstrap, 95 %),"
    " non-saturating over saturating. Confirmed: the optima are the same and the ratio is shown to be above 1 in every ward but"
    " the Dirac-GAN's. Refuted: the optima differ; or the ratio is shown to be above 1 nowhere, and below 1 somewhere or less"
    " than 1.1 on average in most. Otherwise it depends. What becomes of the runs is shown beside it and does not count."
)


def slope(objective: Objective, logit: float) -> float:
    """|dL_G / d logit| of one fake."""
    x = torch.tensor([logit], requires_grad=True)
    (gradient,) = torch.autograd.grad(objective.g_loss(x, None), x)
    return float(gradient.abs())


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    ns, minimax = OBJECTIVES["non_saturating"], OBJECTIVES["minimax"]
    slopes = {f"{logit:g}": (slope(ns, logit), slope(minimax, logit)) for logit in LOGITS}
    same = ns.equilibrium().logit == minimax.equilibrium().logit
    sure, (with_it, without) = f"{LOGITS[-1]:g}", slopes[f"{LOGITS[-1]:g}"]
    note = (
        f"In closed form a fake whose logit is {sure} is pulled with {with_it:.3g} by the non-saturating loss and with"
        f" {without:.2g} by the saturating one; at equilibrium D's logit is {ns.equilibrium().logit:g} and"
        f" {minimax.equilibrium().logit:g}."
    )
    pulls = [ratio(t.ward, NS.name, pairs, "gradient", "fake_grad_first") for t, _, pairs in matched(SEPARATED, outcomes)]
    became = [replace(effect, arm=BESIDE) for effect in effects(TRIALS, outcomes)]
    found = verdict([*pulls, *became], note, beside=(BESIDE,))
    numbers = {"slopes": slopes, "same_optimum": same, **found.numbers}
    return replace(found, answer=found.answer if same else "refuted", numbers=numbers)


CLAIM = Claim(
    "T15",
    "The non-saturating generator loss has the same optimum as the saturating one and better gradients early",
    RULE,
    TRIALS,
    decide,
)
