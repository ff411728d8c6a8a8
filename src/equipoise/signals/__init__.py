"""Numbers measured at every step, and those that are worth an exam. To add one: its file, its line here, its test."""

from equipoise.pieces import Examination, Signal
from equipoise.signals import updates
from equipoise.signals.coverage import COVERAGE
from equipoise.signals.diversity import DIVERSITY
from equipoise.signals.forgetting import FORGETTING
from equipoise.signals.generalisation import GENERALISATION
from equipoise.signals.gradients import GRADIENTS
from equipoise.signals.leak import LEAK
from equipoise.signals.logits import LOGITS
from equipoise.signals.losses import LOSSES
from equipoise.signals.motion import MOTION
from equipoise.signals.ranges import RANGES
from equipoise.signals.scores import SCORES
from equipoise.signals.spectra import SPECTRA
from equipoise.signals.told import TOLD

SIGNALS: dict[str, Signal] = {s.card.name: s for s in (LOSSES, SCORES, LOGITS, GRADIENTS, TOLD, RANGES)}

EXAMINATIONS: dict[str, Examination] = {
    e.card.name: e for e in (COVERAGE, DIVERSITY, GENERALISATION, FORGETTING, MOTION, SPECTRA, LEAK)
}


def watched(remembering: updates.Updates) -> dict[str, Signal]:
    """The signals of a run: those that only look, and one that remembers."""
    return {**SIGNALS, updates.CARD.name: Signal(updates.CARD, updates.NAMES, remembering)}
