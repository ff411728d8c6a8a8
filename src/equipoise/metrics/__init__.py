"""Measures of samples. To add one: its file, its line here, its test. The contract is metric.py's."""

from equipoise.metrics.birthday_paradox import BirthdayParadox
from equipoise.metrics.class_coverage import ClassCoverage
from equipoise.metrics.mean_distance import MeanDistance
from equipoise.metrics.memorisation import Memorisation
from equipoise.metrics.metric import Metric
from equipoise.metrics.ms_ssim import MSSSIM
from equipoise.metrics.ndb import NDB
from equipoise.metrics.vendi import Vendi

METRICS: dict[str, Metric] = {
    m.card.name: m for m in (MSSSIM(), MeanDistance(), Vendi(), BirthdayParadox(), NDB(), ClassCoverage(), Memorisation())
}
