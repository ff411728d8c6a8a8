"""The data lies where G's last layer can't reach, or uses half of what it can."""

from __future__ import annotations

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import history, percent, recent, steps, sureness
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="data_range",
    title="Range of the data: reals in [0, 1] or [0, 255], a G that gives [-1, 1]",
    equation="part of the data's range [a, b] that lies outside G's range [c, d], of b - a; or part of G's range that no data "
    "uses",
    source="A tanh gives [-1, 1], a sigmoid [0, 1]: data has to be scaled to it (Radford et al. 2016, section 4)",
    helps="D tells reals from fakes by their range alone: nothing else is learned",
    hurts="Guesses G's range from its samples where nobody says it (g_low, g_high)",
    cost="the smallest and the largest number of a batch",
)
FEW = 20  # records, before an end that samples touch and never pass is taken for that of their range
NEAR = 0.02  # of a range: as good as equal
BOUNDS = ((0.0, 1.0), (-1.0, 1.0))  # sigmoid, tanh


def from_signals(track: Track) -> Judgement | None:
    a, b = extremes(track, "real")
    limits = bounds(track)
    if limits is None or not b > a:
        return None
    c, d = limits
    beyond = (max(c - a, 0.0) + max(b - d, 0.0)) / (b - a)
    unused = (max(a - c, 0.0) + max(d - b, 0.0)) / (d - c)
    limit = THRESHOLDS["range_reach"]
    series = track["real_max"]
    span = f"The data lies in [{a:.3g}, {b:.3g}], and G gives [{c:.3g}, {d:.3g}] ({steps(series)})."
    if beyond >= limit.value * (1 - NEAR):
        evidence = Evidence.of("real_min, real_max", series, beyond, ">", "range_reach", span)
        words = f"{span} {percent(beyond)} of the data's range is out of G's reach, and D tells reals by that alone. {SCALE}"
        return Judgement(sureness(beyond, "range_reach"), "serious", (evidence,), words)
    if unused >= limit.value * (1 - NEAR) and leaves(track, a, b):
        evidence = Evidence.of("real_min, real_max", series, unused, ">", "range_reach", span)
        words = f"{span} {percent(unused)} of what G can give is in no data, and its fakes do lie there. {SCALE}"
        return Judgement(0.7, "warning", (evidence,), words)
    return None


SCALE = (
    "Scale the data to G's last layer: x * 2 - 1 for a tanh and data in [0, 1]. It is not a dark or a light data set: whole "
    "ranges do not overlap."
)


def extremes(track: Track, side: str) -> tuple[float, float]:
    """The smallest and the largest number that was seen; outliers of single windows do not count."""
    low, high = track[f"{side}_min"].last(200).finite, track[f"{side}_max"].last(200).finite
    return low.median, high.median


def bounds(track: Track) -> tuple[float, float] | None:
    """G's range: as its last layer says, else that of a tanh or a sigmoid whose ends its samples touch and never pass."""
    low, high = history(track, "g_low"), history(track, "g_high")
    if len(low) and len(high):
        return float(low.values[-1]), float(high.values[-1])
    least, most = history(track, "fake_min"), history(track, "fake_max")
    if min(len(least), len(most)) < FEW:
        return None
    for c, d in BOUNDS:
        inside = least.values.min() >= c - 1e-6 and most.values.max() <= d + 1e-6
        if inside and (recent(most).median >= d - NEAR or (c < 0 and recent(least).median <= c + NEAR)):
            return c, d
    return None


def leaves(track: Track, a: float, b: float) -> bool:
    """Whether fakes lie outside the data's range by more than a tenth of it."""
    c, d = extremes(track, "fake")
    return c < a - 0.1 * (b - a) or d > b + 0.1 * (b - a)


RULE = Rule(
    card=CARD,
    axis="wiring",
    verdict="discriminator_dominance",
    readings=(Reading(("real_min", "real_max", "fake_min", "fake_max"), from_signals),),
    remedies=("scale_data",),
    explains=(
        "discriminator_dominance",
        "vanishing_gradient",
        "mode_collapse",
        "mode_cycling",
        "no_learning",
        "frozen_training",
    ),
)
