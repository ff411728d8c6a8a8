"""The contract of a remedy: what it treats, and what it changes, as data that every kind of game knows how to apply.

A remedy does nothing by itself. Our own game is built anew from the changed recipe and takes over what still fits
(rebuild.py); a foreign loop is changed by hooks (watching/treating.py). Undoing it is going back to the snapshot that was
taken before it, settings included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from equipoise.diagnosis.advice import ADVICE, Advice

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Patient:
    """What a remedy may know of the game that it is to change: the settings in force, as a recipe writes them.

    A foreign loop has only what can be seen of it: `objective` '' where it is not known, `network` and `tricks` empty.
    """

    objective: str  # 'non_saturating', ...
    optimizer: Settings  # {'kind': 'adam', 'lr': 2e-4, 'beta1': 0.5}
    penalties: Mapping[str, Settings]  # in force, by name
    tricks: Mapping[str, Settings]
    network: Settings
    g_rate: float  # learning rates as they are
    d_rate: float
    image: bool  # samples have height and width; else they are points
    batch: int
    samples: int | None = None  # in the training data
    foreign: bool = False  # somebody else's loop
    steps: int = 0  # done
    steps_left: int = 0  # as planned; 0 where nobody knows
    healthy_steps: int = 0  # done when the last snapshot of a healthy game was taken; 0: there is none
    rescalable: bool = False  # the data can be brought to another range
    wrong_labels: tuple[str, ...] = ()  # the user's own tricks that ask D to call reals fake


@dataclass(frozen=True)
class Change:
    """What to do, as data."""

    settings: Settings = field(default_factory=dict)  # dotted overrides, as `equipoise train` takes them; False: leave it out
    fresh: tuple[str, ...] = ()  # players that start again from new weights: 'G', 'D'
    back: bool = False  # start from the last healthy snapshot, not from where the game stands
    leave_out: tuple[str, ...] = ()  # the user's own tricks that play no longer, by name
    rescale: bool = False  # bring the data to [-1, 1]
    end: bool = False  # stop training

    def __or__(self, other: Change) -> Change:
        """Both; where they disagree, the other one's settings."""
        return Change(
            {**self.settings, **other.settings},
            tuple(dict.fromkeys((*self.fresh, *other.fresh))),
            self.back or other.back,
            (*self.leave_out, *other.leave_out),
            self.rescale or other.rescale,
            self.end or other.end,
        )


@dataclass(frozen=True)
class Remedy:
    """One cure. Its words, its setting and its code for a loop of one's own are the advice of the same name."""

    name: str
    treats: tuple[str, ...]  # findings, by their rules' names
    change: Callable[[Patient], Change | None]  # None: there is nothing that it could change in this game

    @property
    def advice(self) -> Advice:
        return ADVICE[self.name]


def together(name: str, treats: tuple[str, ...], *parts: Remedy) -> Remedy:
    """A remedy that makes the changes of several at once; those that change nothing here are left out."""

    def change(patient: Patient) -> Change | None:
        found = [one for part in parts if (one := part.change(patient)) is not None]
        total = None
        for one in found:
            total = one if total is None else total | one
        return total

    return Remedy(name, treats, change)
