"""A hint only: losses that stand still where an optimal D against a few modes would hold them."""

from __future__ import annotations

import math

from equipoise.diagnosis.curves import late, quantile
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

FEW = 20


def d_loss_of(rho: float) -> float:
    """D's mean loss where D is optimal and fakes cover the share rho of equal modes (FAILURES.md, 0.4)."""
    return 0.5 * (rho * math.log((1 + rho) / rho) + math.log(1 + rho))


def share_of(d_loss: float) -> float:
    """The share of the modes, 0 to 1, at which an optimal D has that loss (bisection)."""
    low, high = 1e-9, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if d_loss_of(middle) < d_loss else (low, middle)
    return (low + high) / 2


def judge(track: Track) -> Judgement | None:
    """A note where both losses stand still at what a collapse under an optimal D would give: that fits, and proves nothing."""
    facts, d, g = track.facts, late(track["d_loss"]), late(track["g_loss"])
    if facts.objective != "non_saturating" or facts.d_floor or len(d) < FEW or facts.g_equilibrium is None:
        return None
    quiet = max(quantile(x, 0.9) - quantile(x, 0.1) for x in (d, g)) < 0.2 * g.median
    if not quiet or not 0.05 < d.median < 0.4:
        return None
    rho = share_of(d.median)
    limit, expected = THRESHOLDS["collapse_relation"], math.log(1 + 1 / rho)
    off = abs(g.median / expected - 1)
    if off > limit.value:
        return None
    words = (
        f"Both losses stand still, at {d.median:.3g} and {g.median:.3g}: just what an optimal D shows if the fakes cover"
        f" {rho:.0%} of the"
        " data's modes. That is no proof: look at a grid of samples for repetitions."
    )
    evidence = Evidence("d_loss, g_loss", d.window, off, "<", limit.value, limit.source, words)
    return Judgement(0.35, "note", (evidence,), words)
