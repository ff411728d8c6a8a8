"""What the settings of all optimizers have in common."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from torch import nn
from torch.optim import Optimizer

from equipoise.errors import SettingError


@dataclass(frozen=True)
class Settings:
    """Typed settings of an optimizer, and the optimizer that they make."""

    about: ClassVar[str]  # one line for the command line's help

    def build(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        """The optimizer of a player's parameters."""
        raise NotImplementedError

    def at_least_0(self, *names: str) -> None:
        for name in names:
            if not getattr(self, name) >= 0:
                raise SettingError(f"optimizer.{name}", f"must be 0 or more, not {getattr(self, name)}")

    def decays(self, *names: str) -> None:
        for name in names:
            if not 0 <= getattr(self, name) < 1:
                raise SettingError(f"optimizer.{name}", f"must be at least 0 and below 1, not {getattr(self, name)}")


@dataclass(frozen=True)
class AdamSettings(Settings):
    """Adam's, with the values that DCGANs are trained with (Radford et al. 2016, section 4)."""

    lr: float = 0.0002
    beta1: float = 0.5
    beta2: float = 0.999
    eps: float = 1e-8

    def __post_init__(self) -> None:
        self.at_least_0("lr", "eps")
        self.decays("beta1", "beta2")

    @property
    def betas(self) -> tuple[float, float]:
        return self.beta1, self.beta2


def trained(parameters: Iterable[nn.Parameter]) -> list[nn.Parameter]:
    """The parameters as a list, or a SettingError where there is nothing to train."""
    found = list(parameters)
    if not found:
        raise SettingError("", "a network without parameters can't be trained; give G and D some")
    return found
