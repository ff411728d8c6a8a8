"""A player trains in evaluation mode, or gives other samples in evaluation than in training."""

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    exams,
    history,
    onset,
    percent,
    recent,
    steps,
    sureness,
)
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="batch_norm_mode",
    title="Batch-norm mode: eval() in training, or samples that differ between the modes",
    equation="share of training passes in eval() > 0.5; or ||G_eval(z) - G_train(z)|| / data scale > 0.5",
    source="Ioffe and Szegedy 2015, section 3.1: batch statistics in training, running ones after it",
    helps="A forgotten train() after sampling: the statistics stand still from the first grid on",
    hurts="Means nothing for a player without batch normalisation or dropout",
    cost="one flag a pass; the gap: one exam's batch",
)
SIDES = {"g_eval_mode": "G", "d_eval_mode": "D"}


def from_modes(track: Track) -> Judgement | None:
    for name, player in SIDES.items():
        series = history(track, name)
        now = recent(series)
        if len(now) < 2 or not now.median > THRESHOLDS["eval_share"].value:
            continue
        told = f"{player} was in evaluation mode in {percent(now.median)} of its training passes ({steps(now)})."
        evidence = Evidence.of(name, now, now.median, ">", "eval_share", told)
        words = (
            f"{told} Its normalisation then uses running statistics that no longer follow, and dropout is off. Usually eval() "
            "was called to draw samples, "
            f"and train() was not called after it. It is not wrong to sample in eval(), only to train in it."
        )
        begin = onset(series, series.values > THRESHOLDS["eval_share"].value)
        return Judgement(sureness(now.median, "eval_share"), "serious", (evidence,), words, begin)
    return None


def from_gap(track: Track) -> Judgement | None:
    gap = exams(track, "eval_gap")
    if len(gap) < 3 or not gap.median > THRESHOLDS["eval_gap"].value:
        return None
    told = (
        f"The same latents give samples that differ by {percent(gap.median)} of the data's scale between the modes "
        f"({steps(gap)})."
    )
    evidence = Evidence.of("eval_gap", gap, gap.median, ">", "eval_gap", told)
    words = (
        f"{told} The running statistics are not those of the batches: too few steps, a momentum that is too small, or batches "
        "of reals and fakes in turn "
        "through one network. What is saved and shown is not what D judged. Training itself may be in order."
    )
    return Judgement(sureness(gap.median, "eval_gap"), "warning", (evidence,), words)


RULE = Rule(
    card=CARD,
    axis="wiring",
    verdict="no_learning",
    readings=(Reading(("g_eval_mode",), from_modes), Reading(("d_eval_mode",), from_modes), Reading(("eval_gap",), from_gap)),
    remedies=("train_mode", "standing_statistics"),
    explains=("mode_collapse", "no_learning", "divergence", "discriminator_dominance"),
    later_may_speak=True,
)
