"""Mixtures of Gaussians in the plane, whose modes are known: the first test of mode collapse."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from equipoise.data.checks import at_least, made_not_read, positive
from equipoise.data.source import Source
from equipoise.seeds import generator


@dataclass
class Ring:
    """`modes` Gaussians of standard deviation `std`, equally likely, evenly on a circle of `radius`.

    The defaults are those of Metz et al. 2017 (Unrolled GANs, section 3.1): 8 modes, radius 2, std 0.02.
    """

    modes: int = 8
    radius: float = 2.0
    std: float = 0.02
    length: int = 50_000

    name: ClassVar[str] = "ring"
    about: ClassVar[str] = "points of 8 Gaussians on a circle"

    def __post_init__(self) -> None:
        at_least("modes", self.modes, 1)
        positive("radius", self.radius)

    def load(self, path: Path | None, seed: int) -> Source:
        """Points float32 [length, 2], drawn from `seed`; labels are the modes. There is nothing to read: no `path`."""
        angle = 2 * torch.pi * torch.arange(self.modes) / self.modes
        centres = self.radius * torch.stack([angle.cos(), angle.sin()], dim=1)
        return mixture(self.name, centres, self.std, self.length, path, seed)


@dataclass
class Grid:
    """`side` x `side` Gaussians of standard deviation `std`, equally likely, `step` apart and centred on the origin.

    The defaults are those of Srivastava et al. 2017 (VEEGAN) and Lin et al. 2018 (PacGAN, section 4.1): 25 modes at
    (-4 + 2i, -4 + 2j), std 0.05.
    """

    side: int = 5
    step: float = 2.0
    std: float = 0.05
    length: int = 50_000

    name: ClassVar[str] = "grid"
    about: ClassVar[str] = "points of 25 Gaussians on a square grid"

    def __post_init__(self) -> None:
        at_least("side", self.side, 1)
        positive("step", self.step)

    def load(self, path: Path | None, seed: int) -> Source:
        """Points float32 [length, 2], drawn from `seed`; labels are the modes. There is nothing to read: no `path`."""
        places = (torch.arange(self.side) - (self.side - 1) / 2) * self.step
        return mixture(self.name, torch.cartesian_prod(places, places), self.std, self.length, path, seed)


def mixture(name: str, centres: Tensor, std: float, length: int, path: Path | None, seed: int) -> Source:
    """`length` points of an even mixture of Gaussians around `centres` [K, 2]."""
    positive("std", std)
    at_least("length", length, 2)
    made_not_read(name, path)
    rng = generator("cpu", seed, name)
    labels = torch.randint(len(centres), (length,), generator=rng)
    points = centres[labels] + std * torch.randn(length, 2, generator=rng)
    classes = tuple(str(k) for k in range(len(centres)))
    facts = {"std": std}
    return Source(name, (2,), length, points, range=None, labels=labels, classes=classes, modes=centres, facts=facts)
