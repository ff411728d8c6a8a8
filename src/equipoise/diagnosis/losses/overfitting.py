"""D knows the training data by heart."""

from __future__ import annotations

from equipoise.diagnosis.curves import late
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.rule import Judgement
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track


def judge(track: Track) -> Judgement | None:
    """r_t as StyleGAN logs it: a hint, a strong one only where it stands near 1 while D tells fakes as surely."""
    limit, end = THRESHOLDS["r_t"], late(track["r_t"])
    if not end or end.median < limit.value:
        return None
    sure = 0.55 if end.median > 0.85 else 0.35
    words = (
        f"D gives {(end.median + 1) / 2:.0%} of the training data a positive logit (r_t = {end.median:.2f}, ADA aims at"
        f" {limit.value}): either D knows"
        " the training data by heart, or it dominates. Only held-out data can tell (r_v)."
    )
    evidence = Evidence("r_t", end.window, end.median, ">", limit.value, limit.source, words)
    return Judgement(sure, "warning" if sure > 0.5 else "note", (evidence,), words)
