"""Whether quality still changes: the trend of the last third of a run's evaluations, with an interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from equipoise.equilibrium.indicators import Indicator, Standing, line
from equipoise.equilibrium.limits import limit

FEWEST = 4  # measurements for a line with an interval worth the name
LAST = 1 / 3
# two-sided 95 % points of Student's t by degrees of freedom
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)


@dataclass(frozen=True)
class Plateau:
    """`change`: what the line through the last third changes from its first to its last step, as a share of its mean level;
    below 0 the samples come nearer to the data.
    """

    change: float
    low: float
    high: float
    points: int
    first: float  # quality at the first measurement of all
    last: float  # and at the last one
    best: float

    @property
    def trend(self) -> str:
        """'better', 'worse' or 'none': whether the change can be told from 0."""
        return "better" if self.high < 0 else "worse" if self.low > 0 else "none"

    @property
    def improving(self) -> bool:
        """Whether it surely still gets better, by more than a small part of itself."""
        return self.high <= -limit("change")

    @property
    def words(self) -> str:
        return f"the distance to the data changes by {self.change:+.1%} [{self.low:+.1%}, {self.high:+.1%}]"

    def indicators(self) -> list[Indicator]:
        flat = abs(self.change) <= limit("change") or self.trend == "none"
        standing: Standing = "contradicts" if max(self.low, -self.high) >= limit("change") else "proves nothing"
        words = "samples that improve and then stay so: an equilibrium needs it, and so does a finished collapse"
        title = "Change of the distance to the data in the last third"
        ratio = self.last / self.first if self.first else math.inf
        better = "samples better than early in the run: an equilibrium needs it, and has more"
        return [
            Indicator("plateau", title, self.change, "0", "supports" if flat else standing, words, self.low, self.high),
            line("improved", "Last distance to the data over the first", ratio, "below 1", ratio < 1, better),
        ]


def plateau(measured: Sequence[tuple[float, float]], share: float = LAST) -> Plateau | None:
    """Of the last `share` of (step, distance to the data), oldest first; None for fewer than 4 finite distances.

    Ordinary least squares; measurements of successive checkpoints are taken as independent, and the same reals and latents
    serve them all, so the interval has no sampling noise in it.
    """
    good = [(float(s), float(q)) for s, q in measured if math.isfinite(q)]
    if len(good) < FEWEST:
        return None
    part = good[-max(FEWEST, math.ceil(share * len(good))) :]
    n = len(part)
    mean_x, mean_y = sum(s for s, _ in part) / n, sum(q for _, q in part) / n
    spread = sum((s - mean_x) ** 2 for s, _ in part)
    if spread == 0 or mean_y == 0:
        return None
    slope = sum((s - mean_x) * (q - mean_y) for s, q in part) / spread
    rest = sum((q - mean_y - slope * (s - mean_x)) ** 2 for s, q in part)
    unit = (part[-1][0] - part[0][0]) / abs(mean_y)
    half = student(n - 2) * math.sqrt(rest / (n - 2) / spread) * unit
    change = slope * unit
    everything = [q for _, q in good]
    return Plateau(change, change - half, change + half, n, everything[0], everything[-1], min(everything))


def student(freedom: int) -> float:
    """The two-sided 95 % point of Student's t; from 11 degrees on by its expansion (Abramowitz and Stegun 26.7.5)."""
    if freedom <= len(STUDENT):
        return STUDENT[freedom - 1]
    z, n = 1.959964, freedom
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    return z + (z**3 + z) / (4 * n) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2) + third
