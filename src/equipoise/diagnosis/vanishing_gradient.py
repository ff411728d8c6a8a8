"""The gradient that reaches G's samples is next to nothing while D wins."""

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    history,
    level,
    onset,
    percent,
    recent,
    standing,
    steps,
    sureness,
    telling,
)
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="vanishing_gradient",
    title="Vanishing gradient: D is so sure that its answer to G is flat",
    equation="E ||dL_G / dG(z)|| < 1e-3 per sample, and accuracy of D >= 0.9",
    source="Arjovsky and Bottou 2017, theorem 2.4; FAILURES.md, section 2",
    helps="Adam hides it: its steps stay as large as the rate until the gradient is near eps. The gradient at G's output does "
    "not",
    hurts="A weak D is flat as well; that is told by its accuracy",
    cost="the norm of a tensor that G's backward has anyway",
)


def from_signals(track: Track) -> Judgement | None:
    gradient = history(track, "fake_grad")
    now = recent(gradient)
    name, right = telling(track)
    accuracy = recent(right).median
    if not now.median < THRESHOLDS["fake_grad_vanished"].value or not accuracy >= THRESHOLDS["accuracy_ahead"].value:
        return None
    told = f"The gradient that reaches one of G's samples is {now.median:.1e} ({steps(now)})"
    right_words = f"D is right about {percent(accuracy)} of reals and fakes."
    evidence = (
        Evidence.of("fake_grad", now, now.median, "<", "fake_grad_vanished", told + "."),
        Evidence.of(name, recent(right), accuracy, ">", "accuracy_ahead", right_words),
    )
    moved = standing(track, "drift")
    still = f" The samples of fixed latents move by {moved:.1e} of the data's scale in 100 steps." if moved == moved else ""
    words = (
        f"{told}, where 0.1 to 3 is usual, while {right_words}{still} D is so sure that its answer is flat where the fakes "
        f"are, and G is told nothing. Learning rates do not help: Adam scales the little gradient up to full steps "
        f"in a direction that is noise (g_update {level(track, 'g_update'):.0e}). It is not a weak D, which is flat too but "
        "not right."
    )
    begin = onset(gradient, gradient.values < THRESHOLDS["fake_grad_vanished"].value)
    return Judgement(sureness(now.median, "fake_grad_vanished"), "serious", evidence, words, begin)


RULE = Rule(
    card=CARD,
    axis="cause",
    verdict="discriminator_dominance",
    readings=(
        Reading(("fake_grad", "accuracy_real", "accuracy_fake"), from_signals),
        Reading(("fake_grad", "logit_real", "logit_fake", "logit_std"), from_signals),
    ),
    remedies=("non_saturating", "r1", "lower_d_rate", "instance_noise", "reset_d", "roll_back"),
    explains=("no_learning", "frozen_training", "mode_collapse"),
)
