"""G runs from mode to mode: few at a time, others later."""

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    exams,
    percent,
    poor,
    reach_evidence,
    reached_words,
    steps,
    sureness,
)
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="mode_cycling",
    title="Mode cycling: G makes a few modes at a time, and others later",
    equation="coverage poor and not rising, and samples of fixed latents move by > 0.4 of the data's scale in 100 steps",
    source="Metz et al. 2017, figure 2; FAILURES.md, section 2",
    helps="Its remedies are those of turning games, not those of a standing collapse",
    hurts="A game with high rates moves as well; it is a failure only where the samples stay poor",
    cost="the exams of coverage and drift",
)


def from_signals(track: Track) -> Judgement | None:
    bad, moved = poor(track), exams(track, "drift")
    if bad is None or not moved.median > THRESHOLDS["drift"].value:
        return None
    told = f"Samples of the same latents move by {percent(moved.median)} of the data's scale in 100 steps ({steps(moved)})."
    seen = f"{reached_words(bad)}."
    evidence = (
        Evidence.of("drift", moved, moved.median, ">", "drift", told),
        reach_evidence(bad, seen),
    )
    words = (
        f"{told} {seen} G runs to where D is weakest, D follows, and G runs on: the modes are not lost, they come one after "
        "the other. It is not a standing collapse, whose samples stay where they are, and more training will not end it."
    )
    return Judgement(sureness(moved.median, "drift"), "serious", evidence, words)


RULE = Rule(
    card=CARD,
    axis="outcome",
    verdict="mode_collapse",
    readings=(Reading(("coverage", "drift"), from_signals),),
    remedies=("lower_both_rates", "lower_beta1", "r1", "ema", "optimistic", "lookahead", "replay"),
)
