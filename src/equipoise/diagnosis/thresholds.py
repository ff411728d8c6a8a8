"""Every threshold of every rule, in one table, each with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Threshold:
    """A limit, scale-free wherever a scale can be divided out, and its source."""

    value: float
    source: str
    unit: str = ""

    def __float__(self) -> float:
        return self.value


THRESHOLDS: dict[str, Threshold] = {
    "accuracy_dominance": Threshold(
        0.95, "two-mode to 8-mode mixtures: collapse by a strong D reads 0.90-1.0, healthy 0.50-0.70"
    ),
}
