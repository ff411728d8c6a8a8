"""Nearest neighbours among samples, and what follows from them: the measures that exams share."""

from __future__ import annotations

import torch
from torch import Tensor

K = 5  # Naeem et al. 2020, section 4.2


def distances(x: Tensor, y: Tensor) -> Tensor:
    """Euclidean, [len(x), len(y)], of rows."""
    return torch.cdist(x.flatten(1).float(), y.flatten(1).float())


def among(x: Tensor) -> Tensor:
    """Distances among the rows of x, a row's to itself infinite."""
    found = distances(x, x)
    return found.fill_diagonal_(torch.inf)


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
    gram = centred @ centred.T if len(centred) <= centred.shape[1] else centred.T @ centred
    values = torch.linalg.eigvalsh(gram).clamp_min(0)
    share = values / values.sum().clamp_min(torch.finfo(torch.float32).tiny)
    return torch.exp(-torch.special.xlogy(share, share).sum())
