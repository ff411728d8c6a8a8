"""Signals without waiting: each step writes a row on the device, and the host copies a window of rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from equipoise.game import Game
from equipoise.pieces import Signal, Terms

Rows = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Came = np.ndarray[tuple[int, int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Window:
    """What the steps since the last `read` left behind."""

    steps: int
    values: dict[str, float]  # the mean over the window; of a number that did not come in each step, over those where it came
    last: dict[str, float]  # the newest value of each
    first_bad: str | None  # the name that was the first to be infinite or not a number; its mean is no number either


class Ring:
    """The last `every` rows of all `signals` and of the terms that tricks add (`terms.extra`).

    `look` costs the signals' own small operations and one write; it never waits for the device. `read` waits once.
    `put` writes a row of anybody's numbers: a name that is new widens the table, one that is missing is absent.
    """

    def __init__(self, signals: Mapping[str, Signal], every: int, device: torch.device | str = "cpu") -> None:
        self.signals = list(signals.values())
        self.every = every
        self.names: list[str] = [name for signal in self.signals for name in signal.names]
        self.rows = torch.zeros(every, len(self.names), device=device)
        self.absent = torch.zeros((), device=device)
        self.came: list[frozenset[str]] = [frozenset()] * every  # which numbers a row holds
        self.looks = 0  # since the last read

    @property
    def filled(self) -> int:
        """How many rows the next `read` will find."""
        return min(self.looks, self.every)

    @torch.no_grad()
    def look(self, game: Game, terms: Terms) -> None:
        """Write the step's row."""
        found: dict[str, Tensor] = {}
        for signal in self.signals:
            if game.steps % signal.every == 0:
                found.update(zip(signal.names, signal.measure(game, terms), strict=False))
        self.put(found | terms.extra)

    def put(self, values: Mapping[str, Tensor]) -> None:
        """Write a row of 0-dim tensors, all on the ring's device."""
        self._widen(values)
        place = self.looks % self.every
        torch.stack([values.get(name, self.absent) for name in self.names], out=self.rows[place])
        self.came[place] = frozenset(values)
        self.looks += 1

    def read(self, keep: bool = False) -> Window:
        """Copy the rows to the host, once, and begin a new window (`keep`: go on with this one)."""
        n = self.filled
        order = [(self.looks - n + i) % self.every for i in range(n)]  # oldest first
        rows = self.rows.cpu().numpy().astype(np.float64)[order]
        came = np.array([[name in self.came[place] for name in self.names] for place in order], dtype=bool).reshape(
            n, len(self.names)
        )
        if not keep:
            self.looks = 0
        values, last = {}, {}
        for column, name in enumerate(self.names):
            present = rows[came[:, column], column]
            if len(present):
                with np.errstate(invalid="ignore"):  # inf - inf
                    values[name] = float(present.mean())
                last[name] = float(present[-1])
        return Window(n, values, last, self._first_bad(rows, came))

    def state(self) -> tuple[dict[str, Tensor], list[str]]:
        """The window under way, for a checkpoint: rows and which numbers they hold, oldest first; and the columns' names."""
        places = [(self.looks - self.filled + i) % self.every for i in range(self.filled)]
        came = torch.tensor([[name in self.came[place] for name in self.names] for place in places], dtype=torch.bool)
        return {"rows": self.rows[places].clone(), "came": came.view(len(places), len(self.names))}, list(self.names)

    def load(self, tensors: Mapping[str, Tensor], names: list[str]) -> None:
        """Go on with the window of a `state`."""
        self._widen(names)
        for row, came in zip(tensors["rows"].to(self.rows.device), tensors["came"].tolist(), strict=True):
            self.put({name: value for name, value, there in zip(names, row, came, strict=True) if there})

    def _widen(self, names: Iterable[str]) -> None:
        new = [name for name in names if name not in self.names]
        if new:
            self.names += new
            self.rows = torch.cat([self.rows, self.rows.new_zeros(self.every, len(new))], dim=1)

    def _first_bad(self, rows: Rows, came: Came) -> str | None:
        bad = np.argwhere(came & ~np.isfinite(rows))
        return self.names[bad[0, 1]] if len(bad) else None
