"""Fully connected networks, for points, small vectors and small images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import nn

from equipoise.errors import SettingError
from equipoise.networks.network import Discriminator, at_least_one, times


@dataclass
class MLP:
    """`layers` hidden layers of `hidden` units in both players. G's output is linear for vectors and tanh for images."""

    hidden: int = 128
    layers: int = 2
    activation: Literal["leaky_relu", "relu"] = "leaky_relu"  # of both; the leak is 0.2

    name: ClassVar[str] = "mlp"
    about: ClassVar[str] = "fully connected, for points and small vectors"

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, layers=self.layers)

    def build(self, latent: int, shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
        at_least_one(latent=latent)
        size = math.prod(shape)
        if not shape or size < 1:
            raise SettingError("network.kind", f"mlp needs samples with at least one number, not shape {times(shape)}")
        image = len(shape) > 1
        output = [nn.Unflatten(1, shape), nn.Tanh()] if image else []
        G = nn.Sequential(*self.hidden_layers(latent), nn.Linear(self.hidden, size), *output)
        body = nn.Sequential(*([nn.Flatten()] if image else []), *self.hidden_layers(size))
        return G, Discriminator(body, self.hidden, input_layers=("body.1" if image else "body.0",))

    def hidden_layers(self, inputs: int) -> list[nn.Module]:
        found: list[nn.Module] = []
        for i in range(self.layers):
            found += [nn.Linear(inputs if i == 0 else self.hidden, self.hidden), self.nonlinearity()]
        return found

    def nonlinearity(self) -> nn.Module:
        return nn.ReLU(inplace=True) if self.activation == "relu" else nn.LeakyReLU(0.2, inplace=True)
