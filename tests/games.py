"""Tiny games for tests: a few hundred weights, a few milliseconds a step, and a little of everything that can go wrong."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from equipoise.game import Game
from equipoise.networks import DCGAN, MLP
from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Terms, Trick
from equipoise.seeds import generator, mix

POINTS, IMAGES = (2,), (1, 16, 16)
LATENT = 3


def players(shape: tuple[int, ...] = POINTS, seed: int = 0) -> tuple[nn.Module, nn.Module]:
    """G and D for points (an MLP) or images of 16 x 16 (a DCGAN, batch normalisation in both)."""
    torch.manual_seed(mix(seed, "weights"))
    network = DCGAN(width=3) if len(shape) == 3 else MLP(hidden=8, layers=1)
    return network.build(LATENT, shape)


def tiny_game(*tricks: Trick, objective: str = "non_saturating", shape: tuple[int, ...] = POINTS, **settings: Any) -> Game:
    """A game that is the same bit for bit each time; `settings` go to Game, `generator` and `discriminator` too."""
    G, D = players(shape, settings.get("seed", 0))
    fixed: dict[str, Any] = {"generator": G, "discriminator": D, "latent": LATENT, "g_optimizer": adam, "d_optimizer": adam}
    return Game(objective=OBJECTIVES[objective], shape=shape, tricks=tricks, **{**fixed, **settings})


def adam(parameters: Any) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=0.01, betas=(0.5, 0.999))


def sgd(rate: float = 0.1) -> Callable[[Any], torch.optim.Optimizer]:
    return lambda parameters: torch.optim.SGD(parameters, lr=rate)


def draws(game: Game, batch: int = 8) -> Callable[[int], Tensor]:
    """Real batches by position for a game: numbers in (-1, 1), images channels-last as sources give them."""

    def draw(position: int) -> Tensor:
        x = torch.rand(batch, *game.shape, generator=generator("cpu", 7, position)) * 2 - 1
        return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x

    return draw


def play(game: Game, steps: int = 3, batch: int = 8) -> Terms:
    """So many steps; what the last one left."""
    draw = draws(game, batch)
    return [game.step(draw) for _ in range(steps)][-1]


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    """Whether two states hold the same names, shapes, types and bits."""
    return a.keys() == b.keys() and all(a[k].dtype == b[k].dtype and torch.equal(a[k], b[k]) for k in a)
