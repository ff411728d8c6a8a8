"""Samples in the plane: reals grey, fakes coloured, the modes' centres marked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from equipoise.pictures.paper import AXIS, FAINT, FINE, INK, ORANGE, RULE, blank, finished, font, label, ticks

Numbers = NDArray[np.float64]

SIDE, LEFT, TOP, BELOW = 640, 56, 52, 40  # pixels: the plot's side and what is around it
ROOM = 1.15
DOT, CROSS = 2.5, 5.0


def points(real: Tensor, fake: Tensor, centres: Tensor | None = None) -> Image.Image:
    """A scatter picture of real and fake points, [N, 2] each, and of the modes' centres [K, 2] where they are known.

    The plot spans the reals and the centres with some room and does not move with the fakes, so that the pictures of one
    run can be laid side by side; the legend counts the fakes outside it, those that are no numbers among them.
    """
    reals, fakes = plane(real), plane(fake)
    modes = plane(centres) if centres is not None else np.empty((0, 2))
    image, draw = blank(LEFT + SIDE + LEFT // 2, TOP + SIDE + BELOW)
    window = Window.around(np.concatenate([reals, modes]))
    window.frame(draw)
    seen = fakes[window.holds(fakes)]
    dots(image, window.placed(reals), FAINT, 0.45)
    dots(image, window.placed(seen), ORANGE, 0.75)
    crosses(draw, window.placed(modes))
    outside = len(fake) - len(seen)
    of_fakes = f"fake, {outside:,} of {len(fake):,} outside" if outside else "fake"
    legend(draw, {"real": FAINT, of_fakes: ORANGE} | ({"mode": INK} if len(modes) else {}))
    return finished(image)


def plane(at: Tensor) -> Numbers:
    """The points that are finite, float64 [n, 2]."""
    found: Numbers = at.detach().double().cpu().reshape(-1, 2).numpy()
    return found[np.isfinite(found).all(axis=1)]


@dataclass(frozen=True)
class Window:
    """The square of the plane that is shown."""

    middle: Numbers
    reach: float  # from the middle to a side

    @classmethod
    def around(cls, at: Numbers) -> Window:
        if not len(at):
            return cls(np.zeros(2), 1.0)
        low, high = at.min(axis=0), at.max(axis=0)
        return cls((low + high) / 2, float((high - low).max()) / 2 * ROOM or 1.0)

    def holds(self, at: Numbers) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = np.all(np.abs(at - self.middle) <= self.reach, axis=1)
        return inside

    def placed(self, at: Numbers) -> Numbers:
        """Points [n, 2] in fine pixels; up is up."""
        share = (at - self.middle) / self.reach * [1, -1]
        return (np.array([LEFT, TOP]) + SIDE / 2 * (1 + share)) * FINE

    def frame(self, draw: ImageDraw.ImageDraw) -> None:
        """A faint grid with its numbers."""
        x0, y0, x1, y1 = (v * FINE for v in (LEFT, TOP, LEFT + SIDE, TOP + SIDE))
        for axis in (0, 1):
            for value in ticks(self.middle[axis] - self.reach, self.middle[axis] + self.reach):
                place = float(self.placed(np.full((1, 2), value))[0, axis])
                line = (place, y0, place, y1) if axis == 0 else (x0, place, x1, place)
                draw.line(line, fill=RULE, width=FINE)
                at, anchor = ((place, y1 + 18 * FINE), "mm") if axis == 0 else ((x0 - 10 * FINE, place), "rm")
                draw.text(at, label(value), fill=FAINT, font=font(14), anchor=anchor)
        draw.rectangle((x0, y0, x1, y1), outline=AXIS, width=FINE)


def dots(image: Image.Image, places: Numbers, colour: str, opacity: float) -> None:
    """Transparent dots; where many lie it gets no darker than one, so that shapes stay visible."""
    mask = Image.new("L", image.size)
    draw = ImageDraw.Draw(mask)
    for x, y in places.tolist():
        draw.circle((x, y), DOT * FINE, fill=round(255 * opacity))
    image.paste(colour, (0, 0, *image.size), mask)


def crosses(draw: ImageDraw.ImageDraw, places: Numbers) -> None:
    arm = CROSS * FINE
    for x, y in places.tolist():
        draw.line((x - arm, y, x + arm, y), fill=INK, width=FINE)
        draw.line((x, y - arm, x, y + arm), fill=INK, width=FINE)


def legend(draw: ImageDraw.ImageDraw, colours: dict[str, str]) -> None:
    x, y = float(LEFT), TOP / 2
    for name, colour in colours.items():
        draw.circle(((x + 5) * FINE, y * FINE), 5 * FINE, fill=colour)
        draw.text(((x + 17) * FINE, y * FINE), name, fill=INK, font=font(15), anchor="lm")
        x += 17 + draw.textlength(name, font=font(15)) / FINE + 28
