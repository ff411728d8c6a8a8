"""A player's weights as they were, whatever was put on them since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize


def plain(name: str) -> str:
    """A weight's name without what spectral norm makes of it: '0.parametrizations.weight.original' is '0.weight'."""
    return name.replace("parametrizations.", "").removesuffix(".original")


def tensors(network: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Weights and buffers by their plain names."""
    for name, tensor in (*network.named_parameters(), *network.named_buffers()):
        yield plain(name), tensor


def copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in tensors(network)}


@torch.no_grad()
def put_back(network: nn.Module, kept: Mapping[str, Tensor]) -> None:
    """What was kept, in place: the loop's optimizer holds the very tensors."""
    for name, tensor in tensors(network):
        if name in kept and tensor.shape == kept[name].shape:
            tensor.copy_(kept[name])


def finite(*networks: nn.Module) -> bool:
    """Whether all numbers are numbers."""
    found = [t for network in networks for _, t in tensors(network) if t.is_floating_point()]
    return all(bool(torch.isfinite(t).all()) for t in found)


def normalised(network: nn.Module) -> list[nn.Module]:
    """The modules whose weight has a parametrization."""
    return [module for module in network.modules() if parametrize.is_parametrized(module, "weight")]
