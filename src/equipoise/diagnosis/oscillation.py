"""The game turns around its equilibrium and does not come nearer."""

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    course,
    exams,
    history,
    is_poor,
    percent,
    reach,
    steps,
    sureness,
)
from equipoise.diagnosis.losses import oscillation as losses
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="oscillation",
    title="Oscillation: the players chase each other and get nowhere",
    equation="raw samples lie > 0.3 of the data's scale from averaged ones, and fixed latents' samples go on moving by > 0.4 "
    "in 100 steps",
    source="Mescheder et al. 2018, section 2; FAILURES.md, sections 2 and 4d",
    helps="A mean D loss of 0.69 looks perfect while the game turns for ever",
    hurts="Early training moves too: judged where it does not calm down",
    cost="the exams of drift and of the average",
)


def from_signals(track: Track) -> Judgement | None:
    """The motion does not calm down, and the average stands where the players are not."""
    moved, away = exams(track, "drift"), exams(track, "average_distance")
    before = history(track, "drift").share(0.3, 0.6)
    if course(track, "drift") is None or not moved.median > THRESHOLDS["drift"].value:
        return None
    if not away.median > THRESHOLDS["average_distance"].value or moved.median < 0.6 * before.median:
        return None
    told = (
        f"Samples of the same latents move by {percent(moved.median)} of the data's scale in 100 steps, and do not calm down "
        f"({steps(moved)})."
    )
    seen = f"They lie {percent(away.median)} of that scale from the samples of the averaged generator."
    evidence = (
        Evidence.of("drift", moved, moved.median, ">", "drift", told),
        Evidence.of("average_distance", away, away.median, ">", "average_distance", seen),
    )
    reached = reach(track)
    fine = reached is not None and not is_poor(reached)
    words = (
        f"{told} {seen} The players chase each other around a point that neither reaches; their losses average to the values "
        "of equilibrium all the same. "
    )
    words += (
        "The samples are fair even so: the averaged generator is the one to use."
        if fine
        else "It is not the motion of early training, which gets less."
    )
    sure = min(sureness(moved.median, "drift"), sureness(away.median, "average_distance"))
    return Judgement(sure, "note" if fine else "serious", evidence, words)


RULE = Rule(
    card=CARD,
    axis="cause",
    verdict="oscillation",
    readings=(
        Reading(("drift", "average_distance"), from_signals),
        Reading(("d_loss", "g_loss"), losses.judge, "log"),
    ),
    remedies=("r1", "lower_beta1", "lower_both_rates", "optimistic", "extragradient", "lookahead", "ema"),
    explains=("mode_cycling", "mode_collapse", "no_learning"),
)
