"""A D that is worse than a coin while fakes pass."""

from __future__ import annotations

import math

from equipoise.diagnosis.curves import late, smooth, trend
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

BOUNDED = ("non_saturating", "least_squares", "relativistic")


def judge(track: Track) -> Judgement | None:
    return at_the_ceiling(track) if track.facts.objective == "hinge" else worse_than_a_coin(track)


def at_the_ceiling(track: Track) -> Judgement | None:
    """Hinge: a loss that climbed to that of a D that says nothing. A match of equals looks the same: a suspicion, no more."""
    limit, d, top = THRESHOLDS["hinge_ceiling"], track["d_loss"].finite, track.facts.d_equilibrium
    if top is None or len(d) < 10 or trend(smooth(d.values)) < THRESHOLDS["critic_trend"].value:
        return None
    end = late(track["d_loss"])
    share = end.median / top
    if share < limit.value:
        return None
    words = (
        f"D's hinge loss climbed all the way to {end.median:.3g}; {top:.3g} is that of a D that says the same of"
        " everything. Either D can't"
        " keep up with G, or the fakes have become as good as the data: the losses can't tell which."
    )
    evidence = Evidence("d_loss", end.window, share, ">", limit.value, limit.source, words)
    return Judgement(0.45, "warning", (evidence,), words)


def worse_than_a_coin(track: Track) -> Judgement | None:
    """D does worse than a coin, and G's loss says that its fakes pass."""
    facts, d, g = track.facts, late(track["d_loss"]), late(track["g_loss"])
    if facts.objective not in BOUNDED or facts.d_equilibrium is None or not d or not g:
        return None
    lost, passed = THRESHOLDS["d_loss_lost"], THRESHOLDS["g_loss_won"]
    limit = passed.value * (facts.g_equilibrium if facts.g_equilibrium is not None else math.log(2)) / math.log(2)
    times = d.median / facts.d_equilibrium
    if times < lost.value or g.median > limit:
        return None
    words = (
        f"D's loss ended at {d.median:.3g}, {times:.1f} times that of a D that says 1/2 of everything, and G's at"
        f" {g.median:.3g}: D takes"
        " fakes for real. G may be fooling a D that is too weak, too slow, or trained with wrong labels; that is no sign"
        " of good samples."
    )
    evidence = (
        Evidence(
            "d_loss", d.window, times, ">", lost.value, lost.source, f"D's loss is {times:.1f} times its value at equilibrium"
        ),
        Evidence("g_loss", g.window, g.median, "<", limit, passed.source, f"G's loss is {g.median:.3g}"),
    )
    return Judgement(0.7, "serious", evidence, words)
