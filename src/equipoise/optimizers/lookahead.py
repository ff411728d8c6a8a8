"""Lookahead-minimax: every k steps both players go back part of the way that they have come."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.pieces import Card, Terms, Trick

if TYPE_CHECKING:
    from equipoise.game import Game


@dataclass
class Lookahead(Trick):
    """Every k steps the slow weights of both players move the share alpha towards the fast ones, which start from there
    again. The optimizers' moments go on.
    """

    k: int = 5
    alpha: float = 0.5
    slow: dict[str, Tensor] = field(default_factory=dict, init=False, repr=False)

    card: ClassVar[Card] = Card(
        name="lookahead",
        title="Every k steps both players go back to a point between where they are and where they were",
        equation="every k steps: slow <- slow + alpha * (fast - slow); fast <- slow, for G and D at once",
        source="Chavdarova et al. 2021, algorithm 1",
        helps="Cycling: the average of an arc lies nearer to its centre; lets larger rates and noise pass",
        hurts="Slower where nothing rotates: the step is alpha times as long",
        cost="below 1 % and one more copy of both players",
    )

    def check(self) -> None:
        if self.k < 1:
            raise SettingError("k", f"must be 1 or more steps, not {self.k}")
        if not 0 < self.alpha <= 1:
            raise SettingError("alpha", f"must be above 0 and at most 1, not {self.alpha}")

    def ready(self, game: Game) -> None:
        self.slow = {name: p.detach().clone() for name, p in weights(game).items()}

    def after(self, game: Game, terms: Terms) -> None:
        if game.steps % self.k:
            return
        slow, fast = list(self.slow.values()), [p.detach() for p in weights(game).values()]
        torch._foreach_lerp_(slow, fast, self.alpha)
        torch._foreach_copy_(fast, slow)

    def state(self) -> dict[str, Tensor]:
        return dict(self.slow)

    def load_state(self, state: dict[str, Tensor]) -> None:
        for name, kept in state.items():
            self.slow[name].copy_(kept)


def weights(game: Game) -> dict[str, Tensor]:
    """The trained weights of both players, by 'player/name'."""
    players = (game.G, game.D)
    return {f"{p.name}/{name}": w for p in players for name, w in p.module.named_parameters() if w.requires_grad}
