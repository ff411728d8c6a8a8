"""An optimizer's state as named tensors and JSON, and back without a bit's change.

`Optimizer.load_state_dict` would lose the memory format: a fused kernel walks parameter and moments in memory order,
so a moment must lie in memory just as its parameter does.
"""

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


def optimizer_state(optimizer: Optimizer) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors '<parameter number>/<name>', and the groups' settings with what else the state holds."""
    kept = optimizer.state_dict()
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, Any] = {}
    for parameter, state in kept["state"].items():
        for name, value in state.items():
            kind = tensors if isinstance(value, Tensor) else numbers
            kind[f"{parameter}/{name}"] = value
    return tensors, {"groups": kept["param_groups"], "numbers": numbers}


def load_optimizer(optimizer: Optimizer, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
    """Take back what `optimizer_state` gave; the tensors may be on any device."""
    for group, kept in zip(optimizer.param_groups, facts["groups"], strict=True):
        group.update({k: tuple(v) if isinstance(v, list) else v for k, v in kept.items() if k != "params"})
    owners = [(p, group) for group in optimizer.param_groups for p in group["params"]]
    optimizer.state.clear()
    for key, value in {**tensors, **facts["numbers"]}.items():
        number, name = key.split("/", 1)
        parameter, group = owners[int(number)]
        optimizer.state[parameter][name] = placed(value, name, parameter, group) if isinstance(value, Tensor) else value


def placed(value: Tensor, name: str, parameter: Tensor, group: dict[str, Any]) -> Tensor:
    """A copy where the optimizer expects it: counters on the host unless a kernel reads them, the rest as the parameter."""
    if name == "step":
        on_device = group.get("fused") or group.get("capturable")
        return value.to(parameter.device if on_device else "cpu", copy=True)
    if value.shape == parameter.shape:
        return torch.empty_like(parameter, dtype=value.dtype).copy_(value)
    return value.to(parameter.device, copy=True)
