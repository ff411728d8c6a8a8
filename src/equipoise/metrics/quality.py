"""The cheap measure of quality that runs on a schedule and chooses the best checkpoint.

Always the same reals and the same latents, so that two steps of a run can be compared; not a number to set beside
other people's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from equipoise import sampling
from equipoise.data.source import Source
from equipoise.game import Game
from equipoise.metrics.encoders.random_conv import random_encoder
from equipoise.metrics.frechet import frechet
from equipoise.metrics.kernel import kernel_distance
from equipoise.metrics.modes import count_modes
from equipoise.metrics.sliced_wasserstein import sliced_wasserstein
from equipoise.seeds import generator, mix

SAMPLES = 1024
USUAL = "sliced_wasserstein"
ENCODED: dict[str, Callable[[Tensor, Tensor], float]] = {"frechet": frechet, "kernel": kernel_distance}  # of features


class Yardstick:
    """The sliced Wasserstein distance of samples to a fixed set of reals, and the modes where they are known.

    `by`: another distance besides, of ENCODED, in a random encoder's features.
    """

    def __init__(self, source: Source, seed: int, by: str = USUAL) -> None:
        self.source, self.seed, self.by = source, seed, by
        self.n = min(SAMPLES, len(source))
        index = torch.randperm(len(source), generator=generator("cpu", seed, "yardstick"))[: self.n]
        self.real = source.batch(index.to(source.device)).float().cpu()

    def measure(self, module: nn.Module, game: Game) -> dict[str, Any]:
        """{'sliced_wasserstein': float >= 0, 'n': samples a side[, by: float][, 'modes': covered, 'of': K, 'high_quality':
        share]}; a distance of samples that are no numbers is infinite.
        """
        fake = sampling.draw(game, module, sampling.fixed_noise(game, self.n, "yardstick"))
        found: dict[str, Any] = {
            "sliced_wasserstein": sliced_wasserstein(self.real, fake, seed=mix(self.seed, "projections")),
            "n": self.n,
        }
        if self.by in ENCODED:
            found[self.by] = self.encoded(fake.cpu())
        if self.source.modes is not None:
            z = sampling.fixed_noise(game, 2500, "modes")
            std = float(self.source.facts["std"])
            modes, share = count_modes(sampling.draw(game, module, z), self.source.modes.cpu(), std)
            found.update(modes=modes, of=len(self.source.modes), high_quality=share)
        return found

    def encoded(self, fake: Tensor) -> float:
        if not torch.isfinite(fake).all():
            return math.inf
        encoder = random_encoder(self.source.shape)
        return ENCODED[self.by](*(encoder.encode(side).features for side in (fake, self.real)))
