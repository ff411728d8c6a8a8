"""Minibatch discrimination: D sees how near the samples of a batch are to each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch import Tensor

from equipoise.networks.layers import MinibatchDiscrimination as Layer
from equipoise.networks.surgery import insert_before_head
from equipoise.pieces import Card
from equipoise.tricks.checks import at_least, not_alone
from equipoise.tricks.structural import Structural

if TYPE_CHECKING:
    from equipoise.game import Game


@dataclass
class MinibatchDiscrimination(Structural):
    """`kernels` more features before D's last layer, each the nearness of the batch's samples in `dims` dimensions."""

    kernels: int = 16
    dims: int = 5

    card: ClassVar[Card] = Card(
        name="minibatch_discrimination",
        title="D compares the samples of a batch, so a G whose samples are all alike is found out",
        equation="o_b(x_i) = sum_j exp(-||M_ib - M_jb||_1), M_i = f(x_i) T",
        source="Salimans et al. 2016, section 3.2",
        helps="Mode collapse within a batch",
        hurts="Gradient penalties: D of a sample depends on the others; too many kernels let D win",
        cost="B^2 * kernels * dims operations; a quarter of a small step on a CPU",
    )
    built_in: ClassVar[tuple[str, ...]] = ("kernels", "dims")

    def check(self) -> None:
        at_least(1, self, *self.built_in)
        super().check()

    def build(self, game: Game) -> None:
        insert_before_head(game.D.module, lambda features: Comparing(features, self.kernels, self.dims), self.kernels)


class Comparing(Layer):
    """The layer, which refuses a batch of one."""

    def forward(self, features: Tensor) -> Tensor:
        not_alone(features)
        return super().forward(features)
