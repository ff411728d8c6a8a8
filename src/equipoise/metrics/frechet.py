"""The Frechet distance of two Gaussians that were fitted to features: exact, also where a covariance is singular."""

from __future__ import annotations

import torch
from torch import Tensor


def frechet(x: Tensor, y: Tensor) -> float:
    """d^2 = |mu_x - mu_y|^2 + tr(S_x + S_y - 2 (S_x S_y)^(1/2)) of features x [N, d] and y [M, d], in float64.

    Dowson and Landau 1982; Heusel et al. 2017, equation 6. The trace of the root is the sum of the singular values of
    A_x A_y^T / sqrt((N - 1) (M - 1)), A being the centred features: no matrix root, no epsilon.
    """
    x, y = x.flatten(1).double(), y.flatten(1).double()
    apart = (x.mean(0) - y.mean(0)).square().sum()
    a, b = (v.sub(v.mean(0)).div((len(v) - 1) ** 0.5) for v in (x, y))
    if x.shape[1] < min(len(x), len(y)):  # the same singular values, of a d x d matrix
        a, b = torch.linalg.qr(a).R, torch.linalg.qr(b).R
    root = torch.linalg.svdvals(a @ b.T).sum()
    return float((apart + a.square().sum() + b.square().sum() - 2 * root).clamp_min(0))
