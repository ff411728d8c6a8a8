"""What is done on purpose that no setting of a recipe does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from equipoise.data.source import Source
from equipoise.networks.dcgan import DCGAN
from equipoise.networks.mlp import MLP
from equipoise.pieces import Card, Targets, Trick
from equipoise.seeds import Moment, generator


@dataclass
class SwappedLabels(Trick):
    """D is asked to call reals fake and fakes real: the wiring bug."""

    card: ClassVar[Card] = Card(
        "swapped_labels", "Swapped labels", "targets (1, 0) -> (0, 1)", "a bug", "nothing", "everything", "none"
    )

    def targets(self, targets: Targets, d_real: Tensor, d_fake: Tensor, at: Moment) -> Targets:
        return Targets(targets.fake, targets.real)


class FewCodes(nn.Module):
    """G that sees only one of a few codes: as many different outputs, by construction."""

    def __init__(self, G: nn.Module, codes: int, latent: int) -> None:
        super().__init__()
        self.G = G
        self.codes: Tensor
        self.register_buffer("codes", torch.randn(codes, latent, generator=generator("cpu", 0, "codes")))

    def forward(self, z: Tensor) -> Tensor:
        which = (z[:, 0].sigmoid() * len(self.codes)).long().clamp_max(len(self.codes) - 1)
        found: Tensor = self.G(self.codes[which])
        return found


class Far(nn.Module):
    """G that starts far from the data: disjoint supports."""

    def __init__(self, G: nn.Module, by: float) -> None:
        super().__init__()
        self.G, self.by = G, by

    def forward(self, z: Tensor) -> Tensor:
        found: Tensor = self.G(z) + self.by
        return found


def own(base: dict[str, Any], shape: tuple[int, ...], change: Callable[[nn.Module], nn.Module]) -> dict[str, nn.Module]:
    kind = MLP(hidden=64) if len(shape) == 1 else DCGAN(width=8)
    G, D = kind.build(base["latent"], shape)
    return {"generator": change(G), "discriminator": D}


def scaled(source: Source, to: Callable[[Tensor], Tensor]) -> Source:
    assert source.values is not None
    return replace(source, name="scaled", values=to(source.values.float()), labels=None, range=None)
