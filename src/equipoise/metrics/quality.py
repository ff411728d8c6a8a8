"""The cheap measure of quality that runs on a schedule and chooses the best checkpoint.

Always the same reals and the same latents, so that two steps of a run can be compared; not a number to set beside
other people's.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from equipoise import sampling
from equipoise.data.source import Source
from equipoise.game import Game
from equipoise.metrics.modes import count_modes
from equipoise.metrics.sliced_wasserstein import sliced_wasserstein
from equipoise.seeds import generator, mix

SAMPLES = 1024


class Yardstick:
    """The sliced Wasserstein distance of samples to a fixed set of reals, and the modes where they are known."""

    def __init__(self, source: Source, seed: int) -> None:
        self.source, self.seed = source, seed
        self.n = min(SAMPLES, len(source))
        index = torch.randperm(len(source), generator=generator("cpu", seed, "yardstick"))[: self.n]
        self.real = source.batch(index.to(source.device)).float().cpu()

    def measure(self, module: nn.Module, game: Game) -> dict[str, Any]:
        """{'sliced_wasserstein': float >= 0, 'n': samples a side[, 'modes': covered, 'of': K, 'high_quality': share]}."""
        fake = sampling.draw(game, module, sampling.fixed_noise(game, self.n, "yardstick"))
        found: dict[str, Any] = {
            "sliced_wasserstein": sliced_wasserstein(self.real, fake, seed=mix(self.seed, "projections")),
            "n": self.n,
        }
        if self.source.modes is not None:
            z = sampling.fixed_noise(game, 2500, "modes")
            std = float(self.source.facts["std"])
            modes, share = count_modes(sampling.draw(game, module, z), self.source.modes.cpu(), std)
            found.update(modes=modes, of=len(self.source.modes), high_quality=share)
        return found
