"""Both players' losses vanish: they are not opponents."""

from __future__ import annotations

import math

from equipoise.diagnosis.curves import late, quantile
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

FEW = 5


def judge(track: Track) -> Judgement | None:
    facts, d, g = track.facts, late(track["d_loss"]), late(track["g_loss"])
    if (
        facts.objective not in ("non_saturating", "least_squares")
        or facts.d_equilibrium is None
        or len(track["d_loss"]) < FEW
        or not g
    ):
        return None
    limit = THRESHOLDS["both_zero"]
    level = facts.g_equilibrium if facts.g_equilibrium is not None else math.log(2)
    largest = max(d.median / facts.d_equilibrium, g.median / level, quantile(g, 0.75) / level / 5)
    if largest > limit.value:
        return None
    words = (
        f"D's loss ended at {d.median:.3g} and G's at {g.median:.3g}. In a game of two opponents both can't vanish: G is"
        " trained with the label"
        " that D gives to fakes, its loss is taken of reals, or what is printed is not what is trained."
    )
    evidence = Evidence("d_loss, g_loss", d.window, largest, "<", limit.value, limit.source, words)
    return Judgement(0.75, "serious", (evidence,), words)
