"""Consensus optimisation: both players also make the gradient of the game small."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.networks.functional import call
from equipoise.pieces import Card, Seen, Trick

if TYPE_CHECKING:
    from equipoise.game import Game, Player


@dataclass
class Consensus(Trick):
    """Adds weight / 2 * ||v||^2 to both losses, v being D's gradient of L_D and G's gradient of L_G, side by side.

    v is taken of the objective alone (without penalties), on the step's own reals and latents seen anew, in float32.
    """

    weight: float = 1.0
    trained: dict[str, list[str]] = field(default_factory=dict, init=False, repr=False)  # names of each player's parameters

    card: ClassVar[Card] = Card(
        name="consensus",
        title="Both players also descend the squared gradient of the whole game",
        equation="L_D + weight / 2 * ||v||^2, L_G + weight / 2 * ||v||^2, v = (grad_D L_D, grad_G L_G)",
        source="Mescheder et al. 2017, algorithm 2",
        helps="Cycling: it moves the game's eigenvalues off the imaginary axis",
        hurts="Attracted by any stationary point, bad ones too; squares the noise of a small batch's gradient",
        cost="a step takes about 8 times as long (28 x 28 DCGAN, CPU): two more games, differentiated twice",
    )

    def check(self) -> None:
        if self.weight < 0:
            raise SettingError("weight", f"must be 0 or more, not {self.weight}")

    def ready(self, game: Game) -> None:
        for player in (game.G, game.D):
            self.trained[player.name] = [name for name, p in player.module.named_parameters() if p.requires_grad]

    def d_term(self, seen: Seen) -> Tensor | None:
        return self.term(seen, seen.game.D)

    def g_term(self, seen: Seen) -> Tensor | None:
        return self.term(seen, seen.game.G)

    def term(self, seen: Seen, mover: Player) -> Tensor | None:
        """The term for the player that moves: its own weights, and a copy of the opponent's (which may be frozen)."""
        if self.weight == 0:
            return None
        weights = {p.name: self.weights(p, copied=p is not mover) for p in (seen.game.G, seen.game.D)}
        with torch.autocast(seen.real.device.type, enabled=False):
            v = joint_gradient(seen, weights["G"], weights["D"])
            return self.weight / 2 * torch.stack([g.square().sum() for g in v]).sum()

    def weights(self, player: Player, *, copied: bool) -> dict[str, Tensor]:
        """A player's trained parameters by name, as they are or as copies that take gradients."""
        named = dict(player.module.named_parameters())
        found = {name: named[name] for name in self.trained[player.name]}
        return {name: p.detach().requires_grad_(True) for name, p in found.items()} if copied else dict(found)


def joint_gradient(seen: Seen, g_weights: dict[str, Tensor], d_weights: dict[str, Tensor]) -> list[Tensor]:
    """D's gradient of its loss and G's of its own at these weights, with a graph."""
    game, objective = seen.game, seen.game.objective
    fake = call(game.G.module, g_weights, seen.z)
    d_real = call(game.D.module, d_weights, game.view(seen.real, real=True))
    d_fake = call(game.D.module, d_weights, game.view(fake, real=False))
    d_loss = objective.d_loss(d_real, d_fake, game.targets(d_real, d_fake))
    g_loss = objective.g_loss(d_fake, d_real)
    v = [
        *torch.autograd.grad(d_loss, list(d_weights.values()), create_graph=True, allow_unused=True),
        *torch.autograd.grad(g_loss, list(g_weights.values()), create_graph=True, allow_unused=True),
    ]
    return [g for g in v if g is not None]
