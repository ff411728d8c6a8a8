"""Least squares: D is a regression on its targets, and G's gradient grows with the distance from them."""

from typing import ClassVar

from torch import Tensor

from equipoise.pieces import Card, Equilibrium, Objective, Targets


class LeastSquares(Objective):
    """L_D = E[(D(x) - 1)^2] + E[D(G(z))^2],  L_G = E[(D(G(z)) - 1)^2]; D's output is the logit itself, without a sigmoid.

    Three conventions are in use. D's loss at equilibrium is 0.5 as the sum that is descended here, 0.25 as the mean that is
    recorded, and 0.25 with the paper's two factors of 1/2; G's is 0.25, with the paper's factor 0.125.
    """

    card: ClassVar[Card] = Card(
        name="least_squares",
        title="LSGAN: squared distance to the targets instead of a cross-entropy",
        equation="L_D = E[(D(x) - 1)^2] + E[D(G(z))^2];  L_G = E[(D(G(z)) - 1)^2]",
        source="Mao et al. 2017, equation 9 (a = 0, b = c = 1), without its factors 1/2",
        helps="G still gets a gradient from fakes that D rejects with certainty",
        hurts="A D that is far ahead makes G's loss and gradient large; as prone to collapse as the standard game",
        cost="none",
    )
    takes_targets: ClassVar[bool] = True

    def d_loss(self, d_real: Tensor, d_fake: Tensor, targets: Targets) -> Tensor:
        return (d_real - targets.real).square().mean() + (d_fake - targets.fake).square().mean()

    def g_loss(self, d_fake: Tensor, d_real: Tensor | None) -> Tensor:
        return (d_fake - 1).square().mean()

    def equilibrium(self, real: float = 1.0, fake: float = 0.0) -> Equilibrium:
        """For fixed targets; random ones add their variance to D's loss and move nothing else."""
        logit = (real + fake) / 2
        return Equilibrium(logit=logit, d_loss=((real - fake) / 2) ** 2, g_loss=(logit - 1) ** 2)
