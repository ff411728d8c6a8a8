"""One file a failure. To add one: its file, its line here, its test. Nothing in here imports torch."""

from equipoise.diagnosis import (
    discriminator_dominance,
    divergence,
    frozen_training,
    generator_dominance,
    mode_collapse,
    no_learning,
    oscillation,
    overfitting,
    swapped_labels,
)
from equipoise.diagnosis.rule import Rule

RULES: dict[str, Rule] = {
    rule.card.name: rule
    for rule in (
        discriminator_dominance.RULE,
        generator_dominance.RULE,
        mode_collapse.RULE,
        oscillation.RULE,
        divergence.RULE,
        no_learning.RULE,
        frozen_training.RULE,
        overfitting.RULE,
        swapped_labels.RULE,
    )
}
