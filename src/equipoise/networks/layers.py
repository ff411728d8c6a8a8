"""Layers that the networks and the tricks are made of."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ToMap(nn.Module):
    """[B, side * side * channels] as [B, channels, side, side], the channels running fastest: a view, channels-last.

    With `ToVector` at D's end this saves the changes of layout: 8 % of a step of the 28 x 28 DCGAN on one core.
    """

    def __init__(self, channels: int, side: int) -> None:
        super().__init__()
        self.channels, self.side = channels, side

    def forward(self, x: Tensor) -> Tensor:
        return x.view(-1, self.side, self.side, self.channels).permute(0, 3, 1, 2)

    def extra_repr(self) -> str:
        return f"{self.channels}, {self.side}"


class ToVector(nn.Module):
    """[B, channels, H, W] as [B, H * W * channels], the channels running fastest: a view of what is channels-last."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


class Doubling(nn.ConvTranspose2d):
    """The transposed convolution that doubles the side: kernel 4, stride 2, padding 1. [B, in, H, W] -> [B, out, 2H, 2W].

    With one output channel on a CPU it is computed as a product and a fold, which is the same sum. Measured on one core,
    28 x 28, width 64, batch 64, its three passes of a step: 12 ms -> 6 in float32 and 19 -> 7 in bf16, 4 to 7 % of the step;
    with three channels it gains nothing.
    """

    def __init__(self, before: int, after: int, bias: bool) -> None:
        super().__init__(before, after, 4, 2, 1, bias=bias)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        if self.out_channels > 1 or x.device.type != "cpu":
            return super().forward(x, output_size)
        height, width = x.shape[2:]
        patches = x.permute(0, 2, 3, 1).flatten(1, 2) @ self.weight.flatten(1)  # [B, H * W, 4 * 4]
        folded = F.fold(patches.to(self.weight.dtype).transpose(1, 2), (2 * height, 2 * width), 4, stride=2, padding=1)
        return folded if self.bias is None else folded + self.bias

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.out_channels}, bias={self.bias is not None}"


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
        M = (features @ self.T).to(self.T.dtype).view(-1, self.kernels, self.dims)
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
        groups = x.to(torch.promote_types(x.dtype, torch.float32)).reshape(group, n // group, -1)
        variance = (groups - groups.mean(0)).square().mean(0)  # torch's var over dimension 0 is 16 times slower on a CPU
        spread = (variance + 1e-8).sqrt().mean(1)  # [n // group]
        column = spread.repeat(group).to(x.dtype).reshape(n, 1, *[1] * (x.dim() - 2))
        return torch.cat([x, column.expand(n, 1, *x.shape[2:])], dim=1)

    def extra_repr(self) -> str:
        return f"group={self.group}"
