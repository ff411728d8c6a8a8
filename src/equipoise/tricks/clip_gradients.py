"""Gradient clipping: no step follows a gradient that is too long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from torch.nn.utils import clip_grad_norm_

from equipoise.pieces import Card, Trick
from equipoise.tricks.checks import one_of, positive

if TYPE_CHECKING:
    from equipoise.game import Player


@dataclass
class ClipGradients(Trick):
    """A player's gradient, all its parameters together, is scaled down to length `norm` where it is longer."""

    norm: float = 1.0
    player: Literal["G", "D", "both"] = "both"

    card: ClassVar[Card] = Card(
        name="clip_gradients",
        title="A player's gradient is at most so long",
        equation="g -> g * min(1, norm / ||g||_2), each player by itself",
        source="Pascanu et al. 2013, algorithm 1",
        helps="Rare spikes that would throw the game off",
        hurts="Hides the cause; clipping in most steps is a change of the learning rate",
        cost="below 1 %",
    )

    def check(self) -> None:
        positive(self, "norm")
        one_of(self, "player", "G", "D", "both")

    def gradients(self, player: Player) -> None:
        if self.player in (player.name, "both"):
            clip_grad_norm_(player.module.parameters(), self.norm, foreach=True)
