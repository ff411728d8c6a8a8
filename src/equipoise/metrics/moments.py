"""Mean and covariance of features that come batch by batch, in float64 and in the memory of one covariance."""

from __future__ import annotations

import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.metrics.metric import Moments, Side

BLOCK = 512  # columns


def gram(x: Tensor) -> Tensor:
    """x^T x of [n, d], symmetric [d, d]: each block above the diagonal is a product, its mirror image a copy."""
    found = x.new_empty(x.shape[1], x.shape[1])
    for i in range(0, x.shape[1], BLOCK):
        rows = slice(i, i + BLOCK)
        found[rows, i:] = x[:, rows].T @ x[:, i:]
        found[i + BLOCK :, rows] = found[rows, i + BLOCK :].T
    return found


class RunningMoments:
    """Add batches [n, d] in any split: the result is that of all of them at once (Chan, Golub and LeVeque 1979)."""

    def __init__(self) -> None:
        self.n = 0
        self.mean: Tensor | None = None  # float64 [d]
        self.scatter: Tensor | None = None  # float64 [d, d]: sum of (x - mean)(x - mean)^T

    def add(self, features: Tensor) -> None:
        x = features.flatten(1).double()
        if len(x):
            mean = x.mean(0)
            self.merge(len(x), mean, gram(x - mean))

    def merge(self, n: int, mean: Tensor, scatter: Tensor) -> None:
        """The moments of others besides: how many, their mean, their scatter."""
        if self.mean is None or self.scatter is None:
            self.n, self.mean, self.scatter = n, mean, scatter
            return
        total, apart = self.n + n, mean - self.mean
        self.scatter = self.scatter + scatter + torch.outer(apart, apart) * (self.n * n / total)
        self.mean = self.mean + apart * (n / total)
        self.n = total

    def moments(self) -> Moments:
        if self.n < 2 or self.mean is None or self.scatter is None:
            raise SettingError("samples", f"a covariance needs at least 2, not {self.n}")
        return Moments(self.n, self.mean, self.scatter / (self.n - 1))


def moments(features: Tensor) -> Moments:
    """Of features [n, d], n at least 2."""
    running = RunningMoments()
    running.add(features)
    return running.moments()


def moments_of(side: Side | None) -> Moments:
    """A side's own, or those of its features; SettingError where it has neither."""
    if side is not None and side.moments is not None:
        return side.moments
    if side is None or side.features is None:
        raise SettingError("metrics", "this one needs features of samples, or their mean and covariance")
    return moments(side.features)
