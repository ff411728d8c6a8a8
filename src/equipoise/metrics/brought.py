"""What a metric takes out of its material, or one clear line on what is missing."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from equipoise.errors import DataError, SettingError
from equipoise.metrics.metric import Material, Side
from equipoise.seeds import generator


def brought(side: Side | None, what: Literal["features", "logits", "images"], at_least: int = 2) -> Tensor:
    """The side's features [n, d], logits [n, K] or images [n, C, H, W]; SettingError where it has none, or
    too few; DataError where some are no numbers.
    """
    found: Tensor | None = None if side is None else getattr(side, what)
    if found is None:
        raise SettingError("metrics", f"this one needs the {what} of samples, not statistics of them alone")
    if len(found) < at_least:
        raise SettingError("samples", f"this metric needs at least {at_least} a side, not {len(found)}")
    if what != "images":
        found = found.flatten(1)
        broken = (~found.isfinite().all(1)).nonzero()
        if len(broken):
            raise DataError(what, f"of {len(broken)} samples hold NaN or infinity, first of number {int(broken[0])} (from 0)")
    return found


def both(material: Material) -> tuple[Tensor, Tensor]:
    """Features [n, d] of the fakes and [m, d] of the reals; DataError where they are of two encoders."""
    fake, real = brought(material.fake, "features"), brought(material.real, "features")
    if fake.shape[1] != real.shape[1]:
        widths = f"{fake.shape[1]} (fakes) and {real.shape[1]} (reals)"
        raise DataError("features", f"are {widths} a sample: of one encoder both have to be")
    return fake, real


def some(x: Tensor, n: int, seed: int, purpose: str) -> Tensor:
    """n of the rows of x, drawn from the seed without replacement; x itself where it has no more."""
    return x if len(x) <= n else x[torch.randperm(len(x), generator=generator("cpu", seed, purpose))[:n].to(x.device)]
