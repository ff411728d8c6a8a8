"""Numbers measured at every step. To add one: its file, its line here, its test."""

from equipoise.pieces import Signal
from equipoise.signals.gradients import GRADIENTS
from equipoise.signals.losses import LOSSES
from equipoise.signals.scores import SCORES

SIGNALS: dict[str, Signal] = {signal.card.name: signal for signal in (LOSSES, SCORES, GRADIENTS)}
