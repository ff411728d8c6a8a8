"""How long the next image is shown: shorter after right answers, longer after wrong ones, until a person is right at a
known rate. A pure function of the answers so far, so that nothing has to be saved to go on.

weighted: down 10 ms after each right answer, up 30 ms after each wrong one, which settles where 10 p = 30 (1 - p): p = 75 %
    (Kaernbach 1991); the rule and the numbers of HYPE-time (Zhou et al. 2019, who call it 3-up/1-down).
transformed: down 30 ms after three right answers in a row, up 30 ms after each wrong one, which settles where p^3 = 1/2:
    p = 79.4 % (Levitt 1971).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Staircase:
    """Times in milliseconds. `rule` and the steps decide where it settles; the bounds and the start are HYPE's."""

    rule: Literal["weighted", "transformed"] = "weighted"
    start: int = 500
    least: int = 100
    most: int = 1000
    down: int = 10
    up: int = 30
    in_a_row: int = 1  # right answers before a step down

    @property
    def target(self) -> float:
        """The share p of right answers where it settles: of down p = up (1 - p), or of p^n = 1/2 for equal steps."""
        return self.up / (self.up + self.down) if self.in_a_row == 1 else 0.5 ** (1 / self.in_a_row)

    def exposures(self, right: Sequence[bool]) -> list[int]:
        """The time of each trial, and of the one that comes next: one more than there are answers."""
        times, row = [self.start], 0
        for correct in right:
            row = row + 1 if correct else 0
            step = self.up if not correct else -self.down if row == self.in_a_row else 0
            row = 0 if row == self.in_a_row else row
            times.append(min(self.most, max(self.least, times[-1] + step)))
        return times

    def following(self, right: Sequence[bool]) -> int:
        """How long to show the next one."""
        return self.exposures(right)[-1]


RULES = {
    "weighted": Staircase(),
    "transformed": Staircase("transformed", down=30, up=30, in_a_row=3),
}


def modal(times: Sequence[int]) -> int:
    """The time that was shown most often, HYPE-time's score of a block; of several the shortest. ValueError of none."""
    counts = Counter(times)
    most = max(counts.values())
    return min(time for time, count in counts.items() if count == most)


def reversals(times: Sequence[int]) -> list[int]:
    """The times where the staircase turned."""
    moves = [(after - before, before) for before, after in pairwise(times) if after != before]
    return [at for (one, _), (other, at) in pairwise(moves) if one * other < 0]


def threshold(times: Sequence[int], skip: int = 2) -> float | None:
    """The mean time at the turns but the first ones (Wetherill and Levitt 1965); None with fewer than two left."""
    turns = reversals(times)[skip:]
    turns = turns[len(turns) % 2 :]  # as many peaks as valleys
    return float(np.mean(turns)) if len(turns) >= 2 else None
