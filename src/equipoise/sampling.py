"""Samples of a game: from fixed or fresh noise, with G's raw weights or their average."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from equipoise.game import Game
from equipoise.seeds import generator
from equipoise.tricks.ema import EMA


def generators(game: Game) -> dict[str, nn.Module]:
    """G as it is ('raw') and, where the game keeps one, its average ('ema')."""
    found = {"raw": game.G.module}
    average = game.find(EMA)
    if average is not None and average.generator is not None:
        found["ema"] = average.generator
    return found


def best_generator(game: Game) -> nn.Module:
    """The generator to draw samples from: the average where there is one."""
    return list(generators(game).values())[-1]


def fixed_noise(game: Game, n: int, purpose: str = "grid") -> Tensor:
    """The same n latents for the whole run, [n, latent]."""
    device = game.at.device
    return torch.randn(n, game.latent_size, generator=generator(device, game.at.seed, purpose), device=device)


def draw(module: nn.Module, z: Tensor, batch: int = 256) -> Tensor:
    """Samples of `module`, float32 on the host, in evaluation mode: each depends on its own latent only."""
    with evaluating(module), torch.no_grad():
        return torch.cat([module(part).float().cpu() for part in z.split(batch)])


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode within the context; afterwards every submodule is in the mode in which it was."""
    modes = [(m, m.training) for m in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for m, mode in modes:
            m.training = mode
