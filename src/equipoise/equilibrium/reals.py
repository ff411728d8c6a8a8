"""Reals that were held out: those that neither the run nor a worst-case player has learned from, where there are any."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch
from torch import Tensor

from equipoise.data.mixtures import Grid, Ring
from equipoise.data.source import Source
from equipoise.recipe import Recipe, data_kind
from equipoise.seeds import generator, mix

MOST = 1024


def held_out(recipe: Recipe, source: Source, path: str | Path | None, seed: int) -> tuple[Tensor, Tensor, str]:
    """(held-out reals [N, *shape], indices that may be learned from, where the reals come from).

    The test set of a set that has one; new points of a mixture; else a part of the training data, which the run itself has
    seen but the worst-case players do not.
    """
    everything = torch.arange(len(source), device=source.device)
    kind = data_kind(recipe)
    where = path if path is not None else recipe.data.get("path")
    if getattr(kind, "split", None) == "train":
        other = dataclasses.replace(kind, split="test").load(None if where is None else Path(where), seed)  # type: ignore[type-var]
        return some(other.to(source.device), seed), everything, "the test set"
    if isinstance(kind, Ring | Grid):
        return some(kind.load(None, mix(recipe.seed, "held out")).to(source.device), seed), everything, "new points"
    order = torch.randperm(len(source), generator=generator("cpu", seed, "held out")).to(source.device)
    n = min(MOST, max(len(source) // 4, min(64, len(source) // 2)))
    return source.batch(order[:n]), order[n:], "training reals that the worst-case players do not see; the run has"


def some(source: Source, seed: int) -> Tensor:
    order = torch.randperm(len(source), generator=generator("cpu", seed, "held out"))[:MOST]
    return source.batch(order.to(source.device))
