"""Optimistic Adam: move twice along the new direction and once back along the last one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn
from torch.optim import Optimizer

from equipoise.optimizers.moments import adam_directions
from equipoise.optimizers.settings import AdamSettings, trained


class OptimisticAdam(Optimizer):
    """w <- w - 2 lr * direction_t + lr * direction_(t-1), with Adam's direction (Daskalakis et al. 2018, algorithm 1).

    It foresees that the opponent's next answer is like its last: an extragradient for the price of one gradient. The
    direction before the first is 0, as in the paper.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, betas: tuple[float, float], eps: float = 1e-8) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            parameters, directions = adam_directions(self, group)
            if not parameters:
                continue
            last = [self.state[p].get("direction", torch.zeros_like(p)) for p in parameters]
            torch._foreach_add_(parameters, directions, alpha=-2 * group["lr"])
            torch._foreach_add_(parameters, last, alpha=group["lr"])
            for p, direction in zip(parameters, directions, strict=True):
                self.state[p]["direction"] = direction


@dataclass(frozen=True)
class OptimisticAdamSettings(AdamSettings):
    """Optimistic Adam (Daskalakis et al. 2018, algorithm 1). One more copy of the weights than Adam."""

    about: ClassVar[str] = "optimistic Adam (Daskalakis et al. 2018): foresees the opponent's answer at the cost of Adam"

    def build(self, parameters: Iterable[nn.Parameter]) -> OptimisticAdam:
        return OptimisticAdam(trained(parameters), self.lr, self.betas, self.eps)
