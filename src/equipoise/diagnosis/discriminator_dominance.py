"""D tells reals from fakes too easily and G does not catch up."""

import numpy as np

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    onset,
    percent,
    poor,
    reach_evidence,
    reached_words,
    recent,
    steps,
    sureness,
    telling,
)
from equipoise.diagnosis.losses import discriminator_dominance as losses
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="discriminator_dominance",
    title="Discriminator dominance: D wins and G does not catch up",
    equation="accuracy of D >= 0.95 over a window, and samples that are far from the data and come no nearer",
    source="Arjovsky and Bottou 2017; FAILURES.md, section 2",
    helps="Names the failure that is reported most: 'loss D goes to 0 and loss G climbs'",
    hurts="A low D loss alone is no failure: many good GANs train with one",
    cost="none",
)


def from_signals(track: Track) -> Judgement | None:
    """D is nearly always right. With poor samples it is a failure, with good ones a remark."""
    given_up = hopeless(track)
    if given_up is not None:
        return given_up
    name, right = telling(track)
    now = recent(right)
    bad = poor(track)
    limit = "accuracy_ahead" if bad else "accuracy_dominance"
    if not now.median >= THRESHOLDS[limit].value:
        return None
    told = f"D is right about {percent(now.median)} of reals and fakes ({steps(now)})."
    evidence = [Evidence.of(name, now, now.median, ">", limit, told)]
    begin = onset(right, right.values >= THRESHOLDS["accuracy_ahead"].value)
    if bad and not catching_up(track):
        seen = f"{reached_words(bad)}."
        evidence.append(reach_evidence(bad, seen))
        return Judgement(sureness(now.median, limit), "serious", tuple(evidence), f"{told} {seen} {MEANS} {NOT}", begin)
    lost = losses.judge(track) if blind(track) else None
    if lost is not None:
        sure = min(lost.confidence, sureness(now.median, limit), 0.75)
        return Judgement(sure, "warning", (*evidence, *lost.evidence), f"{told} {lost.words} {NOT}", begin)
    return Judgement(0.4, "note", tuple(evidence), f"{told} {REMARK}", begin)


def catching_up(track: Track) -> bool:
    """D's loss grows: G is getting somewhere, although its samples do not reach the data yet."""
    d = track["d_loss"].finite
    now = recent(d)
    before = d.values[-2 * len(now) : -len(now)]
    return len(before) == len(now) > 0 and now.median > THRESHOLDS["catching_up"].value * float(np.median(before)) > 0


def hopeless(track: Track) -> Judgement | None:
    """D gives G's samples next to no chance, and goes on doing so: plain within a few dozen records, whatever D's own loss."""
    g = track["g_loss"]
    now = g.last(LASTING).finite
    if track.facts.objective != "non_saturating" or len(now) < LASTING:
        return None
    limit = THRESHOLDS["g_loss_hopeless"].value
    if not (now.median > limit and float((now.values > limit).mean()) >= MOSTLY):
        return None
    told = f"G's loss is {now.median:.0f} ({steps(now)}): D gives its samples a chance of one in e^{now.median:.0f}."
    evidence = Evidence.of("g_loss", now, now.median, ">", "g_loss_hopeless", told)
    begin = onset(g, g.values > limit)
    return Judgement(sureness(now.median, "g_loss_hopeless"), "serious", (evidence,), f"{told} {MEANS} {NOT}", begin)


LASTING, MOSTLY = 20, 0.6  # records in a row, and how many of them
LOG = 200  # records
MEANS = (
    "D has run away: what it tells G is either next to nothing or noise, and G does not catch up. "
    "Changing the learning rates alone brought back none of 27 such runs; a gradient penalty on D brought most modes back"
    " in 4 of 5."
)
NOT = "It is not the low D loss that makes this a failure: good GANs have one too, if their samples go on getting better."
REMARK = (
    "That alone is no failure: many good GANs train with a D that is nearly always right. Watch whether the samples improve."
)


def blind(track: Track) -> bool:
    """No exam looks at samples, and the run is long enough for its losses to be read as those of a log."""
    return not track.has("coverage") and len(track["d_loss"]) >= LOG


RULE = Rule(
    card=CARD,
    axis="cause",
    verdict="discriminator_dominance",
    readings=(
        Reading(("accuracy_real", "accuracy_fake"), from_signals),
        Reading(("logit_real", "logit_fake", "logit_std"), from_signals),
        Reading(("d_loss", "g_loss"), losses.judge, "log"),
    ),
    remedies=("r1", "spectral_norm", "lower_d_rate", "one_sided_smoothing", "instance_noise", "reset_both", "roll_back"),
    explains=("vanishing_gradient", "mode_collapse", "mode_cycling", "no_learning", "frozen_training"),
)
