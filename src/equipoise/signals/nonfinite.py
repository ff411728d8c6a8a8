"""The first tensor that is no number any more: asked only once a signal was not finite, so it costs nothing before."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from equipoise.game import Game, Player
from equipoise.pieces import Terms


def first(game: Game, terms: Terms | None = None) -> str | None:
    """The name of the first tensor with NaN or infinity, causes before what came of them; None where all are finite.

    'the real batch', 'G.main.0.weight', 'the gradient of D.main.3.bias', 'd/gradient_penalty', ...
    """
    return next((name for name, tensor in touched(game, terms) if broken(tensor)), None)


def touched(game: Game, terms: Terms | None) -> Iterator[tuple[str, Tensor]]:
    """What the last step touched, causes before what came of them.

    A player whose outputs in that step were finite had finite weights before it moved: its weights come after its gradient.
    """
    G, D = game.G, game.D
    if terms is None:
        yield from (*weights(G), *weights(D), *gradients(D), *gradients(G))
        return
    yield "the real batch", terms.real
    if broken(terms.fake):
        yield from weights(G)
        yield "G's fakes", terms.fake
    if broken(terms.d_real) or broken(terms.d_fake):
        yield from weights(D)
        yield "D's logits of reals", terms.d_real
        yield "D's logits of fakes", terms.d_fake
    for player, loss in ((D, terms.d_loss), (G, terms.g_loss)):
        yield f"{player.name}'s loss", loss
        yield from ((name, term) for name, term in terms.extra.items() if name.startswith(f"{player.name.lower()}/"))
        yield from gradients(player)
        yield from weights(player)


def broken(tensor: Tensor) -> bool:
    return not bool(torch.isfinite(tensor).all())


def weights(player: Player) -> Iterator[tuple[str, Tensor]]:
    """Statistics of normalisation, then parameters."""
    module = player.module
    floating = ((name, buffer) for name, buffer in module.named_buffers() if buffer.is_floating_point())
    return ((f"{player.name}.{name}", tensor.detach()) for name, tensor in (*floating, *module.named_parameters()))


def gradients(player: Player) -> Iterator[tuple[str, Tensor]]:
    found = ((name, parameter.grad) for name, parameter in player.module.named_parameters())
    return ((f"the gradient of {player.name}.{name}", grad) for name, grad in found if grad is not None)
