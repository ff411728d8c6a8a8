"""How much of the data the samples reach: what tells a game that has converged from one that has collapsed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from equipoise.equilibrium.indicators import Indicator, line
from equipoise.equilibrium.limits import limit
from equipoise.seeds import generator

NEIGHBOURS = 5
CLUSTERS = 20
ROUNDS = 20  # of Lloyd's iteration
PRESENT = 0.25  # a cluster is covered by at least this part of the share that reals have there


@dataclass(frozen=True)
class Coverage:
    """`ratio`: coverage of held-out reals by fakes over that by other reals; `clusters`: share of the data's clusters that
    hold fakes; `diversity`: mean distance between fakes over that between reals. None where reals repeat too much.
    """

    ratio: float | None
    clusters: float | None
    of: int  # clusters
    diversity: float | None

    def indicators(self) -> list[Indicator]:
        several = "several classes among the samples: an equilibrium needs it, and has more"
        near = "in pixels or coordinates, so strict: misses what is only a little off"
        wide = "blind to samples that are few and far apart"
        spread = None if self.diversity is None else abs(self.diversity - 1) <= limit("diversity")
        title = f"Clusters of held-out reals that fakes reach, of {self.of}"
        return [
            told("clusters", title, self.clusters, self.clusters is not None and self.clusters >= limit("clusters"), several),
            told("coverage", "Coverage by fakes over that by reals", self.ratio, (self.ratio or 0) >= limit("covered"), near),
            told("diversity", "Mean distance of fakes over that of reals", self.diversity, bool(spread), wide),
        ]


def told(name: str, title: str, value: float | None, good: bool, words: str) -> Indicator:
    return line(name, title, value, "1", good, "reals that are all the same have none" if value is None else words)


def coverage(heldout: Tensor, fake: Tensor, *, modes: Tensor | None = None, seed: int = 0) -> Coverage:
    """Of held-out reals [N, ...] by fakes [M, ...]; `modes` [K, ...] are the clusters' centres where they are known."""
    real, fake = heldout.flatten(1).float(), fake.flatten(1).float().to(heldout.device)
    half = min(len(real) // 2, len(fake))
    one, other, fakes = real[:half], real[half : 2 * half], fake[:half]
    by_reals, by_fakes = reached(one, other), reached(one, fakes)
    ratio = None if by_reals is None or by_fakes is None or by_reals == 0 else min(by_fakes / by_reals, 1.0)
    centres = modes.flatten(1).to(real) if modes is not None else clusters(one, min(CLUSTERS, half // 10), seed)
    spread = float(torch.pdist(other[:500]).mean())
    found = None if len(centres) < 2 else covered(other, fakes, centres)
    return Coverage(ratio, found, len(centres), float(torch.pdist(fakes[:500]).mean()) / spread if spread > 0 else None)


def reached(real: Tensor, by: Tensor, neighbours: int = NEIGHBOURS) -> float | None:
    """The share of reals with a sample of `by` within the distance of their k-th neighbour among reals (Naeem et al. 2020).

    Reals that repeat are counted once, or their radius would be 0; None where fewer than 2 k are left.
    """
    real = torch.unique(real, dim=0)
    if len(real) < 2 * neighbours or not bool(torch.isfinite(by).all()):
        return None if len(real) < 2 * neighbours else 0.0
    radius = torch.cdist(real, real).kthvalue(neighbours + 1, dim=1).values  # the nearest one is itself
    return float((torch.cdist(real, by).min(1).values <= radius).float().mean())


def covered(real: Tensor, fake: Tensor, centres: Tensor) -> float:
    """The share of clusters in which fakes are at least PRESENT times as frequent as reals; those without reals don't count."""
    k = len(centres)
    shares = [torch.bincount(torch.cdist(x, centres).argmin(1), minlength=k) / len(x) for x in (real, fake.nan_to_num())]
    alive = shares[0] > 0
    return float((shares[1] >= PRESENT * shares[0])[alive].float().mean())


def clusters(real: Tensor, k: int, seed: int) -> Tensor:
    """Centres of k clusters by k-means, from the seeds of k-means++ (Arthur and Vassilvitskii 2007)."""
    rng = generator("cpu", seed, "clusters")
    if k < 2 or len(torch.unique(real, dim=0)) < k:
        return real[:1]
    centres = real[torch.randint(len(real), (1,), generator=rng)]
    for _ in range(k - 1):
        far = torch.cdist(real, centres).min(1).values.square().cpu()
        centres = torch.cat([centres, real[torch.multinomial(far, 1, generator=rng)]])
    for _ in range(ROUNDS):
        nearest = torch.cdist(real, centres).argmin(1)
        found = [real[nearest == c].mean(0) if bool((nearest == c).any()) else centres[c] for c in range(k)]
        centres = torch.stack(found)
    return centres
