"""An exponential moving average of G's weights, from which samples are drawn."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn

from equipoise.pieces import Card, Trick
from equipoise.tricks.checks import share

if TYPE_CHECKING:
    from equipoise.game import Game, Player


@dataclass
class EMA(Trick):
    """Keeps a copy of G (`generator`) whose weights and normalisation statistics follow G's.

    The decay is min(decay, (1 + t) / (10 + t)) at the t-th move of G, so that the average forgets the first weights.
    """

    decay: float = 0.999
    generator: nn.Module | None = field(default=None, init=False, repr=False)
    moves: int = field(default=0, init=False)  # of G so far

    card: ClassVar[Card] = Card(
        name="ema",
        title="Samples come from an average of G's last weights",
        equation="theta_bar <- decay * theta_bar + (1 - decay) * theta",
        source="Yazici et al. 2019; Karras et al. 2018",
        helps="Almost always: it removes the cycling around the equilibrium from the samples, not from the training",
        hurts="With a decay too near to 1 for a short run the samples lag behind",
        cost="1 to 3 % of a step and one more copy of G",
    )

    def check(self) -> None:
        share(self, "decay")

    def ready(self, game: Game) -> None:
        self.generator = copy.deepcopy(game.G.module).requires_grad_(False).eval()

    def moved(self, player: Player, game: Game) -> None:
        if player.name != "G":
            return
        assert self.generator is not None
        self.moves += 1
        weight = 1 - min(self.decay, (1 + self.moves) / (10 + self.moves))
        mine, theirs = self._pairs(player.module)
        torch._foreach_lerp_(mine, theirs, weight)
        for average, current in zip(self.generator.buffers(), player.module.buffers(), strict=True):
            if not average.is_floating_point():
                average.copy_(current)

    def _pairs(self, module: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
        """Weights and floating statistics of the average and of G."""
        assert self.generator is not None
        mine = [*self.generator.parameters(), *(b for b in self.generator.buffers() if b.is_floating_point())]
        theirs = [*module.parameters(), *(b for b in module.buffers() if b.is_floating_point())]
        return mine, [t.detach() for t in theirs]

    def state(self) -> dict[str, Tensor]:
        assert self.generator is not None
        return {"moves": torch.tensor(self.moves), **{f"generator.{k}": v for k, v in self.generator.state_dict().items()}}

    def load_state(self, state: dict[str, Tensor]) -> None:
        assert self.generator is not None
        self.moves = int(state["moves"])
        weights = {k.removeprefix("generator."): v for k, v in state.items() if k.startswith("generator.")}
        self.generator.load_state_dict(weights)
