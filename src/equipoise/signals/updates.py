"""How far a step moves each player."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from equipoise.pieces import Card, Terms

if TYPE_CHECKING:
    from equipoise.game import Game

EVERY, PHASE = 100, 49  # steps; between checkpoints, which come at round ones

CARD = Card(
    name="updates",
    title="Update-to-weight ratio of each player in one step of the game",
    equation="d_update = ||theta_D' - theta_D|| / ||theta_D||, all moves of the step together",
    source="Karpathy, CS231n notes: about 1e-3 is usual; 0 is a player that does not move",
    helps="A player that is not in its optimizer, has a rate of 0, or drowns in its own weight",
    hurts="Says nothing of where it goes",
    cost="one copy of the weights and one pass over them, every hundredth step",
)


def weights(module: nn.Module) -> list[Tensor]:
    return [p.detach() for p in module.parameters()]


def ratio(before: list[Tensor], after: list[Tensor]) -> Tensor:
    """||after - before|| / ||before|| over all tensors together."""
    moved = torch.stack(torch._foreach_norm(torch._foreach_sub(after, before)))
    size = torch.stack(torch._foreach_norm(before))
    found: Tensor = torch.linalg.vector_norm(moved) / torch.linalg.vector_norm(size).clamp_min(torch.finfo(torch.float32).tiny)
    return found


@dataclass
class Updates:
    """Remembers the weights before every hundredth step, and says nothing in other steps."""

    before: dict[str, list[Tensor]] = field(default_factory=dict)
    step: int = -1

    def remember(self, game: Game) -> None:
        """Keep the weights where the next step is to be measured: after a step, and where a run goes on from there."""
        if game.steps % EVERY == PHASE:
            self.before = {p.name: [w.clone() for w in weights(p.module)] for p in (game.D, game.G)}
            self.step = game.steps

    def __call__(self, game: Game, terms: Terms) -> tuple[Tensor, ...]:
        self.remember(game)
        if game.steps % EVERY == PHASE + 1 and self.step == game.steps - 1:
            found = tuple(ratio(self.before[p.name], weights(p.module)) for p in (game.D, game.G))
            self.before = {}
            return found
        return ()


NAMES = ("d_update", "g_update")
