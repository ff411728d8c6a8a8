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
    equation="share of fakes nearest to augmented reals, minus the same share of held-out reals, > 0.15",
    source="Karras et al. 2020, section 2.2 (augmentations leak at p near 1); Zhao et al. 2020, section 3",
    helps="No loss shows it: D sees augmented reals and fakes only, and is content",
    hurts="Poor samples may lie nearer to augmented reals because those are poorer: judged only near the data",
    cost="the exam: one augmented batch and a nearest neighbour",
)


def from_signals(track: Track) -> Judgement | None:
    leak, covered = exams(track, "augmentation_leak"), exams(track, "coverage")
    if len(leak) < 2 or not leak.median > THRESHOLDS["augmentation_leak"].value:
        return None
    if covered.median < THRESHOLDS["coverage_off"].value:
        return None
    told = (
        f"{percent(leak.median)} more of the fakes than of held-out reals look like augmented data rather than like data "
        f"({steps(leak)})."
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
    readings=(Reading(("augmentation_leak", "coverage"), from_signals),),
    remedies=("weaker_augmentation", "augment_both", "stop"),
)
