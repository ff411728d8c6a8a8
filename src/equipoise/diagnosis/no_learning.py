"""A player does not learn at all."""

from equipoise.card import Card
from equipoise.diagnosis.losses import no_learning as losses
from equipoise.diagnosis.rule import Reading, Rule

CARD = Card(
    name="no_learning",
    title="No learning: D never does better than a coin",
    equation="95 % of D's losses are at or above the value of a D that says 1/2 of everything, from the beginning to the end",
    source="FAILURES.md, sections 0.5 and 4b",
    helps="Tells a D that never learned from one that learned and was then matched by G, which ends at the same loss",
    hurts="Needs the beginning of the run: a log that starts late may show the equilibrium only",
    cost="none",
)

RULE = Rule(
    card=CARD,
    axis="outcome",
    verdict="no_learning",
    readings=(Reading(("d_loss", "g_loss"), losses.judge, "log"),),
    remedies=(),
)
