"""Both players' losses vanish: they are not opponents."""

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    accuracy,
    onset,
    percent,
    recent,
    steps,
    surely_wrong,
    sureness,
)
from equipoise.diagnosis.losses import swapped_labels as losses
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="swapped_labels",
    title="Swapped labels: the players pull the same way",
    equation="G and D's real part push logits in opposite directions; or both losses below 2 % of their values at equilibrium",
    source="FAILURES.md, section 4b: labels swapped, both losses <= 0.001 in 6 of 6 runs",
    helps="A wiring bug that no setting can cure",
    hurts="A critic's losses may be small together: there it is not asked",
    cost="none",
)


def from_pushes(track: Track) -> Judgement | None:
    """G has to push D's answer on fakes to where D pushes its answer on reals, whatever the sign that stands for real."""
    real, g = recent(track["push_real"]), recent(track["push_g"])
    agree = real.median * g.median
    if min(len(real), len(g)) < 2 or not agree < THRESHOLDS["inverted_push"].value:
        return None
    way = {True: "up", False: "down"}
    told = (
        f"D is taught to answer reals {way[real.median > 0]}, G is taught to push D's answer {way[g.median > 0]} ({steps(g)})."
    )
    evidence = Evidence.of("push_real, push_g", g, agree, "<", "inverted_push", told)
    words = (
        f"{told} So the two help each other instead of playing: the labels of one of them are swapped, or a sign of its loss. "
        "It is not label flipping, which swaps some labels of D, nor reals labelled 0 throughout, which is consistent."
    )
    return Judgement(sureness(agree, "inverted_push"), "serious", (evidence,), words)


def from_scores(track: Track) -> Judgement | None:
    """D is wrong nearly always, on reals and on fakes: it is taught the opposite."""
    now = surely_wrong(track)
    if not len(now):
        return None
    told = f"D is right about {percent(now.median)} of reals and fakes, where a coin is right about half ({steps(now)})."
    evidence = Evidence.of("accuracy_real, accuracy_fake", now, now.median, "<", "accuracy_inverted", told)
    words = (
        f"{told} Nobody errs so often by accident: D calls fakes real and reals fake because it is taught to. Both losses, as "
        "the loop prints them, go to 0 then. If your loop labels reals 0 and fakes 1 on purpose, and G's labels agree, "
        "nothing is wrong."
    )
    sure = min(sureness(now.median, "accuracy_inverted"), 0.85)
    right = accuracy(track).finite
    begin = onset(right, right.values < THRESHOLDS["accuracy_inverted"].value)
    return Judgement(sure, "serious", (evidence,), words, begin)


RULE = Rule(
    card=CARD,
    axis="wiring",
    verdict="no_learning",
    readings=(
        Reading(("push_real", "push_g"), from_pushes),
        Reading(("accuracy_real", "accuracy_fake"), from_scores),
        Reading(("d_loss", "g_loss"), losses.judge, "log"),
    ),
    remedies=("mend_labels",),
    explains=(
        "discriminator_dominance",
        "generator_dominance",
        "vanishing_gradient",
        "frozen_training",
        "mode_collapse",
        "mode_cycling",
        "oscillation",
        "no_learning",
        "divergence",
    ),
)
