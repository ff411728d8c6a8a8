"""The curves of a run: the players' losses beside their equilibrium, and what D says of reals and fakes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from equipoise.pictures.paper import (
    AMBER,
    AXIS,
    BLUE,
    FAINT,
    FINE,
    INK,
    ORANGE,
    RULE,
    blank,
    digits,
    finished,
    font,
    label,
    spread,
    ticks,
)
from equipoise.pieces import Equilibrium

Numbers = NDArray[np.float64]

WIDTH, HEIGHT = 1200, 890
LEFT, RIGHT = 78, 1020  # of the plots; beside them the newest values and the equilibrium
SMOOTH = 1 / 50  # of the records on each side are averaged
HAZE = 0.3  # how opaque raw values are
HEADROOM = 1.12
KEPT = 0.985  # of the raw values are within the picture; rare spikes are cut off and said


@dataclass(frozen=True)
class Series:
    """One line: its name, its colour, and a value for each record, not finite where there is none."""

    name: str
    colour: str
    values: Numbers


@dataclass(frozen=True)
class Mark:
    """A dashed line at a value with a meaning."""

    name: str
    colour: str
    value: float


def curves(records: Sequence[Mapping[str, Any]], equilibrium: Equilibrium) -> Image.Image:
    """The picture of a run's records, 1200 x 860: losses above, D's outputs below, raw values thin and their mean thick.

    Each record has a `step` and, where it was measured, epoch, d_loss, g_loss, d_real, d_fake_before and d_fake_after; a
    missing or infinite value is a gap. Long runs are drawn by the lowest and highest value in each column of pixels.
    """
    steps = column(records, "step")
    image, draw = blank(WIDTH, HEIGHT)
    losses = Panel(image, draw, top=84, bottom=462, steps=steps)
    outputs = Panel(image, draw, top=584, bottom=828, steps=steps)
    players = [
        Series("D loss", BLUE, column(records, "d_loss")),
        Series("G loss", ORANGE, column(records, "g_loss")),
    ]
    losses.show("Losses", players, loss_marks(equilibrium))
    outputs.show(
        "What D says",
        [
            Series("D(x)", BLUE, column(records, "d_real")),
            Series("D(G(z)) before", ORANGE, column(records, "d_fake_before")),
            Series("D(G(z)) after D moved", AMBER, column(records, "d_fake_after")),
        ],
        [] if equilibrium.logit is None else [Mark("equilibrium", FAINT, 1 / (1 + math.exp(-equilibrium.logit)))],
        span=(0.0, 1.0),
    )
    losses.epochs_axis(column(records, "epoch"))
    outputs.steps_axis()
    return finished(image)


def column(records: Sequence[Mapping[str, Any]], key: str) -> Numbers:
    """A key of all records; nan where a record lacks it or holds None."""
    return np.array([math.nan if r.get(key) is None else r[key] for r in records], dtype=np.float64)


def loss_marks(equilibrium: Equilibrium) -> list[Mark]:
    """The losses at equilibrium: one line where both are the same."""
    d, g = equilibrium.d_loss, equilibrium.g_loss
    if d is not None and g is not None and math.isclose(d, g, abs_tol=1e-9):
        return [Mark("equilibrium", FAINT, d)]
    named = (("D at equilibrium", BLUE, d), ("G at equilibrium", ORANGE, g))
    return [Mark(name, colour, value) for name, colour, value in named if value is not None]


def smoothed(values: Numbers) -> Numbers:
    """The mean of what is near each value, the nearer the more it counts; gaps stay gaps."""
    reach = round(len(values) * SMOOTH / 2)
    return averaged(averaged(values, reach), reach)  # twice flat makes a triangle


def averaged(values: Numbers, reach: int) -> Numbers:
    """The mean of up to `reach` values on either side and the value itself."""
    good = np.isfinite(values)
    index = np.arange(len(values))
    low, high = np.maximum(index - reach, 0), np.minimum(index + reach + 1, len(values))
    total = np.concatenate([[0.0], np.cumsum(np.where(good, values, 0.0))])
    count = np.concatenate([[0], np.cumsum(good)])
    return np.where(good, (total[high] - total[low]) / np.maximum(count[high] - count[low], 1), math.nan)


def runs(good: NDArray[np.bool_]) -> Iterator[slice]:
    """The stretches without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        yield slice(int(begin), int(end))


