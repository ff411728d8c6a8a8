"""A player does not learn at all."""

import numpy as np

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    WARM_UP,
    Course,
    blameless,
    exams,
    history,
    percent,
    poor,
    reached_words,
    steps,
    surely_wrong,
    sureness,
    telling,
)
from equipoise.diagnosis.losses import no_learning as losses
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="no_learning",
    title="No learning: D never does better than a coin, or G stands still",
    equation="accuracy of D <= 0.6 throughout and samples that stay poor; or samples that do not move at all and stay poor",
    source="FAILURES.md, sections 0.5 and 4b",
    helps="Tells a D that never learned from one that learned and was then matched by G, which ends at the same loss",
    hurts="Needs the beginning of the run: a log that starts late may show the equilibrium only",
    cost="none",
)


def from_signals(track: Track) -> Judgement | None:
    bad = poor(track, "reach_none")
    return None if bad is None else still(track, bad) or coin(track, bad)


def still(track: Track, bad: Course) -> Judgement | None:
    """G's samples do not move although they are far from the data."""
    moved = history(track, "drift")
    now = exams(track, "drift")
    if len(moved) < WARM_UP or not now.median < THRESHOLDS["drift_none"].value:
        return None
    told = f"Samples of the same latents move by {now.median:.1e} of the data's scale in 100 steps ({steps(now)})."
    evidence = Evidence.of("drift", now, now.median, "<", "drift_none", told)
    words = (
        f"{told} {reached_words(bad)}. G has stopped without having arrived: its gradient is nothing, its optimizer has"
        " not been given its weights, or its rate is 0. A G that has arrived covers the data."
    )
    return Judgement(sureness(now.median, "drift_none"), "serious", (evidence,), words)


def coin(track: Track, bad: Course) -> Judgement | None:
    """D has never told reals from fakes, not even at the beginning, when that is easiest."""
    name, right = telling(track)
    right = right.finite
    if len(right) < 20 or len(surely_wrong(track)) or blameless(track):
        return None
    best = float(np.quantile(right.values, 0.9))
    if not best <= THRESHOLDS["accuracy_never"].value:
        return None
    told = f"In nine of ten windows of the whole run D was right about no more than {percent(best)} of reals and fakes."
    evidence = Evidence.of(name, right, best, "<", "accuracy_never", told)
    words = (
        f"{told} At the beginning fakes are easy to tell, so a D that learns is right then at least. This one has learned "
        f"nothing, and gives G nothing to learn from. {reached_words(bad)}. It is not the balance at the end of good training."
    )
    return Judgement(0.6, "serious", (evidence,), words)


RULE = Rule(
    card=CARD,
    axis="outcome",
    verdict="no_learning",
    readings=(
        Reading(("coverage", "drift"), from_signals),
        Reading(("coverage", "accuracy_real", "accuracy_fake"), from_signals),
        Reading(("coverage", "logit_real", "logit_fake", "logit_std"), from_signals),
        Reading(("d_loss", "g_loss"), losses.judge, "log"),
    ),
    remedies=("raise_d_rate", "check_optimizers", "larger_d", "reset_both"),
)
