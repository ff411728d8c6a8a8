"""What a reader of any format hands on: named columns of numbers, each value at a moment of the log."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

MOST = 512  # columns: text that is no log gives every word one
LONGEST_NAME = 80


@dataclass
class Column:
    """Values of one name, and the moments (0, 1, 2, ...) at which they stood."""

    at: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))

    def __len__(self) -> int:
        return len(self.at)

    def dense(self, moments: int) -> NDArray[np.float64]:
        """One value a moment, NaN where there is none."""
        full = np.full(moments, math.nan)
        full[np.frombuffer(self.at, np.int64)] = np.frombuffer(self.values)
        return full


@dataclass
class Columns:
    """All columns of one run. `add` takes a moment: numbers by the name that the log gave them."""

    columns: dict[str, Column] = field(default_factory=dict)
    moments: int = 0
    words: set[str] = field(default_factory=set)  # that tell an objective: 'hinge', 'wgan', ...

    def add(self, moment: Mapping[str, float]) -> None:
        if not moment:
            return
        for written, value in moment.items():
            name = written[:LONGEST_NAME]
            column = self.columns.get(name)
            if column is None:
                if len(self.columns) >= MOST:
                    continue
                column = self.columns[name] = Column()
            if column.at and column.at[-1] == self.moments:
                continue  # two names that are one when cut
            column.at.append(self.moments)
            column.values.append(value)
        self.moments += 1

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def keep(self, moments: NDArray[np.bool_]) -> Columns:
        """Only the moments for which the mask holds."""
        place = np.cumsum(moments) - 1
        kept = Columns(moments=int(moments.sum()), words=self.words)
        for name, column in self.columns.items():
            at, values = np.frombuffer(column.at, np.int64), np.frombuffer(column.values)
            use = moments[at]
            if use.any():
                kept.columns[name] = Column(array("q", place[at[use]].tolist()), array("d", values[use].tolist()))
        return kept
