"""G gives back its training data."""

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    history,
    onset,
    percent,
    reach,
    steps,
    sureness,
)
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="memorisation",
    title="Memorisation: fakes lie nearer to training samples than to held-out ones",
    equation="share of fakes whose nearest real is a training one, equal numbers of each, > 0.65 (0.5 by chance)",
    source="FAILURES.md, section 4e; the test of Meehan et al. 2020 in its plainest form",
    helps="Coverage of the training data reads 1.00 for a G that copies them; this does not",
    hurts="Fakes that are far from all data lie nearest to either by accident: asked only where samples are near the data",
    cost="the exam: two nearest neighbours",
)

LOOKS = 5  # exams: of 256 fakes the share errs by 0.03, and by more where the data has few distinct places


def from_signals(track: Track) -> Judgement | None:
    share = track["memorised"].last(LOOKS).finite
    covered = reach(track)
    if len(share) < LOOKS or not share.median > THRESHOLDS["memorised"].value:
        return None
    if covered is None or covered.now < THRESHOLDS["coverage_near"].value:
        return None
    told = (
        f"{percent(share.median)} of the fakes lie nearer to a training sample than to any of as many held-out ones "
        f"({steps(share)})."
    )
    evidence = Evidence.of("memorised", share, share.median, ">", "memorised", told)
    words = (
        f"{told} By chance it would be half. G gives back training samples, more or less changed. It is not just good"
        " quality: "
        "good samples are as near to reals that G never saw."
    )
    series = history(track, "memorised")
    begin = onset(series, series.values > THRESHOLDS["memorised"].value)
    return Judgement(sureness(share.median, "memorised"), "warning", (evidence,), words, begin)


RULE = Rule(
    card=CARD,
    axis="outcome",
    verdict="overfitting",
    readings=(Reading(("memorised", "coverage"), from_signals),),
    remedies=("diff_augment", "ada", "lecam", "smaller_d", "stop"),
)
