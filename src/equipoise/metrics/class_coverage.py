"""Which classes the samples are of, as the encoder classifies both sides."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from equipoise.card import Card
from equipoise.errors import SettingError
from equipoise.metrics.brought import brought
from equipoise.metrics.metric import Material, Need, Value
from equipoise.metrics.modes import histogram_divergence, mode_histogram

CARD = Card(
    name="class_coverage",
    title="Classes among the fakes, and how far their shares are those of the reals",
    equation="number of classes with a fake; sum_k min(p_k, q_k); KL(p || q) in nats: p, q the shares of fakes and reals",
    source="Number of modes and KL: Metz et al. 2017, section 3.4; the overlap is 1 - total variation",
    helps="Says in classes what is missing: an encoder that classifies knows them",
    hurts="Blind within a class. The classifier errs: some fakes fall in a class that the generator does not make",
    cost="nothing beyond the logits",
)


def histograms(fake: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """How many fall in each class, int64 [K] and [K]: of logits [N, K] and [M, K]."""
    if fake.shape[1] != real.shape[1] or fake.shape[1] < 2:
        raise SettingError(
            "encoder", f"class coverage needs the same two classes or more a side, not {fake.shape[1]}, {real.shape[1]}"
        )
    return mode_histogram(fake.argmax(1), fake.shape[1]), mode_histogram(real.argmax(1), real.shape[1])


@dataclass(frozen=True)
class ClassCoverage:
    """Both sides as the encoder classifies them, so that its errors fall on both."""

    card: Card = CARD
    names: tuple[str, ...] = ("classes", "class_coverage", "class_kl")
    needs: frozenset[Need] = frozenset({"logits"})

    def measure(self, material: Material) -> dict[str, Value]:
        fake, real = histograms(brought(material.fake, "logits", 1), brought(material.real, "logits", 1))
        overlap = (fake.double() / fake.sum()).minimum(real.double() / real.sum()).sum()
        return {
            "classes": Value(float((fake > 0).sum()), better="higher"),
            "class_coverage": Value(float(overlap), better="higher"),
            "class_kl": Value(histogram_divergence(fake, real)),
        }
