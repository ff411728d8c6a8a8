"""What a metric takes out of its material, or one clear line on what is missing."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.metrics.metric import Side
from equipoise.seeds import generator


def brought(side: Side | None, what: Literal["features", "logits", "images"], at_least: int = 2) -> Tensor:
    """The side's features [n, d], logits [n, K] or images [n, C, H, W]; SettingError where it has none, or too few."""
    found: Tensor | None = None if side is None else getattr(side, what)
    if found is None:
        raise SettingError("metrics", f"this one needs the {what} of samples, not statistics of them alone")
    if len(found) < at_least:
        raise SettingError("samples", f"this metric needs at least {at_least} a side, not {len(found)}")
    return found.flatten(1) if what == "features" else found


def some(x: Tensor, n: int, seed: int, purpose: str) -> Tensor:
    """n of the rows of x, drawn from the seed without replacement; x itself where it has no more."""
    return x if len(x) <= n else x[torch.randperm(len(x), generator=generator("cpu", seed, purpose))[:n].to(x.device)]
