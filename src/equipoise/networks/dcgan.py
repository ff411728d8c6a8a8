"""DCGAN: convolutions that halve or double the side, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, Literal

from torch import nn

from equipoise.networks.layers import Doubling, ToMap, ToVector
from equipoise.networks.network import Discriminator, at_least_one, at_least_zero, image_side, nonlinearity

SIZES = (8, 16, 28, 32, 64, 128, 256)
WIDEST = 8  # times `width`


@dataclass
class DCGAN:
    """Radford et al. 2016, with a linear layer at both ends; the widths halve from at most 8 * width down to width.

    G starts at 4 x 4 (7 x 7 for 28) and doubles. `upsample` 'resize' is nearest neighbour and a 3 x 3 convolution, which
    leaves no checkerboards (Odena et al. 2016). D's `normalise` 'none' suits penalties on D's gradient, which batch
    normalisation would mix across samples (Gulrajani et al. 2017, section 4). G has batch normalisation.
    `d_width` and `d_activation` are D's alone (0: as wide as G).
    """

    width: int = 64  # filters of the layer nearest to the image
    upsample: Literal["transposed", "resize"] = "transposed"
    normalise: Literal["batch", "none"] = "batch"
    d_width: int = 0
    d_activation: Literal["leaky_relu", "relu"] = "leaky_relu"  # the leak is 0.2

    name: ClassVar[str] = "dcgan"
    about: ClassVar[str] = f"DCGAN for square images of {', '.join(map(str, SIZES))} pixels (Radford et al. 2016)"

    def __post_init__(self) -> None:
        at_least_one(width=self.width)
        at_least_zero(d_width=self.d_width)

    def build(self, latent: int, shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
        at_least_one(latent=latent)
        channels, side = image_side(self.name, shape, SIZES)
        G, D = self.generator(latent, channels, side), self.discriminator(channels, side)
        return G.apply(init), D.apply(init)

    def generator(self, latent: int, channels: int, side: int) -> nn.Module:
        start, widths = plan(side, self.width)
        widths = widths[::-1]
        layers = [nn.Linear(latent, start * start * widths[0], bias=False), ToMap(widths[0], start), *batch_relu(widths[0])]
        for before, after in pairwise(widths):
            layers += [*self.double(before, after, bias=False), *batch_relu(after)]
        return nn.Sequential(*layers, *self.double(widths[-1], channels, bias=True), nn.Tanh())

    def discriminator(self, channels: int, side: int) -> Discriminator:
        end, widths = plan(side, self.d_width or self.width)
        layers: list[nn.Module] = [nn.Conv2d(channels, widths[0], 4, 2, 1), nonlinearity(self.d_activation)]
        for before, after in pairwise(widths):
            norm = self.normalise == "batch"
            layers += [nn.Conv2d(before, after, 4, 2, 1, bias=not norm)]
            layers += [nn.BatchNorm2d(after)] if norm else []
            layers += [nonlinearity(self.d_activation)]
        return Discriminator(nn.Sequential(*layers, ToVector()), end * end * widths[-1], input_layers=("body.0",))

    def double(self, before: int, after: int, bias: bool) -> list[nn.Module]:
        if self.upsample == "resize":
            return [nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(before, after, 3, 1, 1, bias=bias)]
        return [Doubling(before, after, bias)]


def plan(side: int, width: int) -> tuple[int, list[int]]:
    """(side of the smallest map, filters at each halving from the image on)."""
    start = 7 if side % 7 == 0 else 4
    halvings = (side // start).bit_length() - 1
    return start, [width * min(2**i, WIDEST) for i in range(halvings)]


def batch_relu(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]


def init(module: nn.Module) -> None:
    """Radford et al. 2016, section 4: weights from N(0, 0.02); batch normalisation's from N(1, 0.02) as in their code."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
