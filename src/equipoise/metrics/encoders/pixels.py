"""No network at all: the pixels themselves. For small images, for data that is no image, and as what others have to beat."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor

from equipoise.metrics.encoders.encoder import Encoded, unit
from equipoise.metrics.encoders.seeing import Seeing, digest


def pixel_encoder(shape: tuple[int, ...], device: torch.device | str = "cpu") -> Seeing:
    """Samples [N, *shape] as they are, flattened; images in [-1, 1]."""
    text = "x".join(str(n) for n in shape)
    return Seeing("pixels", text, digest({}, "pixels", shape), prod(shape), see, shape, device=torch.device(device))


def see(x: Tensor) -> Encoded:
    return Encoded(unit(x).float().flatten(1))
