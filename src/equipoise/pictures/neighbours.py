"""Samples beside the training samples that are nearest to them: what the eye needs to judge memorisation."""

from __future__ import annotations

import math

from PIL import Image
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.pictures.grid import grid
from equipoise.pictures.paper import FAINT, FINE, ORANGE, blank, digits, finished, font

SIDE = 56  # pixels: smaller images are enlarged by a whole factor to about this
GAP, MARGIN, LINE = 4, 14, 15  # between images, around, and of a line of text
TEXT = 10


def neighbours(
    samples: Tensor, nearest: Tensor, distances: Tensor, near: float | None = None, columns: int | None = None
) -> Image.Image:
    """Samples [N, C, H, W], each followed by its k nearest training samples [N, k, C, H, W] and their distances [N, k].

    C = 1 or 3, values in [-1, 1]. Rows of sample and neighbours stand in `columns` side by side (default: about as wide as
    high). Distances up to `near`, which held-out reals rarely reach, are orange and framed.
    """
    n, k = distances.shape
    if not n or samples.dim() != 4 or tuple(nearest.shape) != (n, k, *samples.shape[1:]) or len(samples) != n:
        raise SettingError("samples", f"{list(samples.shape)} and neighbours {list(nearest.shape)} are no rows of one picture")
    scale = max(1, round(SIDE / max(samples.shape[2:])))
    height, width = (scale * side for side in samples.shape[2:])
    row, block = height + LINE + GAP, (k + 1) * (width + GAP) + 2 * MARGIN
    columns = columns or max(1, round(math.sqrt(n * row / block)))
    rows = -(-n // columns)
    image, draw = blank(columns * block, rows * row + LINE + MARGIN)
    for i in range(n):
        left, top = i // rows * block + MARGIN, i % rows * row + LINE + GAP
        if i % rows == 0:
            draw.text((left * FINE, GAP * FINE), "sample", FAINT, font(TEXT))
            draw.text(((left + width + GAP + MARGIN) * FINE, GAP * FINE), "nearest in the training data", FAINT, font(TEXT))
        image.paste(enlarged(samples[i], scale), (left * FINE, top * FINE))
        for j in range(k):
            x, distance = left + (j + 1) * (width + GAP) + MARGIN, float(distances[i, j])
            close = near is not None and distance <= near
            image.paste(enlarged(nearest[i, j], scale), (x * FINE, top * FINE))
            if close:
                frame = (x * FINE - 3, top * FINE - 3, (x + width) * FINE + 2, (top + height) * FINE + 2)
                draw.rectangle(frame, outline=ORANGE, width=3)
            draw.text((x * FINE, (top + height + 1) * FINE), digits(distance), ORANGE if close else FAINT, font(TEXT))
    return finished(image)


def enlarged(x: Tensor, scale: int) -> Image.Image:
    """One image [C, H, W], each pixel a square."""
    return grid(x[None], columns=1, scale=scale * FINE, border=0).convert("RGB")
