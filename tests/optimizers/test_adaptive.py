"""Optimistic Adam and extragradient Adam against their papers' algorithms, written out number by number."""

import math
from collections.abc import Callable, Iterator

import pytest
import torch
from games import IMAGES, play, tiny_game
from torch import nn

from equipoise.optimizers.extragradient import ExtraAdam, ExtraSGD
from equipoise.optimizers.optimistic import OptimisticAdam

LR, B1, B2, EPS = 0.1, 0.5, 0.9, 1e-8
GRADIENTS = [0.3, -0.2, 0.7, 0.1, -0.5, 0.4]


def directions() -> Iterator[float]:
    """Adam's direction after each of GRADIENTS, as in Kingma & Ba 2015, algorithm 1."""
    m = v = 0.0
    for t, g in enumerate(GRADIENTS, 1):
        m, v = B1 * m + (1 - B1) * g, B2 * v + (1 - B2) * g * g
        yield m / (1 - B1**t) / (math.sqrt(v / (1 - B2**t)) + EPS)


def weight() -> nn.Parameter:
    return nn.Parameter(torch.tensor([1.0], dtype=torch.float64))


def feed(w: nn.Parameter, move: Callable[[], object], gradient: float) -> float:
    w.grad = torch.full_like(w, gradient)
    move()
    return float(w.detach())


def test_optimistic_adam_by_hand() -> None:
    w, expected, last = weight(), 1.0, 0.0
    optimizer = OptimisticAdam([w], LR, (B1, B2), EPS)
    for gradient, direction in zip(GRADIENTS, directions(), strict=True):
        expected += -2 * LR * direction + LR * last
        last = direction
        assert feed(w, optimizer.step, gradient) == pytest.approx(expected, rel=1e-12)


def test_extragradient_adam_by_hand() -> None:
    w, expected = weight(), 1.0
    optimizer = ExtraAdam([w], LR, (B1, B2), EPS)
    moves = list(zip(GRADIENTS, directions(), strict=True))
    for (ahead, look), (there, move) in zip(moves[::2], moves[1::2], strict=True):
        assert feed(w, optimizer.extrapolate, ahead) == pytest.approx(expected - LR * look, rel=1e-12)
        expected -= LR * move
        assert feed(w, optimizer.step, there) == pytest.approx(expected, rel=1e-12)


def test_extragradient_sgd_by_hand() -> None:
    w = weight()
    optimizer = ExtraSGD([w], LR)
    assert feed(w, optimizer.extrapolate, 2.0) == pytest.approx(0.8)
    assert feed(w, optimizer.step, -1.0) == pytest.approx(1.1), "from where it stood"


def test_a_step_without_a_look_ahead_is_a_mistake_in_the_loop() -> None:
    with pytest.raises(RuntimeError, match=r"extrapolate\(\) comes before step\(\)"):
        ExtraSGD([weight()], LR).step()


def test_adam_s_direction_is_torch_s() -> None:
    """Without optimism (two equal steps in a row cancel) the moments are those of torch.optim.Adam."""
    ours, theirs = nn.Parameter(torch.ones(3, 2)), nn.Parameter(torch.ones(3, 2))
    optimizer, adam = ExtraAdam([ours], LR, (B1, B2), EPS), torch.optim.Adam([theirs], LR, (B1, B2), EPS)
    for n in range(6):
        torch.manual_seed(n)
        ours.grad = torch.randn(3, 2)
        theirs.grad = ours.grad.clone()
        start = ours.detach().clone()
        (optimizer.step if n % 2 else optimizer.extrapolate)()
        before = theirs.detach().clone()
        adam.step()
        if n % 2 == 0:
            assert torch.allclose(ours - start, theirs - before, atol=1e-6)
    assert torch.allclose(optimizer.state[ours]["exp_avg_sq"], adam.state[theirs]["exp_avg_sq"], rtol=1e-6)


@pytest.mark.parametrize("make", [ExtraAdam, OptimisticAdam])
def test_parameters_without_a_gradient_stay(make: type[torch.optim.Optimizer]) -> None:
    used, unused = weight(), weight()
    optimizer = make([used, unused], LR, (B1, B2))  # type: ignore[call-arg,arg-type]
    used.grad = torch.ones_like(used)
    getattr(optimizer, "extrapolate", optimizer.step)()
    optimizer.step()
    assert unused.item() == 1 and used.item() < 1 and unused not in optimizer.state


def test_the_game_looks_ahead_with_both_players_at_once() -> None:
    game = tiny_game(shape=IMAGES, g_optimizer=lambda p: ExtraSGD(p, 0.1), d_optimizer=lambda p: ExtraSGD(p, 0.1))
    assert (game.order, game.moves) == ("simultaneous", ("extrapolate", "step"))
    play(game, 2)
    assert game.drawn == 4, "a fresh batch for each of the two looks"
