"""The network of the Frechet Inception distance: Inception v3 as TensorFlow published it on 2015-12-05.

Szegedy et al. 2016, with the quirks of that one graph: average pooling does not count the padding, the last block pools the
maximum, and there are 1008 logits. Names of weights are those of pytorch-fid and torch-fidelity, so their files load.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from equipoise.seeds import generator

DIMS = (64, 192, 768, 2048)  # features after the first and the second pooling, before the auxiliary head, and the last
LOGITS = 1008
Step = tuple[str, int, int | tuple[int, int]]  # name, outputs, kernel; stride 1, padded to the same size
Chain = tuple[Step, ...]

average = partial(F.avg_pool2d, kernel_size=3, stride=1, padding=1, count_include_pad=False)
maximum = partial(F.max_pool2d, kernel_size=3, stride=1, padding=1)
halved = partial(F.max_pool2d, kernel_size=3, stride=2)


class Conv(nn.Module):
    """Convolution, batch normalisation, ReLU; the second is part of the first after `fold`."""

    def __init__(self, inputs: int, outputs: int, kernel: int | tuple[int, int], stride: int = 1, padded: bool = True) -> None:
        super().__init__()
        high, wide = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        padding = (high // 2, wide // 2) if padded else (0, 0)
        self.conv = nn.Conv2d(inputs, outputs, (high, wide), stride, padding, bias=False)
        self.bn: nn.Module = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)

    def fold(self) -> None:
        """Put the normalisation into the weights, computed in float64."""
        assert isinstance(self.bn, nn.BatchNorm2d)
        assert self.bn.running_mean is not None
        assert self.bn.running_var is not None
        scale = self.bn.weight.double() / (self.bn.running_var.double() + self.bn.eps).sqrt()
        bias = self.bn.bias.double() - self.bn.running_mean.double() * scale
        dtype = self.conv.weight.dtype
        self.conv.weight = nn.Parameter((self.conv.weight.double() * scale.view(-1, 1, 1, 1)).to(dtype), requires_grad=False)
        self.conv.bias = nn.Parameter(bias.to(dtype), requires_grad=False)
        self.bn = nn.Identity()


class Mixed(nn.Module):
    """Chains of convolutions side by side, and a pooled one; their outputs are concatenated in this order.

    `forks` are the chains whose last two steps stand side by side instead. Where `pooled` is 0, the last step of each chain
    halves the size, and so does the pooling, which has no convolution.
    """

    def __init__(self, inputs: int, pool: Callable[[Tensor], Tensor], pooled: int, *chains: Chain, forks: bool = False) -> None:
        super().__init__()
        self.pool, self.forks = pool, forks
        self.chains = [[name for name, _, _ in chain] for chain in chains]
        for chain in chains:
            width = inputs
            for place, (name, outputs, kernel) in enumerate(chain):
                halves = pooled == 0 and place == len(chain) - 1
                setattr(self, name, Conv(width, outputs, kernel, 2 if halves else 1, padded=not halves))
                width = width if self.forked(chain) and place >= len(chain) - 2 else outputs
        self.branch_pool = Conv(inputs, pooled, 1) if pooled else nn.Identity()

    def forked(self, chain: Chain | list[str]) -> bool:
        return self.forks and len(chain) > 1

    def forward(self, x: Tensor) -> Tensor:
        found = []
        for chain in self.chains:
            trunk, ends = (chain[:-2], chain[-2:]) if self.forked(chain) else (chain[:-1], chain[-1:])
            y = x
            for name in trunk:
                y = getattr(self, name)(y)
            found += [getattr(self, name)(y) for name in ends]
        return torch.cat([*found, self.branch_pool(self.pool(x))], 1)


def block_a(inputs: int, pooled: int) -> Mixed:
    return Mixed(
        inputs,
        average,
        pooled,
        (("branch1x1", 64, 1),),
        (("branch5x5_1", 48, 1), ("branch5x5_2", 64, 5)),
        (("branch3x3dbl_1", 64, 1), ("branch3x3dbl_2", 96, 3), ("branch3x3dbl_3", 96, 3)),
    )


def block_b(inputs: int) -> Mixed:
    return Mixed(
        inputs,
        halved,
        0,
        (("branch3x3", 384, 3),),
        (("branch3x3dbl_1", 64, 1), ("branch3x3dbl_2", 96, 3), ("branch3x3dbl_3", 96, 3)),
    )


def block_c(inputs: int, c7: int) -> Mixed:
    low, high = (1, 7), (7, 1)
    return Mixed(
        inputs,
        average,
        192,
        (("branch1x1", 192, 1),),
        (("branch7x7_1", c7, 1), ("branch7x7_2", c7, low), ("branch7x7_3", 192, high)),
        (
            ("branch7x7dbl_1", c7, 1),
            ("branch7x7dbl_2", c7, high),
            ("branch7x7dbl_3", c7, low),
            ("branch7x7dbl_4", c7, high),
            ("branch7x7dbl_5", 192, low),
        ),
    )


def block_d(inputs: int) -> Mixed:
    return Mixed(
        inputs,
        halved,
        0,
        (("branch3x3_1", 192, 1), ("branch3x3_2", 320, 3)),
        (("branch7x7x3_1", 192, 1), ("branch7x7x3_2", 192, (1, 7)), ("branch7x7x3_3", 192, (7, 1)), ("branch7x7x3_4", 192, 3)),
    )


def block_e(inputs: int, pool: Callable[[Tensor], Tensor]) -> Mixed:
    low, high = (1, 3), (3, 1)
    return Mixed(
        inputs,
        pool,
        192,
        (("branch1x1", 320, 1),),
        (("branch3x3_1", 384, 1), ("branch3x3_2a", 384, low), ("branch3x3_2b", 384, high)),
        (("branch3x3dbl_1", 448, 1), ("branch3x3dbl_2", 384, 3), ("branch3x3dbl_3a", 384, low), ("branch3x3dbl_3b", 384, high)),
        forks=True,
    )


class Inception(nn.Module):
    """[N, 3, 299, 299] in [-1, 1] -> features [N, 64, 192, 768 or 2048], and logits [N, 1008] of the last."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Conv(3, 32, 3, 2, padded=False)
        self.Conv2d_2a_3x3 = Conv(32, 32, 3, padded=False)
        self.Conv2d_2b_3x3 = Conv(32, 64, 3)
        self.Conv2d_3b_1x1 = Conv(64, 80, 1)
        self.Conv2d_4a_3x3 = Conv(80, 192, 3, padded=False)
        self.Mixed_5b = block_a(192, 32)
        self.Mixed_5c = block_a(256, 64)
        self.Mixed_5d = block_a(288, 64)
        self.Mixed_6a = block_b(288)
        self.Mixed_6b = block_c(768, 128)
        self.Mixed_6c = block_c(768, 160)
        self.Mixed_6d = block_c(768, 160)
        self.Mixed_6e = block_c(768, 192)
        self.Mixed_7a = block_d(768)
        self.Mixed_7b = block_e(1280, average)
        self.Mixed_7c = block_e(2048, maximum)
        self.fc = nn.Linear(DIMS[-1], LOGITS)

    def forward(self, x: Tensor, dim: int = DIMS[-1]) -> Tensor:
        """Features [N, dim]: the maps averaged over space; what lies behind them is not computed."""
        stages: tuple[Callable[[Tensor], Tensor], ...] = (self.stem, self.widen, self.middle, self.end)
        for width, stage in zip(DIMS, stages, strict=True):
            x = stage(x)
            if width == dim:
                break
        return F.adaptive_avg_pool2d(x, (1, 1)).flatten(1)

    def logits(self, features: Tensor, biased: bool = False) -> Tensor:
        """[N, 1008] of features [N, 2048]; without the bias, as the Inception score of its authors takes them."""
        return self.fc(features) if biased else features.mm(self.fc.weight.T)

    def stem(self, x: Tensor) -> Tensor:
        return halved(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))))

    def widen(self, x: Tensor) -> Tensor:
        return halved(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)))

    def middle(self, x: Tensor) -> Tensor:
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x)))
        return self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))))  # type: ignore[no-any-return]

    def end(self, x: Tensor) -> Tensor:
        return self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))  # type: ignore[no-any-return]


