"""A picture for a row on readings: what the reading was in each run, apart by what is true of it, with the claim's band."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from equipoise.clinic.claims.r04_high_loss import wins
from equipoise.clinic.claims.r06_collapse import reaches_data
from equipoise.clinic.claims.r07_flat_generator import starved
from equipoise.clinic.claims.r08_swings import wandering
from equipoise.clinic.claims.r09_dominance import dominated
from equipoise.clinic.claims.r15_metrics import lost_modes
from equipoise.clinic.claims.reading import Truth, always, collapsed, entropy, untreated, well
from equipoise.clinic.trial import Outcome
from equipoise.pictures.paper import AXIS, BLUE, FAINT, FINE, INK, ORANGE, blank, finished, font, label, ticks

WIDTH, LEFT, RIGHT = 760, 190, 725
TOP, TITLE, LANE, GAP = 14, 26, 34, 40  # of a panel: its title, its two lanes, its ticks
BAND, DOT = "#dcebdc", 2.2
Value = Callable[[Mapping[str, float]], float]


@dataclass(frozen=True)
class Panel:
    """One reading: `band` is where the claim says that the runs of the first lane lie; what is outside `low` to `high` is
    drawn at the edge.
    """

    title: str
    value: Value
    band: tuple[float, float]
    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float:
        """0 at `low`, 1 at `high`."""
        low, high, at = (math.log10(max(x, 1e-300)) if self.log else x for x in (self.low, self.high, value))
        return min(1.0, max(0.0, (at - low) / (high - low)))

    def ticks(self) -> list[float]:
        if not self.log:
            return ticks(self.low, self.high)
        first, last = (round(math.log10(x)) for x in (self.low, self.high))
        return [10.0**power for power in range(first, last + 1, max(1, (last - first) // 6))]


@dataclass(frozen=True)
class Picture:
    """`truth` parts the runs into two lanes with these names."""

    truth: Truth
    names: tuple[str, str]
    panels: tuple[Panel, ...]
    of: Truth = entropy


def read(name: str) -> Value:
    return lambda n: n[name]


HEALTH = ("healthy", "failed")
SWINGS = Panel(
    "G loss: standard deviation over its mean", lambda n: n["g_loss_std"] / max(abs(n["g_loss"]), 1e-9), (0.25, 9), 0, 1
)
MOVED = Panel("samples: distance moved from exam to exam, over that of two reals", read("moved"), (0.5, 9), 0, 2)
PICTURES: dict[str, Picture] = {
    "R1": Picture(
        always,
        ("all runs", ""),
        (
            Panel("D loss, first record", read("d_loss_start"), (0.593, 0.793), 0, 1.4),
            Panel("G loss, first record, without its sign", lambda n: abs(n["g_loss_start"]), (0.593, 0.793), 0, 1.4),
        ),
    ),
    "R2": Picture(well, HEALTH, (Panel("D loss (ideal: 0.3 to 0.7)", read("d_loss"), (0.3, 0.7), 0, 1.2),)),
    "R3": Picture(
        collapsed, ("collapsed", "others"), (Panel("D loss below 0.1", read("d_loss"), (1e-12, 0.1), 1e-6, 10, True),)
    ),
    "R4": Picture(wins, ("D wins", "others"), (Panel("D loss above 0.9", read("d_loss"), (0.9, 9), 0, 1.6),)),
    "R5": Picture(
        well,
        HEALTH,
        (
            Panel("Loss_D, sum of both terms", lambda n: 2 * n["d_loss"], (0.5, 2), 0, 3),
            Panel("Loss_G", read("g_loss"), (2, 6), 0, 8),
            Panel("D(x)", read("d_real"), (0.6, 0.8), 0, 1),
            Panel("D(G(z))", read("d_fake_before"), (0.2, 0.5), 0, 1),
        ),
    ),
    "R6": Picture(
        collapsed,
        ("collapsed", "others"),
        (
            Panel("samples: mean distance, over that of reals", read("diversity_encoder"), (0, 0.5), 0, 1.4),
            Panel("G loss (log 2 is 0.693)", read("g_loss"), (0, math.log(2)), 0, 5),
            MOVED,
        ),
        lambda o: entropy(o) and reaches_data(o),
    ),
    "R7": Picture(
        starved,
        ("vanished gradient", "others"),
        (
            Panel("G loss: standard deviation", read("g_loss_std"), (1e-20, 0.05), 1e-8, 10, True),
            Panel("D's accuracy", lambda n: (n["accuracy_real"] + n["accuracy_fake"]) / 2, (0.99, 1.01), 0, 1.01),
        ),
    ),
    "R8": Picture(wandering, ("no convergence", "others"), (SWINGS, MOVED), always),
    "R9": Picture(
        dominated,
        ("D dominates", "others"),
        (
            Panel("D loss", read("d_loss"), (1e-12, 0.1), 1e-6, 10, True),
            Panel("G loss, end less beginning", lambda n: n["g_loss"] - n["g_loss_first"], (0, 99), -6, 10),
        ),
    ),
    "R10": Picture(
        well,
        HEALTH,
        (
            Panel("D loss: share of tenths below the one before", read("d_loss_falls"), (0.7, 1.01), 0, 1.01),
            Panel("G loss: share of tenths below the one before", read("g_loss_falls"), (0.7, 1.01), 0, 1.01),
        ),
    ),
    "R13": Picture(
        well,
        HEALTH,
        (
            Panel("D loss", read("d_loss"), (0.5, 0.7), 0, 1.2),
            Panel("G loss: standard deviation", read("g_loss_std"), (0, 0.1), 0, 0.6),
            Panel("coverage: range of the last three exams", read("coverage_wide_range"), (0, 0.2), 0, 0.6),
        ),
    ),
    "R14": Picture(
        well,
        HEALTH,
        (
            Panel("D loss", read("d_loss"), (0.4, 0.8), 0, 1.2),
            Panel("G loss, end less beginning", lambda n: n["g_loss"] - n["g_loss_first"], (-99, 0), -4, 4),
            Panel("D loss at its least", read("d_loss_least"), (0.1, 9), 0, 0.7),
            Panel("coverage, end less beginning", lambda n: n["coverage_wide"] - n["coverage_wide_first"], (0, 2), -0.5, 1),
        ),
    ),
    "R15": Picture(
        lost_modes,
        ("modes lost", "all modes"),
        tuple(
            Panel(f"{metric} distance", read(metric.lower()), (0, 0), low, high, True)
            for metric, low, high in (("Energy", 1e-3, 10), ("Frechet", 1e-3, 1e4))
        ),
        lambda o: not o.diverged,
    ),
}


def picture(name: str, outcomes: Sequence[Outcome]) -> Image.Image | None:
    """The picture of a row; None where it has none, or no run to show."""
    about = PICTURES.get(name)
    runs = [o for o in untreated(outcomes) if o.numbers and about is not None and about.of(o)]
    if about is None or not runs:
        return None
    lanes = [(lane, side) for lane, side in zip(about.names, (True, False), strict=True) if lane]
    height = TITLE + len(lanes) * LANE + GAP
    image, draw = blank(WIDTH, TOP + height * len(about.panels))
    for i, panel in enumerate(about.panels):
        top = TOP + i * height
        frame(draw, panel, top, len(lanes))
        for j, (lane, side) in enumerate(lanes):
            y = top + TITLE + j * LANE + LANE / 2
            some = [o for o in runs if about.truth(o) is side]
            write(draw, LEFT - 12, y, f"{lane} ({len(some)})", INK, "rm")
            dots(draw, panel, some, y, ORANGE if colour_is_bad(about, side) else BLUE)
    return finished(image)


def colour_is_bad(about: Picture, side: bool) -> bool:
    """Blue are the runs that came to no harm, or of which the failure is not true."""
    return side is not (about.names == HEALTH or about.truth is always)


def frame(draw: ImageDraw.ImageDraw, panel: Panel, top: float, lanes: int) -> None:
    floor = top + TITLE + lanes * LANE
    a, b = (LEFT + panel.place(edge) * (RIGHT - LEFT) for edge in panel.band)
    if b > a:
        draw.rectangle([a * FINE, (top + TITLE) * FINE, b * FINE, floor * FINE], fill=BAND)
    write(draw, LEFT, top + TITLE / 2, panel.title, INK, "lm")
    draw.line([LEFT * FINE, floor * FINE, RIGHT * FINE, floor * FINE], fill=AXIS, width=FINE)
    for tick in panel.ticks():
        write(draw, LEFT + panel.place(tick) * (RIGHT - LEFT), floor + 12, label(tick), FAINT, "mm")


def dots(draw: ImageDraw.ImageDraw, panel: Panel, runs: Sequence[Outcome], y: float, colour: str) -> None:
    """One dot a run, moved up or down by its place in the list so that runs do not hide each other."""
    for i, o in enumerate(runs):
        try:
            x = LEFT + panel.place(panel.value(o.numbers)) * (RIGHT - LEFT)
        except KeyError:
            continue
        at = y + (i * 7 % 11 - 5) / 11 * (LANE - 8)
        draw.ellipse([(x - DOT) * FINE, (at - DOT) * FINE, (x + DOT) * FINE, (at + DOT) * FINE], fill=colour)


def write(draw: ImageDraw.ImageDraw, x: float, y: float, words: str, colour: str, anchor: str) -> None:
    draw.text((x * FINE, y * FINE), words, fill=colour, font=font(12), anchor=anchor)
