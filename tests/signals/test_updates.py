"""How far a step moves each player, against numbers by hand."""

import math

import pytest
import torch
from games import draws, sgd, tiny_game
from torch import Tensor, nn

from equipoise.game import Game
from equipoise.signals.updates import EVERY, PHASE, Updates, ratio, weights

STEP = PHASE + 1  # the first one that is measured


def looked(game: Game, steps: int, updates: Updates) -> dict[int, tuple[Tensor, ...]]:
    draw = draws(game)
    found = {}
    for _ in range(steps):
        terms = game.step(draw)
        found[game.steps] = updates(game, terms)
    return found


def test_ratio_by_hand() -> None:
    before = [torch.tensor([3.0, 0.0]), torch.tensor([[4.0]])]  # of length 5
    after = [torch.tensor([3.0, 0.6]), torch.tensor([[4.8]])]  # moved by 1
    assert float(ratio(before, after)) == pytest.approx(0.2)
    assert float(ratio(before, before)) == 0.0
    assert math.isfinite(float(ratio([torch.zeros(2)], [torch.ones(2)])))


def test_one_step_in_a_hundred_is_measured_and_only_that_step_counts() -> None:
    game, same = tiny_game(), tiny_game()
    found = looked(game, EVERY + STEP, Updates())
    assert [step for step, numbers in found.items() if numbers] == [STEP, STEP + EVERY]
    looked(same, PHASE, Updates())
    before = [[w.clone() for w in weights(p.module)] for p in (same.D, same.G)]
    same.step(draws(same))
    by_hand = [
        math.sqrt(sum(float((a - b).square().sum()) for a, b in zip(old, weights(p.module), strict=True)))
        / math.sqrt(sum(float(b.square().sum()) for b in old))
        for old, p in zip(before, (same.D, same.G), strict=True)
    ]
    assert [float(f) for f in found[STEP]] == pytest.approx(by_hand, rel=1e-4)


def test_a_player_that_does_not_move_reads_zero_and_the_other_what_its_rate_makes_of_its_gradient() -> None:
    game = tiny_game(g_optimizer=sgd(0.0), d_optimizer=sgd(0.5))
    updates = Updates()
    looked(game, PHASE, updates)
    size = math.sqrt(sum(float(w.square().sum()) for w in weights(game.D.module)))
    terms = game.step(draws(game))
    d_update, g_update = updates(game, terms)
    gradient = math.sqrt(sum(float(p.grad.square().sum()) for p in game.D.module.parameters() if p.grad is not None))
    assert float(d_update) == pytest.approx(0.5 * gradient / size, rel=1e-4)
    assert float(g_update) == 0.0


def test_what_is_remembered_is_a_copy_and_is_let_go() -> None:
    game, updates = tiny_game(), Updates()
    looked(game, PHASE, updates)
    assert not any(a is b for a, b in zip(updates.before["D"], weights(game.D.module), strict=True))
    looked(game, 1, updates)
    assert updates.before == {}


def test_a_resumed_run_measures_the_same_step() -> None:
    """Taken up just before the step that is measured, as after a checkpoint there."""
    whole, parts = tiny_game(), tiny_game()
    expected = looked(whole, STEP, Updates())[STEP]
    looked(parts, PHASE, Updates())
    fresh = Updates()
    fresh.remember(parts)
    assert torch.equal(torch.stack(looked(parts, 1, fresh)[STEP]), torch.stack(expected))


def test_without_the_weights_of_the_step_before_it_says_nothing() -> None:
    game = tiny_game()
    game.steps = PHASE
    assert Updates()(game, None) == ()  # type: ignore[arg-type]
    game.steps = STEP + EVERY
    stale = Updates({"D": weights(nn.Linear(2, 1)), "G": []}, step=PHASE)
    assert stale(game, None) == ()  # type: ignore[arg-type]
