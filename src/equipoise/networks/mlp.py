"""Fully connected networks, for points, small vectors and small images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import nn

from equipoise.errors import SettingError
from equipoise.networks.network import Discriminator, at_least_one, at_least_zero, nonlinearity, times


@dataclass
class MLP:
    """`layers` hidden layers of `hidden` units in both players. G's output is linear for vectors and tanh for images.

    `d_hidden` and `d_activation` are D's alone, where it is to differ from G (0 and 'as_g': it does not).
    """

    hidden: int = 128
    layers: int = 2
    activation: Literal["leaky_relu", "relu"] = "leaky_relu"  # of both; the leak is 0.2
    d_hidden: int = 0
    d_activation: Literal["as_g", "leaky_relu", "relu"] = "as_g"

    name: ClassVar[str] = "mlp"
    about: ClassVar[str] = "fully connected, for points and small vectors"

    def __post_init__(self) -> None:
        at_least_one(hidden=self.hidden, layers=self.layers)
        at_least_zero(d_hidden=self.d_hidden)

    def build(self, latent: int, shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
        at_least_one(latent=latent)
        size = math.prod(shape)
        if not shape or size < 1:
            raise SettingError("network.kind", f"mlp needs samples with at least one number, not shape {times(shape)}")
        image = len(shape) > 1
        output = [nn.Unflatten(1, shape), nn.Tanh()] if image else []
        G = nn.Sequential(*self.hidden_layers(latent, self.hidden, self.activation), nn.Linear(self.hidden, size), *output)
        units, activation = self.d_hidden or self.hidden, self.activation if self.d_activation == "as_g" else self.d_activation
        body = nn.Sequential(*([nn.Flatten()] if image else []), *self.hidden_layers(size, units, activation))
        return G, Discriminator(body, units, input_layers=("body.1" if image else "body.0",))

    def hidden_layers(self, inputs: int, units: int, activation: str) -> list[nn.Module]:
        found: list[nn.Module] = []
        for i in range(self.layers):
            found += [nn.Linear(inputs if i == 0 else units, units), nonlinearity(activation)]
        return found
