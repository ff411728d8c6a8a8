"""Wasserstein: D is a critic whose mean difference between reals and fakes estimates a distance."""

from typing import ClassVar

from torch import Tensor

from equipoise.pieces import Card, Equilibrium, Objective, Targets


class Wasserstein(Objective):
    """L_D = E[D(G(z))] - E[D(x)],  L_G = -E[D(G(z))].

    -L_D estimates the Wasserstein-1 distance if D is 1-Lipschitz and near its optimum, and means nothing otherwise. So it
    needs a constraint on D beside it: the `gradient_penalty`, spectral normalisation, or the paper's weight clipping.
    """

    card: ClassVar[Card] = Card(
        name="wasserstein",
        title="WGAN: a critic instead of a classifier",
        equation="L_D = E[D(G(z))] - E[D(x)];  L_G = -E[D(G(z))]",
        source="Arjovsky et al. 2017, equations 2 and 3; with penalty: Gulrajani et al. 2017",
        helps="With a Lipschitz penalty and several D steps per G step: a loss that falls as the samples get better",
        hurts="Without a constraint on D it is unbounded and diverges; with one it does not converge locally (Mescheder 2018)",
        cost="none by itself; the papers take 5 D steps per G step",
    )
    d_terms: ClassVar[int] = 1

    def d_loss(self, d_real: Tensor, d_fake: Tensor, targets: Targets) -> Tensor:
        return d_fake.mean() - d_real.mean()

    def g_loss(self, d_fake: Tensor, d_real: Tensor | None) -> Tensor:
        return -d_fake.mean()

    def equilibrium(self, real: float = 1.0, fake: float = 0.0) -> Equilibrium:
        """A constant may be added to D: only the difference is fixed."""
        return Equilibrium(logit=None, d_loss=0.0, g_loss=None)