def blank() -> Inception:
    """The network without weights (on the 'meta' device): no memory, no time, nobody's random numbers."""
    with torch.device("meta"):
        return Inception().eval().requires_grad_(False)


def with_weights(state: dict[str, Tensor]) -> Inception:
    """The network with the weights of a state dict, which has to have every name and shape."""
    network = blank()
    network.load_state_dict(state, assign=True)
    return network.requires_grad_(False)


def folded(network: Inception) -> Inception:
    """A copy that computes the same up to rounding, and faster: normalisation folded in, channels last."""
    found = copy.deepcopy(network)
    for module in found.modules():
        if isinstance(module, Conv):
            module.fold()
    return found.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def unlearnt(seed: int = 0) -> dict[str, Tensor]:
    """A state dict of random weights under which features stay healthy (He et al. 2015): for tests and benchmarks."""
    rng = generator("cpu", seed, "inception")
    found = {}
    for name, like in blank().state_dict().items():
        if name.endswith("num_batches_tracked"):
            found[name] = torch.zeros((), dtype=torch.long)
        elif name.endswith("conv.weight"):
            found[name] = torch.randn(like.shape, generator=rng) * (2 / like[0].numel()) ** 0.5
        elif name.endswith(("running_var", "bn.weight")):
            found[name] = torch.rand(like.shape, generator=rng) * 0.4 + 0.8
        else:  # biases, means, the logits' weights
            found[name] = torch.randn(like.shape, generator=rng) * (0.05 if name.startswith("fc") else 0.1)
    return found
