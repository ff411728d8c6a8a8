"""A picture for a row on treatments: what each arm did in each ward against the control, with its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw

from equipoise.clinic.decide import GOOD
from equipoise.pictures.paper import AXIS, BLUE, FAINT, FINE, INK, ORANGE, RULE, blank, finished, font, label, ticks

WIDTH, LEFT, RIGHT = 760, 250, 715
TOP, TITLE, ROW, FOOT = 14, 26, 22, 40
FARTHEST = 4.0  # log2 of a ratio of distances; beyond it lies at the edge
DOT = 3.5
PANELS = {  # measure -> title, how far the axis goes
    "success": ("healthy runs, difference to the control (right: more)", 1.0),
    "quality": ("Frechet distance, times smaller than the control's (right: better)", FARTHEST),
    "gradient": ("G's gradient, times larger than the control's (right: better)", 4 * FARTHEST),
}
Effect = Mapping[str, Any]  # decide.Effect as JSON


def better(effect: Effect, value: float) -> float:
    """On the axis of its panel: a difference of shares, or log2 of a ratio, turned round where less is better."""
    return value if effect["measure"] == "success" else GOOD[effect["measure"]] * value / math.log(2)


def picture(effects: Sequence[Effect]) -> Image.Image | None:
    """All effects, those of a measure in one panel; None where there are none."""
    panels = {measure: [e for e in effects if e["measure"] == measure] for measure in PANELS}
    panels = {measure: some for measure, some in panels.items() if some}
    if not panels:
        return None
    height = TOP + sum(TITLE + ROW * len(some) + FOOT for some in panels.values())
    image, draw = blank(WIDTH, height)
    top: float = TOP
    for measure, some in panels.items():
        panel(draw, measure, some, top)
        top += TITLE + ROW * len(some) + FOOT
    return finished(image)


def panel(draw: ImageDraw.ImageDraw, measure: str, effects: Sequence[Effect], top: float) -> None:
    title, far = PANELS[measure]
    floor = top + TITLE + ROW * len(effects)

    def place(value: float) -> float:
        return LEFT + (min(far, max(-far, value)) + far) / (2 * far) * (RIGHT - LEFT)

    write(draw, LEFT, top + TITLE / 2, title, INK, "lm")
    for tick in ticks(-far, far):
        line(draw, (place(tick), top + TITLE), (place(tick), floor), AXIS if tick == 0 else RULE)
        words = f"{100 * tick:+.0f} points" if measure == "success" else f"x {label(2.0**tick)}"
        write(draw, place(tick), floor + 12, words, FAINT, "mm")
    for i, effect in enumerate(effects):
        y = top + TITLE + ROW * (i + 0.5)
        low, high = sorted(place(better(effect, effect[end])) for end in ("low", "high"))
        colour = {"helps": BLUE, "harms": ORANGE}.get(effect["so"], FAINT)
        line(draw, (low, y), (high, y), colour)
        if not math.isnan(effect["value"]):
            x = place(better(effect, effect["value"]))
            draw.ellipse([(x - DOT) * FINE, (y - DOT) * FINE, (x + DOT) * FINE, (y + DOT) * FINE], fill=colour)
        write(draw, LEFT - 8, y, f"{effect['ward']}: {effect['arm']}", INK, "rm")


def line(draw: ImageDraw.ImageDraw, a: tuple[float, float], b: tuple[float, float], colour: str) -> None:
    draw.line([(a[0] * FINE, a[1] * FINE), (b[0] * FINE, b[1] * FINE)], fill=colour, width=FINE)


def write(draw: ImageDraw.ImageDraw, x: float, y: float, words: str, colour: str, anchor: str) -> None:
    draw.text((x * FINE, y * FINE), words, fill=colour, font=font(12), anchor=anchor)
