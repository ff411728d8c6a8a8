"""Clipping of gradients and of weights."""

import pytest
import torch
from games import play, sgd, tiny_game

from equipoise.errors import SettingError
from equipoise.game import Game, Player
from equipoise.pieces import Trick
from equipoise.tricks.clip_gradients import ClipGradients
from equipoise.tricks.weight_clipping import WeightClipping


def length(player: Player) -> float:
    return float(torch.cat([p.grad.flatten() for p in player.module.parameters() if p.grad is not None]).norm())


def lengths(game: Game) -> tuple[float, float]:
    play(game, 1)
    return length(game.G), length(game.D)


def test_a_long_gradient_is_scaled_down_and_a_short_one_is_left() -> None:
    g, d = lengths(tiny_game())
    assert min(g, d) > 1e-3
    clipped = lengths(tiny_game(ClipGradients(norm=1e-4)))
    assert clipped == pytest.approx((1e-4, 1e-4), rel=0.02)
    assert lengths(tiny_game(ClipGradients(norm=1e3))) == (g, d)


def test_each_player_by_itself() -> None:
    g, d = lengths(tiny_game())
    one, other = lengths(tiny_game(ClipGradients(norm=d / 2, player="D"), g_optimizer=sgd(0.0), d_optimizer=sgd(0.0)))
    assert other == pytest.approx(d / 2, rel=1e-3) and one > 0
    one, other = lengths(tiny_game(ClipGradients(norm=g / 2, player="G")))
    assert one == pytest.approx(g / 2, rel=1e-3) and other == pytest.approx(d)


def test_the_direction_stays() -> None:
    games = tiny_game(), tiny_game(ClipGradients(norm=1e-3))
    grads = []
    for game in games:
        play(game, 1)
        grads.append(torch.cat([p.grad.flatten() for p in game.D.module.parameters()]))
    assert float(torch.cosine_similarity(*grads, dim=0)) == pytest.approx(1.0, abs=1e-5)


def test_weights_of_d_stay_in_the_box_and_those_of_g_are_free() -> None:
    game = tiny_game(WeightClipping(c=0.02), objective="wasserstein")
    play(game, 3)
    weights = torch.cat([p.detach().flatten() for p in game.D.module.parameters()])
    assert float(weights.abs().max()) == pytest.approx(0.02)
    assert (weights.abs() < 0.02).any() and (weights.min() < 0 < weights.max())
    assert any(float(p.detach().abs().max()) > 0.1 for p in game.G.module.parameters())


@pytest.mark.parametrize(
    ("trick", "key"),
    [(ClipGradients(norm=0.0), "norm"), (ClipGradients(player="H"), "player"), (WeightClipping(c=0.0), "c")],  # type: ignore[arg-type]
)
def test_knobs_out_of_range_are_named(trick: Trick, key: str) -> None:
    with pytest.raises(SettingError, match=f"^{trick.card.name}.{key}: must be"):
        tiny_game(trick)
