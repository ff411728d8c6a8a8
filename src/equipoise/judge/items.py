"""The pictures of a study: reals and fakes through the same steps, and under names that say nothing.

Every picture becomes 8-bit pixels by the same rounding and is sent as a PNG without compression and without metadata: of one
shape all have the same number of bytes, so neither size nor history tells the sides apart.
"""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from equipoise.pictures.grid import quantised

Pixels = NDArray[np.uint8]  # [N, H, W, C], C = 1 or 3
MASKS = 5  # shown after each timed picture, as in HYPE-time
PATCHES = 7  # along each side of a mask


def pixels(images: Tensor) -> Pixels:
    """Images [N, C, H, W] in [-1, 1] as uint8 [N, H, W, C], rounded."""
    return quantised(images, (-1.0, 1.0), 255)


def png(picture: Pixels) -> bytes:
    """One picture [H, W, C] as PNG; the length depends on the shape alone."""
    buffer = io.BytesIO()
    Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def noise(n: int, shape: tuple[int, ...], rng: np.random.Generator) -> Pixels:
    """n pictures [H, W, C] of uniform noise: nobody who looks takes one for real."""
    return rng.integers(0, 256, (n, *shape), dtype=np.uint8)


def masks(pictures: Pixels, n: int, rng: np.random.Generator) -> Pixels:
    """n pictures of patches cut out of those of both sides, each from another place: what wipes out an afterimage."""
    height, width = pictures.shape[1:3]
    rows, columns = (np.linspace(0, side, min(PATCHES, side) + 1).astype(int) for side in (height, width))
    found = np.empty((n, *pictures.shape[1:]), np.uint8)
    for mask in found:
        for top, bottom in pairwise(rows):
            for left, right in pairwise(columns):
                y, x = rng.integers(0, height - (bottom - top) + 1), rng.integers(0, width - (right - left) + 1)
                cut = pictures[rng.integers(len(pictures)), y : y + bottom - top, x : x + right - left]
                mask[top:bottom, left:right] = cut
    return found


def names(n: int, rng: np.random.Generator) -> list[str]:
    """n different names of 16 hexadecimal digits, sorted: their order says nothing either."""
    found: set[str] = set()
    while len(found) < n:
        found.add(rng.bytes(8).hex())
    return sorted(found)
