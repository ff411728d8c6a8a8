"""A loss that repeats itself to the last digit: nothing moves."""

from equipoise.card import Card
from equipoise.diagnosis.losses import frozen_training as losses
from equipoise.diagnosis.rule import Reading, Rule

CARD = Card(
    name="frozen_training",
    title="Frozen training: a loss that stands still exactly",
    equation="80 % of the last values are equal to the last digit (13.8, 27.6, 50, 100 and the like: a saturated cross-entropy)",
    source="FAILURES.md, sections 2 and 3",
    helps="Tells a dead network or a loss that is not updated from a quiet equilibrium",
    hurts="A loss that is written with two decimals repeats itself at a healthy equilibrium too",
    cost="none",
)

RULE = Rule(
    card=CARD,
    axis="outcome",
    verdict="no_learning",
    readings=(Reading(("d_loss", "g_loss"), losses.judge, "log"),),
    remedies=(),
)
