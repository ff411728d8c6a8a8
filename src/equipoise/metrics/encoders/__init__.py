"""Encoders: through whose eyes samples are compared. The contract is encoder.py's; one file an encoder.

ENCODERS makes each from what a measurement knows; `module_encoder` (module.py) wraps any network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from equipoise.data.source import Source
from equipoise.errors import SettingError
from equipoise.metrics.encoders.classifier import classifier_encoder
from equipoise.metrics.encoders.encoder import Encoder
from equipoise.metrics.encoders.inception import inception_encoder
from equipoise.metrics.encoders.pixels import pixel_encoder
from equipoise.metrics.encoders.random_conv import random_encoder


@dataclass(frozen=True)
class Wanted:
    """What an encoder may be made of; each takes what it needs."""

    data: Source  # the reals: their shape, and for the classifier their labels
    held_out: Source | None = None  # where the classifier's accuracy is measured
    weights: Path | None = None  # a file, for Inception
    protocol: str | None = None  # None: the encoder's own
    seed: int = 0
    device: torch.device | str = "cpu"
    say: Callable[[str], None] = lambda text: None

    def native(self, name: str) -> Wanted:
        """Itself; SettingError where a protocol or weights were asked for that the encoder `name` knows nothing of."""
        if self.protocol not in (None, "native"):
            raise SettingError("protocol", f"{self.protocol!r} is for inception; the encoder {name!r} sees images as they are")
        if self.weights is not None:
            raise SettingError("weights_file", f"{self.weights} is for inception; the encoder {name!r} takes none")
        return self


def inception_of(wanted: Wanted) -> Encoder:
    return inception_encoder(wanted.weights, wanted.protocol or "tf", device=wanted.device)


def classifier_of(wanted: Wanted) -> Encoder:
    it = wanted.native("classifier")
    return classifier_encoder(it.data, it.held_out, it.seed, say=it.say, device=it.device)


def random_of(wanted: Wanted) -> Encoder:
    it = wanted.native("random")
    return random_encoder(it.data.shape, it.seed, it.device)


def pixels_of(wanted: Wanted) -> Encoder:
    it = wanted.native("pixels")
    return pixel_encoder(it.data.shape, it.device)


ENCODERS: dict[str, Callable[[Wanted], Encoder]] = {
    "inception": inception_of,
    "classifier": classifier_of,
    "random": random_of,
    "pixels": pixels_of,
}
