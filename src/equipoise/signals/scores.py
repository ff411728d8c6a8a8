"""What D says: its output on reals and on fakes, before and after it moved."""

import torch
from torch import Tensor

from equipoise.game import Game
from equipoise.pieces import Card, Signal, Terms

CARD = Card(
    name="scores",
    title="D(x) and D(G(z)) before and after D's move, the logits behind them, and how often D is right",
    equation="d_* = E[sigmoid(logit)], logit_* = E[logit], accuracy_real = P(logit > 0), accuracy_fake = P(logit < 0)",
    source="The D(x) and D(G(z)) of every DCGAN log since Radford et al. 2016",
    helps="All at 0.5 is the equilibrium of the original game; logits go on telling where the sigmoid is full",
    hurts="For a critic (Wasserstein, relativistic) zero is no boundary: read the logits' difference instead",
    cost="a handful of operations on [batch] numbers",
)
NAMES = ("d_real", "d_fake_before", "d_fake_after", "logit_real", "logit_fake", "accuracy_real", "accuracy_fake")


def of(real: Tensor, fake: Tensor, after: Tensor) -> tuple[Tensor, ...]:
    """The seven numbers of `NAMES`, of D's logits of any shape; `after`: on fresh fakes, once D has moved."""
    return (
        real.sigmoid().mean(),
        fake.sigmoid().mean(),
        after.sigmoid().mean(),
        real.mean(),
        fake.mean(),
        torch.sign(real).mean() / 2 + 0.5,
        0.5 - torch.sign(fake).mean() / 2,
    )


def measure(game: Game, terms: Terms) -> tuple[Tensor, ...]:
    return of(terms.d_real, terms.d_fake, terms.d_fake_after)


SCORES = Signal(CARD, NAMES, measure)
