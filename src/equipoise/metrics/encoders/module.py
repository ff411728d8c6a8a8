"""Any network as an encoder: a DINO, one's own classifier, the trunk of a segmenter."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from equipoise.errors import SettingError
from equipoise.metrics.encoders.encoder import Encoded, unit
from equipoise.metrics.encoders.seeing import Seeing, digest
from equipoise.seeds import generator

TOLERANCE = 1e-3  # relative: how much the company of other samples may change an answer, which is rounding


def module_encoder(
    module: nn.Module, name: str, shape: tuple[int, ...], *, device: torch.device | str = "cpu", batch: int = 256
) -> Seeing:
    """A frozen copy of any network that takes float samples [N, *shape], images in [-1, 1].

    It answers with features [N, ...], which are flattened, or with a pair of features and logits [N, K]. What else it needs
    (another size, ImageNet's scale) belongs into it: `nn.Sequential(Resize(...), module)`. The fingerprint changes with the
    name, the weights and the printed structure of the module; it can't see the code of its `forward`, so name versions.
    SettingError where it answers otherwise, or gives a sample another answer in other company.
    """
    frozen = copy.deepcopy(module).eval().requires_grad_(False).to(device)

    def see(x: Tensor) -> Encoded:
        return understood(frozen(unit(x).float()), len(x), name)

    dim = probed(see, shape, torch.device(device), name)
    mark = digest(module.state_dict(), type(module).__qualname__, repr(module), name, shape)
    return Seeing("module", name, mark, dim, see, shape, device=torch.device(device), batch=batch)


def understood(answer: Any, n: int, name: str) -> Encoded:
    """What a network answered to n samples, as features and logits."""
    features, logits = answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, None)
    for part in (features, features if logits is None else logits):
        if not isinstance(part, Tensor) or part.dim() < 2 or len(part) != n:
            what = f"a tensor {list(part.shape)}" if isinstance(part, Tensor) else f"a {type(part).__name__}"
            raise SettingError(
                name, f"answers {n} samples with {what}; an encoder gives [N, d], or a pair of [N, d] and [N, K]"
            )
    return Encoded(features.float().flatten(1), None if logits is None else logits.float().flatten(1))


@torch.no_grad()
def probed(see: Callable[[Tensor], Encoded], shape: tuple[int, ...], device: torch.device, name: str) -> int:
    """How many features it gives; noise is shown to it, together and one by one."""
    noise = torch.rand(3, *shape, generator=generator("cpu", 0, "probe")).mul(2).sub(1).to(device)
    try:
        together = see(noise).features
        alone = torch.cat([see(one).features for one in torch.split(noise, 1)])
    except (RuntimeError, ValueError, TypeError) as error:
        raise SettingError(name, f"can't see samples {list(shape)} ({str(error).splitlines()[0]})") from None
    if (together - alone).abs().max() > TOLERANCE * together.abs().max():
        raise SettingError(name, "gives a sample another answer in other company; an encoder looks at one sample at a time")
    return together.shape[1]
