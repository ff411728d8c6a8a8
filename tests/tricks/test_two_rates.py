"""Two rates: values of the schedules by hand."""

import pytest
import torch
from games import play, sgd, tiny_game

from equipoise.errors import SettingError
from equipoise.game import Game
from equipoise.tricks.two_rates import TwoRates


def rates(game: Game) -> tuple[float, float]:
    return tuple(p.optimizer.param_groups[0]["lr"] for p in (game.G, game.D))  # type: ignore[return-value]


def test_two_constant_rates() -> None:
    game = tiny_game(TwoRates(g_rate=1e-4, d_rate=4e-4))
    play(game, 1)
    assert rates(game) == (1e-4, 4e-4)
    game.turn("two_rates", d_rate=1e-3)
    play(game, 1)
    assert rates(game) == (1e-4, 1e-3)


def test_the_optimizers_own_rate_is_the_base_where_none_is_given() -> None:
    game = tiny_game(TwoRates(g_schedule="linear", steps=10), g_optimizer=sgd(0.5), d_optimizer=sgd(0.3))
    play(game, 3)
    assert rates(game) == pytest.approx((0.5 * 0.8, 0.3))


def test_schedules_by_hand() -> None:
    trick = TwoRates(warmup=4, steps=14)
    warm = [trick.factor("constant", s) for s in range(6)]
    assert warm == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 1.0])
    assert [trick.factor("linear", s) for s in (3, 4, 9, 13, 14, 99)] == pytest.approx([1.0, 1.0, 0.5, 0.1, 0.0, 0.0])
    assert [trick.factor("cosine", s) for s in (4, 9, 14)] == pytest.approx([1.0, 0.5, 0.0])
    assert trick.factor("cosine", 4 + 2) == pytest.approx(0.9045085)  # (1 + cos(pi / 5)) / 2


def test_the_base_survives_a_resume_in_the_middle_of_a_schedule() -> None:
    game, other = (tiny_game(TwoRates(d_schedule="linear", steps=10), d_optimizer=sgd(r)) for r in (0.4, 9.0))
    play(game, 5)
    other.load(*game.state())
    play(other, 1)
    assert rates(other)[1] == pytest.approx(0.4 * 0.5)


def test_a_rate_of_zero_holds_a_player_still() -> None:
    game = tiny_game(TwoRates(g_rate=0.0))
    before = [p.detach().clone() for p in game.G.module.parameters()]
    play(game, 2)
    assert all(torch.equal(a, p) for a, p in zip(before, game.G.module.parameters(), strict=True))


@pytest.mark.parametrize(
    ("knobs", "key"),
    [
        ({"g_rate": -1.0}, "g_rate"),
        ({"d_schedule": "step"}, "d_schedule"),
        ({"warmup": -1}, "warmup"),
        ({"g_schedule": "cosine"}, "steps"),
        ({"g_schedule": "linear", "warmup": 10, "steps": 10}, "steps"),
    ],
)
def test_knobs_out_of_range_are_named(knobs: dict[str, object], key: str) -> None:
    with pytest.raises(SettingError, match=f"^two_rates.{key}: must"):
        tiny_game(TwoRates(**knobs))  # type: ignore[arg-type]
