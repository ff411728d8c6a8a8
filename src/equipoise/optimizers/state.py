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
    tensors, numbers = {}, {}
    for parameter, state in kept["state"].items():
        for name, value in state.items():
            (tensors if isinstance(value, Tensor) else numbers)[f"{parameter}/{name}"] = value
    return tensors, {"groups": kept["param_groups"], "numbers": numbers}


def load_optimizer(optimizer: Optimizer, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
    for group, kept in zip(optimizer.param_groups, facts["groups"], strict=True):
        group.update({k: tuple(v) if isinstance(v, list) else v for k, v in kept.items() if k != "params"})
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    optimizer.state.clear()
    for key, value in {**tensors, **facts["numbers"]}.items():
        number, name = key.split("/", 1)
        parameter = parameters[int(number)]
        if isinstance(value, Tensor) and value.shape == parameter.shape and value.dim():
            value = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
        elif isinstance(value, Tensor):
            value = value.clone()
        optimizer.state[parameter][name] = value
