"""Weight clipping: the first WGAN's way to a Lipschitz critic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from equipoise.pieces import Card, Trick
from equipoise.tricks.checks import positive

if TYPE_CHECKING:
    from equipoise.game import Game, Player


@dataclass
class WeightClipping(Trick):
    """After each move of D all its parameters are clamped to [-c, c]."""

    c: float = 0.01

    card: ClassVar[Card] = Card(
        name="weight_clipping",
        title="D's weights stay in a small box",
        equation="w -> clip(w, -c, c) after each of D's moves",
        source="Arjovsky et al. 2017, algorithm 1",
        helps="wasserstein as it was published; a bound on D's slope",
        hurts="'A clearly terrible way', say its authors: slow or vanishing; prefer gradient_penalty or spectral_norm",
        cost="below 1 %",
    )

    def check(self) -> None:
        positive(self, "c")

    def moved(self, player: Player, game: Game) -> None:
        if player.name == "D":
            weights = [p.detach() for p in player.module.parameters()]
            torch._foreach_clamp_min_(weights, -self.c)
            torch._foreach_clamp_max_(weights, self.c)
