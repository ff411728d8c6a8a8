"""Reals that were held out: those that neither the run nor a worst-case player has learned from, where there are any."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from equipoise import build
from equipoise.data.source import Source
from equipoise.recipe import Recipe
from equipoise.seeds import generator

MOST, LEAST = 1024, 64
OWN = "a part of the training data, which the worst-case players don't see; the run has"


def held_out(recipe: Recipe, source: Source, path: str | Path | None, seed: int) -> tuple[Tensor, Tensor, str]:
    """(held-out reals [N, *shape], indices of `source` that may be learned from, where the reals are from)."""
    other = build.heldout(recipe, path)
    if other is None or len(other) < LEAST:
        return kept_apart(source, seed)
    return (
        other.batch(some(other, seed)[:MOST]),
        torch.arange(len(source), device=source.device),
        "reals that the run never saw",
    )


def kept_apart(source: Source, seed: int) -> tuple[Tensor, Tensor, str]:
    """A quarter of the data, but no more than 1024 samples and no fewer than 64 where half of it has so many."""
    n = min(MOST, max(len(source) // 4, min(LEAST, len(source) // 2)))
    order = some(source, seed)
    return source.batch(order[:n]), order[n:], OWN


def some(source: Source, seed: int) -> Tensor:
    """All indices in an order of the seed's."""
    return torch.randperm(len(source), generator=generator("cpu", seed, "held out")).to(source.device)
