"""Precision, recall, density and coverage: quality and variety apart, from balls around samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from equipoise.card import Card
from equipoise.errors import SettingError
from equipoise.metrics.brought import both
from equipoise.metrics.metric import Material, Need, Value

CARD = Card(
    name="precision_recall",
    title="Precision and recall, density and coverage: which samples lie in balls of the other side's k-th neighbour",
    equation="precision = P(some |f - r| < rho_k(r)); recall = P(some |r - f| < rho_k(f)); density = E #{r: |f - r| < "
    "rho_k(r)} / k; coverage = P(min_f |r - f| < rho_k(r))",
    source="Kynkaanniemi et al. 2019, equation 1; Naeem et al. 2020, equations 3, 7 and 8 (whose package's numbers these are)",
    helps="Says whether a bad distance comes from bad samples or from missing ones",
    hurts="One outlier makes a ball that holds everything (density and coverage mind less). Depends on k and N",
    cost="distances of all pairs, tile by tile",
)
ROWS = 2048  # of a tile: 32 MB in float64


class Shares(NamedTuple):
    """What `shares` answers with; density may pass 1."""

    precision: float
    recall: float
    density: float
    coverage: float


class Rows:
    """Rows [N, d] with their squares, around a centre, so that distances lose nothing to a far origin."""

    def __init__(self, x: Tensor, centre: Tensor) -> None:
        self.x, self.centre = x, centre
        self.starts = range(0, len(x), ROWS)
        self.squares = torch.cat([self.part(i).square().sum(1) for i in self.starts])

    def __len__(self) -> int:
        return len(self.x)

    def part(self, i: int) -> Tensor:
        return self.x[i : i + ROWS].double() - self.centre

    def to(self, i: int, other: Rows, j: int) -> Tensor:
        """Squared distances of one tile."""
        a, b = self.part(i), other.part(j)
        found = torch.addmm(other.squares[j : j + ROWS], a, b.T, alpha=-2).add_(self.squares[i : i + ROWS, None])
        return found.clamp_min_(0)


def radii(rows: Rows, k: int) -> Tensor:
    """Squared distance of each row to its k-th nearest other row, float64 [N]; each pair is looked at once."""
    least = torch.full((len(rows), k), torch.inf, dtype=torch.float64, device=rows.x.device)

    def nearer(place: slice, found: Tensor) -> None:
        few = found.topk(min(k, found.shape[1]), largest=False).values
        least[place] = torch.cat([least[place], few], 1).topk(k, largest=False).values

    for i in rows.starts:
        for j in range(i, len(rows), ROWS):
            found = rows.to(i, rows, j)
            if i == j:
                found.fill_diagonal_(torch.inf)
            nearer(slice(i, i + ROWS), found)
            if i != j:
                nearer(slice(j, j + ROWS), found.T)
    return least.amax(1)


def shares(real: Tensor, fake: Tensor, k: int = 5, strict: bool = True) -> Shares:
    """Of features [N, d] and [M, d], in float64 and in the memory of a few tiles.

    k = 5 and `strict` (distance < radius) are the prdc package's; k = 3 and not strict Kynkaanniemi's.
    """
    if not 1 <= k < min(len(real), len(fake)):
        raise SettingError("k", f"must be from 1 to the samples less one ({min(len(real), len(fake)) - 1}), not {k}")
    centre = real.mean(0, dtype=torch.float64)
    r, f = Rows(real, centre), Rows(fake, centre)
    of_reals, of_fakes = radii(r, k), radii(f, k)
    inside = torch.lt if strict else torch.le
    held = torch.zeros(len(f), dtype=torch.int64, device=fake.device)  # in how many reals' balls each fake lies
    found = torch.zeros(len(r), dtype=torch.bool, device=real.device)  # whether each real lies in a fake's ball
    nearest = torch.full((len(r),), torch.inf, dtype=torch.float64, device=real.device)
    for i in r.starts:
        for j in f.starts:
            apart = r.to(i, f, j)
            held[j : j + ROWS] += inside(apart, of_reals[i : i + ROWS, None]).sum(0)
            found[i : i + ROWS] |= inside(apart, of_fakes[j : j + ROWS]).any(1)
            nearest[i : i + ROWS] = torch.minimum(nearest[i : i + ROWS], apart.amin(1))
    return Shares(
        float((held > 0).double().mean()),
        float(found.double().mean()),
        float(held.double().mean()) / k,
        float(inside(nearest, of_reals).double().mean()),
    )


@dataclass(frozen=True)
class PrecisionRecall:
    """`k` and `strict` as in `shares`."""

    k: int = 5
    strict: bool = True
    card: Card = CARD
    names: tuple[str, ...] = Shares._fields
    needs: frozenset[Need] = frozenset({"features"})

    def measure(self, material: Material) -> dict[str, Value]:
        fake, real = both(material)
        found = shares(real, fake, self.k, self.strict)
        return {name: Value(value, better="higher") for name, value in found._asdict().items()}
