"""What a rule sees: signals over time and facts about the game, from a run, a watched loop or a log. No torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Facts:
    """What is known of the game besides its signals; None or '' where it is not.

    In a track D's loss is always in the mean convention: a reader of logs converts it and says here what it found.
    """

    objective: str = ""  # as registered: 'non_saturating', 'least_squares', 'wasserstein', 'hinge', ...
    convention: str = ""  # how the loss was written where it came from: 'mean', 'sum', ...
    certainty: float = 1.0  # of objective and convention, 0 to 1
    d_equilibrium: float | None = None  # D's loss where fakes are distributed as reals, mean convention
    g_equilibrium: float | None = None
    d_floor: float | None = None  # D's loss where D is perfect (0, or the entropy of smoothed labels); None: unbounded
    d_doubt: float = 1.0  # D's loss may stand this many times further from a perfect D's, as surely as a reader of logs knows
    logits: bool = True  # d_real and d_fake_* are sigmoids of logits: probabilities mean something
    batch: int | None = None
    samples: int | None = None  # in the training data
    steps_planned: int | None = None
    origin: float = 0.0  # the game plays as it is since this step: it was treated then, and records up to there are of another
    source: str = "run"  # 'run', 'watch' or 'log'
    notes: tuple[str, ...] = ()  # what the reader wants a person to know


@dataclass(frozen=True)
class Series:
    """One signal: its values at steps, oldest first. Values may be infinite or not numbers."""

    steps: Numbers
    values: Numbers

    def __len__(self) -> int:
        return len(self.values)

    def __bool__(self) -> bool:
        return len(self.values) > 0

    @property
    def finite(self) -> Series:
        """Without what is infinite or no number."""
        good = np.isfinite(self.values)
        return Series(self.steps[good], self.values[good])

    @property
    def window(self) -> tuple[float, float]:
        """The first and the last step."""
        return float(self.steps[0]), float(self.steps[-1])

    def last(self, n: int) -> Series:
        """The newest n values."""
        begin = max(len(self) - n, 0)
        return Series(self.steps[begin:], self.values[begin:])

    def since(self, step: float) -> Series:
        keep = self.steps >= step
        return Series(self.steps[keep], self.values[keep])

    def share(self, first: float, last: float = 1.0) -> Series:
        """The part between two shares of its length: `share(0.7)` is the last 30 %. At least one value where there is one."""
        n = len(self)
        begin, end = min(int(first * n), max(n - 1, 0)), max(math.ceil(last * n), 1)
        return Series(self.steps[begin:end], self.values[begin:end])

    @property
    def mean(self) -> float:
        return float(self.values.mean()) if len(self) else math.nan

    @property
    def median(self) -> float:
        return float(np.median(self.values)) if len(self) else math.nan


EMPTY = Series(np.empty(0), np.empty(0))


@dataclass
class Column:
    """One signal as it grows: arrays that double when they are full, so that a look copies nothing."""

    steps: Numbers = field(default_factory=lambda: np.empty(64))
    values: Numbers = field(default_factory=lambda: np.empty(64))
    n: int = 0

    def add(self, step: float, value: float) -> None:
        if self.n == len(self.steps):
            self.steps, self.values = np.resize(self.steps, 2 * self.n + 64), np.resize(self.values, 2 * self.n + 64)
        self.steps[self.n], self.values[self.n] = step, value
        self.n += 1

    @property
    def series(self) -> Series:
        return Series(self.steps[: self.n], self.values[: self.n])


@dataclass
class Track:
    """Signals by name, and facts. `add` takes records as signals.jsonl has them: a step and numbers by name."""

    facts: Facts = field(default_factory=Facts)
    _columns: dict[str, Column] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[Mapping[str, Any]], facts: Facts | None = None) -> Track:
        track = cls(facts if facts is not None else Facts())
        for record in records:
            track.add(record)
        return track

    def add(self, record: Mapping[str, Any]) -> None:
        """One moment: `step` and any signals; what is no number is left out."""
        step = float(record["step"])
        if self.facts.origin and step <= self.facts.origin:
            return
        for name, value in record.items():
            if name != "step" and isinstance(value, int | float) and not isinstance(value, bool):
                if name not in self._columns:
                    self._columns[name] = Column()
                self._columns[name].add(step, float(value))

    def __getitem__(self, name: str) -> Series:
        """The signal's series, an empty one where there is none."""
        return self._columns[name].series if name in self._columns else EMPTY

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def has(self, *names: str) -> bool:
        """True where there is at least one value of each."""
        return all(name in self._columns for name in names)

    def until(self, step: float) -> Track:
        """The track as it was at that step."""
        past = Track(self.facts)
        for name, column in self._columns.items():
            n = int(np.searchsorted(column.series.steps, step, side="right"))
            if n:
                past._columns[name] = Column(column.steps[:n].copy(), column.values[:n].copy(), n)
        return past

    @property
    def step(self) -> float:
        """The newest step of all; 0 where there is nothing."""
        return max((float(column.steps[column.n - 1]) for column in self._columns.values()), default=0.0)

    @property
    def age(self) -> float:
        """Steps that the game has played as it is."""
        return max(0.0, self.step - self.facts.origin)

    @property
    def points(self) -> int:
        """How many moments the longest signal has."""
        return max((column.n for column in self._columns.values()), default=0)
