"""Samples of a game: from fixed or fresh noise, with G's raw weights or their average."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

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


CHUNK = 64


def fresh_noise(game: Game, n: int, seed: int) -> Tensor:
    """n latents of a seed of their own, [n, latent]; the first ones are the same for every n."""
    device, size = game.at.device, game.latent_size
    chunks = range(-(-n // CHUNK))
    return torch.cat([torch.randn(CHUNK, size, generator=generator(device, seed, "sample", c), device=device) for c in chunks])[
        :n
    ]


def draw(game: Game, module: nn.Module, z: Tensor, batch: int = 256) -> Tensor:
    """Samples of a generator of the game, float32 on the host; each depends on its own latent only."""
    module = settled(game, module)
    with torch.no_grad():
        return torch.cat([module(part).float().cpu() for part in torch.split(z, batch)])


STANDING_BATCHES, STANDING_SIZE = 16, 64


def settled(game: Game, module: nn.Module) -> nn.Module:
    """A copy of a generator of the game in evaluation mode, with standing statistics from the same latents each time."""
    return standing(module, fixed_noise(game, STANDING_BATCHES * STANDING_SIZE, "standing"))


def standing(module: nn.Module, z: Tensor) -> nn.Module:
    """A copy in evaluation mode whose batch normalisation has standing statistics (Brock et al. 2019, section 3.2).

    The running statistics belong to weights that have moved on since, and those of an average to no weights at all;
    so they are taken anew, over the latents z [N, latent].
    """
    module = copy.deepcopy(module).eval()
    norms = [m for m in module.modules() if isinstance(m, _BatchNorm)]
    if norms:
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over all batches
            norm.train()
        with torch.no_grad():
            for part in torch.split(z, STANDING_SIZE):
                module(part)
        module.eval()
    return module
