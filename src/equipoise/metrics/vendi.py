"""The Vendi score: how many different samples a set is worth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from equipoise.card import Card
from equipoise.errors import SettingError
from equipoise.metrics.brought import brought, some
from equipoise.metrics.distances import ROWS, directions
from equipoise.metrics.metric import Material, Need, Value

CARD = Card(
    name="vendi",
    title="How many entirely different samples the fakes are worth; what as many reals are worth beside it",
    equation="exp(-sum_i l_i log l_i), l the eigenvalues of K / n, K_ij = cos(f_i, f_j); order q: (sum_i l_i^q)^(1/(1-q))",
    source="Friedman and Dieng 2023, definition 3.1; orders q: Pasarkar and Dieng 2024",
    helps="Needs no reference; counts kinds, not pairs: few images repeated are worth few",
    hurts="Noise is diverse too. Grows with n: both sides are cut to the same number",
    cost="n d min(n, d), and the eigenvalues of the smaller side",
)


def vendi(x: Tensor, q: float = 1.0) -> float:
    """Between 1 (all rows of x [N, d] point the same way) and min(N, d), for q >= 0 (0 counts, inf looks at the largest).

    Agrees with vendi-score 0.0.3 (`score_dual`, rows normalised). Rows of zeros count as one kind of their own.
    """
    share = spectrum(x)
    share = share[share > share.max() * 1e-12]  # rounding, of which order 0 would count every one
    if q == 1:
        return math.exp(float(-torch.xlogy(share, share).sum()))
    if math.isinf(q):
        return 1 / float(share.max())
    return math.pow(float(share.pow(q).sum()), 1 / (1 - q))


def spectrum(x: Tensor) -> Tensor:
    """The eigenvalues of K / N, float64, which sum to 1; K's own or those of the d x d dual, whichever is smaller."""
    x = directions(x) if len(x) <= x.shape[1] else x
    if len(x) <= x.shape[1]:
        gram = x @ x.T
    else:
        gram = torch.zeros(x.shape[1], x.shape[1], dtype=torch.float64, device=x.device)
        for part in torch.split(x, ROWS):
            unit = directions(part)
            gram.addmm_(unit.T, unit)
    values = torch.linalg.eigvalsh(gram / len(x)).clamp_min(0)
    zeros = (1 - values.sum()).clamp_min(0)  # the share of rows of zeros, which K as it stands leaves out
    return torch.cat([values, zeros[None]]) if zeros > 1e-9 else values


@dataclass(frozen=True)
class Vendi:
    """`q`: the order; 1 is the paper's first, lower ones count rare kinds for more."""

    q: float = 1.0
    card: Card = CARD
    names: tuple[str, ...] = ("vendi", "vendi_real")
    needs: frozenset[Need] = frozenset({"features"})

    def __post_init__(self) -> None:
        if not self.q >= 0:
            raise SettingError("q", f"the order of a Vendi score is 0 or more, not {self.q}")

    def measure(self, material: Material) -> dict[str, Value]:
        fake, real = brought(material.fake, "features"), brought(material.real, "features")
        n = min(len(fake), len(real))
        sides = (some(side, n, material.seed, "vendi") for side in (fake, real))
        found = zip(self.names, sides, ("higher", "neither"), strict=True)
        return {name: Value(vendi(side, self.q), better=better) for name, side, better in found}  # type: ignore[arg-type]
