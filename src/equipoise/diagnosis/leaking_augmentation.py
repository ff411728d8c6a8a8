"""The fakes carry the augmentation: G was never told that it is none of the data."""

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    exams,
    history,
    level,
    onset,
    percent,
    steps,
    sureness,
)
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="leaking_augmentation",
    title="Leaking augmentation: the samples are turned, shifted or coloured as D's inputs are",
    equation="leak (the signal's card has the formula): along the way from reals to augmented reals, less what lies beside it, "
    "> 0.2, in at least two exams",
    source="Karras et al. 2020, section 2.2 (augmentations leak at p near 1); Zhao et al. 2020, section 3",
    helps="No loss shows it: D sees augmented reals and fakes only, and is content",
    hurts="A leak of poor samples is missed under a mild augmentation. What a foreign loop does to D's inputs is not known",
    cost="the exam: the encoder on one augmented batch, and distances",
)


def from_signals(track: Track) -> Judgement | None:
    leak = exams(track, "augmentation_leak")
    if len(leak) < 2 or not leak.median > THRESHOLDS["augmentation_leak"].value:
        return None
    told = (
        f"The fakes have gone {percent(min(1.0, leak.median))} of the way from the data to what D is shown of it, beyond all "
        f"else that sets them off ({steps(leak)})."
    )
    evidence = [Evidence.of("augmentation_leak", leak, leak.median, ">", "augmentation_leak", told)]
    strong = level(track, "augment_p")
    if strong > THRESHOLDS["augment_p"].value:
        often = f"The augmentation is made with probability {strong:.2f}: D hardly sees what the data is without it."
        evidence.append(Evidence.of("augment_p", track["augment_p"].last(1), strong, ">", "augment_p", often))
        told = f"{told} {often}"
    words = (
        f"{told} G has learned the changes as if they were data. It is not lack of quality: the samples may be sharp, and "
        "turned."
    )
    series = history(track, "augmentation_leak")
    begin = onset(series, series.values > THRESHOLDS["augmentation_leak"].value)
    return Judgement(sureness(leak.median, "augmentation_leak"), "warning", tuple(evidence), words, begin)


RULE = Rule(
    card=CARD,
    axis="cause",
    verdict="overfitting",
    readings=(Reading(("augmentation_leak",), from_signals),),
    remedies=("weaker_augmentation", "augment_both", "stop"),
)
