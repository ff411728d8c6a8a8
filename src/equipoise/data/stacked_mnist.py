"""Stacked MNIST: three digits as the channels of one colour image, so 1000 modes that can be counted (Metz et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import torch

from equipoise.data.checks import at_least
from equipoise.data.mnist import MNIST
from equipoise.data.source import Source
from equipoise.seeds import generator


@dataclass
class StackedMNIST:
    """`length` images 28 x 28 x 3 of MNIST digits drawn with replacement, of its train or test split.

    There are never more images of the test split than it has digits.
    128,000 images and 28 x 28 pixels are the protocol of PacGAN (Lin et al. 2018, section 4.2), 301 MB as bytes.
    """

    length: int = 128_000
    split: Literal["train", "test"] = "train"

    name: ClassVar[str] = "stacked-mnist"
    about: ClassVar[str] = "three digits as red, green and blue, 28 x 28: 1000 modes"

    def __post_init__(self) -> None:
        at_least("length", self.length, 2)

    def load(self, path: Path | None, seed: int) -> Source:
        """Images uint8 [length, 3, 28, 28], drawn from `seed`; `path` is where MNIST is. Label 100 r + 10 g + b."""
        digits = MNIST(split=self.split).load(path, seed)
        assert digits.values is not None
        assert digits.labels is not None
        length = self.length if self.split == "train" else min(self.length, len(digits))
        draw = torch.randint(len(digits), (length, 3), generator=generator("cpu", seed, self.name))
        values = digits.values.squeeze(1)[draw]
        labels = digits.labels[draw] @ torch.tensor([100, 10, 1])
        classes = tuple(f"{k:03d}" for k in range(1000))
        return Source(self.name, tuple(values.shape[1:]), length, values, labels=labels, classes=classes)
