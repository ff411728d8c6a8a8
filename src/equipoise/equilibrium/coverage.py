"""How much of the data the samples reach: what tells a game that has converged from one that has collapsed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from equipoise.equilibrium.indicators import Indicator, line
from equipoise.equilibrium.limits import limit
from equipoise.metrics.encoders.random_conv import Encoder
from equipoise.seeds import generator
from equipoise.signals.neighbours import among, distances, held, mean_distance, radii

FEWEST = 10  # different reals
PAIRED = 500  # samples whose distances from each other are looked at
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
        near = "in a frozen encoder of random convolutions, by the 5 nearest neighbours"
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
    """Of held-out reals [N, ...] by fakes [M, ...], in a frozen encoder's features; `modes` [K, ...] are the clusters'
    centres where they are known. Nothing is said of reals that are (nearly) all the same.
    """
    half = min(len(heldout) // 2, len(fake))
    samples = [x.to(heldout.device) for x in (heldout[:half], heldout[half : 2 * half], fake[:half])]
    if len(torch.unique(samples[0].flatten(1), dim=0)) < FEWEST:
        return Coverage(None, None, 0, None)
    encode = Encoder(samples[0])
    one, other, fakes = (encode(x) for x in samples)
    ratio = min(1.0, reached(one, fakes) / max(reached(one, other), 1 / half))
    if modes is None:
        centres = clusters(one, min(CLUSTERS, half // 10), seed)
        share = covered(other, fakes, centres)
    else:
        centres = modes.flatten(1).to(heldout)
        share = covered(samples[1].flatten(1), samples[2].flatten(1), centres)
    spread = mean_distance(fakes[:PAIRED]) / mean_distance(other[:PAIRED])
    return Coverage(ratio, share, len(centres), float(spread))


def reached(real: Tensor, by: Tensor) -> float:
    """The share of reals with a sample of `by` no farther than their 5th neighbour among the reals (Naeem et al. 2020)."""
    return float(held(radii(among(real)), distances(real, by)).float().mean())


def covered(real: Tensor, fake: Tensor, centres: Tensor) -> float:
    """The share of clusters in which fakes are at least PRESENT times as frequent as reals; those without reals don't count."""
    k = len(centres)
    shares = [torch.bincount(distances(x, centres).argmin(1), minlength=k) / len(x) for x in (real, fake.nan_to_num())]
    alive = shares[0] > 0
    return float((shares[1] >= PRESENT * shares[0])[alive].float().mean())


def clusters(real: Tensor, k: int, seed: int) -> Tensor:
    """Centres of k clusters by k-means, from the seeds of k-means++ (Arthur and Vassilvitskii 2007)."""
    rng = generator("cpu", seed, "clusters")
    if k < 2 or len(torch.unique(real, dim=0)) < k:
        return real[:1]
    centres = real[torch.randint(len(real), (1,), generator=rng)]
    for _ in range(k - 1):
        far = distances(real, centres).min(1).values.square().cpu()
        centres = torch.cat([centres, real[torch.multinomial(far, 1, generator=rng)]])
    for _ in range(ROUNDS):
        nearest = distances(real, centres).argmin(1)
        found = [real[nearest == c].mean(0) if bool((nearest == c).any()) else centres[c] for c in range(k)]
        centres = torch.stack(found)
    return centres
