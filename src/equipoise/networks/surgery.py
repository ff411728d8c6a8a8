"""The edits that tricks make on anybody's D: ours or a user's `nn.Module`. All of them change it in place.

A layer is found by its path, as in `module.get_submodule(path)`. New weights are drawn from torch's global generator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from equipoise.errors import SettingError

ACTIVATIONS = (nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SiLU, nn.GELU)


def replace(module: nn.Module, path: str, new: nn.Module) -> None:
    """Put `new` where `path` leads, in the same mode (training or not) and on the same device as what was there."""
    parent, _, name = path.rpartition(".")
    holder = module.get_submodule(parent)
    old = holder.get_submodule(name)
    weight = next(old.parameters(), None)
    if weight is not None:
        new = new.to(weight.device)
    setattr(holder, name, new.train(old.training))


def head(D: nn.Module) -> tuple[str, nn.Linear | nn.Conv2d]:
    """Path and layer that give the logit: the last linear layer or convolution with one output."""
    found = [(p, m) for p, m in weighted(D) if (m.out_features if isinstance(m, nn.Linear) else m.out_channels) == 1]
    if not found:
        raise SettingError(
            "discriminator",
            "has no nn.Linear or nn.Conv2d with one output that could give the logit; let it end in nn.Linear(n, 1)",
        )
    return found[-1]


def last_linear(D: nn.Module) -> tuple[str, nn.Linear]:
    """Path and layer that give the logit, which has to be an `nn.Linear(n, 1)`."""
    path, layer = head(D)
    if not isinstance(layer, nn.Linear):
        raise SettingError(
            "discriminator", f"gives its logit by a convolution ({path}); let it end in nn.Flatten() and nn.Linear(n, 1)"
        )
    return path, layer


def flatten_head(D: nn.Module) -> tuple[str, nn.Linear]:
    """As `last_linear`; a convolution over the whole map (torch's DCGAN example) is rewritten as the same linear layer."""
    path, layer = head(D)
    if isinstance(layer, nn.Linear):
        return path, layer
    refuse_parametrized(path, layer)
    if layer.padding != (0, 0) or layer.dilation != (1, 1) or layer.groups != 1:
        raise SettingError(
            "discriminator", f"gives a logit per place ({path}), not one per sample; let it end in nn.Linear(n, 1)"
        )
    linear = nn.Linear(layer.weight[0].numel(), 1, bias=layer.bias is not None).to(layer.weight)
    with torch.no_grad():
        linear.weight.copy_(layer.weight.flatten(1))
        if layer.bias is not None:
            linear.bias.copy_(layer.bias)
    replace(D, path, nn.Sequential(nn.Flatten(), linear, nn.Unflatten(1, (1, 1, 1))))
    return f"{path}.1", linear


def insert_before_head(D: nn.Module, layer: Callable[[int], nn.Module], extra_features: int) -> None:
    """Put `layer(F)`, which turns [B, F] into [B, F + extra_features], before the layer that gives the logit.

    The weights that were there stay; those of the new features are drawn as widely as they are spread.
    """
    path, old = flatten_head(D)
    refuse_parametrized(path, old)
    new = nn.Linear(old.in_features + extra_features, 1, bias=old.bias is not None).to(old.weight)
    with torch.no_grad():
        new.weight.normal_(0.0, float(old.weight.std()))
        new.weight[:, : old.in_features] = old.weight
        if old.bias is not None:
            new.bias.copy_(old.bias)
    replace(D, path, nn.Sequential(layer(old.in_features), new))


def widen_input(D: nn.Module, times: int) -> None:
    """Let D take `times` samples at once, side by side in dimension 1, as one (packing; Lin et al. 2018).

    The first layer's weights are repeated and divided by `times`, so that D of a sample packed with itself is what D of
    the sample was. A D in which several layers take the samples names their paths in an attribute `input_layers`.
    """
    paths: tuple[str, ...] = getattr(D, "input_layers", ()) or tuple(p for p, _ in list(weighted(D))[:1])
    if not paths:
        raise SettingError("discriminator", "has no nn.Linear or nn.Conv2d that could take the samples")
    for path in paths:
        layer = D.get_submodule(path)
        assert isinstance(layer, nn.Linear | nn.Conv2d)
        refuse_parametrized(path, layer)
        if isinstance(layer, nn.Conv2d) and layer.groups != 1:
            raise SettingError(
                "discriminator", f"{path} is a grouped convolution and can't take packed samples; let it have groups=1"
            )
        repeats = (1, times, *[1] * (layer.weight.dim() - 2))
        layer.weight = nn.Parameter((layer.weight.detach() / times).repeat(repeats))
        if isinstance(layer, nn.Linear):
            layer.in_features *= times
        else:
            layer.in_channels *= times


def after_activations(D: nn.Module, factory: Callable[[], nn.Module]) -> None:
    """Put `factory()` behind each activation (dropout)."""
    found = [(p, m) for p, m in D.named_modules(remove_duplicate=False) if isinstance(m, ACTIVATIONS)]
    if not found:
        names = ", ".join(f"nn.{a.__name__}" for a in ACTIVATIONS[:2])
        raise SettingError(
            "discriminator", f"has no activation layers to go behind; use modules ({names}) instead of functions"
        )
    for path, activation in found:
        replace(D, path, nn.Sequential(activation, factory()))


def weighted(D: nn.Module) -> Iterator[tuple[str, nn.Linear | nn.Conv2d]]:
    for path, module in D.named_modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            yield path, module


def refuse_parametrized(path: str, layer: nn.Module) -> None:
    """A layer that spectral norm holds can't change its shape any more."""
    if is_parametrized(layer):
        raise SettingError(
            "discriminator",
            f"{path} is spectrally normalised already; name spectral_norm after the tricks that change D's layers",
        )
