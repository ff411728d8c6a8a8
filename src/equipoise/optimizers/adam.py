"""Adam, in one fused kernel where the device has one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from equipoise.optimizers.settings import AdamSettings, trained

FUSED = ("cpu", "cuda", "mps", "xpu")  # devices that have the kernel


@dataclass(frozen=True)
class Adam(AdamSettings):
    """Adam (Kingma & Ba 2015)."""

    about: ClassVar[str] = "Adam (Kingma & Ba 2015), with the values of DCGAN (Radford et al. 2016)"

    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Adam:
        """Fused: on a CPU about half the time of the other forms, and the same numbers to rounding."""
        parameters = trained(parameters)
        fused = all(p.is_floating_point() and p.device.type in FUSED for p in parameters) or None  # None: torch decides
        return torch.optim.Adam(parameters, self.lr, self.betas, self.eps, fused=fused)
