"""Measures of samples. To add one: its file, its line here, its test. The contract is metric.py's."""

from equipoise.metrics.birthday_paradox import BirthdayParadox
from equipoise.metrics.class_coverage import ClassCoverage
from equipoise.metrics.frechet import Frechet
from equipoise.metrics.inception_score import InceptionScore
from equipoise.metrics.kernel import Kernel
from equipoise.metrics.mean_distance import MeanDistance
from equipoise.metrics.memorisation import Memorisation
from equipoise.metrics.metric import Metric
from equipoise.metrics.ms_ssim import MSSSIM
from equipoise.metrics.ndb import NDB
from equipoise.metrics.precision_recall import PrecisionRecall
from equipoise.metrics.vendi import Vendi

METRICS: dict[str, Metric] = {
    m.card.name: m
    for m in (
        Frechet(),
        Kernel(),
        PrecisionRecall(),
        InceptionScore(),
        ClassCoverage(),
        MSSSIM(),
        MeanDistance(),
        Vendi(),
        BirthdayParadox(),
        NDB(),
        Memorisation(),
    )
}
