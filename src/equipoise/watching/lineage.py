"""Who made a tensor: fakes are known by their storage, by their graph, and by their content."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from equipoise.watching.tensors import fingerprint

REMEMBERED = 8  # outputs of each generator: a CycleGAN makes three a step, a WGAN five and more
FEWEST, BYTES = 3, 1 << 27  # no more of them where they are large
FARTHEST = 500  # graph nodes that a search for a generator visits
TAG = "equipoise"


@dataclass(eq=False)
class Fake:
    """An output of a generator. A detached alias keeps its storage, so that the address can't be given to another."""

    maker: str
    x: Tensor  # [n, ...] detached
    source: Tensor | None  # the first numbers of what it was made from, a copy
    inputs: tuple[tuple[Any, ...], dict[str, Any]]
    evaluating: bool  # the generator was in evaluation mode
    place: int = field(init=False)
    _prints: Tensor | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.place = address(self.x)

    @property
    def prints(self) -> Tensor:
        if self._prints is None:
            self._prints = fingerprint(self.x)
        return self._prints


class Fakes:
    """The newest outputs of all generators."""

    def __init__(self, makers: list[str]) -> None:
        self.recent: dict[str, deque[Fake]] = {maker: deque(maxlen=REMEMBERED) for maker in makers}
        self.newest: Fake | None = None

    def add(self, fake: Fake, output: Tensor) -> None:
        recent = self.recent[fake.maker]
        recent.append(fake)
        while len(recent) > FEWEST and sum(f.x.nbytes for f in recent) > BYTES:
            recent.popleft()
        self.newest = fake
        if output.grad_fn is not None:
            tags(output.grad_fn)[TAG] = fake.maker  # on the node itself: holds no graph alive

    def of_storage(self, x: Tensor) -> Fake | None:
        """The fake whose memory `x` is or is a part of: the output itself, detached, sliced or reshaped."""
        place = address(x)
        for outputs in self.recent.values():
            for fake in reversed(outputs):
                if fake.place == place:
                    return fake
        return None

    def of_graph(self, x: Tensor) -> str | None:
        """The generator that a gradient at `x` would reach."""
        node = x.grad_fn
        ahead: list[Any] = [node] if node is not None else []
        seen: set[Any] = set()
        while ahead and len(seen) < FARTHEST:
            node = ahead.pop()
            if node in seen:
                continue
            seen.add(node)
            maker = tags(node).get(TAG)
            if maker in self.recent:
                return str(maker)
            ahead += [before for before, _ in node.next_functions if before is not None]
        return None

    def like(self, x: Tensor) -> list[Fake]:
        """The remembered fakes on the same device."""
        return [fake for outputs in self.recent.values() for fake in outputs if fake.x.device == x.device]

    def clear(self) -> None:
        for outputs in self.recent.values():
            outputs.clear()
        self.newest = None


def tags(node: Any) -> dict[str, Any]:
    """What anybody noted on a node of a graph: autograd keeps one dict for each."""
    found: dict[str, Any] = node.metadata
    return found


def address(x: Tensor) -> int:
    try:
        return x.untyped_storage().data_ptr() or -1
    except (RuntimeError, NotImplementedError):  # a tensor without storage: sparse, or being traced
        return -1


def beginning(x: Tensor) -> Tensor:
    """A copy of the first numbers of what a generator was given."""
    with torch.no_grad():
        return x.detach().reshape(-1)[:64].float().clone()
