"""G gives too few different samples, or leaves out a part of the data."""

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence, Severity
from equipoise.diagnosis.live import (
    LONG,
    TOGETHER,
    WARM_UP_STEPS,
    Course,
    course,
    exams,
    history,
    is_poor,
    narrowness,
    onset,
    percent,
    reach,
    reach_evidence,
    reached_words,
    recent,
    standing,
    steps,
    sureness,
    telling,
)
from equipoise.diagnosis.losses import mode_collapse as losses
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="mode_collapse",
    title="Mode collapse: G gives too few different samples, or leaves out a part of the data",
    equation="variety of fakes / of reals < 0.5, or duplicates > 0.3, or coverage of the least covered part < 0.2; not rising",
    source="Salimans et al. 2016, section 3.2; coverage: Naeem et al. 2020; FAILURES.md, section 2",
    helps="Looks at the samples: no loss tells a collapse (one mode of eight reads 0.20, four 0.48)",
    hurts="Early samples are all alike and all bad: judged only after five exams and where nothing rises",
    cost="the exams of coverage and variety, once in a few hundred steps",
)
LOSS = (
    "The losses can't tell: with an optimal D one mode of eight reads 0.20 and four of them 0.48, "
    "in the middle of the band that is called ideal."
)


LOOKS = 4  # exams, for one part of the data: fewer reals, more noise
OLD = 0.25  # of the planned steps: a G that has just found the modes fills them later


def from_signals(track: Track) -> Judgement | None:
    """Complete: variety is gone. Partial: some of the data is never made."""
    reached = reach(track)
    if reached is None:
        return of_few_outputs(track)
    return of_few_outputs(track) or complete(track, reached) or partial(track, reached) or narrow(track, reached)


def of_few_outputs(track: Track) -> Judgement | None:
    """Most fakes are copies of each other: a collapse whatever the samples reach, and as soon as three exams say so."""
    repeated = exams(track, "duplicates")
    if len(repeated) < TOGETHER or track.age < WARM_UP_STEPS or not repeated.median > THRESHOLDS["duplicates_most"].value:
        return None
    told = f"{percent(repeated.median)} more of the fakes than of the reals are near-duplicates of others ({steps(repeated)})."
    evidence = Evidence.of("duplicates", repeated, repeated.median, ">", "duplicates_most", told)
    words = (
        f"{told} G has few outputs for all latents. Their mean distance may be that of the data all the same, and so may"
        " be the losses. "
        "Look whether the latents reach G's output at all: few codes, a dead layer, batch normalisation in evaluation mode."
    )
    series = history(track, "duplicates")
    since = onset(series, series.values > THRESHOLDS["duplicates"].value)
    return Judgement(sureness(repeated.median, "duplicates_most"), "serious", (evidence,), words, since)


def complete(track: Track, reached: Course) -> Judgement | None:
    name, series, value = narrowness(track)
    repeated = exams(track, "duplicates")
    lost = value < THRESHOLDS["variety_lost"].value
    same = repeated.median > THRESHOLDS["duplicates"].value
    grows = course(track, name)
    if lost and not same and grows is not None and grows.improving:
        return None
    nothing = value < THRESHOLDS["variety_complete"].value
    if not (nothing or ((lost or same) and (is_poor(reached) or fallen(reached)))):
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
    told.append(f"{reached_words(reached)}." if not fallen(reached) else fallen_words(reached))
    evidence.append(reach_evidence(reached, told[-1]))
    means = "G has settled on a few samples that D can't object to strongly enough: a collapse."
    isnt = "It is not mere lack of quality: bad samples that differ from each other keep their variety."
    words = " ".join([*told, means, LOSS, isnt])
    return Judgement(max(sure), "serious", tuple(evidence), words, begin(track, reached))


def partial(track: Track, reached: Course) -> Judgement | None:
    """The samples lie on the data, and leave a part of it out."""
    least, on = course(track, "coverage_least"), standing(track, "precision_wide")
    if least is None or least.improving or reached.improving:
        return None
    lately = history(track, "coverage_least").last(LOOKS)
    if (
        not lately.median < THRESHOLDS["coverage_least"].value
        or not lately.values.max() < THRESHOLDS["coverage_least_ever"].value
    ):
        return None
    if on < THRESHOLDS["precision_low"].value or reached.now < THRESHOLDS["coverage_off"].value:
        return None  # all of it is poor: that is no missing part
    told = f"Of the least covered part of the data (one of eight) the samples reach {percent(lately.median)} ({steps(lately)}),"
    told += f" of all of it {percent(reached.now)}"
    told += f"; {percent(on)} of them lie on the data." if on == on else "."
    evidence = (
        Evidence.of("coverage_least", lately, lately.median, "<", "coverage_least", told),
        Evidence.of("precision_wide", exams(track, "precision_wide"), on, ">", "precision_low", "The samples lie on the data."),
    )
    words = (
        f"{told} G leaves out a part: a partial collapse. {LOSS} It is not lack of quality, which would lower all parts alike."
    )
    severity: Severity = "serious" if is_poor(reached) else "warning"
    return Judgement(sureness(lately.median, "coverage_least"), severity, evidence, words, begin(track, reached))


def narrow(track: Track, reached: Course) -> Judgement | None:
    """The samples reach every region from afar and few places in it: each mode has shrunk, or many small ones are lost."""
    near, planned = course(track, "coverage"), track.facts.steps_planned or 0
    if near is None or near.improving or is_poor(reached) or reached.name != "coverage_wide" or track.age < OLD * planned:
        return None
    lately = history(track, "coverage").last(2 * LOOKS)
    limit = THRESHOLDS["coverage_narrow"].value
    if len(lately) < 2 * LOOKS or not (lately.median < limit and lately.values.max() < THRESHOLDS["coverage_poor"].value):
        return None
    name, right = telling(track)
    sees = recent(right, LONG)
    if not sees.median >= THRESHOLDS["accuracy_sees"].value or standing(track, "drift") > THRESHOLDS["drift"].value:
        return None
    told = f"The samples come near {percent(lately.median)} of what fresh reals would come near of the data ({steps(lately)}),"
    told += f" although they reach {percent(reached.now)} of its regions."
    seen = f"D is right about {percent(sees.median)} of reals and fakes: it sees what is missing."
    evidence = (
        Evidence.of("coverage", lately, lately.median, "<", "coverage_narrow", told),
        Evidence.of(name, sees, sees.median, ">", "accuracy_sees", seen),
    )
    words = f"{told} {seen} The modes have shrunk to points, or some of many small ones are lost: a partial collapse. {LOSS}"
    return Judgement(sureness(lately.median, "coverage_narrow"), "serious", evidence, words, lately.window[0])


def fallen(reached: Course) -> bool:
    return reached.share_of_best < THRESHOLDS["coverage_fallen"].value and reached.best > THRESHOLDS["coverage_poor"].value


def fallen_words(reached: Course) -> str:
    return f"The samples reach {percent(reached.now)} of the data; at their best they reached {percent(reached.best)}."


def begin(track: Track, reached: Course) -> float:
    """Since when as little is reached as now."""
    series = history(track, reached.name)
    return onset(series, series.values < 1.5 * reached.now + THRESHOLDS["improving"].value)


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
