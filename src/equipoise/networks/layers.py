"""Layers that the networks and the tricks are made of."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ToMap(nn.Module):
    """[B, side * side * channels] as [B, channels, side, side], the channels running fastest: a view, channels-last."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.channels, self.side = channels, side

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (self.side, self.side, self.channels)).permute(0, 3, 1, 2)

    def extra_repr(self) -> str:
        return f"{self.channels}, {self.side}"


class ToVector(nn.Module):
    """[B, channels, H, W] as [B, H * W * channels], the channels running fastest: a view of what is channels-last."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


class MinibatchDiscrimination(nn.Module):
    """Appends to each sample's features how near the other samples of the batch are (Salimans et al. 2016, section 3.2).

    Features [B, A] times a tensor T [A, kernels * dims] give M [B, kernels, dims]; sample i gets, per kernel b,
    sum over j != i of exp(-||M[i, b] - M[j, b]||_1). In: [B, A] (or anything that flattens to it), out: [B, A + kernels].
    """

    def __init__(self, features: int, kernels: int = 100, dims: int = 5) -> None:
        super().__init__()
        self.kernels, self.dims = kernels, dims
        # rows of T are scaled so that M has the size of one feature: at a larger scale exp(-distance) starts at 0
        self.T = nn.Parameter(torch.randn(features, kernels * dims) / features**0.5)

    def forward(self, features: Tensor) -> Tensor:
        features = features.flatten(1)
        M = (features @ self.T).float().unflatten(1, (self.kernels, self.dims))
        distance = (M.unsqueeze(0) - M.unsqueeze(1)).abs().sum(3)  # [B, B, kernels]
        nearness = torch.exp(-distance).sum(1) - 1  # without the sample itself, whose distance is 0
        return torch.cat([features, nearness.to(features.dtype)], dim=1)

    def extra_repr(self) -> str:
        return f"{self.T.shape[0]}, kernels={self.kernels}, dims={self.dims}"


class MinibatchStdDev(nn.Module):
    """Appends one feature: the standard deviation within a group of samples, averaged over all features and places
    (Karras et al. 2018, section 3). In: [B, F] or [B, C, H, W], out: one feature or channel more.

    Samples i, i + B/g, i + 2B/g, ... make a group of g: the smallest divisor of the batch that is at least `group`.
    """

    def __init__(self, group: int = 4) -> None:
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        n = len(x)
        group = next(g for g in range(min(self.group, n), n + 1) if n % g == 0)
        groups = x.float().reshape(group, n // group, -1)
        spread = (groups.var(0, correction=0) + 1e-8).sqrt().mean(1)  # [n // group]
        column = spread.repeat(group).to(x.dtype).reshape(n, 1, *[1] * (x.dim() - 2))
        return torch.cat([x, column.expand(n, 1, *x.shape[2:])], dim=1)

    def extra_repr(self) -> str:
        return f"group={self.group}"
