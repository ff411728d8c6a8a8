"""Swings that are far larger than noise. Slow cycles leave both losses at equilibrium: these, losses miss."""

from __future__ import annotations

import math

import numpy as np

from equipoise.diagnosis.curves import crossings, early, late, quantile, swing
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

FEW = 10


def judge(track: Track) -> Judgement | None:
    if len(track["g_loss"].finite) < FEW:
        return None
    return of_a_critic(track) if track.facts.objective == "wasserstein" else of_cross_entropy(track)


def of_a_critic(track: Track) -> Judgement | None:
    """The critic's level swings through zero by far more than the difference that it measures, and does not calm down."""
    limit, g, d = THRESHOLDS["critic_swing"], track["g_loss"].finite, track["d_loss"].finite
    spread, gap = float(np.std(g.values)), float(np.median(np.abs(d.values)))
    calmer = float(np.std(late(track["g_loss"]).values)) < float(np.std(early(track["g_loss"]).values)) / 4
    if spread < limit.value * gap or calmer or crossings(g.values) < max(4, 0.2 * len(g)):
        return None
    times = spread / gap if gap else math.inf
    words = (
        f"G's loss swings by {spread:.3g} (standard deviation) through zero, {times:.0f} times the critic's own loss, and"
        " does not calm"
        " down: the critic's level runs round with G instead of measuring a distance."
    )
    evidence = Evidence("g_loss", g.window, times, ">", limit.value, limit.source, words)
    return Judgement(0.6, "serious", (evidence,), words)


def of_cross_entropy(track: Track) -> Judgement | None:
    """G's loss goes from fooling to rejected and back, again and again."""
    limit, g = THRESHOLDS["g_loss_swing"], late(track["g_loss"])
    level, ratio = abs(track.facts.g_equilibrium or math.log(2)), swing(g)
    high, low = quantile(g, 0.9), quantile(g, 0.1)
    if len(g) < FEW or ratio < limit.value or high < 7 * level or low < 0.02 * level:
        return None
    if crossings(np.log(np.maximum(g.values, 1e-9)), math.log(math.sqrt(high * low))) < 4:
        return None
    words = f"G's loss went from {low:.2g} to {high:.3g} and back, again and again: neither player settles."
    evidence = Evidence("g_loss", g.window, ratio, ">", limit.value, limit.source, f"90 % over 10 % quantile: {ratio:.0f}")
    return Judgement(0.6, "serious", (evidence,), words)
