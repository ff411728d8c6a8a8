"""The first tensor that is no number, planted and found."""

import math
from dataclasses import dataclass

import pytest
import torch
from games import IMAGES, draws, play, sgd, tiny_game

from equipoise.game import Game
from equipoise.penalties.r1 import R1
from equipoise.pieces import Card, Seen, Terms, Trick
from equipoise.signals.nonfinite import first


@dataclass
class Burst(Trick):
    """A term that is infinite times zero."""

    card = Card("burst", "A term that is no number", "0 inf", "a test", "nothing", "everything", "none")

    def d_term(self, seen: Seen) -> torch.Tensor:
        return seen.d_fake.mean() * math.inf


def named(player: str, game: Game) -> list[str]:
    module = game.D.module if player == "D" else game.G.module
    return [name for name, _ in module.named_parameters()]


def test_all_is_well() -> None:
    game = tiny_game(shape=IMAGES)
    assert first(game) is None
    assert first(game, play(game, 2)) is None


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_the_data(bad: float) -> None:
    """One value of one sample; a step later every weight of both players is no number either."""
    game = tiny_game()
    real = draws(game)(0)
    real[3, 1] = bad
    terms = game.step(lambda _: real)
    assert first(game, terms) == "the real batch"


@pytest.mark.parametrize("player", ["D", "G"])
def test_a_weight(player: str) -> None:
    game = tiny_game()
    play(game, 1)
    which = named(player, game)[1]
    module = game.D.module if player == "D" else game.G.module
    with torch.no_grad():
        module.get_parameter(which)[0] = math.nan
    assert first(game) == f"{player}.{which}"


@pytest.mark.parametrize("player", ["D", "G"])
def test_a_weight_that_burst_before_the_step_is_the_players_own(player: str) -> None:
    """By the end of the step both players are full of NaN."""
    game = tiny_game()
    module = game.D.module if player == "D" else game.G.module
    with torch.no_grad():
        module.get_parameter(named(player, game)[0]).fill_(math.nan)
    found = first(game, play(game, 1))
    assert found is not None
    assert found.startswith(f"{player}.")


def test_a_statistic_of_normalisation() -> None:
    game = tiny_game(shape=IMAGES)
    name, buffer = next((n, b) for n, b in game.G.module.named_buffers() if n.endswith("running_var"))
    buffer[0] = math.inf
    assert first(game) == f"G.{name}"


def test_a_term() -> None:
    """D's logits were finite before it: the weights that it moved are not the first."""
    game = tiny_game(Burst())
    assert first(game, play(game, 1)) == "d/burst"


def test_a_term_that_is_finite_is_not_blamed() -> None:
    game = tiny_game(R1())
    terms = play(game, 1)
    assert "d/r1" in terms.extra
    terms.g_loss = torch.tensor(math.nan)
    assert first(game, terms) == "G's loss"


@pytest.mark.parametrize("player", ["D", "G"])
def test_a_gradient(player: str) -> None:
    game = tiny_game()
    terms = play(game, 1)
    which = named(player, game)[1]
    (game.D if player == "D" else game.G).module.get_parameter(which).grad[0] = math.inf
    assert first(game, terms) == f"the gradient of {player}.{which}"
    assert first(game) == f"the gradient of {player}.{which}"


def test_a_move_that_is_too_long() -> None:
    """Finite data, logits, loss and gradients; the optimizer alone makes D's weights infinite."""
    game = tiny_game(d_optimizer=sgd(math.inf), g_optimizer=sgd(0.0))
    terms = play(game, 1)
    found = first(game, terms)
    assert found in {f"D.{name}" for name in named("D", game)}


def test_samples() -> None:
    game = tiny_game()
    terms = play(game, 1)
    fake = terms.fake.clone()
    fake[0] = math.nan
    values = {**vars(terms), "fake": fake}
    assert first(game, Terms(**values)) == "G's fakes"
