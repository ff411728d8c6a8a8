"""Extragradient: look ahead, and move from where you stood by the gradient found there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from equipoise.optimizers.moments import adam_directions, parameters_with_gradients
from equipoise.optimizers.settings import AdamSettings, Settings, trained


class Extragradient(Optimizer):
    """A step is two moves, each after a backward pass: `extrapolate()` to where the players would be next, then `step()`
    from where they stood, by the gradient there. The game calls both (`Game.moves`).

    Where it stood is kept between the two moves only: save between whole steps.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], defaults: dict[str, Any]) -> None:
        super().__init__(parameters, defaults)
        self._stood: list[Tensor] | None = None

    def directions(self, group: dict[str, Any]) -> tuple[list[Tensor], list[Tensor]]:
        """Parameters with a gradient, and what to move each of them against."""
        raise NotImplementedError

    @torch.no_grad()
    def extrapolate(self) -> None:
        """w <- w - lr * direction(w), remembering w."""
        self._stood = [p.clone() for p in self._parameters()]
        self._descend()

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """w <- (where it stood) - lr * direction(where it looked)."""
        if self._stood is None:
            raise RuntimeError("extrapolate() comes before step()")
        torch._foreach_copy_(self._parameters(), self._stood)
        self._stood = None
        self._descend()

    def _parameters(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def _descend(self) -> None:
        for group in self.param_groups:
            parameters, directions = self.directions(group)
            if parameters:
                torch._foreach_add_(parameters, directions, alpha=-group["lr"])


class ExtraSGD(Extragradient):
    """Extragradient with plain gradients (Korpelevich 1976; Gidel et al. 2019, section 3)."""

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float) -> None:
        super().__init__(parameters, {"lr": lr})

    def directions(self, group: dict[str, Any]) -> tuple[list[Tensor], list[Tensor]]:
        return parameters_with_gradients(group)


class ExtraAdam(Extragradient):
    """Extragradient with Adam's direction (Gidel et al. 2019, algorithm 4): both moves update the moments, so after t
    steps these have seen 2 t gradients.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, betas: tuple[float, float], eps: float = 1e-8) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps})

    def directions(self, group: dict[str, Any]) -> tuple[list[Tensor], list[Tensor]]:
        return adam_directions(self, group)


@dataclass(frozen=True)
class ExtragradientSGD(Settings):
    """Extragradient with plain gradients. Two gradients of each player a step."""

    about: ClassVar[str] = "extragradient with plain gradients: looks ahead, then moves; twice the cost"
    lr: float = 0.01

    def __post_init__(self) -> None:
        self.at_least_0("lr")

    def build(self, parameters: Iterable[nn.Parameter]) -> ExtraSGD:
        return ExtraSGD(trained(parameters), self.lr)


@dataclass(frozen=True)
class ExtragradientAdam(AdamSettings):
    """Extragradient with Adam's direction (Gidel et al. 2019, algorithm 4). Two gradients of each player a step."""

    about: ClassVar[str] = "extragradient with Adam's direction (Gidel et al. 2019): looks ahead, then moves; twice the cost"

    def build(self, parameters: Iterable[nn.Parameter]) -> ExtraAdam:
        return ExtraAdam(trained(parameters), self.lr, self.betas, self.eps)
