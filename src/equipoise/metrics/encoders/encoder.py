"""The contract of an encoder: the network through whose eyes two sets of samples are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor


@dataclass(frozen=True)
class Encoded:
    """Features [N, d] and, where the encoder classifies, logits [N, K]; on the host, as the network gives them."""

    features: Tensor
    logits: Tensor | None = None


class Encoder(Protocol):
    """Frozen, in evaluation mode, without gradients; the same answer for a sample whatever its batch."""

    @property
    def name(self) -> str:
        """'inception', 'classifier', 'random', 'pixels', 'module'."""
        ...

    @property
    def protocol(self) -> str:
        """How images are resized and scaled: 'tf', 'pytorch-fid', 'clean'; 'native' where nothing is resized."""
        ...

    @property
    def fingerprint(self) -> str:
        """'NAME:TEXT-0123456789ab': 12 digits of the SHA-256 of the weights and of all of the preprocessing."""
        ...

    @property
    def dim(self) -> int: ...

    @property
    def facts(self) -> Mapping[str, Any]:
        """JSON: what else a reader of its numbers wants to know, e.g. how often a classifier is right."""
        ...

    def encode(self, images: Tensor) -> Encoded:
        """What it sees of a batch [N, C, H, W]: uint8, or float in [-1, 1] (which Inception quantises, rounding half up)."""
        ...


def quantised(x: Tensor) -> Tensor:
    """Float in [-1, 1] as uint8 0..255: scaled, clamped, rounded half up; uint8 as it is."""
    return x if x.dtype == torch.uint8 else (x.float() * 127.5 + 128).clamp(0, 255).floor().to(torch.uint8)


def unit(x: Tensor) -> Tensor:
    """uint8 0..255 as float in [-1, 1]; float as it is."""
    return x.float() / 127.5 - 1 if x.dtype == torch.uint8 else x
