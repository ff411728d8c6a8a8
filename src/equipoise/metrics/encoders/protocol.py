"""How an image of any size becomes what the FID Inception is shown: three traditions, and their numbers do not compare.

They differ in the resize and in the scale of pixels, and a Frechet distance moves with either by as much as a paper's progress.
So no number is written without the name of its protocol.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from equipoise.errors import DataError, SettingError, did_you_mean

SIDE = 299  # of what the network sees


def tf(x: Tensor) -> Tensor:
    """As the TensorFlow graph of 2015 does it, and torch-fidelity and StyleGAN after it; float32 in [-1, 1)."""
    return (bilinear_tf1(x.float(), SIDE) - 128) / 128


def pytorch_fid(x: Tensor) -> Tensor:
    """As pytorch-fid does it: bilinear between the centres of pixels, without smoothing; float32 in [-1, 1]."""
    return 2 * F.interpolate(x.float().div(255), size=(SIDE, SIDE), mode="bilinear", align_corners=False) - 1


def clean(x: Tensor) -> Tensor:
    """As clean-fid does it (Parmar et al. 2022): bicubic with antialiasing on float; float32 in [-1, 1)."""
    return (bicubic(bicubic(x, (x.shape[2], SIDE)), (SIDE, SIDE)).clamp(0, 255) - 128) / 128


PROTOCOLS: dict[str, Callable[[Tensor], Tensor]] = {"tf": tf, "pytorch-fid": pytorch_fid, "clean": clean}
"""uint8 [N, 3, H, W] -> float32 [N, 3, 299, 299], by the name that is printed beside a number."""


def named(name: str) -> Callable[[Tensor], Tensor]:
    """The protocol of that name; SettingError where there is none."""
    if name not in PROTOCOLS:
        raise SettingError("protocol", f"{name!r} is none; {did_you_mean(name, PROTOCOLS)}")
    return PROTOCOLS[name]


def coloured(x: Tensor) -> Tensor:
    """Images [N, 1 or 3, H, W] with three channels, grey ones repeated; DataError for any other number."""
    if x.dim() != 4 or x.shape[1] not in (1, 3):
        raise DataError("images", f"Inception sees grey or RGB images [N, 1 or 3, H, W]; these are {list(x.shape)}")
    return x.expand(-1, 3, -1, -1)


def bilinear_tf1(x: Tensor, side: int) -> Tensor:
    """Float32 [N, C, H, W] -> [N, C, side, side] as TensorFlow 1 did: sources at i * in / out, no half pixel, bit for bit.

    (tensorflow/core/kernels/resize_bilinear_op.cc.) First along x, then along y.
    """
    for axis in (3, 2):
        low, high, weight = sources(x.shape[axis], side, x.device)
        weight = weight if axis == 3 else weight.unsqueeze(1)
        left = x.index_select(axis, low)
        x = left + (x.index_select(axis, high) - left) * weight
    return x


def bicubic(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Float32 [N, C, *size] of any type, computed in float64 as Pillow does, which rounds between the two axes.

    (In float32 the places in a wide image are off by so much that pixels differ by 2e-5 of their range.)
    """
    return F.interpolate(x.double(), size=size, mode="bicubic", antialias=True, align_corners=False).float()


def sources(size: int, side: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """The pixels on either side of each of `side` places in `size` pixels, and the weight of the second, in float32."""
    place = torch.arange(side, dtype=torch.float32, device=device) * torch.tensor(size / side, dtype=torch.float32)
    low = place.long()
    return low, (low + 1).clamp_max(size - 1), place - low.float()
