"""Whose step a gradient at D's output belongs to, and which of the samples behind it are real."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from equipoise.watching.call import Arrival, Call
from equipoise.watching.objective import Said
from equipoise.watching.tensors import to_host

Numbers = NDArray[np.float64]
Measured = dict[str, Tensor | float]  # by signal; tensors are 0-dim, on the device
ENOUGH = 20  # searches in vain
MOST_PENDING = 512  # arrivals that wait for an optimizer: more come only where none ever steps


@dataclass(eq=False)
class Move:
    """One step of an optimizer: the calls of D whose gradients moved it, and what was measured there."""

    arrivals: list[Arrival]
    measured: Measured = field(default_factory=dict)


def part(arrivals: list[Arrival], mover: str) -> tuple[list[Arrival], list[Arrival]]:
    """(those that belong to the step of `mover`, 'D' or 'G', those that wait for the other player's).

    Where one player's gradients are stepped at once, all belong to it. Where both players' backward passes came before
    either step: fakes without a path to G are D's, fakes with one are G's, and reals go with the former.
    """
    plain = [a for a in arrivals if a.call.reaches is None]
    graph = [a for a in arrivals if a.call.reaches is not None]
    apart = any(a.call.fake is not None for a in plain)  # detached fakes: then those with a graph were made for G
    if mover == "D":
        return (plain, graph) if apart and graph else (arrivals, [])
    return (graph, plain) if apart and plain else (arrivals, [])


@dataclass(frozen=True)
class Batch:
    """What D said of reals and of fakes in one step, flat, and how far their values reach ([n, 4], see tensors.extent)."""

    real: Said
    fake: Said
    real_extent: Numbers
    fake_extent: Numbers
    order: int  # of the last call
    by_labels: bool = False  # reals and fakes were told by what D was asked for, for lack of anything better


@dataclass
class Umpire:
    """Tells reals from fakes in steps that are over, on the host; remembers what it learned of the loop.

    A call's place among the calls of a step says much: where fakes were found once with certainty, there are fakes (an image
    pool gives old ones, which nobody remembers), and where the sample lies in D's input is the same for reals and fakes.
    """

    matched: dict[tuple[int, int], float] = field(default_factory=lambda: defaultdict(float))
    place: str | None = None
    visits: Counter[int] = field(default_factory=Counter)  # steps in which the n-th call of a step was looked at
    supposes: bool = False  # fakes were told by their call's place in the step, or by labels, for lack of anything better
    strangers: set[int] = field(default_factory=set)  # calls of a step, by number, that never held a known fake

    def batches(self, moves: list[Move], read: Read) -> list[Batch | None]:
        """Of each step, None for one that can't be told."""
        steps = [self.calls(move) for move in moves]
        self.learn(steps, read)
        return [self.batch(step, read) for step in steps]

    def calls(self, move: Move) -> list[Arrival]:
        """Without the passes of penalties: of calls that are no known fakes (interpolates, reals of an R1 pass of its own) one
        that was differentiated twice counts only where there is no other."""
        plain = [a for a in move.arrivals if not a.call.penalised]
        twice = [a for a in move.arrivals if a.call.penalised]
        sides = {a.call.fake is not None for a in plain}
        return sorted([*plain, *(a for a in twice if (a.call.fake is not None) not in sides)], key=lambda a: a.call.order)

    def learn(self, steps: list[list[Arrival]], read: Read) -> None:
        found: dict[str, float] = defaultdict(float)
        for step in steps:
            for position, arrival in enumerate(step):
                for place, mask in read.masks(arrival.call).items():
                    found[place] += mask.mean()
                    self.visit(arrival.call.number, bool(mask.any()))
                    at = (len(step), position)
                    self.matched[at] = max(self.matched[at], float(mask.mean()))
        if any(found.values()):
            self.place = max(found, key=lambda place: found[place])

    def visit(self, number: int, known: bool) -> None:
        """A call that was searched for fakes in vain often enough is not searched in every step."""
        self.visits[number] = 0 if known else self.visits[number] + 1
        (self.strangers.add if self.visits[number] > ENOUGH else self.strangers.discard)(number)

    def batch(self, step: list[Arrival], read: Read) -> Batch | None:
        masks = [self.mask(arrival.call, (len(step), i), read) for i, arrival in enumerate(step)]
        by_labels = False
        if step and not any(mask.any() for mask in masks):
            masks, by_labels = self.asked(step, read), True
        for arrival, rows in zip(step, masks, strict=True):
            arrival.call.rows = rows
        return gather(step, masks, read, self.place, by_labels) if step else None

    def mask(self, call: Call, at: tuple[int, int], read: Read) -> NDArray[np.bool_]:
        """Which rows are fakes."""
        known: NDArray[np.bool_] = read.masks(call).get(self.place or "all", np.zeros(call.n)) > 0.5
        if call.fake is not None or self.matched[at] == 1.0:
            self.supposes |= call.fake is None and not known.all()
            return np.ones(call.n, dtype=bool)
        return known

    def asked(self, step: list[Arrival], read: Read) -> list[NDArray[np.bool_]]:
        """By the labels: D is pushed down on fakes. Of several calls each is of one kind; of a single one each row."""
        means = [read.grad(arrival).mean(1) for arrival in step]
        if len(step) == 1:
            return [means[0] > 0]
        return [np.full(len(mean), mean.mean() > 0) for mean in means]


