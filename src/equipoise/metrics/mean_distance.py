"""The mean distance between two samples."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from equipoise.card import Card
from equipoise.metrics.brought import brought
from equipoise.metrics.distances import tiles
from equipoise.metrics.metric import Material, Need, Value

CARD = Card(
    name="mean_distance",
    title="Mean distance of two fakes in feature space; that of two reals beside it",
    equation="mean over pairs i < j of |f_i - f_j|",
    source="The pixel-wise and feature-wise variance of diversity studies; interval of a U-statistic (Hoeffding 1948)",
    helps="The cheapest sign of collapse; an interval with a closed form",
    hurts="A few images far apart, each repeated, keep it; noise raises it. Reads in the encoder's units",
    cost="n^2 d",
)


def mean_distance(x: Tensor) -> tuple[float, float]:
    """(mean distance between two different rows of x [N, d], its standard error).

    A U-statistic of order 2: its variance is 4 var(h) / N nearly, h being each row's mean distance to the others.
    """
    total = torch.zeros(len(x), dtype=torch.float64, device=x.device)
    for rows, _, found in tiles(x):
        total[rows] += found.masked_fill_(found.isinf(), 0).sum(1)
    own = total / (len(x) - 1)
    return float(own.mean()), 2 * float(own.std() / len(x) ** 0.5)


@dataclass(frozen=True)
class MeanDistance:
    """Over all pairs of all samples."""

    card: Card = CARD
    names: tuple[str, ...] = ("mean_distance", "mean_distance_real")
    needs: frozenset[Need] = frozenset({"features"})

    def measure(self, material: Material) -> dict[str, Value]:
        fake, real = (mean_distance(brought(side, "features")) for side in (material.fake, material.real))
        return {name: value(*of) for name, of in zip(self.names, (fake, real), strict=True)}


def value(mean: float, error: float) -> Value:
    return Value(mean, mean - 1.96 * error, mean + 1.96 * error, better="neither")
