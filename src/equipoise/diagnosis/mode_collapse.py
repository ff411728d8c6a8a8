"""G gives too few different samples."""

import math

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import Course, course, exams, narrowness, onset, percent, standing, steps, sureness
from equipoise.diagnosis.losses import mode_collapse as losses
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="mode_collapse",
    title="Mode collapse: G gives too few different samples",
    equation="coverage < 0.35 and not rising, or < 0.6 of its best; and variety of fakes / of reals < 0.5, or duplicates > 0.1",
    source="Salimans et al. 2016, section 3.2; coverage: Naeem et al. 2020; FAILURES.md, section 2",
    helps="Looks at the samples: no loss tells a collapse (one mode of eight reads 0.20, three read 0.44, all 0.69)",
    hurts="Early samples are all alike and all bad: judged only after six exams and where nothing rises",
    cost="the exams of coverage and variety, once in a few hundred steps",
)
LOSS = (
    "The losses can't tell this: with an optimal D one mode of eight reads 0.20 and half of them 0.48, inside the band that "
    "is called ideal."
)


def from_signals(track: Track) -> Judgement | None:
    """Complete: variety is gone. Partial: some of the data is never made."""
    covered = course(track, "coverage")
    if covered is None:
        return None
    return complete(track, covered) or partial(track, covered)


def complete(track: Track, covered: Course) -> Judgement | None:
    name, series, value = narrowness(track)
    repeated = exams(track, "duplicates")
    lost = value < THRESHOLDS["variety_lost"].value
    same = repeated.median > THRESHOLDS["duplicates"].value
    fallen = covered.share_of_best < THRESHOLDS["coverage_fallen"].value and covered.best > THRESHOLDS["coverage_poor"].value
    poor = covered.now < THRESHOLDS["coverage_poor"].value and not covered.improving
    if not (lost or same) or not (poor or fallen):
        return None
    evidence, told, sure = [], [], []
    if lost:
        told.append(f"The fakes have {percent(value)} of the reals' variety ({name}, {steps(series)}).")
        evidence.append(Evidence.of(name, series, value, "<", "variety_lost", told[-1]))
        sure.append(sureness(value, "variety_lost"))
    if same:
        told.append(f"{percent(repeated.median)} more of the fakes than of the reals are near-duplicates of others.")
        evidence.append(Evidence.of("duplicates", repeated, repeated.median, ">", "duplicates", told[-1]))
        sure.append(sureness(repeated.median, "duplicates"))
    told.append(coverage_words(covered, fallen and not poor))
    limit, number = ("coverage_poor", covered.now) if poor else ("coverage_fallen", covered.share_of_best)
    evidence.append(Evidence.of("coverage", covered.series, number, "<", limit, told[-1]))
    means = "G has settled on a few kinds of samples that D can't object to strongly enough."
    words = " ".join(
        [
            *told,
            means,
            LOSS,
            "It is not mere lack of quality: bad samples that differ from each other would keep their variety.",
        ]
    )
    whole = value < THRESHOLDS["variety_complete"].value or repeated.median > 0.5
    values = track["coverage"].finite
    begin = onset(values, values.values < max(THRESHOLDS["coverage_poor"].value, 0.6 * covered.best))
    return Judgement(max(sure), "serious" if whole or covered.now < 0.2 else "warning", tuple(evidence), words, begin)


def partial(track: Track, covered: Course) -> Judgement | None:
    """A part of the data is never made, while the rest is made well."""
    least = exams(track, "coverage_least")
    history = course(track, "coverage_least")
    if history is None or history.improving or not least.median < THRESHOLDS["coverage_least"].value:
        return None
    if covered.now < THRESHOLDS["coverage_poor"].value or not math.isfinite(standing(track, "coverage")):
        return None  # everything is poor: that is no missing part
    told = f"The least covered tenth of the data is reached by {percent(least.median)} of what reals would reach of it"
    told += f", while all of it together is reached by {percent(covered.now)} ({steps(least)})."
    evidence = (Evidence.of("coverage_least", least, least.median, "<", "coverage_least", told),)
    words = (
        f"{told} G leaves out a part of the data: a partial collapse. {LOSS} It is not lack of quality, which would lower all "
        "parts alike."
    )
    return Judgement(sureness(least.median, "coverage_least"), "warning", evidence, words)


def coverage_words(covered: Course, fallen: bool) -> str:
    now = percent(covered.now)
    if fallen:
        return f"They reach {now} of what reals reach of held-out reals; at their best they reached {percent(covered.best)}."
    return f"They reach {now} of what reals reach of held-out reals, and that does not rise."


RULE = Rule(
    card=CARD,
    axis="outcome",
    verdict="mode_collapse",
    readings=(
        Reading(("coverage", "diversity_encoder"), from_signals),
        Reading(("coverage", "diversity_pixels"), from_signals),
        Reading(("d_loss", "g_loss"), losses.judge, "log"),
    ),
    remedies=("r1", "packing", "minibatch_stddev", "feature_matching", "reset_both", "roll_back"),
)
