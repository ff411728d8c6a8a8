"""What every data source is: something with a shape, a length and batches, and nothing else.

Data that fits lives on the device as uint8 or float16 and is indexed there; data that does not fit streams.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from equipoise.errors import DataError
from equipoise.seeds import generator


@dataclass
class Source:
    """`len(source)` samples of `source.shape`; `batch(index)` gives float32, images [B, C, H, W] in [-1, 1].

    `values` holds all samples, uint8 (0..255 stands for -1..1) or float, on the device once `to(device)` was called.
    A source that does not fit gives `read` instead: indices in, uint8 or float samples out.
    """

    name: str
    shape: tuple[int, ...]  # (C, H, W), or (2,) for points
    length: int
    values: Tensor | None = None  # [N, *shape]
    read: Callable[[np.ndarray[Any, Any]], Tensor] | None = None
    range: tuple[float, float] | None = (-1.0, 1.0)  # of what batch gives; None: unbounded (points)
    labels: Tensor | None = None  # int64 [N]
    classes: tuple[str, ...] = ()
    modes: Tensor | None = None  # [K, 2] centres, where they are known
    facts: dict[str, Any] = field(default_factory=dict)  # JSON: what a sample needs to be written back in its units
    restore: Callable[[Tensor], Tensor] | None = None  # samples in [-1, 1] back to physical units
    heldout: Source | None = None  # samples of the same distribution that are never trained on
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    def __len__(self) -> int:
        return self.length

    @property
    def is_image(self) -> bool:
        return len(self.shape) == 3

    def to(self, device: torch.device | str) -> Source:
        if self.values is not None:
            self.values = self.values.to(device)
        if self.heldout is not None:
            self.heldout.to(device)
        self.device = torch.device(device)
        return self

    def part(self, index: Tensor) -> Source:
        """The samples of `index` (int64 [n], on the host) alone, as a source."""
        chosen, read = index.numpy(), self.read
        return replace(
            self,
            length=len(index),
            values=None if self.values is None else self.values[index.to(self.values.device)],
            read=None if read is None else lambda i: read(chosen[i]),
            labels=None if self.labels is None else self.labels[index.to(self.labels.device)],
        )

    def holding_out(self, share: float, seed: int) -> Source:
        """The source without a `share` of its samples, drawn from the seed, which become its `heldout`; itself for 0."""
        n = round(share * len(self))
        if n == 0:
            return self
        order = torch.randperm(len(self), generator=generator("cpu", seed, "held out"))
        rest = self.part(order[n:].sort().values)
        enough("data", len(rest))
        rest.heldout = self.part(order[:n].sort().values)
        return rest

    def raw(self, index: Tensor) -> Tensor:
        """Samples by index as they are kept: uint8 or float [B, *shape], on the source's device."""
        if self.values is not None:
            return self.values[index]
        assert self.read is not None
        return self.read(index.cpu().numpy()).to(self.device, non_blocking=True)

    def batch(self, index: Tensor) -> Tensor:
        """Samples by index (int64 [B], on the source's device): float32 [B, *shape], images channels-last."""
        raw = self.raw(index)
        x = raw.float().div_(127.5).sub_(1.0) if raw.dtype == torch.uint8 else raw.float()
        return x.contiguous(memory_format=torch.channels_last) if self.is_image else x

    def fingerprint(self) -> str:
        """A digest of name, shape, length and up to 256 samples spread over the data: changes when the data changes.

        It is taken of what is kept, not of what `batch` computes, so it is the same on every device.
        """
        n = min(256, self.length)
        index = (torch.arange(n) * (self.length - 1) // max(1, n - 1)).to(self.device)
        digest = hashlib.sha256(repr((self.name, self.shape, self.length)).encode())
        digest.update(self.raw(index).cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]


class Kind(Protocol):
    """A kind of data, declared in the file of its name: a dataclass of its settings with `load`."""

    name: ClassVar[str]  # 'fashion-mnist'
    about: ClassVar[str]  # one line

    def load(self, path: Path | None, seed: int) -> Source: ...


def enough(where: object, length: int, what: str = "sample") -> None:
    """Raise DataError for fewer than two samples: there is no distribution to learn."""
    if length < 2:
        raise DataError(where, f"holds {length or 'no'} {what}{'' if length else 's'}; a GAN needs at least 2")


class Order:
    """The order in which samples are drawn: a fresh permutation an epoch, a function of (seed, epoch).

    The last batch of an epoch is filled up with the first samples of the same permutation, so that shapes are static and
    an epoch holds every sample at least once. Raises DataError for one sample, or fewer than a batch.
    """

    def __init__(self, length: int, batch: int, seed: int, device: torch.device | str = "cpu") -> None:
        enough("data", length)
        if length < batch:
            raise DataError("data", f"{length} samples are fewer than the batch of {batch}; set batch={length} or less")
        self.length, self.size, self.seed = length, batch, seed
        self.device = torch.device(device)
        self.batches = -(-length // batch)  # an epoch
        self._epoch = -1
        self._permutation = torch.empty(0, dtype=torch.long)

    def index(self, position: int) -> Tensor:
        """Indices of the batch at `position` (0, 1, 2, ...), int64 [batch]."""
        epoch, batch = divmod(position, self.batches)
        if epoch != self._epoch:
            order = torch.randperm(self.length, generator=generator("cpu", self.seed, epoch, "order"))
            self._permutation = torch.cat([order, order[: self.batches * self.size - self.length]]).to(self.device)
            self._epoch = epoch
        return self._permutation[batch * self.size : (batch + 1) * self.size]
