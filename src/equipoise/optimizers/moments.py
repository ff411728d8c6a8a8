"""Adam's moments and the direction that they give, for the optimizers that move along it in their own ways."""

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


def parameters_with_gradients(group: dict[str, Any]) -> tuple[list[Tensor], list[Tensor]]:
    """The parameters of a group that have a gradient, and the gradients."""
    parameters = [p for p in group["params"] if p.grad is not None]
    return parameters, [p.grad for p in parameters]


def adam_directions(optimizer: Optimizer, group: dict[str, Any]) -> tuple[list[Tensor], list[Tensor]]:
    """Take the gradients into the moments; the parameters that have any, and m_hat / (sqrt(v_hat) + eps) of each."""
    parameters, gradients = parameters_with_gradients(group)
    for p in parameters:
        if "step" not in optimizer.state[p]:
            like_p = {name: torch.zeros_like(p) for name in ("exp_avg", "exp_avg_sq")}
            optimizer.state[p].update(step=torch.zeros(()), **like_p)  # the step stays on the host
    if not parameters:
        return [], []
    steps, first, second = ([optimizer.state[p][k] for p in parameters] for k in ("step", "exp_avg", "exp_avg_sq"))
    beta1, beta2 = group["betas"]
    torch._foreach_add_(steps, 1)
    torch._foreach_lerp_(first, gradients, 1 - beta1)
    torch._foreach_mul_(second, beta2)
    torch._foreach_addcmul_(second, gradients, gradients, 1 - beta2)
    counts = [float(step) for step in steps]
    scale = torch._foreach_sqrt(second)
    torch._foreach_div_(scale, [(1 - beta2**n) ** 0.5 for n in counts])
    torch._foreach_add_(scale, group["eps"])
    torch._foreach_mul_(scale, [1 - beta1**n for n in counts])
    return parameters, list(torch._foreach_div(first, scale))
