"""The networks of a foreign loop: what is inside a wrapper, which optimizer moves which, and hooks that leave no trace."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.dropout import _DropoutNd
from torch.optim import Optimizer

from equipoise.errors import SettingError
from equipoise.signals.updates import ratio

See = Callable[[tuple[Any, ...], dict[str, Any], Any], None]


def named(players: nn.Module | Mapping[str, nn.Module], role: str) -> dict[str, nn.Module]:
    """The players by name: of a single one the role's letter."""
    found = {role: players} if isinstance(players, nn.Module) else players
    if not isinstance(found, Mapping) or not found:
        raise SettingError(role, f"must be an nn.Module or a dict of them by name, not {type(players).__name__}")
    for name, module in found.items():
        if not isinstance(module, nn.Module):
            raise SettingError(f"{role}.{name}", f"must be an nn.Module, not {type(module).__name__}")
    return {str(name): module for name, module in found.items()}


def inside(module: nn.Module) -> nn.Module:
    """The network itself: without DataParallel, DistributedDataParallel and torch.compile."""
    while True:
        inner = getattr(module, "_orig_mod", None)
        if inner is None and type(module).__name__ in ("DataParallel", "DistributedDataParallel"):
            inner = getattr(module, "module", None)
        if not isinstance(inner, nn.Module):
            return module
        module = inner


class Player:
    """A network as the loop calls it."""

    def __init__(self, name: str, module: nn.Module) -> None:
        self.name, self.module, self.network = name, module, inside(module)
        modal = [m for m in self.network.modules() if isinstance(m, _NormBase | _DropoutNd)]
        self.modal = [m for m in modal if not isinstance(m, _NormBase) or m.track_running_stats]

    @property
    def parameters(self) -> list[nn.Parameter]:
        return [p for p in self.network.parameters() if p.requires_grad or p.grad is not None]

    def held_by(self, optimizer: Optimizer) -> bool:
        """Whether an optimizer moves any of the weights."""
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        return any(id(p) in held for p in self.network.parameters())

    @property
    def evaluating(self) -> bool:
        """Whether layers that behave differently in evaluation (batch normalisation, dropout) do so now."""
        return any(not layer.training for layer in self.modal)

    @torch.no_grad()
    def grad_norm(self, scale: Tensor | None = None) -> Tensor | None:
        """The 2-norm of all gradients; None where there is none. `scale` is what a fused optimizer still has to divide by."""
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None and not p.grad.is_sparse]
        if not gradients:
            return None
        norm: Tensor = torch.linalg.vector_norm(torch.stack([g.float() for g in torch._foreach_norm(gradients)]))
        return norm if scale is None else norm / scale

    def weights(self) -> list[Tensor]:
        """A copy of what an optimizer moves."""
        return [p.detach().clone() for p in self.parameters]

    def update_ratio(self, before: list[Tensor]) -> Tensor | None:
        """How far the weights have moved, relative to their norm; None where they are not the same tensors any more."""
        now = [p.detach() for p in self.parameters]
        return ratio(before, now) if before and len(now) == len(before) else None

    @property
    def limits(self) -> tuple[float, float] | None:
        """The range of the last layer's values, where it has one."""
        last = next((m for m in reversed(list(self.network.modules())) if not list(m.children())), None)
        return (-1.0, 1.0) if isinstance(last, nn.Tanh) else (0.0, 1.0) if isinstance(last, nn.Sigmoid) else None

    def hook(self, see: See) -> Any:
        """Call `see(args, kwargs, output)` after each forward pass; returns the handle."""
        eye = Eye(self.module, see)
        compiled = hasattr(self.module, "_orig_mod") or getattr(self.module, "_compiled_call_impl", None) is not None
        if compiled:
            eye.look = torch.compiler.disable(eye.look)  # type: ignore[method-assign, no-untyped-call]
        return self.module.register_forward_hook(eye, with_kwargs=True)


class Eye:
    """A forward hook that sees. A copy of its module, or one that was saved and loaded, has a blind one in its place."""

    def __init__(self, module: nn.Module, see: See) -> None:
        self.kind, self.see = type(module), see

    def __call__(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        if torch.compiler.is_compiling() and not hasattr(self.look, "_torchdynamo_disable"):
            return  # traced into a graph of somebody's: nothing to see in there
        if not getattr(module, "_is_replica", False):  # DataParallel's copies share the hooks; the whole batch is seen outside
            self.look(args, kwargs, output)

    def look(self, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        self.see(args, kwargs, output)

    def __deepcopy__(self, memo: dict[int, Any]) -> Callable[..., None]:
        return contextlib.nullcontext().__exit__  # takes anything, does nothing, and needs no equipoise where it is loaded

    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (contextlib.nullcontext(), "__exit__")
