"""The pictures of a run: sample grids from the same noise throughout, and the curves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch

from equipoise import sampling
from equipoise.data.source import Source
from equipoise.game import Game
from equipoise.pictures.curves import curves
from equipoise.pictures.grid import grid, write_png
from equipoise.pictures.points import points
from equipoise.pieces import Equilibrium
from equipoise.recipe import Recipe
from equipoise.run_folder import RunFolder
from equipoise.seeds import generator

POINTS = 2000  # in a scatter picture


@dataclass
class Album:
    """Writes samples/raw-0004690.png, samples/ema-0004690.png, samples/real.png and curves.png of a run."""

    run: RunFolder
    recipe: Recipe
    source: Source
    game: Game

    def grids(self, step: int) -> None:
        n = self.recipe.grids.samples if self.source.is_image else POINTS
        z = sampling.fixed_noise(self.game, n)
        for name, module in sampling.generators(self.game).items():
            write_png(self.picture(sampling.draw(self.game, module, z)), self.run.samples / f"{name}-{step:07d}.png")
        if not (self.run.samples / "real.png").exists():
            write_png(self.picture(self.reals(n)), self.run.samples / "real.png")

    def reals(self, n: int) -> torch.Tensor:
        order = torch.randperm(len(self.source), generator=generator("cpu", self.recipe.seed, "album"))
        return self.source.batch(order[:n].to(self.source.device)).cpu()

    def picture(self, samples: torch.Tensor) -> Any:
        if self.source.is_image:
            return grid(samples, colour=self.recipe.grids.colour)
        return points(self.reals(POINTS), samples, self.source.modes)

    def curves(self, records: Iterable[dict[str, Any]], equilibrium: Equilibrium) -> None:
        write_png(curves(list(records), equilibrium), self.run.path / "curves.png")
