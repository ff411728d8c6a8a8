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
            if among:
                drop_self(found, i, j, torch.inf)
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


def apart(x: Tensor, y: Tensor, index: Tensor) -> Tensor:
    """The distance of each row of x to the row `index` of y, float64 [N], from the differences themselves."""
    parts = zip(torch.split(x, ROWS), torch.split(index, ROWS), strict=True)
    return torch.cat([torch.linalg.vector_norm(a.double() - y[i].double(), dim=1) for a, i in parts])


def nearest_cosine(x: Tensor, y: Tensor | None = None) -> Tensor:
    """min over y of 1 - |cos(x, y)|, float64 [N] in [0, 1]: rows of x [N, d] and y [M, d]; a row of zeros is 1 from all.

    Without y, over the other rows of x.
    """
    found = torch.ones(len(x), dtype=torch.float64, device=x.device)
    for i in range(0, len(x), ROWS):
        a = directions(x[i : i + ROWS])
        for j in range(0, len(x if y is None else y), COLUMNS):
            alike = (a @ directions((x if y is None else y)[j : j + COLUMNS]).T).abs()
            if y is None:
                drop_self(alike, i, j, 0.0)
            found[i : i + ROWS] = torch.minimum(found[i : i + ROWS], 1 - alike.amax(1))
    return found.clamp_min(0)


def drop_self(tile: Tensor, i: int, j: int, value: float) -> None:
    """Put `value` where a tile that begins at row i and column j of a square compares a row with itself."""
    if i < j + tile.shape[1] and j < i + tile.shape[0]:
        tile.diagonal(i - j).fill_(value)


def directions(x: Tensor) -> Tensor:
    """Rows of length 1, float64; rows of zeros stay."""
    x = x.double()
    lengths: Tensor = torch.linalg.vector_norm(x, dim=1, keepdim=True)
    return x / lengths.clamp_min(torch.finfo(torch.float64).tiny)
