"""The first tensor that is no number any more: asked only once a signal was not finite, so it costs nothing before."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from equipoise.game import Game
from equipoise.pieces import Terms


def first(game: Game, terms: Terms | None = None) -> str | None:
    """The name of the first tensor with NaN or infinity, in the order in which a step touches them; None where all are finite.

    'the real batch', 'G.main.0.weight', 'the gradient of D.main.3.bias', 'd/gradient_penalty', ...
    """
    return next((name for name, tensor in touched(game, terms) if not bool(torch.isfinite(tensor).all())), None)


def touched(game: Game, terms: Terms | None) -> Iterator[tuple[str, Tensor]]:
    """What a step touches: its data, the weights, then what came of them."""
    if terms is not None:
        yield "the real batch", terms.real
    for player in (game.G, game.D):
        for name, buffer in player.module.named_buffers():
            if buffer.is_floating_point():
                yield f"{player.name}.{name}", buffer
        for name, parameter in player.module.named_parameters():
            yield f"{player.name}.{name}", parameter.detach()
    if terms is not None:
        yield "G's fakes", terms.fake
        yield "D's logits of reals", terms.d_real
        yield "D's logits of fakes", terms.d_fake
        yield "D's loss", terms.d_loss
        yield "G's loss", terms.g_loss
        yield from terms.extra.items()
    for player in (game.D, game.G):
        for name, parameter in player.module.named_parameters():
            if parameter.grad is not None:
                yield f"the gradient of {player.name}.{name}", parameter.grad
