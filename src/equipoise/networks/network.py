"""What every kind of network is: typed settings that build a pair of players for a shape of data."""

from __future__ import annotations

from typing import ClassVar, Protocol

from torch import Tensor, nn

from equipoise.errors import SettingError


class Network(Protocol):
    """A dataclass of settings. G takes z [B, latent] and gives [B, *shape], images in [-1, 1]; D gives logits [B].

    `build` draws the first weights from torch's global generator, which the caller seeds, and raises SettingError for a
    shape that this kind can't make.
    """

    name: ClassVar[str]  # as in a recipe: 'dcgan'
    about: ClassVar[str]  # one line

    def build(self, latent: int, shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]: ...


class Discriminator(nn.Module):
    """A body that turns samples into features [B, F], and a linear head that turns these into one logit each, [B].

    `input_layers` are the paths of the layers that take the samples themselves, for whoever widens D's input (packing).
    """

    def __init__(self, body: nn.Module, features: int, input_layers: tuple[str, ...]) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(features, 1)
        self.input_layers = input_layers

    def features(self, x: Tensor) -> Tensor:
        """What the head sees of each sample, [B, F]."""
        features: Tensor = self.body(x)
        return features

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(self.body(x))
        return logits.squeeze(1)


def at_least_one(**settings: int) -> None:
    """Raise SettingError for the first setting of a network that is below 1."""
    for name, value in settings.items():
        if value < 1:
            raise SettingError(f"network.{name}", f"must be 1 or more, not {value}")


def at_least_zero(**settings: int) -> None:
    """Raise SettingError for the first setting of a network that is below 0."""
    for name, value in settings.items():
        if value < 0:
            raise SettingError(f"network.{name}", f"must be 0 (as G) or more, not {value}")


def nonlinearity(name: str) -> nn.Module:
    """'relu', or 'leaky_relu' with a leak of 0.2."""
    return nn.ReLU(inplace=True) if name == "relu" else nn.LeakyReLU(0.2, inplace=True)


def image_side(kind: str, shape: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[int, int]:
    """(channels, side) of square images in one of `sizes`, or a SettingError that says which those are."""
    known = f"{', '.join(map(str, sizes[:-1]))} or {sizes[-1]}"
    if len(shape) != 3:
        raise SettingError("network.kind", f"{kind} makes images, not samples of shape {times(shape)}; use kind=mlp for these")
    channels, height, width = shape
    if height != width or height not in sizes:
        raise SettingError(
            "network.kind",
            f"{kind} makes square images of {known} pixels a side, not {height} x {width}; set data.size to one",
        )
    if channels < 1:
        raise SettingError("network.kind", f"{kind} needs at least one channel, not shape {times(shape)}")
    return channels, height


def times(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) if shape else "()"
