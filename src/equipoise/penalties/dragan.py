"""DRAGAN: D's slope is held at 1 around the data."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from equipoise.errors import SettingError
from equipoise.penalties.gradient_penalty import slope_penalty
from equipoise.pieces import Card, Penalty, Seen


@dataclass
class DRAGAN(Penalty):
    """weight * (||grad D(x + noise)|| - target)^2 on reals as D saw them; noise ~ N(0, (spread * std of the batch)^2).

    The paper writes a fixed variance; `spread` relative to the data's own standard deviation follows its published code.
    """

    weight: float = 10.0
    every: int = 1
    target: float = 1.0
    spread: float = 0.5

    card: ClassVar[Card] = Card(
        name="dragan",
        title="D's slope is held at 1 in a cloud around the reals",
        equation="weight * E[(||grad D(x + n)|| - target)^2], n ~ N(0, (spread * std(x))^2)",
        source="Kodali et al. 2017 (lambda = 10, k = 1)",
        helps="Against sharp slopes around single reals, which end in collapse; works with any objective",
        hurts="A slope of 1 at the data is no equilibrium: R1 asks for 0 there and converges",
        cost="70 % of a step (28 x 28 DCGAN, CPU)",
    )

    def check(self) -> None:
        super().check()
        for name in ("target", "spread"):
            if getattr(self, name) < 0:
                raise SettingError(name, f"must be 0 or more, not {getattr(self, name)}")

    def value(self, seen: Seen) -> Tensor:
        assert seen.x is not None
        noise = self.spread * seen.x.std(correction=0) * seen.at.normal("dragan", *seen.x.shape)
        return slope_penalty(seen.D, seen.x + noise, self.target)
