"""Losses that are no numbers, or leave every useful range."""

from __future__ import annotations

import math

import numpy as np

from equipoise.diagnosis.curves import early, growth, last_fifth, smooth, trend
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

NAMES = {"d_loss": "D's loss", "g_loss": "G's loss"}


def judge(track: Track) -> Judgement | None:
    return broken(track) or exploding(track)


def broken(track: Track) -> Judgement | None:
    """NaN or infinite: fatal if it lasts to the end, a warning if the losses came back."""
    for name in ("d_loss", "g_loss"):
        series = track[name]
        bad = ~np.isfinite(series.values)
        if not bad.any():
            continue
        first, lasts = float(series.steps[np.argmax(bad)]), bool(bad[-1])
        words = (
            f"{NAMES[name]} is not a number from {first:g} on"
            if lasts
            else f"{NAMES[name]} was not a number at {first:g}, and came back"
        )
        words += ": training after that is " + ("worthless; go back to a checkpoint before it." if lasts else "suspect.")
        evidence = Evidence(name, (first, series.window[1]), float(bad.mean()), ">", 0.0, "a loss is a finite number", words)
        return Judgement(0.98 if lasts else 0.6, "fatal" if lasts else "warning", (evidence,), words, since=first)
    return None


def exploding(track: Track) -> Judgement | None:
    """A loss that ends large, and far above where it began."""
    times = THRESHOLDS["loss_growth"]
    for name, limit in (("d_loss", THRESHOLDS["written_loss_exploded"]), ("g_loss", THRESHOLDS["g_loss_exploded"])):
        series = track[name].finite
        if len(series) < 5:
            continue
        end, grew = float(np.median(np.abs(last_fifth(series).values))), growth(series)
        runaway = (
            end > 10 * limit.value and grew > 3 and trend(smooth(np.abs(series.values))) > THRESHOLDS["critic_trend"].value
        )
        if end < limit.value or (grew < times.value and not runaway):
            continue
        since = beginning(track, name, limit.value)
        words = (
            f"{NAMES[name]} went from {early(series).median:.3g} to {last_fifth(series).median:.3g} and has left every"
            " useful range:"
            " an exploding penalty, a learning rate that is too high, or a critic without a constraint."
        )
        factor = f"{grew:.0f}-fold" if math.isfinite(grew) else "from zero"
        evidence = Evidence(
            name, (since, series.window[1]), end, ">", limit.value, limit.source, f"|loss| ended at {end:.3g}, grown {factor}"
        )
        return Judgement(0.9, "fatal", (evidence,), words, since=since)
    return None


def beginning(track: Track, name: str, limit: float) -> float:
    """The first step after which the loss was beyond the limit nine times in ten."""
    series = track[name].finite
    beyond = np.abs(series.values) > limit
    share = np.cumsum(beyond[::-1])[::-1] / np.arange(len(beyond), 0, -1)
    place = np.flatnonzero(beyond & (share > 0.9))
    return float(series.steps[place[0] if len(place) else -1])
