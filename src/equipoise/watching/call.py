"""One call of D in a foreign loop: what it said, about what, and the gradients that come back to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from equipoise.watching.lineage import Fake, Fakes
from equipoise.watching.tensors import extent, fingerprint, found_among, kept, tensors_in, views


@dataclass(eq=False)
class Call:
    """Everything that is needed later to say what the call was, on the device and without a graph."""

    order: int  # of all calls
    number: int  # of the calls since a player moved
    n: int
    logits: Tensor  # [n, m] a copy, as D gave them
    squashed: bool
    fake: Fake | None  # of which all rows are known to be fakes
    reaches: str | None  # the generator that a gradient at its input reaches
    masks: dict[str, Tensor] = field(default_factory=dict)  # where a sample may lie -> bool [n], which rows are known fakes
    extents: dict[str, Tensor] = field(default_factory=dict)  # the same -> [n, 4]
    x: Tensor | None = None  # what D was given, a copy, where it is kept for an exam
    like: tuple[int, ...] | None = None  # the shape of a sample
    rows: Any = None  # bool [n], which rows are fakes: the umpire's verdict
    others: bool = False  # D was given more than the sample
    penalised: bool = False  # a gradient came that is differentiated again: the pass of a penalty
    evaluating: bool = False  # D was in evaluation mode
    push: Tensor | None = None  # ||dL/dx|| per sample, [n]


@dataclass(eq=False)
class Arrival:
    """A gradient that came back to a call."""

    call: Call
    grad: Tensor  # [n, m], the same selection as the call's logits


@dataclass(frozen=True)
class Effort:
    """How much is asked of a call."""

    full: bool  # note everything
    search: bool = True  # look for fakes by their content, where nothing else tells
    sample: bool = False  # keep a copy for an exam


def look_at(
    args: Any, kwargs: Any, output: Tensor, fakes: Fakes, order: tuple[int, int], squashed: bool, effort: Effort
) -> Call:
    """What can be told at once; nothing here waits for the device."""
    given = [t for t in (*tensors_in(args), *tensors_in(kwargs)) if t.dim()]
    x, fake, reaches = sample_of(given, fakes)
    n = output.shape[0]
    call = Call(*order, n, kept(output, n), squashed, fake, reaches, others=len(args) + len(kwargs) > 1)
    newest = fake or fakes.newest
    if x is None or newest is None:
        return call
    call.like = tuple(newest.x.shape[1:])
    if effort.sample and reaches is None:
        call.x = x.detach().clone()
    if not effort.full and (fake is not None or not effort.search):
        return call
    places = views(x, call.like)
    if fake is None and (effort.search or effort.full):
        known = fakes.like(x)
        for place, part in places.items():
            prints = fingerprint(part)
            alike = [f.prints for f in known if f.prints.shape[1] == prints.shape[1] and f.x[0].numel() == part[0].numel()]
            if alike:
                call.masks[place] = found_among(prints, torch.cat(alike))
    if effort.full:
        call.extents = {place: extent(part) for place, part in places.items()}
    return call


def sample_of(given: list[Tensor], fakes: Fakes) -> tuple[Tensor | None, Fake | None, str | None]:
    """Which of D's arguments is the sample; the fake that all its rows are; the generator behind it."""
    for x in given:
        reaches = fakes.of_graph(x) if x.requires_grad else None
        fake = fakes.of_storage(x)
        if fake is None and reaches is not None:
            fake = next((f for f in reversed(fakes.recent[reaches]) if len(f.x) == len(x)), None)
        if fake is not None or reaches is not None:
            return x, fake, reaches
    shapes = {tuple(fake.x.shape[1:]) for fake in fakes.like(given[0])} if given else set()
    alike = (x for x in given if x.dim() > 1 and any(views(x, shape) for shape in shapes))
    return next(alike, given[0] if given else None), None, None


class Listener:
    """A tensor hook at D's output: notes each gradient, and changes none."""

    def __init__(self, call: Call, arrived: Callable[[Arrival], None]) -> None:
        self.call, self.arrived = call, arrived

    def __call__(self, grad: Tensor) -> None:
        if torch.is_grad_enabled():  # autograd keeps a graph of this backward: it is differentiated again
            self.call.penalised = True
        else:
            self.arrived(Arrival(self.call, kept(grad, self.call.n)))


class Push:
    """A tensor hook at D's input: how hard each sample is pushed."""

    def __init__(self, call: Call) -> None:
        self.call = call

    def __call__(self, grad: Tensor) -> None:
        if not torch.is_grad_enabled():
            self.call.push = torch.linalg.vector_norm(grad.detach().flatten(1).float(), dim=1)
