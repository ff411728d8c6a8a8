"""The sliced Wasserstein-2 distance: how far two samples are apart, from one-dimensional projections."""

import math

import torch
from torch import Tensor

from equipoise.seeds import generator

PROJECTIONS = 256


def sliced_wasserstein(a: Tensor, b: Tensor, *, seed: int = 0, projections: int = PROJECTIONS) -> float:
    """sqrt(E_u[W2^2(<u, a>, <u, b>)]) of samples a and b, both [N, ...], over unit directions u drawn from `seed`.

    In the units of the data. In one dimension W2 pairs the samples in order, so a sort does (Rabin et al. 2011; Bonneel et
    al. 2015). 0 for equal samples in any order; a shift by s gives about |s| / sqrt(d) in d dimensions. Depends on N:
    compare like with like. inf where a sample is not finite: that is as far as can be.
    """
    if a.shape != b.shape or a.dim() < 2:
        raise ValueError(f"two equal [N, ...] are compared, not {list(a.shape)} and {list(b.shape)}")
    a, b = a.flatten(1).float(), b.flatten(1).float()
    directions = torch.randn(a.shape[1], projections, generator=generator("cpu", seed, "projections")).to(a.device)
    directions /= directions.norm(dim=0)
    # [projections, N] in rows: sorting along contiguous memory is much faster
    gap = (directions.T @ a.T).sort(dim=1).values - (directions.T @ b.T).sort(dim=1).values
    squared = float(gap.double().square().mean())
    return math.sqrt(squared) if math.isfinite(squared) else math.inf
