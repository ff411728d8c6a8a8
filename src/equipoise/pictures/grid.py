"""Sample grids: many small images in one picture."""

from __future__ import annotations

import io
import math
import zlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from equipoise import disk
from equipoise.errors import SettingError
from equipoise.pictures.viridis import VIRIDIS

COLOURS = ("grey", "viridis")
LEGIBLE = 56  # pixels: smaller images are enlarged to about this
PAPER = 244  # the light grey between the images
LEVELS = 255  # of a colour map; the palette's last entry is the paper


def grid(
    images: Tensor,
    columns: int | None = None,
    scale: int | None = None,
    colour: str = "grey",
    border: int = 2,
    range: tuple[float, float] = (-1.0, 1.0),
) -> Image.Image:
    """Images [N, C, H, W], C = 1 or 3, values in `range`, side by side in reading order; as square as can be by default.

    `scale` enlarges by a whole factor (default: to at least 56 pixels); `border` is the gap in pixels. `colour` maps one
    channel: grey, or viridis in 255 steps. Values outside the range are clipped; what is no number is drawn as the lowest.
    """
    if images.dim() != 4 or images.shape[1] not in (1, 3) or not len(images):
        raise SettingError("images", f"a grid shows [N, 1 or 3, H, W], not {list(images.shape)}")
    if colour not in COLOURS:
        raise SettingError("colour", f"must be {' or '.join(COLOURS)}, not {colour!r}")
    mapped = colour == "viridis" and images.shape[1] == 1
    scale = scale or max(1, round(LEGIBLE / max(images.shape[2:])))
    columns = columns or math.ceil(math.sqrt(len(images)))
    levels = quantised(images, range, LEVELS - 1 if mapped else 255)
    tiles = levels.repeat(scale, axis=1).repeat(scale, axis=2)
    sheet = tiled(tiles, columns, border, LEVELS if mapped else PAPER)
    if not mapped:
        return Image.fromarray(sheet.squeeze(2) if sheet.shape[2] == 1 else sheet)
    picture = Image.fromarray(sheet.squeeze(2)).convert("L")
    picture.putpalette(palette())
    return picture


def quantised(images: Tensor, range: tuple[float, float], top: int) -> NDArray[np.uint8]:
    """Images [N, C, H, W] as [N, H, W, C], `range` rounded to 0..top."""
    low, high = range
    x = images.detach().float().sub(low).mul_(top / (high - low)).nan_to_num_(nan=0.0).round_().clamp_(0, top)
    return np.ascontiguousarray(x.to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy())


def tiled(tiles: NDArray[np.uint8], columns: int, border: int, paper: int) -> NDArray[np.uint8]:
    """Tiles [N, H, W, C] on a sheet [height, width, C], `border` pixels of `paper` around each."""
    n, height, width, channels = tiles.shape
    rows = -(-n // columns)
    places = np.full((rows * columns, height + border, width + border, channels), paper, np.uint8)
    places[:n, border:, border:] = tiles
    sheet = places.reshape(rows, columns, height + border, width + border, channels).swapaxes(1, 2)
    sheet = sheet.reshape(rows * (height + border), columns * (width + border), channels)
    return np.pad(sheet, ((0, border), (0, border), (0, 0)), constant_values=paper)


def palette() -> bytes:
    """Viridis in 255 steps, then the paper."""
    steps = np.linspace(0, 255, LEVELS)
    colours = [np.interp(steps, np.arange(256), VIRIDIS[:, c]) for c in (0, 1, 2)]
    return np.vstack([np.stack(colours, 1).round(), [[PAPER] * 3]]).astype(np.uint8).tobytes()


def png(image: Image.Image) -> bytes:
    """The same bytes for the same picture. Run lengths alone: for noisy samples faster and smaller than zlib's default."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return buffer.getvalue()


def write_png(image: Image.Image, path: Path) -> None:
    """Write a picture, whole or not at all."""
    disk.atomic_write(path, png(image))
