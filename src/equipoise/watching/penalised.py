"""Penalties of ours on somebody's D: their gradient is added to that of the loop's own loss."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import torch
from torch import Tensor, nn

from equipoise.penalties.lecam import LeCam
from equipoise.pieces import Penalty, Seen
from equipoise.seeds import Moment
from equipoise.watching.retold import ROOM
from equipoise.watching.tensors import verdict_in


@dataclass(frozen=True)
class Given:
    """A call of D: its arguments, the sample among them, and which rows are fakes (None: all are of one kind)."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    x: Tensor
    fakes: Tensor | None

    def part(self, fakes: bool) -> Given:
        """The fakes alone, or the reals."""
        if self.fakes is None:
            return self
        rows = self.fakes if fakes else ~self.fakes

        def some(value: Any) -> Any:
            return value[rows] if isinstance(value, Tensor) and value.dim() and len(value) == len(rows) else value

        x = self.x[rows]
        args = tuple(x if value is self.x else some(value) for value in self.args)
        return Given(args, {k: x if value is self.x else some(value) for k, value in self.kwargs.items()}, x, None)

    def ask(self, D: nn.Module, x: Tensor, squashed: bool) -> Tensor:
        """D's logits of other samples under the same conditions."""

        def put(value: Any) -> Any:
            if value is self.x:
                return x
            short = isinstance(value, Tensor) and value.dim() and len(value) == len(self.x)
            return value[: len(x)] if short else value

        said = verdict_in(D(*map(put, self.args), **{k: put(value) for k, value in self.kwargs.items()}), len(x))
        assert said is not None
        return torch.logit(said, ROOM) if squashed else said


class Sight:
    """What a penalty looks at: stands in for Seen in a game that is not ours."""

    def __init__(self, network: nn.Module, real: Given, fake: Given | None, at: Moment, squashed: bool) -> None:
        self.network, self.at, self.squashed = network, at, squashed
        self.reals, self.fakes = real.part(False), (fake or real).part(True)
        n = min(len(self.reals.x), len(self.fakes.x))  # pairs
        self.real = self.x = self.reals.x.detach()[:n]
        self.fake = self.y = self.fakes.x.detach()[:n]
        self.asked = self.reals

    def D(self, x: Tensor) -> Tensor:
        return self.asked.ask(self.network, x, self.squashed)

    @property
    def d_real(self) -> Tensor:
        return self.reals.ask(self.network, self.x, self.squashed)

    @property
    def d_fake(self) -> Tensor:
        return self.fakes.ask(self.network, self.y, self.squashed)

    def term(self, penalty: Penalty) -> Tensor:
        """every * weight * value, a scalar."""
        self.asked = self.fakes if penalty.card.name == "r2" else self.reals
        return penalty.every * penalty.weight * penalty.value(cast(Seen, self)).mean()

    def begun(self, penalty: Penalty) -> bool:
        """LeCam waits for its averages."""
        return not isinstance(penalty, LeCam) or self.at.step >= penalty.start

    def remember(self, penalty: Penalty) -> None:
        """What LeCam's averages follow."""
        if isinstance(penalty, LeCam):
            terms = SimpleNamespace(d_real=self.d_real.detach(), d_fake=self.d_fake.detach())
            penalty.real, penalty.fake = penalty.real.to(terms.d_real), penalty.fake.to(terms.d_fake)
            penalty.after(cast(Any, SimpleNamespace(at=self.at)), cast(Any, terms))


def add(penalties: list[Penalty], sight: Sight, step: int, scale: Tensor | float) -> None:
    """Add the gradients of the penalties that are due in D's `step` to those that its parameters have, times `scale`."""
    due = [penalty for penalty in penalties if penalty.weight and step % penalty.every == 0 and sight.begun(penalty)]
    device = sight.x.device
    with torch.enable_grad(), torch.autocast(device.type, enabled=False), undisturbed(device):
        parameters = [p for p in sight.network.parameters() if p.requires_grad] if due else []
        gradients: tuple[Tensor | None, ...] = ()
        if due:
            total = torch.stack([sight.term(penalty) for penalty in due]).sum()
            gradients = torch.autograd.grad(total, parameters, allow_unused=True)
        with torch.no_grad():
            for penalty in penalties:
                sight.remember(penalty)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        if gradient is not None:
            parameter.grad = gradient * scale if parameter.grad is None else parameter.grad + gradient * scale


def undisturbed(device: torch.device) -> Any:
    """Within it random numbers may be drawn (dropout in D): the loop draws its own all the same."""
    return torch.random.fork_rng(devices=[device.index or 0] if device.type == "cuda" else [])
