"""Packing: D judges several samples at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.networks.surgery import widen_input
from equipoise.pieces import Card
from equipoise.seeds import Moment
from equipoise.tricks.checks import at_least
from equipoise.tricks.structural import Structural

if TYPE_CHECKING:
    from equipoise.game import Game


@dataclass
class Packing(Structural):
    """D sees `size` samples side by side in the first dimension after the batch, and gives one logit for them all.

    Images [B, C, H, W] become [B / size, size * C, H, W], points [B, d] become [B / size, size * d]. Name it after the
    tricks that change what D sees of single samples (augmentation).
    """

    size: int = 2

    card: ClassVar[Card] = Card(
        name="packing",
        title="PacGAN: D judges several samples together, so missing variety shows",
        equation="D(x_1, ..., x_m), all real or all fake",
        source="Lin et al. 2018, section 3",
        helps="Mode collapse: on stacked MNIST 1000 of 1000 modes where a plain DCGAN finds 99",
        hurts="D has size times fewer samples to learn from; the batch must be divisible by the size",
        cost="less than none: D works on a smaller batch, which saves 20 % of a step",
    )
    built_in: ClassVar[tuple[str, ...]] = ("size",)

    def check(self) -> None:
        at_least(2, self, "size")
        super().check()

    def build(self, game: Game) -> None:
        widen_input(game.D.module, self.size)

    def view(self, x: Tensor, at: Moment, *, real: bool) -> Tensor:
        batch, first, *rest = x.shape
        if batch % self.size:
            raise SettingError("packing.size", f"{self.size} does not divide the batch of {batch}; change one of the two")
        packed = x.reshape(batch // self.size, self.size * first, *rest)
        return packed.contiguous(memory_format=torch.channels_last) if packed.dim() == 4 else packed
