"""One file a failure. To add one: its file, its line here, its test. Nothing in here imports torch."""

from equipoise.diagnosis import (
    batch_norm_mode,
    data_range,
    discriminator_dominance,
    divergence,
    frozen_training,
    generator_dominance,
    leaking_augmentation,
    memorisation,
    missing_detach,
    mode_collapse,
    mode_cycling,
    no_learning,
    oscillation,
    overfitting,
    stale_noise,
    swapped_labels,
    vanishing_gradient,
)
from equipoise.diagnosis.rule import Rule

RULES: dict[str, Rule] = {
    rule.card.name: rule
    for rule in (
        # wiring
        swapped_labels.RULE,
        missing_detach.RULE,
        data_range.RULE,
        stale_noise.RULE,
        batch_norm_mode.RULE,
        # causes
        discriminator_dominance.RULE,
        vanishing_gradient.RULE,
        generator_dominance.RULE,
        oscillation.RULE,
        overfitting.RULE,
        leaking_augmentation.RULE,
        # outcomes
        divergence.RULE,
        mode_collapse.RULE,
        mode_cycling.RULE,
        no_learning.RULE,
        frozen_training.RULE,
        memorisation.RULE,
    )
}
