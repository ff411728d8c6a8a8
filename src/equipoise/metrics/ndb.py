"""NDB: in how many bins of feature space the shares of fakes and reals differ more than chance allows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from equipoise.card import Card
from equipoise.metrics.brought import brought
from equipoise.metrics.distances import nearest
from equipoise.metrics.kmeans import kmeans
from equipoise.metrics.metric import Material, Need, Value

CARD = Card(
    name="ndb",
    title="Share of bins in which fakes are significantly more or fewer than reals; divergence of the bins",
    equation="share of bins with |p - q| > 1.96 sqrt(r (1 - r) (1/n + 1/m)); JS = KL(p || m) / 2 + KL(q || m) / 2, nats",
    source="Richardson and Weiss 2018, section 3; k-means on the training samples, K = 100, two-proportion z-test at 0.05",
    helps="Sees which part of the data is missing or overdone, without labels; equal distributions read 0.05",
    hurts="Blind within a bin and outside all of them (everything falls in some bin); depends on n: more samples, more power",
    cost="k-means: 50 n K d at most",
)
Z = 1.959963984540054  # two-sided 0.05
EACH = 5  # samples a bin, on average, below which the normal law is no longer near


def differing(p: Tensor, q: Tensor) -> Tensor:
    """Which bins differ at 0.05, bool [K], of counts p and q [K]: the two-proportion z-test, pooled.

    A bin that is empty on both sides, or holds everything of both, has 0 / 0 for its z: it does not differ.
    """
    n, m = p.sum().double(), q.sum().double()
    pooled = (p + q) / (n + m)
    error = (pooled * (1 - pooled) * (1 / n + 1 / m)).sqrt()
    return (p / n - q / m).abs() > Z * error


def jensen_shannon(p: Tensor, q: Tensor) -> float:
    """Of counts p and q [K], in nats: 0 for equal shares, log 2 where no bin is shared."""
    p, q = p.double() / p.sum(), q.double() / q.sum()
    middle = (p + q) / 2
    return float((torch.xlogy(p, p) + torch.xlogy(q, q)).sum() / 2 - torch.xlogy(middle, middle).sum())


@dataclass(frozen=True)
class NDB:
    """The bins are found on the training samples where they are given, else on the reals; fakes are compared with the reals."""

    bins: int = 100
    card: Card = CARD
    names: tuple[str, ...] = ("ndb", "ndb_js")
    needs: frozenset[Need] = frozenset({"features"})

    def measure(self, material: Material) -> dict[str, Value]:
        fake, real = (brought(side, "features", EACH * self.bins) for side in (material.fake, material.real))
        fitted = real if material.train is None else brought(material.train, "features", EACH * self.bins)
        centres = kmeans(fitted, self.bins, material.seed)
        p, q = (torch.bincount(nearest(side, centres)[1], minlength=self.bins) for side in (fake, real))
        return {"ndb": Value(float(differing(p, q).double().mean())), "ndb_js": Value(jensen_shannon(p, q))}
