"""The residual networks of SNGAN. Their D has no normalisation: play them with the trick `spectral_norm`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from equipoise.networks.layers import ToMap
from equipoise.networks.network import Discriminator, at_least_one, image_side


class Plan(NamedTuple):
    """Widths, in units of `width`: of G's map at `start` and after each doubling, and of D's blocks (out, halves?)."""

    start: int
    generator: tuple[int, ...]
    discriminator: tuple[tuple[int, bool], ...]


PLANS = {
    28: Plan(7, (4, 4, 4), ((2, True), (2, True), (2, False), (2, False))),
    32: Plan(4, (4, 4, 4, 4), ((2, True), (2, True), (2, False), (2, False))),
    64: Plan(4, (16, 8, 4, 2, 1), ((1, True), (2, True), (4, True), (8, True), (16, True))),
    128: Plan(4, (16, 16, 8, 4, 2, 1), ((1, True), (2, True), (4, True), (8, True), (16, True), (16, False))),
}


@dataclass
class ResNet:
    """Miyato et al. 2018, appendix B: 32 as in table 4, 128 as in table 6, 28 and 64 by the same pattern.

    The paper's nets are those of width 64; 32 is 4 times cheaper.
    """

    width: int = 64

    name: ClassVar[str] = "resnet"
    about: ClassVar[str] = f"SNGAN's ResNet for square images of {', '.join(map(str, PLANS))} pixels (Miyato et al. 2018)"

    def __post_init__(self) -> None:
        at_least_one(width=self.width)

    def build(self, latent: int, shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
        at_least_one(latent=latent)
        channels, side = image_side(self.name, shape, tuple(PLANS))
        plan = PLANS[side]
        return self.generator(latent, channels, plan).apply(init), self.discriminator(channels, plan).apply(init)

    def generator(self, latent: int, channels: int, plan: Plan) -> nn.Module:
        widths = [self.width * w for w in plan.generator]
        blocks = [UpBlock(before, after) for before, after in pairwise(widths)]
        first = [nn.Linear(latent, plan.start**2 * widths[0]), ToMap(widths[0], plan.start)]
        last = [nn.BatchNorm2d(widths[-1]), nn.ReLU(inplace=True), nn.Conv2d(widths[-1], channels, 3, 1, 1), nn.Tanh()]
        return nn.Sequential(*first, *blocks, *last)

    def discriminator(self, channels: int, plan: Plan) -> Discriminator:
        layers: list[nn.Module] = []
        before = channels
        for i, (width, halve) in enumerate(plan.discriminator):
            layers.append(DownBlock(before, self.width * width, halve=halve, first=i == 0))
            before = self.width * width
        body = nn.Sequential(*layers, nn.ReLU(), SumPool())
        return Discriminator(body, before, input_layers=("body.0.shortcut", "body.0.main.0"))


class UpBlock(nn.Module):
    """[B, in, H, W] -> [B, out, 2H, 2W]: batch normalisation, ReLU, doubling, 3 x 3, and the same without doubling."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.shortcut = nn.Conv2d(before, after, 1)
        self.main = nn.Sequential(
            nn.BatchNorm2d(before),
            nn.ReLU(inplace=True),
            nn.Upsample(scale_factor=2, mode="nearest"),
            nn.Conv2d(before, after, 3, 1, 1),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
            nn.Conv2d(after, after, 3, 1, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        # a 1 x 1 convolution before the doubling is the same as after it, at a quarter of the work
        main: Tensor = self.main(x)
        return main + F.interpolate(self.shortcut(x), scale_factor=2, mode="nearest")


class DownBlock(nn.Module):
    """[B, in, H, W] -> [B, out, H/2, W/2] where it halves: (ReLU,) 3 x 3, ReLU, 3 x 3, mean over 2 x 2.

    The first block of a D has no ReLU on the image. The shortcut is a 1 x 1 convolution unless nothing changes.
    """

    def __init__(self, before: int, after: int, *, halve: bool, first: bool) -> None:
        super().__init__()
        plain = before == after and not halve and not first
        self.halve = halve
        self.shortcut = nn.Identity() if plain else nn.Conv2d(before, after, 1)
        convolutions = [nn.Conv2d(before, after, 3, 1, 1), nn.ReLU(inplace=True), nn.Conv2d(after, after, 3, 1, 1)]
        self.main = nn.Sequential(*([] if first else [nn.ReLU()]), *convolutions)

    def forward(self, x: Tensor) -> Tensor:
        main, short = self.main(x), x
        if self.halve:  # the mean commutes with the 1 x 1 convolution and comes first, at a quarter of the work
            main, short = F.avg_pool2d(main, 2), F.avg_pool2d(short, 2)
        short = self.shortcut(short)
        out: Tensor = main + short
        return out


class SumPool(nn.Module):
    """[B, C, H, W] -> [B, C]: the sum over all places."""

    def forward(self, x: Tensor) -> Tensor:
        return x.sum((2, 3))


def init(module: nn.Module) -> None:
    """Xavier uniform, with gain sqrt(2) on the main path and 1 elsewhere, biases 0, as in the authors' code."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        gain = 2**0.5 if getattr(module, "kernel_size", None) == (3, 3) else 1.0
        nn.init.xavier_uniform_(module.weight, gain)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