def thinned(x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
    """The same line with at most the first, lowest, highest and last point of each column of pixels."""
    if len(x) <= 4 * (RIGHT - LEFT) * FINE:
        return x, y
    columns = x.astype(np.int64)
    begin = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1))
    end = np.append(begin[1:], len(x)) - 1
    by_value = np.lexsort((y, columns))  # within each column from lowest to highest
    kept = np.unique(np.concatenate([begin, by_value[begin], by_value[end], end]))
    return x[kept], y[kept]


class Panel:
    """One plot, placed in finished pixels."""

    def __init__(self, image: Image.Image, draw: ImageDraw.ImageDraw, *, top: int, bottom: int, steps: Numbers) -> None:
        self.image, self.draw, self.top, self.bottom, self.steps = image, draw, top, bottom, steps
        self.last = max(float(steps[-1]) if len(steps) else 1.0, 1.0)
        self.low, self.high = 0.0, 1.0

    def show(self, title: str, series: list[Series], marks: list[Mark], span: tuple[float, float] | None = None) -> None:
        """Axes, marks, lines and their names."""
        self.low, self.high = span or self.fitting(series, marks)
        self.frame(title, series)
        for line in series:
            self.haze(line)
        for mark in marks:
            self.dashes(self.y(mark.value), mark.colour)
        for line in series:
            self.trace(self.draw, smoothed(line.values), line.colour, 2.5)
            self.gaps(line)
        self.beside(series, marks)
        shown = np.concatenate([line.values[np.isfinite(line.values)] for line in series])
        if not len(shown):
            self.text((LEFT + RIGHT) / 2, (self.top + self.bottom) / 2, "no values", FAINT, anchor="mm")
        elif shown.min() < self.low or shown.max() > self.high:
            ends = f"{digits(shown.min())} to {digits(shown.max())}"
            self.text(RIGHT, self.top - 46, f"spikes cut off; all values: {ends}", FAINT, 13, "rm")

    # ------------------------------------------------------------------------------------------ where things are

    def fitting(self, series: list[Series], marks: list[Mark]) -> tuple[float, float]:
        """Lowest and highest value to show: 0 and all but rare spikes, with some room."""
        shown = [line.values[np.isfinite(line.values)] for line in series]
        ends = [np.quantile(values, (1 - KEPT, KEPT)) for values in shown if len(values)]
        low = min([0.0, *(float(e[0]) for e in ends), *(m.value for m in marks)])
        high = max([0.0, *(float(e[1]) for e in ends), *(m.value for m in marks)])
        if low == high:
            high = low + 1.0
        return low * HEADROOM, high * HEADROOM

    def x(self, steps: Numbers) -> Numbers:
        return LEFT + (RIGHT - LEFT) * steps / self.last

    def y(self, value: float) -> float:
        return float(self.heights(np.array(value)))

    def heights(self, values: Numbers) -> Numbers:
        return self.bottom - (self.bottom - self.top) * (values - self.low) / (self.high - self.low)

    # ------------------------------------------------------------------------------------------------- drawing

    def text(self, x: float, y: float, text: str, colour: str, size: float = 15, anchor: str = "lm") -> None:
        self.draw.text((x * FINE, y * FINE), text, fill=colour, font=font(size), anchor=anchor)

    def rule(self, x0: float, y0: float, x1: float, y1: float, colour: str, width: float = 1) -> None:
        self.draw.line((x0 * FINE, y0 * FINE, x1 * FINE, y1 * FINE), fill=colour, width=round(width * FINE))

    def frame(self, title: str, series: list[Series]) -> None:
        for value in ticks(self.low, self.high):
            y = self.y(value)
            self.rule(LEFT, y, RIGHT, y, AXIS if value == 0 else RULE)
            self.text(LEFT - 12, y, label(value), FAINT, anchor="rm")
        self.text(LEFT, self.top - 46, title, INK, 20)
        x = LEFT + self.width(title, 20) + 36
        for line in series:
            self.rule(x, self.top - 45, x + 22, self.top - 45, line.colour, 3)
            self.text(x + 30, self.top - 46, line.name, INK)
            x += 30 + self.width(line.name, 15) + 28

    def width(self, text: str, size: float) -> float:
        return self.draw.textlength(text, font=font(size)) / FINE

    def haze(self, line: Series) -> None:
        """The raw values, thin and transparent."""
        mask = Image.new("L", self.image.size)
        self.trace(ImageDraw.Draw(mask), line.values, round(255 * HAZE), 1)
        box = (0, (self.top - 2) * FINE, self.image.width, (self.bottom + 2) * FINE)
        self.image.paste(line.colour, box, mask.crop(box))

    def trace(self, draw: ImageDraw.ImageDraw, values: Numbers, ink: str | int, width: float) -> None:
        """A line through the values, broken at gaps."""
        x = self.x(self.steps) * FINE
        y = np.clip(self.heights(values), self.top, self.bottom) * FINE
        thick = round(width * FINE)
        for part in runs(np.isfinite(values)):
            xs, ys = thinned(x[part], y[part])
            if len(xs) == 1:  # a value alone between gaps
                draw.circle((xs[0], ys[0]), 2 * thick, fill=ink)
            else:
                draw.line(np.stack([xs, ys], 1).flatten().tolist(), fill=ink, width=thick, joint="curve")

    def gaps(self, line: Series) -> None:
        """A small cross on the lower edge wherever a value is no number."""
        if not np.isfinite(line.values).any():
            return
        places = np.unique(self.x(self.steps[~np.isfinite(line.values)]).round())
        for x in places:
            for slope in (-1, 1):
                self.rule(x - 4, self.bottom - 4 * slope, x + 4, self.bottom + 4 * slope, "#b42318", 1.5)

    def dashes(self, y: float, colour: str) -> None:
        for x in range(LEFT, RIGHT, 12):
            self.rule(x, y, min(x + 7, RIGHT), y, colour, 1.5)

    def beside(self, series: list[Series], marks: list[Mark]) -> None:
        """The newest mean of each line and the marks' values, at their heights on the right."""
        notes: list[tuple[float, str, str]] = []
        for line in series:
            means = smoothed(line.values)
            means = means[np.isfinite(means)]
            if len(means):
                notes.append((float(means[-1]), digits(float(means[-1])), line.colour))
        notes += [(mark.value, f"{digits(mark.value)}  {mark.name}", mark.colour) for mark in marks]
        heights = [min(max(self.y(value), self.top), self.bottom) for value, _, _ in notes]
        for y, (_, text, colour) in zip(spread(heights, 20, self.top, self.bottom), notes, strict=True):
            self.text(RIGHT + 14, y, text, colour)

    def steps_axis(self) -> None:
        self.axis("steps", ticks(0, self.last, 8), self.x)

    def epochs_axis(self, epochs: Numbers) -> None:
        """The same axis counted in epochs, where they are known."""
        good = np.isfinite(epochs)
        if good.any() and epochs[good][-1] > 0:
            known, places = np.append(0.0, epochs[good]), np.append(LEFT, self.x(self.steps[good]))
            self.axis("epochs", ticks(0, known[-1], 8), lambda values: np.interp(values, known, places))

    def axis(self, unit: str, values: list[float], place: Callable[[Numbers], Numbers]) -> None:
        self.text(LEFT - 12, self.bottom + 21, unit, FAINT, 13, "rm")
        for value, x in zip(values, place(np.array(values)), strict=True):
            self.rule(x, self.bottom, x, self.bottom + 6, AXIS)
            self.text(x, self.bottom + 21, label(value), FAINT, anchor="mm")
