"""The gradient that reaches G's samples, against derivatives by hand."""

import math
from functools import partial

import pytest
import torch
from games import sgd, tiny_game
from torch import Tensor, nn

from equipoise.game import Game
from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Terms
from equipoise.signals import SIGNALS, told
from equipoise.tricks.clip_gradients import ClipGradients

SLOPE = torch.tensor([[3.0, -4.0]])  # of a linear D: ||dD/dx|| = 5 everywhere


class Still(nn.Module):
    """A G that gives the same points whatever it is asked, of a weight so that it can learn."""

    def __init__(self, points: Tensor) -> None:
        super().__init__()
        self.points = nn.Parameter(points)

    def forward(self, z: Tensor) -> Tensor:
        return self.points.expand(len(z), -1) + 0.1 * z[:, :2]


def linear_game(objective: str, *tricks: ClipGradients) -> Game:
    D = nn.Linear(2, 1)
    with torch.no_grad():
        D.weight.copy_(SLOPE)
        D.bias.fill_(0.3)
    G = Still(torch.tensor([[0.1, 0.2]]))
    return tiny_game(*tricks, generator=G, discriminator=D, objective=objective, g_optimizer=sgd(0.0), d_optimizer=sgd(0.0))


def step(game: Game, batch: int) -> Terms:
    rng = torch.Generator().manual_seed(batch)
    return game.step(lambda _: torch.randn(batch, 2, generator=rng))


def told_by(game: Game, terms: Terms) -> float:
    (found,) = SIGNALS["told"].measure(game, terms)
    return float(found)


BY_LOGIT = {  # |dL_G/dlogit| of one sample, by calculus
    "non_saturating": lambda d: torch.sigmoid(-d),
    "minimax": lambda d: torch.sigmoid(d),
    "least_squares": lambda d: 2 * (d - 1).abs(),
    "wasserstein": lambda d: torch.ones_like(d),
    "hinge": lambda d: torch.ones_like(d),
}


@pytest.mark.parametrize("batch", [1, 8, 64])
@pytest.mark.parametrize("objective", BY_LOGIT)
def test_it_is_the_slope_of_a_samples_own_loss_whatever_the_batch(objective: str, batch: int) -> None:
    game = linear_game(objective)
    terms = step(game, batch)
    by_hand = BY_LOGIT[objective](terms.d_fake_after).mean() * 5
    assert told_by(game, terms) == pytest.approx(float(by_hand), rel=1e-4)
    assert float(by_hand) > 0.01


def test_a_paired_loss_counts_the_real_beside_it() -> None:
    game = linear_game("relativistic_paired")
    terms = step(game, 16)
    d_real = game.discriminate(terms.real).detach()
    by_hand = torch.sigmoid(d_real - terms.d_fake_after).mean() * 5
    assert told_by(game, terms) == pytest.approx(float(by_hand), rel=1e-4)


def test_against_the_average_each_sample_moves_all_of_the_reals_terms() -> None:
    """L_G = (E sp(r) + E sp(-f)) / 2: a fake's share is (E sigmoid(r) + sigmoid(-f)) / 2."""
    game = linear_game("relativistic_average")
    terms = step(game, 16)
    d_real, d_fake = game.discriminate(terms.real).detach(), terms.d_fake_after
    by_hand = (torch.sigmoid(d_real - d_fake.mean()).mean() + torch.sigmoid(d_real.mean() - d_fake)) / 2
    assert told_by(game, terms) == pytest.approx(float(by_hand.mean()) * 5, rel=1e-4)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_tells_something_and_as_much_to_small_batches_as_to_large(objective: str) -> None:
    small = [told_by(game, step(game, 16)) for game in (linear_game(objective),)]
    large = [told_by(game, step(game, 256)) for game in (linear_game(objective),)]
    assert small[0] == pytest.approx(large[0], rel=0.3)
    assert small[0] > 0.1


def test_clipping_what_moves_g_does_not_change_what_it_is_told() -> None:
    free, clipped = linear_game("non_saturating"), linear_game("non_saturating", ClipGradients(norm=1e-6))
    assert told_by(free, step(free, 8)) == told_by(clipped, step(clipped, 8))


def test_a_saturated_d_tells_next_to_nothing_in_the_original_game() -> None:
    game = linear_game("minimax")
    with torch.no_grad():
        game.D.module.bias.fill_(-30.0)
    assert told_by(game, step(game, 8)) < 5 * 1e-8


def test_by_hand_and_nothing_where_nothing_reached_g() -> None:
    gradient = torch.tensor([[3.0, 4.0], [0.0, 0.0]]) / 2  # of a mean over two
    assert float(told.of(gradient)) == pytest.approx(2.5)
    blank = torch.zeros(2)
    terms = partial(Terms, blank, blank, blank, blank, blank, blank.sum(), blank.sum())
    assert told.measure(None, terms()) == ()  # type: ignore[arg-type]
    assert math.isclose(float(told.measure(None, terms(fake_grad=gradient))[0]), 2.5)  # type: ignore[arg-type]
