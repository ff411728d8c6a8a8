"""The gradient penalty of WGAN-GP: D's slope is held at 1 between reals and fakes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from equipoise.errors import SettingError
from equipoise.penalties.r1 import squared_gradient
from equipoise.pieces import Card, Penalty, Seen

TINY = 1e-12  # under the root: where D is flat, the norm has no derivative


def slope_penalty(D: Callable[[Tensor], Tensor], x: Tensor, target: float) -> Tensor:
    """(||grad_x D(x)|| - target)^2 per sample, [B]."""
    return ((squared_gradient(D, x) + TINY).sqrt() - target).square()


@dataclass
class GradientPenalty(Penalty):
    """weight * (||grad D(u x + (1 - u) y)|| - target)^2, with x and y as D saw them and one u ~ U(0, 1) per pair."""

    weight: float = 10.0
    every: int = 1
    target: float = 1.0

    card: ClassVar[Card] = Card(
        name="gradient_penalty",
        title="WGAN-GP: D's slope is held at 1 on lines between reals and fakes",
        equation="weight * E[(||grad D(u x + (1 - u) y)|| - target)^2], u ~ U(0, 1)",
        source="Gulrajani et al. 2017, equation 3 and algorithm 1",
        helps="The constraint that a Wasserstein critic needs, without weight clipping's loss of capacity",
        hurts="Does not make training converge: it keeps D steep at the equilibrium (Mescheder et al. 2018); not with batch "
        "normalisation in D, which ties the samples of a batch together",
        cost="70 % of a step (28 x 28 DCGAN, CPU)",
    )

    def check(self) -> None:
        super().check()
        if self.target < 0:
            raise SettingError("target", f"must be 0 or more, not {self.target}")

    def value(self, seen: Seen) -> Tensor:
        assert seen.x is not None
        u = seen.at.uniform("gradient_penalty", len(seen.x)).view(-1, *[1] * (seen.x.dim() - 1))
        return slope_penalty(seen.D, u * seen.x + (1 - u) * seen.y, self.target)
