"""D's features on request, for any module: what goes into the layer that gives the logit."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from equipoise.networks.surgery import head


class FeatureTap:
    """Keeps what D's last layer was given in D's latest forward pass: `tap.last`, [B, F], with its graph.

    Make it once D is final (a trick's `ready`): a layer that is put in place of the last one later is not watched. Read
    `last` right after the pass that it belongs to; `take` also forgets it, so that no graph is kept alive.
    """

    def __init__(self, D: nn.Module) -> None:
        self.path, layer = head(D)
        self.last: Tensor | None = None
        self._hook = layer.register_forward_pre_hook(self._see)

    def take(self) -> Tensor:
        """The features of D's latest pass; there must have been one since the last `take`."""
        assert self.last is not None, "D has not been run since its features were taken"
        features, self.last = self.last, None
        return features

    def remove(self) -> None:
        """Stop watching."""
        self._hook.remove()
        self.last = None

    def _see(self, layer: nn.Module, inputs: tuple[Any, ...]) -> None:
        self.last = inputs[0].flatten(1)

    def __deepcopy__(self, memo: dict[int, Any]) -> FeatureTap:
        """What a copied D's hook fills: a tap with nothing in it, since graphs can't be copied."""
        copied = object.__new__(FeatureTap)
        copied.path, copied.last, copied._hook = self.path, None, self._hook
        return copied
