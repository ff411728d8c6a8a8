"""D can't tell fakes from reals although anybody could: G plays against nobody."""

from equipoise.card import Card
from equipoise.diagnosis.finding import Evidence
from equipoise.diagnosis.live import (
    LONG,
    blameless,
    level,
    onset,
    percent,
    poor,
    reach_evidence,
    reached_words,
    recent,
    steps,
    surely_wrong,
    sureness,
    telling,
)
from equipoise.diagnosis.losses import generator_dominance as losses
from equipoise.diagnosis.rule import Judgement, Reading, Rule
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.diagnosis.track import Track

CARD = Card(
    name="generator_dominance",
    title="Generator dominance: D is too weak, and G is judged by nobody",
    equation="accuracy of D <= 0.6 over a window, and coverage in a frozen encoder < 0.35 and not rising",
    source="FAILURES.md, sections 2 and 3a: weak D, L_D 0.69-0.70 at coverage 0.00-0.03, raising D's rate helped 4 of 5",
    helps="Tells the D loss of 0.69 that is a balance from the one that is a D asleep",
    hurts="Needs samples to be looked at: from D's numbers alone the two are the same",
    cost="the exam of coverage",
)

AT_CHANCE = 160  # steps


def from_signals(track: Track) -> Judgement | None:
    """A frozen encoder tells the fakes apart, and D does not."""
    name, right = telling(track)
    now = recent(right, LONG)
    bad = poor(track, "reach_none")
    if bad is None or not now.median <= THRESHOLDS["accuracy_chance"].value:
        return None
    if now.steps[-1] - now.steps[0] < AT_CHANCE:  # D may be at chance for a while, as at the start with a penalty
        return None
    if len(surely_wrong(track)):  # taught the opposite: another failure
        return None
    if blameless(track):
        return None
    told = f"D is right about {percent(now.median)} of reals and fakes, where a coin is right about half ({steps(now)})."
    seen = f"Yet a frozen encoder tells them apart: {reached_words(bad).lower()}."
    evidence = (
        Evidence.of(name, now, now.median, "<", "accuracy_chance", told),
        reach_evidence(bad, seen),
    )
    sure = sureness(now.median, "accuracy_chance")
    words = f"{told} {seen} So D is too weak to teach G anything. A D loss of {level(track, 'd_loss'):.2f} looks like the "
    words += "balance that theory promises and is not: a frozen encoder that never saw these data sees the difference at once."
    return Judgement(sure, "serious", evidence, words, onset(right, right.values <= THRESHOLDS["accuracy_chance"].value))


RULE = Rule(
    card=CARD,
    axis="cause",
    verdict="generator_dominance",
    readings=(
        Reading(("accuracy_real", "accuracy_fake", "coverage"), from_signals),
        Reading(("logit_real", "logit_fake", "logit_std", "coverage"), from_signals),
        Reading(("d_loss", "g_loss"), losses.judge, "log"),
    ),
    remedies=("raise_d_rate", "more_d_steps", "larger_d", "lower_g_rate", "reset_d"),
    explains=("mode_collapse", "mode_cycling", "no_learning", "oscillation"),
)
