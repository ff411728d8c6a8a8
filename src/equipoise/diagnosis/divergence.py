"""Losses that are no numbers, or leave every useful range."""

from equipoise.card import Card
from equipoise.diagnosis.losses import divergence as losses
from equipoise.diagnosis.rule import Reading, Rule

CARD = Card(
    name="divergence",
    title="Divergence: not a number, infinite, or exploding",
    equation="a loss that is not finite; or |L| > 100 and 30 times its first fifth",
    source="FAILURES.md, sections 2 and 4b",
    helps="The one failure that every tool sees; with the step at which it began",
    hurts="A critic's loss has no scale: it is judged by its own history",
    cost="none",
)

RULE = Rule(
    card=CARD,
    axis="outcome",
    verdict="divergence",
    readings=(Reading(("d_loss", "g_loss"), losses.judge, "log"),),
    remedies=(),
    explains=("no_learning", "discriminator_dominance", "oscillation"),
)
