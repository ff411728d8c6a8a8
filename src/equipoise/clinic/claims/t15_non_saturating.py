"""T15: the non-saturating loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from equipoise.clinic.claims.arms import trial
from equipoise.clinic.decide import RULE, effects, verdict
from equipoise.clinic.trial import Arm, Claim, Outcome, Verdict
from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Objective

NS = Arm("non-saturating", "the non-saturating loss", {"objective": "non_saturating"})
SATURATING = Arm("saturating", "the saturating loss", {"objective": "minimax"})
TRIALS = (
    trial("ring/stalled", NS),
    trial("mnist/stalled", NS),
    trial("ring/plain", SATURATING),
    trial("mnist/plain", SATURATING),
)
SURE = -10.0  # a logit of D on fakes, early, when D is sure


def pull(objective: Objective, logit: float) -> float:
    """|dL_G / d logit| of one fake."""
    x = torch.tensor([logit], requires_grad=True)
    (gradient,) = torch.autograd.grad(objective.g_loss(x, None), x)
    return float(gradient.abs())


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    ns, minimax = OBJECTIVES["non_saturating"], OBJECTIVES["minimax"]
    early = pull(ns, SURE), pull(minimax, SURE)
    same = ns.equilibrium().logit == minimax.equilibrium().logit
    note = (
        f"Closed form: where D is sure of a fake (logit {SURE:g}) G is pulled by {early[0]:.3g} with the non-saturating loss "
        f"and by {early[1]:.2g} with the saturating one; at equilibrium both have D's logit at "
        f"{ns.equilibrium().logit:g}{', the same optimum' if same else ''}. "
        "The gradient comes back, but in a game that is wrong otherwise that alone need not bring the samples back."
    )
    found = effects(TRIALS, outcomes)
    return replace(verdict(found, note, ("saturating",)), numbers={"pull": early, **verdict(found).numbers})


CLAIM = Claim(
    "T15",
    "The non-saturating generator loss has the same optimum as the saturating one and better gradients early",
    RULE,
    TRIALS,
    decide,
)
