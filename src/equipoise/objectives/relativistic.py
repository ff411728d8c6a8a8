"""Relativistic games: D says how much more real a real is than a fake, not how real it is."""

import math
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from equipoise.pieces import Card, Equilibrium, Objective, Targets


class Relativistic(Objective):
    """What both have in common: only differences of logits count, so G plays for the reals' logits as well."""

    paired: ClassVar[bool] = True

    def equilibrium(self, real: float = 1.0, fake: float = 0.0) -> Equilibrium:
        """D is constant, at any value."""
        return Equilibrium(logit=None, d_loss=math.log(2), g_loss=math.log(2))


class RelativisticAverage(Relativistic):
    """With r = D(x) - E[D(G(z))] and f = D(G(z)) - E[D(x)], means over the batch:

    L_D = E[softplus(-r)] + E[softplus(f)],  L_G = (E[softplus(r)] + E[softplus(-f)]) / 2. The paper sums both; G's loss is
    the mean of its two terms here, so that it reads as the non-saturating one does: log 2 at equilibrium.
    """

    card: ClassVar[Card] = Card(
        name="relativistic_average",
        title="RaGAN: each sample against the average of the other side",
        equation="r = D(x) - E[D(G(z))], f = D(G(z)) - E[D(x)]: L_D = E[sp(-r)] + E[sp(f)];  L_G = (E[sp(r)] + E[sp(-f)]) / 2",
        source="Jolicoeur-Martineau 2018, the average of section 4 (RaSGAN)",
        helps="More stable than the standard game in small nets; G learns from the reals as well",
        hurts="Samples of a batch depend on each other, so a penalty per sample sees D, not the loss",
        cost="one more pass of D in G's step, over the reals",
    )

    def d_loss(self, d_real: Tensor, d_fake: Tensor, targets: Targets) -> Tensor:
        return F.softplus(d_fake.mean() - d_real).mean() + F.softplus(d_fake - d_real.mean()).mean()

    def g_loss(self, d_fake: Tensor, d_real: Tensor | None) -> Tensor:
        assert d_real is not None
        return (F.softplus(d_real - d_fake.mean()).mean() + F.softplus(d_real.mean() - d_fake).mean()) / 2


class RelativisticPaired(Relativistic):
    """L_D = E[softplus(-(D(x) - D(G(z))))],  L_G = E[softplus(-(D(G(z)) - D(x)))], over pairs within the batch."""

    card: ClassVar[Card] = Card(
        name="relativistic_paired",
        title="RpGAN: a real and a fake are compared in pairs",
        equation="L_D = E[softplus(D(G(z)) - D(x))];  L_G = E[softplus(D(x) - D(G(z)))]",
        source="Jolicoeur-Martineau 2018, section 4 (RSGAN); Huang et al. 2024 (R3GAN)",
        helps="Against collapse: each real pulls its own fake; with R1 and R2 it converges locally (R3GAN)",
        hurts="Without R1 and R2 it need not converge",
        cost="one more pass of D in G's step, over the reals",
    )
    d_terms: ClassVar[int] = 1

    def d_loss(self, d_real: Tensor, d_fake: Tensor, targets: Targets) -> Tensor:
        return F.softplus(d_fake - d_real).mean()

    def g_loss(self, d_fake: Tensor, d_real: Tensor | None) -> Tensor:
        assert d_real is not None
        return F.softplus(d_real - d_fake).mean()
