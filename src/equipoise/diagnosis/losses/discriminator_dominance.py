"""D's loss next to that of a perfect D; of a critic, an estimate that only grows."""

from __future__ import annotations

import math

import numpy as np

from equipoise.diagnosis.curves import early, growth, last_fifth, late, level, smooth, trend, won
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

FEW = 10  # moments; with fewer, losses are less sure
DEGREES = (("d_loss_won_surely", 0.85), ("d_loss_won_clearly", 0.7), ("d_loss_won", 0.55))  # and how sure they make
UNSEEN = (
    "D rejects nearly every fake and is hardly ever fooled. Losses alone can't tell how bad the samples are: some good"
    " GANs train"
    " like this, so look at samples before you change anything."
)


def judge(track: Track) -> Judgement | None:
    """By D's loss between its floor and equilibrium, at the end or for long; of a critic, by the growth of its estimate."""
    if track.facts.objective == "wasserstein":
        return of_a_critic(track)
    found = [judgement for judgement in (at_the_end(track), for_long(track), out_of_reach(track)) if judgement is not None]
    return max(found, key=lambda judgement: judgement.confidence, default=None)


def at_the_end(track: Track) -> Judgement | None:
    """The mean of the last two fifths next to the floor. A mean, so that logs of epochs and of batches read alike; and what is
    above equilibrium counts as that, so that a spike, in which G has its say, counts once."""
    d, g, top = late(track["d_loss"]), late(track["g_loss"]), track.facts.d_equilibrium
    if not d or not g or top is None:
        return None
    mean = float(np.minimum(d.values, top).mean())
    share = won(mean, track.facts) * track.facts.d_doubt
    name, confidence = next(((name, sure) for name, sure in DEGREES if share < THRESHOLDS[name].value), ("", 0.0))
    if not name:
        return None
    limit = THRESHOLDS[name]
    far = f"{max(share, 0):.1%} of the way from a perfect D to equilibrium"
    told = f"D's loss averaged {mean:.3g} (mean convention) at the end: {far}"
    most = level(limit.value / track.facts.d_doubt, track.facts)
    evidence = [Evidence("d_loss", d.window, mean, "<", most, limit.source, told)]
    words = f"{told}. G's loss ended at {g.median:.3g}. {UNSEEN}"
    rise, much = growth(track["g_loss"]), THRESHOLDS["g_loss_rise"]
    if much.value <= rise < math.inf:
        climbed = f"G's loss rose {rise:.1f}-fold over the run"
        evidence.append(Evidence("g_loss", track["g_loss"].window, rise, ">", much.value, much.source, climbed))
        confidence += 0.05
    if len(track["d_loss"]) < FEW:
        confidence -= 0.1
    return Judgement(round(confidence, 2), "serious" if confidence >= 0.8 else "warning", tuple(evidence), words)


def for_long(track: Track) -> Judgement | None:
    """A run that came back at the end, and spent much of its time with a D that could not be fooled."""
    if math.isnan(won(0.0, track.facts)):
        return None
    limit, low, d = THRESHOLDS["dominated_long"], level(0.01, track.facts), track["d_loss"].finite
    below = d.values < low
    if len(d) < FEW or below.mean() < limit.value:
        return None
    window = (float(d.steps[np.argmax(below)]), float(d.steps[len(d) - 1 - np.argmax(below[::-1])]))
    words = (
        f"D's loss was below {low:.2g} for {below.mean():.0%} of the run: for so long G had next to nothing to learn from."
        " If it has come"
        " back since, the losses can't tell whether the variety of the samples has."
    )
    evidence = Evidence("d_loss", window, float(below.mean()), ">", limit.value, limit.source, words)
    return Judgement(0.55, "warning", (evidence,), words)


def out_of_reach(track: Track) -> Judgement | None:
    """G's loss where a sigmoid is flat, while D's says that this is D's doing."""
    facts, d, g = track.facts, late(track["d_loss"]), late(track["g_loss"])
    limit, near = THRESHOLDS["g_loss_hopeless"], THRESHOLDS["d_loss_ahead"]
    if facts.objective != "non_saturating" or facts.g_equilibrium is None or len(track["g_loss"]) < FEW or not g or not d:
        return None
    if g.median < limit.value or won(d.median, facts) * facts.d_doubt > near.value:
        return None
    words = f"G's loss ended at {g.median:.3g}: D(G(z)) is about {math.exp(-g.median):.1e}, where a sigmoid is flat. {UNSEEN}"
    evidence = Evidence("g_loss", g.window, g.median, ">", limit.value, limit.source, f"G's loss ended at {g.median:.3g}")
    return Judgement(0.6, "warning", (evidence,), words)


def of_a_critic(track: Track) -> Judgement | None:
    """A critic's loss estimates a distance: it should shrink, once it has been learned."""
    series, g = track["d_loss"].finite, np.abs(track["g_loss"].finite.values)
    size, limit, steady = growth(series), THRESHOLDS["critic_growth"], THRESHOLDS["critic_trend"]
    if len(series) < FEW or not limit.value < size < THRESHOLDS["loss_growth"].value:
        return None
    if min(trend(smooth(np.abs(series.values))), trend(smooth(g))) < steady.value:
        return None
    words = (
        f"The critic's loss went from {early(series).median:.3g} to {last_fifth(series).median:.3g} without turning back,"
        " and G's with it. It"
        " estimates how far the samples are from the data, so it should shrink: either G does not learn, or nothing holds"
        " the critic's scale"
        " (no penalty, no clipping)."
    )
    evidence = Evidence(
        "d_loss", series.window, size, ">", limit.value, limit.source, f"|L_D| grew {size:.1f}-fold over the run"
    )
    return Judgement(0.6, "serious", (evidence,), words)
