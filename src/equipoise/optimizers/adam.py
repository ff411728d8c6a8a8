"""Adam, in one fused kernel where the device has one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from equipoise.optimizers.settings import AdamSettings, trained


@dataclass(frozen=True)
class Adam(AdamSettings):
    """Adam (Kingma & Ba 2015)."""

    about: ClassVar[str] = "Adam (Kingma & Ba 2015), with the values of DCGAN (Radford et al. 2016)"

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Adam:
        """Fused: on a CPU a third of the time of the other forms, and the same numbers to rounding."""
        parameters = trained(parameters)
        try:
            return torch.optim.Adam(parameters, self.lr, self.betas, self.eps, fused=True)
        except RuntimeError:  # no such kernel for this device or these parameters
            return torch.optim.Adam(parameters, self.lr, self.betas, self.eps)
