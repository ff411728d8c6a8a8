"""The Dirac-GAN (Mescheder et al. 2018): all data at 0, one weight each; the equilibrium and every rate are known.

G gives theta and D(x) = psi x, so the game has its equilibrium at (0, 0). A run is well where its distance to it has fallen
to a tenth of what it was.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from equipoise.clinic.wards.data import source
from equipoise.clinic.wards.failures import CYCLES, WEAK
from equipoise.clinic.wards.ward import Ward
from equipoise.game import Game
from equipoise.seeds import generator


class Theta(nn.Module):
    """G: theta, whatever the latent."""

    def __init__(self, theta: float) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([theta]))

    def forward(self, z: Tensor) -> Tensor:
        return self.theta.expand(len(z), 1)


class Psi(nn.Module):
    """D: psi x."""

    def __init__(self, psi: float) -> None:
        super().__init__()
        self.psi = nn.Parameter(torch.tensor([psi]))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.psi).flatten()


def start(ward: Ward, seed: int) -> dict[str, Any]:
    """A point of the unit circle, and data that are all 0."""
    angle = 2 * math.pi * float(torch.rand((), generator=generator("cpu", seed, "dirac")))
    return {"generator": Theta(math.cos(angle)), "discriminator": Psi(math.sin(angle)), "data": source("dirac")}


def distance(game: Game) -> dict[str, Any]:
    """Of a game that began at distance 1."""
    theta, psi = (float(next(player.module.parameters()).detach()) for player in (game.G, game.D))
    apart = math.hypot(theta, psi)
    return {"found": 1, "of": 1, "energy": round(apart, 6), "frechet": theta**2}


def point(name: str, about: str, changes: dict[str, Any], fails: bool = False) -> Ward:
    right = CYCLES if fails else frozenset[str]()
    return Ward(name, "dirac", about, right, WEAK if fails else frozenset(), changes, start, measure=distance)


CIRCLES = [
    point("saturating", "alternating descent goes round for ever", {"objective": "minimax"}, fails=True),
    point("wasserstein", "a critic without a penalty goes round for ever", {"objective": "wasserstein"}, fails=True),
    point("momentum", "momentum of 0.9 throws it out", {"optimizer": {"kind": "sgd", "lr": 0.05, "momentum": 0.9}}, fails=True),
    point("r1", "healthy", {"penalties": {"r1": {"weight": 1.0}}}),
]
