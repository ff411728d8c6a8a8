"""The kernel distance: how far two sets are apart in the means of a polynomial kernel's features; KID with Inception's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from equipoise.card import Card
from equipoise.errors import SettingError
from equipoise.metrics.brought import both
from equipoise.metrics.metric import Material, Need, Value

CARD = Card(
    name="kernel",
    title="Kernel distance: squared maximum mean discrepancy under a cubic kernel, over subsets; KID with Inception's features",
    equation="mean over subsets of E k(x, x') + E k(y, y') - 2 E k(x, y), x != x', y != y'; k(x, y) = (x . y / d + 1)^3",
    source="Binkowski et al. 2018, section 4; the subsets are torch-fidelity's",
    helps="Without bias at any N, so small sets can be compared, and 0 means equal; may come out below 0",
    hurts="Subsets overlap: the deviation over them is no standard error of the whole",
    cost="products of all pairs, or of those of 100 subsets of 1000",
)
SUBSETS, SIZE, SEED = 100, 1000, 2020  # torch-fidelity's
ALL_PAIRS = 1.0  # pairs of all samples over those of all subsets: up to here each pair's kernel is taken once, for every subset
TILE = 1000  # rows


def cubic(x: Tensor, y: Tensor) -> Tensor:
    """(x . y / d + 1)^3 of rows [N, d] and [M, d], float64 [N, M]."""
    found: Tensor = torch.addmm(torch.ones((), dtype=torch.float64), x.double(), y.double().T, alpha=1 / x.shape[1]).pow_(3)
    return found


def unbiased(xx: Tensor, yy: Tensor, xy: Tensor) -> Tensor:
    """The squared discrepancy of m samples a side from their kernels [m, m], a sample with itself left out."""
    m = len(xx)
    own = xx.sum() - xx.diagonal().sum() + yy.sum() - yy.diagonal().sum()
    return own / (m * (m - 1)) - 2 * xy.mean()


def subset_distances(x: Tensor, y: Tensor, subsets: int = SUBSETS, size: int = SIZE, seed: int = SEED) -> Tensor:
    """The squared discrepancy of each pair of subsets of rows of x [N, d] and y [M, d], float64 [subsets].

    Subsets are drawn as torch-fidelity draws them: NumPy's RandomState(seed), `choice` of x's rows, then of y's. SettingError
    where a side has fewer than `size` rows.
    """
    if min(len(x), len(y)) < size:
        raise SettingError("size", f"of subsets is {size}, and there are {len(x)} and {len(y)} samples")
    if size < 2:
        raise SettingError("size", f"of subsets must be at least 2, not {size}")
    stream = np.random.RandomState(seed)
    pairs = [[torch.from_numpy(stream.choice(len(side), size, replace=False)) for side in (x, y)] for _ in range(subsets)]
    if max(len(x), len(y)) ** 2 > ALL_PAIRS * subsets * size**2:
        return torch.stack([unbiased(cubic(x[i], x[i]), cubic(y[j], y[j]), cubic(x[i], y[j])) for i, j in pairs])
    of_x, of_y = membership(x, [i for i, _ in pairs]), membership(y, [j for _, j in pairs])
    own = sums_within(x, of_x) + sums_within(y, of_y)
    return own / (size * (size - 1)) - 2 * sums_between(x, of_x, y, of_y) / size**2


def membership(x: Tensor, subsets: list[Tensor]) -> Tensor:
    """1 where a row of x is in a subset, else 0; float64 [N, subsets]."""
    found = torch.zeros(len(x), len(subsets), dtype=torch.float64, device=x.device)
    for s, rows in enumerate(subsets):
        found[rows.to(x.device), s] = 1
    return found


def sums_between(x: Tensor, of_x: Tensor, y: Tensor, of_y: Tensor) -> Tensor:
    """For each subset the sum of k(x, y) over its rows: the diagonal of of_x^T K of_y, tile by tile; float64 [subsets]."""
    tiles = [slice(i, i + TILE) for i in range(0, len(x), TILE)]
    return torch.stack([(of_x[rows] * (cubic(x[rows], y) @ of_y)).sum(0) for rows in tiles]).sum(0)


def sums_within(x: Tensor, of_x: Tensor) -> Tensor:
    """For each subset the sum of k(x, x') over its pairs of two different rows; float64 [subsets]."""
    total = -of_x.T @ (x.double().square().sum(1) / x.shape[1] + 1).pow(3)  # a row with itself
    for i in range(0, len(x), TILE):
        rows = slice(i, i + TILE)
        weight = 2 * of_x[i:]  # each pair of tiles is looked at once, and counts twice
        weight[:TILE] = of_x[rows]
        total += (of_x[rows] * (cubic(x[rows], x[i:]) @ weight)).sum(0)
    return total


def kernel_distance(x: Tensor, y: Tensor) -> float:
    """The squared discrepancy of all rows, each side of its own number, without bias; in tiles."""
    n, m = len(x), len(y)
    total = torch.zeros((), dtype=torch.float64)
    for part in torch.split(x, SIZE):
        total -= 2 * cubic(part, y).sum() / (n * m)
    for side, count in ((x, n), (y, m)):
        own = sum(cubic(part, side).sum() for part in torch.split(side, SIZE))
        with_itself = (side.double().square().sum(1) / side.shape[1] + 1).pow(3).sum()
        total += (own - with_itself) / (count * (count - 1))
    return float(total)


@dataclass(frozen=True)
class Kernel:
    """`size` is cut to the number of samples where there are fewer."""

    subsets: int = SUBSETS
    size: int = SIZE
    card: Card = CARD
    names: tuple[str, ...] = ("kernel",)
    needs: frozenset[Need] = frozenset({"features"})

    def measure(self, material: Material) -> dict[str, Value]:
        x, y = both(material)
        found = subset_distances(x, y, self.subsets, min(self.size, len(x), len(y)))
        return {"kernel": Value(float(found.mean()), std=float(found.std(correction=0)))}
