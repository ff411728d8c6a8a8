"""The non-saturating game: G maximises log D(G(z)) instead of minimising log(1 - D(G(z)))."""

import math
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from equipoise.objectives.minimax import Minimax, cross_entropy_equilibrium
from equipoise.pieces import Card, Equilibrium


class NonSaturating(Minimax):
    """L_D = -E[log D(x)] - E[log(1 - D(G(z)))],  L_G = -E[log D(G(z))], with D = sigmoid(logit), in softplus form."""

    card: ClassVar[Card] = Card(
        name="non_saturating",
        title="The standard GAN with G's gradient that does not vanish when D wins",
        equation="L_D = E[softplus(-D(x))] + E[softplus(D(G(z)))];  L_G = E[softplus(-D(G(z)))]",
        source="Goodfellow et al. 2014, section 3",
        helps="The default: G's gradient is near 1 per logit where D is sure that a sample is fake",
        hurts="Without a penalty it cycles around the equilibrium (Mescheder et al. 2018)",
        cost="none",
    )

    def g_loss(self, d_fake: Tensor, d_real: Tensor | None) -> Tensor:
        return F.softplus(-d_fake).mean()

    def equilibrium(self, real: float = 1.0, fake: float = 0.0) -> Equilibrium:
        logit, d_loss, p = cross_entropy_equilibrium(real, fake)
        return Equilibrium(logit=logit, d_loss=d_loss, g_loss=-math.log(p))
