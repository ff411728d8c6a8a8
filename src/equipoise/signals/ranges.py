"""What values reals and fakes take."""

import torch
from torch import Tensor

from equipoise.game import Game
from equipoise.pieces import Card, Signal, Terms

EVERY = 5  # steps: it passes over whole batches

CARD = Card(
    name="ranges",
    title="Smallest and largest value of reals and of fakes, and the ratio of their spreads",
    equation="fake_std_ratio = std(fake) / std(real)",
    source="FAILURES.md, section 2: data in [0, 1] or [0, 255] against a tanh, and samples that explode",
    helps="Data that G's last layer can't reach is the plainest of wiring bugs; a spread far above the data's is divergence",
    hurts="The spread of a collapsed G may be the data's",
    cost="a few passes over two batches, every fifth step",
)
NAMES = ("real_min", "real_max", "fake_min", "fake_max", "fake_std_ratio")


def of(real: Tensor, fake: Tensor) -> tuple[Tensor, ...]:
    """The five numbers of `NAMES`, of batches [B, ...]."""
    tiny = torch.finfo(torch.float32).tiny
    return (*real.aminmax(), *fake.aminmax(), fake.std(correction=0) / real.std(correction=0).clamp_min(tiny))


def measure(game: Game, terms: Terms) -> tuple[Tensor, ...]:
    return of(terms.real, terms.fake)


RANGES = Signal(CARD, NAMES, measure, EVERY)
