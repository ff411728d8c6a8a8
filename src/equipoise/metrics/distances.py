"""Distances between many rows in little memory: tile by tile, in float64, exact where it matters (between copies)."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

ROWS, COLUMNS = 1024, 4096  # of a tile: 32 MB in float64


def tiles(x: Tensor, y: Tensor | None = None) -> Iterator[tuple[slice, slice, Tensor]]:
    """(rows, columns, Euclidean distances [rows, columns]) of x [N, d] to y [M, d]; without y, among the rows of x.

    By a matrix product around y's mean: off by at most about 1e-8 of a row's length. A row's distance to itself is inf.
    """
    among = y is None
    y = x if y is None else y
    centre = y.mean(0, dtype=torch.float64)
    for i in range(0, len(x), ROWS):
        a = x[i : i + ROWS].double() - centre
        for j in range(0, len(y), COLUMNS):
            b = y[j : j + COLUMNS].double() - centre
            found = torch.addmm(b.square().sum(1), a, b.T, alpha=-2).add_(a.square().sum(1, keepdim=True)).clamp_min_(0).sqrt_()
            if among and i < j + len(b) and j < i + len(a):
                found.diagonal(i - j).fill_(torch.inf)
            yield slice(i, i + len(a)), slice(j, j + len(b)), found


def nearest(x: Tensor, y: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """(distance float64 [N], index int64 [N]) of the row of y [M, d] that is nearest to each row of x [N, d].

    Without y, of the nearest other row of x. The distance is recomputed from the two rows: exactly 0 between copies.
    """
    least = torch.full((len(x),), torch.inf, dtype=torch.float64, device=x.device)
    index = torch.zeros(len(x), dtype=torch.int64, device=x.device)
    for rows, columns, found in tiles(x, y):
        value, place = found.min(1)
        closer = value < least[rows]
        least[rows] = torch.where(closer, value, least[rows])
        index[rows] = torch.where(closer, place + columns.start, index[rows])
    return apart(x, (x if y is None else y), index), index


def several(x: Tensor, y: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """(distances float64 [N, k], index int64 [N, k]) of the k <= M nearest rows of y [M, d], the nearest first."""
    least = torch.full((len(x), k), torch.inf, dtype=torch.float64, device=x.device)
    index = torch.zeros(len(x), k, dtype=torch.int64, device=x.device)
    for rows, columns, found in tiles(x, y):
        places = torch.arange(columns.start, columns.stop, device=x.device).expand_as(found)
        least[rows], chosen = torch.cat([least[rows], found], 1).topk(k, largest=False)
        index[rows] = torch.cat([index[rows], places], 1).gather(1, chosen)
    return torch.stack([apart(x, y, i) for i in index.T], 1), index


def nearest_other(x: Tensor, index: Tensor) -> Tensor:
    """The distance of each of the rows `index` of x [N, d], N >= 2, to its nearest other row, float64 [len(index)]."""
    return several(x[index], x, 2)[0].amax(1)  # of the two one is the row itself


def apart(x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    """The distance of each row of x to the row `index` of y, float64 [N], from the differences themselves."""
    parts = zip(torch.split(x, ROWS), torch.split(index, ROWS), strict=True)
    return torch.cat([torch.linalg.vector_norm(a.double() - y[i].double(), dim=1) for a, i in parts])


def nearest_cosine(x: Tensor, y: Tensor, k: int = 1) -> Tensor:
    """The k-th smallest 1 - |cos| of each row of x [N, d] to the rows of y [M, d], float64 [N] in [0, 1]; to zeros it is 1."""
    least = torch.ones(len(x), k, dtype=torch.float64, device=x.device)
    for i in range(0, len(x), ROWS):
        a = directions(x[i : i + ROWS])
        for j in range(0, len(y), COLUMNS):
            found = 1 - (a @ directions(y[j : j + COLUMNS]).T).abs()
            least[i : i + ROWS] = torch.cat([least[i : i + ROWS], found], 1).topk(k, largest=False).values
    return least[:, k - 1].clamp_min(0)


def directions(x: Tensor) -> Tensor:
    """Rows of length 1, float64; rows of zeros stay."""
    x = x.double()
    lengths: Tensor = torch.linalg.vector_norm(x, dim=1, keepdim=True)
    return x / lengths.clamp_min(torch.finfo(torch.float64).tiny)
