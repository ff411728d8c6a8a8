"""Signals without waiting: each step writes a row on the device, and the host copies a window of rows at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from equipoise.game import Game
from equipoise.pieces import Signal, Terms


@dataclass(frozen=True)
class Window:
    """What the steps since the last `read` left behind."""

    steps: int
    values: dict[str, float]  # the mean over the window; of a term that did not come in each step, over those where it came
    last: dict[str, float]  # the newest value of each
    first_bad: str | None  # the name that was the first to be infinite or not a number; its mean is no number either


class Ring:
    """The last `every` rows of all `signals` and of the terms that tricks add (`terms.extra`).

    `look` costs the signals' own small operations and one write; it never waits for the device. `read` waits once.
    """

    def __init__(self, signals: Mapping[str, Signal], every: int, device: torch.device | str = "cpu") -> None:
        self.signals = list(signals.values())
        self.every = every
        self.names = [name for signal in self.signals for name in signal.names]
        self.extra: list[str] = []  # names of tricks' terms met so far: the columns on the right
        self.rows = torch.zeros(every, len(self.names), device=device)
        self.absent = torch.zeros((), device=device)
        self.came: list[frozenset[str]] = [frozenset()] * every  # which terms a row holds
        self.looks = 0  # since the last read

    @property
    def filled(self) -> int:
        """How many rows the next `read` will find."""
        return min(self.looks, self.every)

    @torch.no_grad()
    def look(self, game: Game, terms: Terms) -> None:
        """Write the step's row."""
        for name in terms.extra:
            if name not in self.extra:
                self._widen(name)
        row = [value for signal in self.signals for value in signal.measure(game, terms)]
        row += [terms.extra.get(name, self.absent) for name in self.extra]
        place = self.looks % self.every
        torch.stack(row, out=self.rows[place])
        self.came[place] = frozenset(terms.extra)
        self.looks += 1

    def _widen(self, name: str) -> None:
        self.extra.append(name)
        self.rows = torch.cat([self.rows, self.rows.new_zeros(self.every, 1)], dim=1)

    def read(self) -> Window:
        """Copy the rows to the host, once, and begin a new window."""
        n = self.filled
        order = [(self.looks - n + i) % self.every for i in range(n)]  # oldest first
        rows = self.rows.cpu().numpy().astype(np.float64)[order]
        came = np.ones((n, len(self.names) + len(self.extra)), dtype=bool)
        came[:, len(self.names) :] = [[name in self.came[place] for name in self.extra] for place in order]
        self.looks = 0
        values, last = {}, {}
        for column, name in enumerate([*self.names, *self.extra]):
            present = rows[came[:, column], column]
            if len(present):
                with np.errstate(invalid="ignore"):  # inf - inf
                    values[name] = float(present.mean())
                last[name] = float(present[-1])
        return Window(n, values, last, self._first_bad(rows, came))

    def _first_bad(
        self, rows: np.ndarray[tuple[int, int], np.dtype[np.float64]], came: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    ) -> str | None:
        bad = np.argwhere(came & ~np.isfinite(rows))
        return [*self.names, *self.extra][bad[0, 1]] if len(bad) else None
