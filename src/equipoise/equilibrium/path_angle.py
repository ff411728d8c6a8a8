"""The path angle: how the game's gradient turns along the line from an earlier place to this one (Berard et al. 2020).

On the points w + alpha (w' - w) the cosine between the line and the gradient field v is looked at. Where w' attracts, it
jumps from -1 to 1 as the line passes w'; where the players only turn around w', it makes a bump there and comes back.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from equipoise.equilibrium.indicators import Indicator, Standing
from equipoise.equilibrium.jacobian import Field
from equipoise.equilibrium.scene import Scene, fork, undisturbed
from equipoise.game import Game

STEPS = (0.01, 0.03, 0.1, 0.2, 0.4)  # of alpha, to both sides of 1


@dataclass(frozen=True)
class PathAngle:
    """The curve and its two numbers."""

    alphas: tuple[float, ...]
    cosines: tuple[float, ...]
    norms: tuple[float, ...]  # of v
    length: float  # of the line, in units of the weights' own norm

    @property
    def attraction(self) -> float:
        """Half of the rise from the first to the last cosine: 1 for pure attraction, 0 for pure rotation, below 0: repelled."""
        return (self.cosines[-1] - self.cosines[0]) / 2

    @property
    def bump(self) -> float:
        """How far the largest |cosine| within lies above those at the ends: 0 for pure attraction, near 1 for rotation."""
        inner = max(abs(c) for c in self.cosines[1:-1])
        return max(0.0, inner - max(abs(self.cosines[0]), abs(self.cosines[-1])))

    def indicators(self) -> list[Indicator]:
        rise = self.attraction
        standing: Standing = "supports" if rise > 0.5 else "contradicts" if rise < -0.5 else "proves nothing"
        words = f"1 attracts, 0 turns, -1 repels; bump {self.bump:.2f}; where all cosines are near 0 the line says little"
        return [Indicator("path_angle", "Path angle: rise of the cosine past this place", rise, "1", standing, words)]


def path_angle(
    scene: Scene, earlier: Game | None, *, samples: int = 256, say: Callable[[str], None] = lambda text: None
) -> PathAngle | None:
    """Along the line from `earlier` to the scene's game, on held-out reals; None where there is no line."""
    if earlier is None:
        return None
    with undisturbed(scene.game):
        say("path angle")
        game = fork(scene.game)
        first, last = weights(earlier), weights(game)
        line = [b - a for a, b in zip(first, last, strict=True)]
        length = norm(line)
        if length == 0 or not math.isfinite(length):
            return None
        one, _ = scene.halves()
        real = one[:samples]
        z = scene.latents(len(real), "path")
        alphas = (*(1 - s for s in reversed(STEPS)), 1.0, *(1 + s for s in STEPS))
        flat = torch.cat([t.flatten() for t in line])
        cosines, norms = [], []
        for alpha in alphas:
            place(game, [a + alpha * d for a, d in zip(first, line, strict=True)])
            v = Field(game, real, z).v.detach()
            norms.append(float(v.norm()))
            cosines.append(float(v @ flat) / max(norms[-1] * length, 1e-30))
        return PathAngle(alphas, tuple(cosines), tuple(norms), length / max(norm(last), 1e-30))


def trained(module: nn.Module) -> list[nn.Parameter]:
    return [p for p in module.parameters() if p.requires_grad]


def weights(game: Game) -> list[Tensor]:
    """What both players train, G's first, as copies."""
    return [p.detach().clone() for p in (*trained(game.G.module), *trained(game.D.module))]


@torch.no_grad()
def place(game: Game, values: list[Tensor]) -> None:
    for parameter, new in zip((*trained(game.G.module), *trained(game.D.module)), values, strict=True):
        parameter.copy_(new)


def norm(tensors: list[Tensor]) -> float:
    return math.sqrt(sum(float(t.double().square().sum()) for t in tensors))
