"""The limits of the equilibrium verdict, each with where it comes from."""

from __future__ import annotations

from equipoise.diagnosis.thresholds import Threshold

MEASURED = "benchmarks/equilibrium.py"
LIMITS: dict[str, Threshold] = {
    "gap": Threshold(0.25, MEASURED, "of |M| at equilibrium"),
    "no_gap": Threshold(0.05, MEASURED, "of |M| at equilibrium"),
    "no_divergence": Threshold(0.1, MEASURED, "of what D could see at most"),
    "rise": Threshold(
        0.15, "chosen: it halves with each doubling of a search that nears its end", "of the gap, in the search's last quarter"
    ),
    "divergence": Threshold(0.15, MEASURED, "of what D could see at most"),
    "clusters": Threshold(0.75, MEASURED, "of the data's clusters"),
    "covered": Threshold(0.5, MEASURED, "of the coverage by reals"),
    "missed": Threshold(0.1, MEASURED, "of the coverage by reals: below it samples are nowhere among the data"),
    "straight": Threshold(0.5, "chosen: cycling rings are at 0.05 to 0.21", "net way over whole way"),
    "diversity": Threshold(0.2, "chosen: reals against reals are within 0.05", "of the distance between reals"),
    "away": Threshold(0.1, "the Dirac-GAN", "spreads of the data"),
    "roam": Threshold(0.75, MEASURED, "spreads of the data"),
    "average": Threshold(0.2, MEASURED, "spreads of the data"),
    "change": Threshold(0.02, "chosen: less is not worth training for", "of the level"),
    "spread": Threshold(4.0, "FAILURES: samples 4 times as wide as the data", "spreads of the data"),
    "curvature": Threshold(0.01, "chosen: float32 and 40 vectors", "of the largest absolute eigenvalue"),
}


def limit(name: str) -> float:
    return float(LIMITS[name])
