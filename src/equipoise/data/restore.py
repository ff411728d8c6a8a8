"""Samples back to the units of the data, from the JSON facts that a run folder keeps: the data itself is not needed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from equipoise.errors import DataError


def facts_to_restore(low: float, high: float, log: bool, units: str) -> dict[str, Any]:
    """What `restore` needs: -1 stands for `low` and 1 for `high`, of log10 of the values where `log` is set."""
    return {"units": units, "restore": {"low": float(low), "high": float(high), "log": log}}


def restore(facts: dict[str, Any], samples: Tensor) -> Tensor:
    """Samples [..., H, W] in [-1, 1] as values in `facts['units']`, float32; DataError where the data has no units."""
    if "restore" not in facts:
        raise DataError("data", "these samples have no other units than [-1, 1]")
    low, high, log = (facts["restore"][key] for key in ("low", "high", "log"))
    values = low + (samples.double() + 1) * ((high - low) / 2)
    return (torch.pow(10.0, values) if log else values).float()
