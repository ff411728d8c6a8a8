"""k-means: what the bins of NDB are made by."""

from __future__ import annotations

import torch
from torch import Tensor

from equipoise.metrics.distances import nearest
from equipoise.seeds import generator

ROUNDS = 50


def kmeans(x: Tensor, k: int, seed: int = 0) -> Tensor:
    """k centres, float32 [k, d], of the rows of x [N, d], N >= k: k-means++ (Arthur and Vassilvitskii 2007), then Lloyd.

    The same for the same seed and device. A cluster that loses all its rows moves to the row that is farthest from its own.
    """
    x = x.float()
    centres = spread(x, k, seed)
    before = torch.full((len(x),), -1, device=x.device)
    for _ in range(ROUNDS):
        distance, of = nearest(x, centres)
        if torch.equal(of, before):
            break
        before = of
        sizes = torch.bincount(of, minlength=k)
        centres = torch.zeros_like(centres).index_add_(0, of, x) / sizes.clamp_min(1)[:, None]
        empty = (sizes == 0).nonzero().flatten()
        centres[empty] = x[distance.topk(len(empty)).indices]
    return centres


def spread(x: Tensor, k: int, seed: int) -> Tensor:
    """k rows, each drawn with a probability that grows with the squared distance to those drawn before."""
    rng = generator("cpu", seed, "k-means")
    chosen = [int(torch.randint(len(x), (1,), generator=rng))]
    rows = x.double() - x.mean(0, dtype=torch.float64)
    lengths = rows.square().sum(1)
    least = torch.full((len(x),), torch.inf, dtype=torch.float64)
    for _ in range(k - 1):
        last = rows[chosen[-1]]
        squared = (lengths + last @ last - 2 * (rows @ last)).cpu()
        least = torch.minimum(least, squared.clamp_min(0))
        weights = least if least.sum() > 0 else torch.ones_like(least)  # fewer different rows than centres
        chosen.append(int(torch.multinomial(weights, 1, generator=rng)))
    return x[chosen]
