"""Both players' losses vanish: they are not opponents."""

from equipoise.card import Card
from equipoise.diagnosis.losses import swapped_labels as losses
from equipoise.diagnosis.rule import Reading, Rule

CARD = Card(
    name="swapped_labels",
    title="Swapped labels: both losses vanish, so the players agree",
    equation="L_D and L_G both below 2 % of their values at equilibrium; L_D >= -ln(1 - exp(-L_G)) where they are opponents",
    source="FAILURES.md, section 4b: labels swapped, both losses <= 0.001 in 6 of 6 runs",
    helps="A wiring bug that no setting can cure",
    hurts="A critic's losses may be small together: there it is not asked",
    cost="none",
)

RULE = Rule(
    card=CARD,
    axis="wiring",
    verdict="no_learning",
    readings=(Reading(("d_loss", "g_loss"), losses.judge, "log"),),
    remedies=(),
    explains=("discriminator_dominance", "generator_dominance", "frozen_training", "mode_collapse", "no_learning"),
)
