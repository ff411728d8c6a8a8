"""Many seeds in one step: networks of a leading axis, each slice a pair of players of its own, played by the game as it is.

Small networks cost a step as much as their launches do, so ten of them side by side cost little more than one. The batch is
`seeds` batches one after the other; each slice sees its own data, noise and first weights. Losses are means over all, so
gradients are multiplied by the number of slices: every slice then moves exactly as it would alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from equipoise.game import Player
from equipoise.pieces import Card, Trick
from equipoise.recipe import Recipe
from equipoise.seeds import generator

APART = {  # pieces that look at one sample, or one weight, at a time
    "penalties": {"r1", "r2", "gradient_penalty", "dragan"},
    "tricks": {
        "two_rates",
        "cadence",
        "label_smoothing",
        "label_noise",
        "instance_noise",
        "ema",
        "weight_clipping",
    },
}
OBJECTIVES = {"minimax", "non_saturating", "least_squares", "wasserstein", "hinge", "relativistic_paired"}


def together(recipe: Recipe) -> bool:
    """Whether seeds of this recipe may be played in one step: an MLP, and no piece that mixes samples or players."""
    pieces = all(set(getattr(recipe, section)) <= names for section, names in APART.items())
    per_sample = recipe.tricks.get("label_flipping") is None
    known = recipe.network.get("kind") == "mlp" and recipe.objective in OBJECTIVES
    return pieces and per_sample and known and not recipe.own_tricks and recipe.order == "alternating"


class Slices(nn.Module):
    """`seeds` linear layers side by side: [seeds * B, inputs] -> [seeds * B, outputs]."""

    def __init__(self, seeds: int, inputs: int, outputs: int, rng: list[torch.Generator]) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inputs)  # of nn.Linear

        def uniform(*shape: int) -> Tensor:
            return torch.stack([torch.empty(*shape).uniform_(-bound, bound, generator=one) for one in rng])

        self.weight, self.bias = nn.Parameter(uniform(inputs, outputs)), nn.Parameter(uniform(1, outputs))
        self.seeds = seeds

    def forward(self, x: Tensor) -> Tensor:
        return torch.baddbmm(self.bias, x.view(self.seeds, -1, x.shape[-1]), self.weight).flatten(0, 1)


class Padded(nn.Sequential):
    """Layers that take any number of samples: what is missing to a multiple of the slices is filled up, and left out again."""

    def __init__(self, seeds: int, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.seeds = seeds

    def forward(self, x: Tensor) -> Tensor:
        wanted, missing = len(x), -len(x) % self.seeds
        x = torch.cat([x, x.new_zeros(missing, x.shape[1])]) if missing else x
        for layer in self:
            x = layer(x)
        return x[:wanted]


def players(recipe: Recipe, size: int, seeds: list[int]) -> tuple[nn.Module, nn.Module]:
    """G [S * B, latent] -> [S * B, size] and D [S * B, size] -> [S * B, 1], as networks/mlp.py builds one pair of them."""
    hidden, layers = recipe.network.get("hidden", 128), recipe.network.get("layers", 2)

    def build(name: str, inputs: int, outputs: int) -> nn.Module:
        rng = [generator("cpu", seed, "cohort", name) for seed in seeds]
        found: list[nn.Module] = []
        for i in range(layers):
            found += [Slices(len(seeds), inputs if i == 0 else hidden, hidden, rng)]
            found += [nn.ReLU() if recipe.network.get("activation") == "relu" else nn.LeakyReLU(0.2)]
        return Padded(len(seeds), *found, Slices(len(seeds), hidden, outputs, rng))

    return build("G", recipe.latent, size), build("D", size, 1)


@dataclass
class Alone(Trick):
    """Gives each of `seeds` slices the gradient that it would have alone."""

    seeds: int

    card: ClassVar[Card] = Card(
        "cohort", "Seeds side by side", "g -> S g", "losses are means over S slices", "many seeds at once", "nothing", "none"
    )

    def gradients(self, player: Player) -> None:
        torch._foreach_mul_([p.grad for p in player.module.parameters() if p.grad is not None], float(self.seeds))


def samples(G: nn.Module, latent: int, seeds: list[int], n: int) -> Tensor:
    """n samples of each slice, [S, n, size]."""
    z = torch.cat([torch.randn(n, latent, generator=generator("cpu", seed, "cohort", "samples")) for seed in seeds])
    with torch.no_grad():
        found: Tensor = G(z).view(len(seeds), n, -1)
    return found


def recipe_of(settings: dict[str, Any], seeds: int) -> dict[str, Any]:
    """The recipe's mapping for so many seeds in one step; without the exams, which would take them for one game."""
    return {
        **{k: v for k, v in settings.items() if k != "network"},
        "batch": settings["batch"] * seeds,
        "exams": {"every_steps": 0},
    }
