"""RMSprop, which WGAN with weight clipping was trained with."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from equipoise.optimizers.settings import Settings, trained


@dataclass(frozen=True)
class RMSprop(Settings):
    """w <- w - lr * g / (sqrt(v) + eps), v the moving average of g^2 (Tieleman & Hinton 2012; WGAN's rate and alpha)."""

    about: ClassVar[str] = "RMSprop, as WGAN with weight clipping was trained"
    lr: float = 0.00005
    alpha: float = 0.99
    momentum: float = 0.0
    eps: float = 1e-8

    def __post_init__(self) -> None:
        self.at_least_0("lr", "eps")
        self.decays("alpha", "momentum")

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.RMSprop:
        return torch.optim.RMSprop(trained(parameters), self.lr, self.alpha, self.eps, momentum=self.momentum)
