"""Spectral normalisation: every layer's largest singular value is 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from equipoise.errors import SettingError
from equipoise.pieces import Card
from equipoise.tricks.checks import one_of
from equipoise.tricks.structural import Structural

if TYPE_CHECKING:
    from equipoise.game import Game

LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


@dataclass
class SpectralNorm(Structural):
    """Divides the weight of each linear layer and convolution by an estimate of its largest singular value.

    The estimate is one step of the power iteration in each forward pass in training. Layers that have a
    parametrisation of their own are left alone. Name it after the tricks that change D's layers.
    """

    player: Literal["D", "G", "both"] = "D"

    card: ClassVar[Card] = Card(
        name="spectral_norm",
        title="Every layer of D is 1-Lipschitz: its weight is divided by its largest singular value",
        equation="W -> W / sigma_1(W); kernels as matrices [out, in * height * width]",
        source="Miyato et al. 2018, equation 8 and algorithm 1; on both players: Zhang et al. 2019",
        helps="A D that wins: bounds its slope at almost no cost; the usual companion of hinge",
        hurts="With batch normalisation in the same player it bounds little; D may become too weak at the same rate",
        cost="5 to 10 % of a step on a CPU",
    )
    built_in: ClassVar[tuple[str, ...]] = ("player",)

    def check(self) -> None:
        one_of(self, "player", "D", "G", "both")
        super().check()

    def build(self, game: Game) -> None:
        for player in (game.G, game.D):
            if self.player in (player.name, "both"):
                normalise(player.module, player.name)


def normalise(module: nn.Module, name: str) -> None:
    """Put spectral norm on each layer of `module` that has a plain weight."""
    found = [m for m in module.modules() if isinstance(m, LAYERS) and isinstance(m._parameters.get("weight"), nn.Parameter)]
    if not found:
        raise SettingError("player", f"{name} has no linear layer or convolution with a plain weight to normalise")
    for layer in found:
        spectral_norm(layer)
