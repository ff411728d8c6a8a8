"""Stochastic gradient descent, with momentum for those who want it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from equipoise.errors import SettingError
from equipoise.optimizers.settings import Settings, trained


@dataclass(frozen=True)
class SGD(Settings):
    """w <- w - lr * v, v <- momentum * v + g. In a game a negative momentum damps what a positive one drives apart
    (Gidel et al. 2019, Negative momentum for improved game dynamics).
    """

    about: ClassVar[str] = "stochastic gradient descent, with momentum (a negative one damps cycling)"
    lr: float = 0.01
    momentum: float = 0.0

    def __post_init__(self) -> None:
        self.at_least_0("lr")
        if not -1 < self.momentum < 1:
            raise SettingError("optimizer.momentum", f"must be above -1 and below 1, not {self.momentum}")

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.SGD:
        optimizer = torch.optim.SGD(trained(parameters), self.lr)
        for group in optimizer.param_groups:
            group["momentum"] = self.momentum  # the constructor refuses negative ones, the step does not
        return optimizer
