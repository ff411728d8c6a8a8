"""A network as a function of its weights."""

from torch import Tensor, nn
from torch.func import functional_call


def call(module: nn.Module, weights: dict[str, Tensor], x: Tensor) -> Tensor:
    """`module(x)` in float32 with other weights (by parameter name; its own where none is given), without a trace in
    its statistics.
    """
    statistics = {name: b.clone() for name, b in module.named_buffers()}
    out: Tensor = functional_call(module, {**statistics, **weights}, (x,))
    return out.float()
