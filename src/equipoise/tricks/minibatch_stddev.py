"""Minibatch standard deviation: D sees how varied a batch is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch import Tensor

from equipoise.networks.layers import MinibatchStdDev as Layer
from equipoise.networks.surgery import insert_before_head
from equipoise.pieces import Card
from equipoise.tricks.checks import at_least, not_alone
from equipoise.tricks.structural import Structural

if TYPE_CHECKING:
    from equipoise.game import Game


@dataclass
class MinibatchStdDev(Structural):
    """One more feature before D's last layer: the standard deviation over a group of samples, averaged over features."""

    group: int = 4

    card: ClassVar[Card] = Card(
        name="minibatch_stddev",
        title="D is told how much the samples of a group differ",
        equation="mean over features of std over the group",
        source="Karras et al. 2018, section 3",
        helps="Mode collapse, without weights of its own",
        hurts="Gradient penalties: D of a sample depends on its group",
        cost="about 10 % of a small step on a CPU",
    )

    def check(self) -> None:
        at_least(2, self, "group")
        super().check()

    def build(self, game: Game) -> None:
        insert_before_head(game.D.module, lambda _: Live(self), 1)


class Live(Layer):
    """The layer with the trick's group, whatever that is now."""

    def __init__(self, trick: MinibatchStdDev) -> None:
        super().__init__(trick.group)
        self.trick = trick

    def forward(self, x: Tensor) -> Tensor:
        not_alone(x)
        self.group = self.trick.group
        return super().forward(x)
