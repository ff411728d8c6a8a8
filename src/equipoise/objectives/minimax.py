"""The original game, in which G's gradient saturates where D wins."""

import math
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from equipoise.pieces import Card, Equilibrium, Objective, Targets


def cross_entropy_equilibrium(real: float, fake: float) -> tuple[float, float, float]:
    """(logit, D's mean loss, D's output) where p_data = p_G: D* = (real + fake) / 2 (Salimans et al. 2016, section 3.4)."""
    p = (real + fake) / 2
    d_loss = -(p * math.log(p) + (1 - p) * math.log(1 - p))  # the mean target of both terms is p
    return math.log(p / (1 - p)), d_loss, p


class Minimax(Objective):
    """L_D = -E[log D(x)] - E[log(1 - D(G(z)))],  L_G = E[log(1 - D(G(z)))]."""

    card: ClassVar[Card] = Card(
        name="minimax",
        title="The original saturating game: G minimises just what D maximises",
        equation="L_D = E[softplus(-D(x))] + E[softplus(D(G(z)))];  L_G = -E[softplus(D(G(z)))]",
        source="Goodfellow et al. 2014, equation 1",
        helps="Theory and teaching: a zero-sum game",
        hurts="G's gradient vanishes as D(G(z)) goes to 0, which is how training begins",
        cost="none",
    )
    takes_targets: ClassVar[bool] = True

    def d_loss(self, d_real: Tensor, d_fake: Tensor, targets: Targets) -> Tensor:
        # softplus(l) - t * l is the cross-entropy of target t against sigmoid(l), without a sigmoid to overflow
        real = (F.softplus(d_real) - targets.real * d_real).mean()
        fake = (F.softplus(d_fake) - targets.fake * d_fake).mean()
        return real + fake

    def g_loss(self, d_fake: Tensor, d_real: Tensor | None) -> Tensor:
        return -F.softplus(d_fake).mean()

    def equilibrium(self, real: float = 1.0, fake: float = 0.0) -> Equilibrium:
        logit, d_loss, p = cross_entropy_equilibrium(real, fake)
        return Equilibrium(logit=logit, d_loss=d_loss, g_loss=math.log(1 - p))
