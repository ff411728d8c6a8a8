"""One file a failure. To add one: its file, its line here, its test. Nothing in here imports torch."""

from equipoise.diagnosis import discriminator_dominance
from equipoise.diagnosis.rule import Rule

RULES: dict[str, Rule] = {rule.card.name: rule for rule in (discriminator_dominance.RULE,)}