def gather(step: list[Arrival], masks: list[Any], read: Read, place: str | None, by_labels: bool) -> Batch:
    squashed = step[0].call.squashed
    out = [read.logits(a.call) for a in step]
    grad = [read.grad(a) for a in step]

    def side(fake: bool) -> tuple[Said, Numbers]:
        rows = [mask if fake else ~mask for mask in masks]
        logits, slopes = (np.concatenate([x[r].ravel() for x, r in zip(xs, rows, strict=True)]) for xs in (out, grad))
        said = Said(logits, slopes, squashed)
        extents = [read.extent(a.call, place) for a in step]
        reach = [e[r] for e, r in zip(extents, rows, strict=True) if e is not None]
        return said, np.concatenate(reach) if reach else np.empty((0, 4))

    (real, real_extent), (fake, fake_extent) = side(False), side(True)
    return Batch(real, fake, real_extent, fake_extent, step[-1].call.order, by_labels)


class Read:
    """All tensors of some steps, on the host: copied at once."""

    def __init__(self, moves: list[Move]) -> None:
        tensors: dict[int, Tensor] = {}
        for move in moves:
            tensors.update({id(value): value for value in move.measured.values() if isinstance(value, Tensor)})
            for arrival in move.arrivals:
                call = arrival.call
                found = (arrival.grad, call.logits, *call.masks.values(), *call.extents.values(), call.push)
                tensors.update({id(t): t for t in found if t is not None})
        self.of = dict(zip(tensors, to_host(list(tensors.values())), strict=True))

    def logits(self, call: Call) -> Numbers:
        return np.asarray(self.of[id(call.logits)].reshape(call.n, -1))

    def grad(self, arrival: Arrival) -> Numbers:
        return np.asarray(self.of[id(arrival.grad)].reshape(arrival.call.n, -1))

    def masks(self, call: Call) -> dict[str, Numbers]:
        return {place: self.of[id(mask)] for place, mask in call.masks.items()}

    def extent(self, call: Call, place: str | None) -> Numbers | None:
        found = call.extents.get(place or "all", next(iter(call.extents.values()), None))
        return None if found is None else np.asarray(self.of[id(found)])

    def push(self, call: Call) -> Numbers | None:
        return None if call.push is None else np.asarray(self.of[id(call.push)])

    def measured(self, move: Move) -> dict[str, float]:
        return {n: float(self.of[id(v)]) if isinstance(v, Tensor) else v for n, v in move.measured.items()}
