"""Hinge: D stops caring for samples that are on the right side of a margin of 1."""

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from equipoise.pieces import Card, Equilibrium, Objective, Targets


class Hinge(Objective):
    """L_D = E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))],  L_G = -E[D(G(z))].

    D's loss is recorded as the sum, since that is how the literature's curves show it: 2 at equilibrium.
    """

    card: ClassVar[Card] = Card(
        name="hinge",
        title="A margin for D, a linear loss for G",
        equation="L_D = E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))];  L_G = -E[D(G(z))]",
        source="Lim & Ye 2017; Miyato et al. 2018, equations 16 and 17",
        helps="With spectral normalisation, for images in large nets: SAGAN and BigGAN use it",
        hurts="G's loss has no fixed value at equilibrium, so only D's can be read",
        cost="none",
    )
    d_terms: ClassVar[int] = 1

    def d_loss(self, d_real: Tensor, d_fake: Tensor, targets: Targets) -> Tensor:
        return F.relu(1 - d_real).mean() + F.relu(1 + d_fake).mean()

    def g_loss(self, d_fake: Tensor, d_real: Tensor | None) -> Tensor:
        return -d_fake.mean()

    def equilibrium(self, real: float = 1.0, fake: float = 0.0) -> Equilibrium:
        """Any constant D in [-1, 1] is optimal, so neither the logit nor G's loss is fixed."""
        return Equilibrium(logit=None, d_loss=2.0, g_loss=None)
