"""Arrays of images: how they are read, what their numbers stand for, and how they get a wanted size."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from equipoise.data.image_files import Fit
from equipoise.errors import DataError

Array = npt.NDArray[Any]
SUFFIXES = (".npy", ".npz")
RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))  # what other programs write images in
CHUNK = 2**26  # bytes looked at in one go
LUMA = (0.299, 0.587, 0.114)  # ITU-R 601, as Pillow


def read_array(file: Path, memory: float) -> tuple[Array, Array | None]:
    """(values, labels or None) of a file. A .npy is mapped, not read. Of an .npz: `images`, else its first array; `labels`."""
    if file.stat().st_size == 0:
        raise DataError(file, "is empty (0 bytes)")
    try:
        if file.suffix.lower() == ".npy":
            return np.load(file, mmap_mode="r", allow_pickle=False), None
        with zipfile.ZipFile(file) as archive:
            unpacked = max((member.file_size for member in archive.infolist()), default=0)
        if unpacked > memory:
            takes = f"{unpacked / 2**20:,.0f} MB, more than data.memory_mb"
            raise DataError(file, f"takes {takes}; save the array as .npy, which is read when it is needed")
        with np.load(file, allow_pickle=False) as arrays:
            if not arrays.files:
                raise DataError(file, "holds no array")
            values = arrays["images" if "images" in arrays.files else arrays.files[0]]
            labels = arrays["labels"] if "labels" in arrays.files else None
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        if "Python objects" in str(error) or "Object arrays" in str(error):
            raise DataError(file, "holds Python objects, which are not loaded; save it as an array of numbers") from None
        raise DataError(file, f"is cut off or no {file.suffix} file ({' '.join(str(error).split())})") from None
    if not isinstance(values, np.ndarray):
        raise DataError(file, "holds something that is no array")
    if labels is not None and labels.shape != (len(values),):
        raise DataError(file, f"holds labels of shape {labels.shape} for {len(values)} images")
    return values, labels


def channels_first(file: Path, found: Array) -> Array:
    """A view [N, C, H, W] with 1 or 3 channels."""
    if 0 in found.shape:
        raise DataError(file, f"holds no pixels: its shape is {' x '.join(map(str, found.shape))}")
    if found.ndim == 3:
        return found[:, None]
    if found.ndim == 4 and found.shape[1] in (1, 3):
        return found
    if found.ndim == 4 and found.shape[3] in (1, 3):
        return found.transpose(0, 3, 1, 2)
    shape = " x ".join(map(str, found.shape))
    raise DataError(
        file, f"holds an array {shape}, expected N x H x W, N x H x W x C or N x C x H x W (C 1 or 3), or points N x 2"
    )


def parts(found: Array) -> Iterator[Array]:
    """Indices 0..N-1 in runs of about CHUNK bytes."""
    step = max(1, CHUNK // max(1, found[0].nbytes))
    return (np.arange(i, min(i + step, len(found))) for i in range(0, len(found), step))


def values_range(file: Path, found: Array) -> tuple[float, float]:
    """The lowest and highest value; DataError where there is a NaN, an infinity, or only one value."""
    low, high = math.inf, -math.inf
    for index in parts(found):
        part = found[index[0] : index[-1] + 1]
        if part.dtype.kind == "f" and not np.isfinite(part).all():
            bad = np.argwhere(~np.isfinite(part))
            raise DataError(file, f"sample {index[0] + bad[0][0]} holds {part[tuple(bad[0])]}, expected finite numbers")
        low, high = min(low, float(part.min())), max(high, float(part.max()))
    if low == high:
        raise DataError(file, f"is constant: every value is {low:g}")
    return low, high


def known_range(low: float, high: float) -> tuple[float, float]:
    """What -1 and 1 stand for: one of RANGES if the values are within it, else the values' own."""
    return next(((a, b) for a, b in RANGES if a <= low and high <= b), (low, high))


# ----------------------------------------------------------------------------------------------------- images


def read_images(images: Array, low: float, high: float, channels: int, size: int, fit: Fit, index: Array) -> Tensor:
    """Images by index, [B, channels, size, size]: uint8 as they are, others float16 in [-1, 1]."""
    found = np.ascontiguousarray(images[index])
    if found.dtype == np.uint8:
        x = torch.from_numpy(found)
    else:
        precise = np.result_type(found.dtype, np.float32)
        x = torch.from_numpy(((found.astype(precise) - low) * (2 / (high - low)) - 1).astype(np.float32))
    x = resized(recoloured(x, channels), size, fit)
    return x if x.dtype == torch.uint8 else x.clamp(-1, 1).half()


def recoloured(x: Tensor, channels: int) -> Tensor:
    if x.shape[1] == channels:
        return x
    if channels == 3:
        return x.expand(-1, 3, -1, -1)
    grey = (x.float() * torch.tensor(LUMA).view(3, 1, 1)).sum(1, keepdim=True)
    return grey.round().to(x.dtype) if x.dtype == torch.uint8 else grey


def resized(x: Tensor, size: int, fit: Fit) -> Tensor:
    """Images [B, C, H, W] as [B, C, size, size], antialiased; see Folder for what `fit` does."""
    h, w = x.shape[2:]
    if h == w == size:
        return x
    black = 0.0 if x.dtype == torch.uint8 else -1.0
    dtype, x = x.dtype, x.float()
    if fit == "crop":
        side = min(h, w)
        top, left = (h - side) // 2, (w - side) // 2
        x = x[:, :, top : top + side, left : left + side]
    elif fit == "pad":
        side = max(h, w)
        top, left = (side - h) // 2, (side - w) // 2
        x = F.pad(x, (left, side - w - left, top, side - h - top), value=black)
    x = F.interpolate(x, (size, size), mode="bilinear", antialias=True, align_corners=False)
    return x.round().clamp(0, 255).to(dtype) if dtype == torch.uint8 else x
