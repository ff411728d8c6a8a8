"""A frozen encoder that needs no training and no download: random convolutions from a seed.

Random features keep enough of an image's structure to tell one class of clothes from ten (and know nothing of anybody's
D); their distances are no human's. For data that is no image the encoder only divides by the scale of each coordinate.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from equipoise.metrics.encoders.encoder import Encoded, unit
from equipoise.metrics.encoders.seeing import Seeing, digest
from equipoise.seeds import generator

WIDTHS = (32, 64, 128)
POOLED = 2  # the last maps are averaged to 2 x 2: what is where, roughly


class RandomConv(nn.Module):
    """[N, C, H, W] -> [N, F]: strided 4 x 4 convolutions with orthogonal weights, leaky ReLUs, and each layer's pooled maps."""

    def __init__(self, channels: int, height: int, width: int, seed: int = 0) -> None:
        super().__init__()
        rng = generator("cpu", seed, "random encoder")
        layers = []
        smallest = min(height, width)
        for out in WIDTHS:
            if smallest < 4:
                break
            conv = nn.utils.skip_init(nn.Conv2d, channels, out, 4, stride=2, padding=1, bias=False)  # type: ignore[no-untyped-call]
            nn.init.orthogonal_(conv.weight, gain=2**0.5, generator=rng)
            layers.append(conv.requires_grad_(False))
            channels, smallest = out, smallest // 2
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        found = [F.adaptive_avg_pool2d(x, 2 * POOLED).flatten(1)]
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            pooled = F.adaptive_avg_pool2d(x, POOLED).flatten(1)
            found.append(pooled)
        return torch.cat(found, dim=1)


def eyes(shape: tuple[int, ...], seed: int) -> nn.Module:
    """What looks at samples of that shape; those that are no images are only flattened."""
    return RandomConv(*shape, seed=seed) if len(shape) == 3 else nn.Flatten()


def random_encoder(shape: tuple[int, ...], seed: int = 0, device: torch.device | str = "cpu") -> Seeing:
    """The raw codes of samples [N, *shape], images in [-1, 1], for the metrics: they depend on the seed and on no data."""
    module = eyes(shape, seed)
    dim = module(torch.zeros(1, *shape)).shape[1]
    mark = digest(module.state_dict(), "random", shape)
    module.to(device)

    def see(x: Tensor) -> Encoded:
        return Encoded(module(unit(x).float()))

    return Seeing("random", f"seed{seed}", mark, dim, see, shape, device=torch.device(device))


class Encoder:
    """Codes [N, F] of samples [N, ...], each coordinate divided by its spread over reference reals: the eyes of signals."""

    def __init__(self, reference: Tensor, seed: int = 0) -> None:
        self.module = eyes(tuple(reference.shape[1:]), seed)
        self.module.to(reference.device)
        codes = self.raw(reference)
        self.centre, spread = codes.mean(0), codes.std(0, correction=0)
        self.spread = spread.clamp_min((1e-3 * spread.max()).clamp_min(torch.finfo(torch.float32).tiny))

    @torch.no_grad()
    def raw(self, x: Tensor) -> Tensor:
        return torch.cat([self.module(part.float()) for part in torch.split(x, 256)])

    def __call__(self, x: Tensor) -> Tensor:
        found: Tensor = (self.raw(x) - self.centre) / self.spread
        return found
