"""One player's backward pass moves the other player."""

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    history,
    level,
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
    name="missing_detach",
    title="Missing detach or zero_grad: a player moves by the other one's gradient",
    equation="norm of the gradient that the other player's backward left, of one's whole gradient when one moves, > 0.01",
    source="A correct loop: 0",
    helps="Every tensor has the right shape and every loss falls: nothing else shows it",
    hurts="Sums both losses on purpose in some published loops (gradient reversal): then it is no bug",
    cost="one norm in each player's step",
)
SIDES = {
    "g_grad_in_d_step": (
        "G",
        "D",
        "the fakes in D's step are not detached, and G's gradients are not cleared before its own backward",
    ),
    "d_grad_in_g_step": ("D", "G", "G's backward leaves gradients in D that nobody clears before D's step"),
}


def from_signals(track: Track) -> Judgement | None:
    for name, (mover, other, why) in SIDES.items():
        series = history(track, name)
        now = recent(series)
        share = now.median / level(track, f"{mover.lower()}_grad") if now.median > 0 else 0.0
        if len(now) < 2 or not share > THRESHOLDS["foreign_gradient"].value:
            continue
        told = f"{percent(min(share, 1.0))} of the gradient by which {mover} moves comes from {other}'s loss ({steps(now)})."
        evidence = Evidence.of(name, now, share, ">", "foreign_gradient", told)
        words = (
            f"{told} It pulls {mover} the way {other} wants: {why}. It is not a matter of settings, and no curve shows it. "
            f"Detach the fakes in D's step, and call zero_grad of a player right before its own backward."
        )
        begin = onset(series, series.values > 0)
        return Judgement(sureness(share, "foreign_gradient"), "serious", (evidence,), words, begin)
    return None


RULE = Rule(
    card=CARD,
    axis="wiring",
    verdict="no_learning",
    readings=(Reading(("g_grad_in_d_step", "g_grad"), from_signals), Reading(("d_grad_in_g_step", "d_grad"), from_signals)),
    remedies=("detach",),
    explains=(
        "discriminator_dominance",
        "generator_dominance",
        "mode_collapse",
        "mode_cycling",
        "no_learning",
        "oscillation",
        "divergence",
    ),
)
