"""A loss that repeats itself to the last digit: nothing moves."""

import numpy as np

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    LONG,
    history,
    level,
    onset,
    percent,
    recent,
    steps,
    sureness,
)
from equipoise.diagnosis.losses import frozen_training as losses
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="frozen_training",
    title="Frozen training: a loss that stands still exactly",
    equation="80 % of the last values are equal to the last digit (13.8, 27.6, 50, 100 and the like: a saturated "
    "cross-entropy)",
    source="FAILURES.md, sections 2 and 3",
    helps="Tells a dead network or a loss that is not updated from a quiet equilibrium",
    hurts="A loss that is written with two decimals repeats itself at a healthy equilibrium too",
    cost="none",
)
PLAYERS = {"d": "D", "g": "G"}


def from_signals(track: Track) -> Judgement | None:
    return unmoved(track) or saturated(track) or constant(track)


def unmoved(track: Track) -> Judgement | None:
    """A player's weights do not change."""
    for side, player in PLAYERS.items():
        series = history(track, f"{side}_update")
        now = recent(series)
        if len(now) < 3 or not now.median < THRESHOLDS["update_none"].value:
            continue
        told = f"{player}'s weights change by {now.median:.1e} of their size in a step ({steps(now)})."
        evidence = Evidence.of(f"{side}_update", now, now.median, "<", "update_none", told)
        words = (
            f"{told} {player} stands still while the game goes on: its gradient is nothing, its rate is 0, or its optimizer "
            "was given "
            "other weights (a network that was built or moved after the optimizer was made). It is not convergence, at which "
            "weights still shiver."
        )
        begin = onset(series, series.values < THRESHOLDS["update_none"].value)
        return Judgement(sureness(now.median, "update_none"), "serious", (evidence,), words, begin)
    return None


def saturated(track: Track) -> Judgement | None:
    """D's answers are 0 and 1 to four digits: a cross-entropy is flat, and clipped ones repeat 13.8, 27.6, 50 or 100."""
    series = history(track, "saturation")
    now = recent(series, LONG)
    if len(now) < 3 or not now.median > THRESHOLDS["saturated"].value or not track.facts.logits:
        return None
    if level(track, "fake_grad") > THRESHOLDS["fake_grad_vanished"].value:
        return None  # a loss that is not flat there (the non-saturating one) goes on telling G where to go
    told = f"{percent(now.median)} of D's logits are beyond 10 in size ({steps(now)})."
    evidence = Evidence.of("saturation", now, now.median, ">", "saturated", told)
    words = (
        f"{told} There a sigmoid is 0 or 1 to four digits, and its slope nothing. A loss that repeats 13.8, 27.6, 50 or 100 "
        "in a log is the same "
        "seen through a clipped logarithm. It is not D's skill alone: that shows in D's accuracy, at logits of a few units."
    )
    begin = onset(series, series.values > THRESHOLDS["saturated"].value)
    return Judgement(sureness(now.median, "saturated"), "serious", (evidence,), words, begin, "discriminator_dominance")


def constant(track: Track) -> Judgement | None:
    """Both losses repeat themselves, or D answers the same to everything."""
    flat = recent(history(track, "logit_std"))
    if len(flat) >= 5 and flat.median < THRESHOLDS["logit_flat"].value:
        told = (
            f"D gives one answer to everything: all logits of a step lie within {flat.median:.1e} of each other "
            f"({steps(flat)})."
        )
        evidence = Evidence.of("logit_std", flat, flat.median, "<", "logit_flat", told)
        words = (
            f"{told} D is dead (no unit responds), or what it is shown is the same everywhere. It is not balance: at balance "
            "D's answers still differ."
        )
        return Judgement(sureness(flat.median, "logit_flat"), "serious", (evidence,), words)
    for name in ("d_loss", "g_loss"):
        now = recent(track[name])
        if len(now) < 10 or not np.ptp(now.values) <= THRESHOLDS["swing_none"].value * abs(now.mean):
            continue
        told = f"{name} repeats {now.mean:.4g} in all of {len(now)} windows ({steps(now)})."
        evidence = Evidence.of(name, now, float(np.ptp(now.values)), "<", "swing_none", told)
        words = (
            f"{told} Fresh batches alone make a loss that is computed from data shiver. Something is saturated, dead or not "
            "updated."
        )
        return Judgement(0.9, "serious", (evidence,), words)
    return None


RULE = Rule(
    card=CARD,
    axis="outcome",
    verdict="no_learning",
    readings=(Reading(("d_loss",), from_signals), Reading(("d_loss", "g_loss"), losses.judge, "log")),
    remedies=("check_optimizers", "r1", "lower_d_rate", "reset_both", "roll_back"),
)
