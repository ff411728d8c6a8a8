"""Penalties on D's gradient: closed forms on a linear D, autograd by hand on a curved one."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from games import play, tiny_game
from linear_games import linear_game, reals, term
from torch import Tensor, nn

from equipoise.errors import SettingError
from equipoise.game import Game
from equipoise.penalties import PENALTIES
from equipoise.penalties.dragan import DRAGAN
from equipoise.penalties.gradient_penalty import GradientPenalty
from equipoise.penalties.r1 import R1
from equipoise.penalties.r2 import R2
from equipoise.pieces import Penalty
from equipoise.seeds import Moment


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [
        (R1(weight=2.0), 2 * 25 / 2),
        (R2(weight=3.0), 3 * 25 / 2),
        (GradientPenalty(weight=10.0), 10 * (5 - 1) ** 2),
        (GradientPenalty(weight=1.0, target=7.0), (5 - 7) ** 2),
        (DRAGAN(weight=10.0), 10 * (5 - 1) ** 2),
        (DRAGAN(weight=1.0, target=0.0), 25.0),
    ],
    ids=lambda p: getattr(getattr(p, "card", None), "name", ""),
)
def test_on_a_linear_d_the_slope_is_the_weight_vector(penalty: Penalty, expected: float) -> None:
    assert term(linear_game(penalty), penalty.card.name) == pytest.approx(expected, rel=1e-5)


def test_the_penalty_reaches_d_s_weights_with_the_derivative_of_its_closed_form() -> None:
    for penalty, derivative in (
        (R1(weight=2.0), lambda w: 2 * w),
        (GradientPenalty(weight=1.0), lambda w: 2 * (w.norm() - 1) * w / w.norm()),
    ):
        game, plain = linear_game(penalty), linear_game()
        game.step(reals), plain.step(reals)
        w, found, without = (g.D.module[0].weight for g in (game, game, plain))  # type: ignore[index]
        assert torch.allclose(found.grad - without.grad, derivative(w.detach()), rtol=1e-4, atol=1e-5)


def test_a_flat_d_has_a_finite_gradient_under_slope_penalties() -> None:
    for penalty in (GradientPenalty(), DRAGAN()):
        game = linear_game(penalty, w=(0.0, 0.0))
        assert term(game, penalty.card.name) == pytest.approx(10.0, rel=1e-4)
        assert all(p.grad is not None and p.grad.isfinite().all() for p in game.D.module.parameters())


class Bowl(nn.Module):
    """D(x) = a/2 ||x||^2, whose gradient at x is a x: so it tells where a penalty looked."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor(2.0))

    def forward(self, x: Tensor) -> Tensor:
        return self.a / 2 * x.square().sum(1)


def looked_at(penalty: Penalty) -> tuple[float, Tensor, Tensor]:
    """The penalty's value under the bowl, and the real and fake points of that step."""
    game = bowl_game(penalty)
    value = term(game, penalty.card.name)
    return value, game.seen_by_d.x, game.seen_by_d.y  # type: ignore[return-value]


def bowl_game(penalty: Penalty) -> Game:
    return tiny_game(penalty, discriminator=Bowl(), g_optimizer=still, d_optimizer=still)


def still(parameters: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(parameters, lr=0.0)


def by_hand(penalty: Penalty, x: Tensor, y: Tensor) -> Tensor:
    at = Moment(0)
    at.begin(0)
    points: dict[str, Callable[[], Tensor]] = {
        "r1": lambda: x,
        "r2": lambda: y,
        "gradient_penalty": lambda: interpolated(at.uniform("gradient_penalty", len(x)), x, y),
        "dragan": lambda: x + 0.5 * (x - x.mean()).square().mean().sqrt() * at.normal("dragan", *x.shape),
    }
    norm = (2 * points[penalty.card.name]()).norm(dim=1)
    return norm.square() / 2 if penalty.card.name in ("r1", "r2") else (norm - 1).square()


def interpolated(u: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return torch.stack([u[i] * x[i] + (1 - u[i]) * y[i] for i in range(len(x))])  # one number for each pair


@pytest.mark.parametrize("name", ["r1", "r2", "gradient_penalty", "dragan"])
def test_each_penalty_looks_where_its_paper_says(name: str) -> None:
    penalty: Any = PENALTIES[name]
    value, x, y = looked_at(penalty(weight=1.0))
    assert value == pytest.approx(float(by_hand(penalty(weight=1.0), x, y).mean()), rel=1e-4)


def test_every_n_steps_n_times_as_strong() -> None:
    game = linear_game(R1(weight=2.0, every=3))
    found = [game.step(reals).extra.get("d/r1") for _ in range(7)]
    assert [v is not None for v in found] == [True, False, False, True, False, False, True]
    assert float(found[3]) == pytest.approx(3 * 2 * 25 / 2)  # type: ignore[arg-type]


def test_a_weight_of_0_costs_nothing() -> None:
    game = linear_game(R1(weight=0.0))
    assert game.step(reals).extra == {}


@pytest.mark.parametrize("name", ["r1", "r2", "gradient_penalty", "dragan"])
def test_in_half_precision_a_penalty_is_computed_in_single(name: str) -> None:
    """The same weights and points give the same value, to float32's rounding, whether the game runs in bf16 or not."""
    values = []
    for precision in ("float32", "bf16"):
        game = linear_game(PENALTIES[name](), w=(1 / 3, 1 / 7), precision=precision)  # not numbers of bfloat16
        values.append(term(game, name))
    assert values[0] == pytest.approx(values[1], rel=1e-5)


@pytest.mark.parametrize("penalty", [R1(weight=-1.0), R1(every=0), GradientPenalty(target=-1.0), DRAGAN(spread=-0.1)])
def test_knobs_out_of_range_are_refused_by_name(penalty: Penalty) -> None:
    with pytest.raises(SettingError, match=rf"{penalty.card.name}\.(weight|every|target|spread): must be"):
        linear_game(penalty)


def test_the_penalties_keep_an_image_game_finite() -> None:
    game = tiny_game(R1(), R2(), GradientPenalty(), DRAGAN(), shape=(1, 16, 16))
    assert all(v.isfinite() for v in play(game, 3).extra.values())
