"""The edits that tricks make on anybody's D: ours or a user's `nn.Module`. All of them change it in place.

A layer is found by its path, as in `module.get_submodule(path)`. New weights are drawn from torch's global generator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import _SpectralNorm, spectral_norm
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

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
    if layer.padding != (0, 0) or layer.dilation != (1, 1) or layer.groups != 1:
        raise SettingError(
            "discriminator", f"gives a logit per place ({path}), not one per sample; let it end in nn.Linear(n, 1)"
        )
    with plain_weight(path, layer) as again:
        linear = like(layer, layer.weight.detach().flatten(1))
    replace(D, path, nn.Sequential(nn.Flatten(), again(linear), nn.Unflatten(1, (1, 1, 1))))
    return f"{path}.1", linear


def insert_before_head(D: nn.Module, layer: Callable[[int], nn.Module], extra_features: int) -> None:
    """Put `layer(F)`, which turns [B, F] into [B, F + extra_features], before the layer that gives the logit.

    The weights that were there stay; those of the new features are drawn as widely as they are spread.
    """
    path, old = flatten_head(D)
    with plain_weight(path, old) as again:
        weight = old.weight.detach()
        fresh = torch.randn(1, extra_features).to(weight) * weight.square().mean().sqrt()
        new = like(old, torch.cat([weight, fresh], 1))
    replace(D, path, nn.Sequential(layer(old.in_features), again(new)))


def widen_input(D: nn.Module, times: int) -> None:
    """Let D take `times` samples at once, side by side in dimension 1, as one (packing; Lin et al. 2018).

    The first layer's weights are repeated and divided by `times`, so that D of a sample packed with itself is what D of
    the sample was. A D in which several layers take the samples names their paths in an attribute `input_layers`.
    """
    for path in input_layers(D):
        layer = D.get_submodule(path)
        assert isinstance(layer, nn.Linear | nn.Conv2d)
        if isinstance(layer, nn.Conv2d) and layer.groups != 1:
            raise SettingError(
                "discriminator", f"{path} is a grouped convolution and can't take packed samples; let it have groups=1"
            )
        with plain_weight(path, layer) as again:
            layer.weight = nn.Parameter(torch.cat([layer.weight.detach() / times] * times, 1))
            if isinstance(layer, nn.Linear):
                layer.in_features *= times
            else:
                layer.in_channels *= times
            again(layer)


def input_layers(D: nn.Module) -> tuple[str, ...]:
    """Paths of the layers that take the samples: as D says, else the first one that was declared and is not the head."""
    said: tuple[str, ...] = getattr(D, "input_layers", ())
    found = [path for path, _ in weighted(D)]
    if not found:
        raise SettingError("discriminator", "has no nn.Linear or nn.Conv2d that could take the samples")
    if said or len(found) == 1:
        return said or (found[0],)
    return (next(path for path in found if path != head(D)[0]),)


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


def like(old: nn.Linear | nn.Conv2d, weight: Tensor) -> nn.Linear:
    """A linear layer with this weight and the old one's bias."""
    new = nn.Linear(weight.shape[1], weight.shape[0], bias=old.bias is not None).to(weight)
    with torch.no_grad():
        new.weight.copy_(weight)
        if old.bias is not None:
            new.bias.copy_(old.bias)
    return new


@contextmanager
def plain_weight(path: str, layer: nn.Module) -> Iterator[Callable[[nn.Module], nn.Module]]:
    """Within the context `layer.weight` is a plain parameter; the function that it gives puts torch's spectral norm, if the
    layer had it, on a layer again, whatever its shape is then.
    """
    if is_parametrized(layer, "weight"):
        held: Any = layer.parametrizations
        if any(not isinstance(p, _SpectralNorm) for p in held.weight):
            raise SettingError("discriminator", f"{path} has a parametrised weight, whose shape can't be changed")
        remove_parametrizations(layer, "weight", leave_parametrized=False)
        yield lambda changed: spectral_norm(changed)
    elif isinstance(layer._parameters.get("weight"), nn.Parameter):
        yield lambda changed: changed
    else:
        advice = "use torch.nn.utils.parametrizations.spectral_norm instead of torch.nn.utils.spectral_norm"
        raise SettingError("discriminator", f"the weight of {path} is no parameter; {advice}")
