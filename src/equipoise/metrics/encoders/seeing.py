"""What all encoders share: batches, devices, the check of what they are shown, and the fingerprint."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from equipoise.errors import DataError
from equipoise.metrics.encoders.encoder import Encoded

DIGITS = 12  # of the SHA-256 in a fingerprint
UNREAD = "num_batches_tracked"  # counts what a network in evaluation mode never reads


@dataclass(frozen=True)
class Seeing:
    """An encoder (the contract is encoder.py's) made of its parts.

    `see` takes one batch on `device`, uint8 or float, and `shape` is what its samples have to be; None: `see` decides.
    """

    name: str
    text: str  # what tells it from others of its name
    digest: str  # of the weights and of all of the preprocessing
    dim: int
    see: Callable[[Tensor], Encoded]
    shape: tuple[int, ...] | None = None
    protocol: str = "native"
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    batch: int = 256  # samples at a time
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        return f"{self.name}:{slug(self.text)}-{self.digest}"

    @torch.no_grad()
    def encode(self, images: Tensor) -> Encoded:
        """Features, and logits where it has any, of uint8 or float [N, ...], on the host; DataError for what it can't see."""
        self.check(images)
        parts = [self.see(part.to(self.device)) for part in torch.split(images, self.batch)]
        logits = [part.logits.cpu() for part in parts if part.logits is not None]
        return Encoded(torch.cat([part.features.cpu() for part in parts]), torch.cat(logits) if logits else None)

    def check(self, images: Tensor) -> None:
        if self.shape is not None and tuple(images.shape[1:]) != self.shape:
            raise DataError("samples", f"are {list(images.shape[1:])}; the encoder {self.fingerprint} sees {list(self.shape)}")
        if images.dtype == torch.uint8:
            return
        if not images.is_floating_point():
            raise DataError(
                "samples", f"are {str(images.dtype).removeprefix('torch.')}; an encoder sees uint8, or float in [-1, 1]"
            )
        bad = int((~images.isfinite().flatten(1).all(1)).sum())
        if bad:
            raise DataError("samples", f"{bad} of {len(images)} hold NaN or infinity, so there is nothing to measure")


def digest(weights: Mapping[str, Tensor], *preprocessing: object) -> str:
    """The first digits of a SHA-256 that changes with every weight, its name and its type, and with the preprocessing."""
    found = hashlib.sha256(repr(preprocessing).encode())
    for name, weight in sorted(weights.items()):
        if not name.endswith(UNREAD):
            found.update(f"{name} {weight.dtype} {list(weight.shape)}".encode())
            found.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return found.hexdigest()[:DIGITS]


def slug(text: str) -> str:
    """Lower case, and a hyphen for whatever a file name or a table would stumble over."""
    return re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-") or "unnamed"
