"""Damaged copies of real images: what a metric should notice, each at three strengths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from equipoise.metrics.encoders.encoder import quantised, unit


@dataclass(frozen=True)
class Reals:
    """Real images to make copies of, uint8 [M, C, H, W] in random order, their classes [M], and those G learns from."""

    images: Tensor
    labels: Tensor
    train: Tensor  # uint8 [T, C, H, W]


@dataclass(frozen=True)
class Damage:
    """`make(reals, n, strength, rng)` gives n images; the strengths go from mild to strong."""

    what: str
    strengths: tuple[float, float, float]
    make: Callable[[Reals, int, float, torch.Generator], Tensor]


def untouched(reals: Reals, n: int, strength: float, rng: torch.Generator) -> Tensor:
    return reals.images[:n]


def blurred(reals: Reals, n: int, sigma: float, rng: torch.Generator) -> Tensor:
    reach = torch.arange(-round(3 * sigma), round(3 * sigma) + 1.0)
    window = torch.exp(-(reach**2) / (2 * sigma**2))
    window = (window / window.sum()).expand(reals.images.shape[1], 1, 1, -1)
    x, pad, groups = unit(reals.images[:n]), len(reach) // 2, reals.images.shape[1]
    x = F.conv2d(F.pad(x, (0, 0, pad, pad), "replicate"), window.transpose(2, 3), groups=groups)
    return quantised(F.conv2d(F.pad(x, (pad, pad, 0, 0), "replicate"), window, groups=groups))


def noisy(reals: Reals, n: int, std: float, rng: torch.Generator) -> Tensor:
    x = unit(reals.images[:n])
    return quantised(x + std * torch.randn(x.shape, generator=rng))


def dropped(reals: Reals, n: int, classes: float, rng: torch.Generator) -> Tensor:
    """Without so many classes, drawn at random; other images in their place."""
    gone = torch.randperm(int(reals.labels.max()) + 1, generator=rng)[: int(classes)]
    return reals.images[~torch.isin(reals.labels, gone)][:n]


def duplicated(reals: Reals, n: int, share: float, rng: torch.Generator) -> Tensor:
    """A share of the images are copies of others among them."""
    own = n - round(share * n)
    return reals.images[torch.cat([torch.arange(own), torch.randint(own, (n - own,), generator=rng)])]


def memorised(reals: Reals, n: int, share: float, rng: torch.Generator) -> Tensor:
    """A share of the images are those of the training set, each once."""
    k = round(share * n)
    return torch.cat([reals.train[torch.randperm(len(reals.train), generator=rng)[:k]], reals.images[: n - k]])


def collapsed(reals: Reals, n: int, images: float, rng: torch.Generator) -> Tensor:
    """So few images, over and over."""
    return reals.images[torch.randint(int(images), (n,), generator=rng)]


UNTOUCHED = Damage("untouched", (0.0, 0.0, 0.0), untouched)
DAMAGES: dict[str, Damage] = {
    "blur": Damage("Gaussian blur, its standard deviation in pixels", (0.5, 1.0, 2.0), blurred),
    "noise": Damage("Gaussian noise, its standard deviation where white - black = 2", (0.05, 0.15, 0.4), noisy),
    "dropped": Damage("classes dropped, of ten", (1, 3, 5), dropped),
    "duplicated": Damage("share of images that are copies of others in the set", (0.1, 0.3, 0.6), duplicated),
    "memorised": Damage("share of images that are copies of training images", (0.1, 0.5, 1.0), memorised),
    "collapsed": Damage("number of images that are all there is", (200, 50, 10), collapsed),
}
