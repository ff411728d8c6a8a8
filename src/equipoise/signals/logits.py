"""How far D's answers lie apart, and whether a sigmoid of them is full."""

import torch
from torch import Tensor

from equipoise.game import Game
from equipoise.pieces import Card, Signal, Terms

FULL = 10.0  # sigmoid(10) = 0.99995

CARD = Card(
    name="logits",
    title="Spread and saturation of D's logits",
    equation="logit_std = std of D's logits on reals and fakes together; saturation = share with |logit| > 10",
    source="Goodfellow et al. 2014, section 3 (saturation); FAILURES.md, section 2",
    helps="With the mean logits it tells how well D separates, on any objective's scale; at saturation no gradient is left",
    hurts="For a critic large logits are no saturation",
    cost="a handful of operations on [batch] numbers",
)


def of(d_real: Tensor, d_fake: Tensor) -> tuple[Tensor, Tensor]:
    """(logit_std, saturation) of logits of any shape."""
    logits = torch.cat([d_real.flatten(), d_fake.flatten()])
    return logits.std(correction=0), (logits.abs() > FULL).float().mean()


def measure(game: Game, terms: Terms) -> tuple[Tensor, ...]:
    return of(terms.d_real, terms.d_fake)


LOGITS = Signal(CARD, ("logit_std", "saturation"), measure)
