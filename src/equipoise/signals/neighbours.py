"""Nearest neighbours among samples, and what follows from them: the measures that exams share."""

from __future__ import annotations

import torch
from torch import Tensor

K = 5  # Naeem et al. 2020, section 4.2
EXACT = 64  # columns up to which differences are squared one by one; a matrix product takes a tenth of the time
BLUR = 2e-3  # of a row's length: what float32 loses in the product


def distances(x: Tensor, y: Tensor) -> Tensor:
    """Euclidean, [len(x), len(y)], of rows: exact for few columns, else by a matrix product, `BLUR` times a row's length."""
    x, y = x.flatten(1).float(), y.flatten(1).float()
    if x.shape[1] <= EXACT:
        return torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist")
    centre = y.mean(0)  # the nearer the rows are to the origin, the less is lost
    return torch.cdist(x - centre, y - centre)


def among(x: Tensor) -> Tensor:
    """Distances among the rows of x, 0 between copies, a row's to itself infinite."""
    rows = x.flatten(1).float()
    found = distances(rows, rows)
    if rows.shape[1] > EXACT:
        size = torch.linalg.vector_norm(rows - rows.mean(0), dim=1).mean()
        found = found.masked_fill(found <= BLUR * size, 0.0)
    return found.fill_diagonal_(torch.inf)


def distinct(x: Tensor) -> Tensor:
    """The rows of x without repetitions, in order: a ball among copies would hold nothing but copies."""
    _, which = torch.unique(x.flatten(1), dim=0, return_inverse=True)
    first = torch.full_like(which, len(which)).scatter_reduce(0, which, torch.arange(len(which), device=x.device), "amin")
    return x[first[first < len(which)].sort().values]


def radii(own: Tensor, k: int = K) -> Tensor:
    """The distance to the k-th neighbour that is not the same sample, from distances `among` [N, N].

    A sample that is repeated has neighbours at no distance: those are not counted, or its ball would hold nothing.
    """
    k = min(k, len(own) - 1)
    return own.masked_fill(own <= 0, torch.inf).kthvalue(k, dim=1).values


def held(balls: Tensor, to: Tensor) -> Tensor:
    """Which reals' balls hold at least one sample, bool [N]: `to` [N, M] are the distances to the samples."""
    return (to <= balls[:, None]).any(1)


def expected(k: int, n: int, m: int) -> float:
    """The share of balls that m fresh reals would hold, where the balls are of k-th neighbours among n: 1 - (n/(n+m))^k nearly.

    Of n + m independent samples around a point, the first k to be met are all of the n with probability
    prod_i (n - i) / (n + m - i).
    """
    none = 1.0
    for i in range(min(k, n)):
        none *= (n - i) / (n + m - i)
    return 1.0 - none


def mean_distance(x: Tensor) -> Tensor:
    """The mean distance between two different rows."""
    own = distances(x, x)
    return own.sum() / (len(x) * (len(x) - 1))


def effective_rank(x: Tensor) -> Tensor:
    """exp of the entropy of the covariance's eigenvalues (Roy and Vetterli 2007): how many directions are in use."""
    centred = x.flatten(1).float()
    centred = centred - centred.mean(0)
    centred = centred / centred.abs().amax().clamp_min(torch.finfo(torch.float32).tiny)  # squares must not overflow
    gram = centred @ centred.T if len(centred) <= centred.shape[1] else centred.T @ centred
    values = torch.linalg.eigvalsh(gram).clamp_min(0)
    share = values / values.sum().clamp_min(torch.finfo(torch.float32).tiny)
    return torch.exp(-torch.special.xlogy(share, share).sum())
