"""What the drawn pictures share: colours, fonts, ticks, and drawing large to shrink smoothly."""

from __future__ import annotations

import math
from functools import cache

from PIL import Image, ImageDraw, ImageFont

PAPER = "#ffffff"
INK = "#1f2933"
FAINT = "#7b8794"
RULE = "#e4e7eb"
AXIS = "#cbd2d9"
BLUE = "#2563a8"
ORANGE = "#d9662b"
AMBER = "#e9a23b"
FINE = 2  # everything is drawn this many times too large, then shrunk: Pillow's lines have no smooth edges of their own


@cache
def font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own typeface at `size` pixels of the finished picture."""
    return ImageFont.load_default(size * FINE)


def blank(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """White paper of `width` x `height` finished pixels, and what draws on it in fine pixels."""
    image = Image.new("RGB", (width * FINE, height * FINE), PAPER)
    return image, ImageDraw.Draw(image)


def finished(image: Image.Image) -> Image.Image:
    return image.resize((image.width // FINE, image.height // FINE), Image.Resampling.BOX)


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers within [low, high], a step of 1, 2 or 5 times a power of ten apart, about as many as asked."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(m for m in (1, 2, 5, 10) if m * power >= rough * 0.999)
    return [round(i * step, 12) for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def label(value: float) -> str:
    """A tick's number: 0.25, 10, 12,000."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def digits(value: float) -> str:
    """A measured number in three significant digits: 0.450, 11.4, 0.000312, 12,000."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".")


def spread(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """The places moved as little as needed to be `gap` apart, within [low, high], in the same order."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved = [min(max(places[i], low), high) for i in order]
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + gap)
    if moved and moved[-1] > high:
        moved[-1] = high
        for i in range(len(moved) - 2, -1, -1):
            moved[i] = min(moved[i], moved[i + 1] - gap)
    back = [0.0] * len(places)
    for place, i in zip(moved, order, strict=True):
        back[i] = place
    return back
