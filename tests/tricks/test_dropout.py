"""Dropout: behind each activation of D, with a p that can be turned."""

import pytest
import torch
from games import IMAGES, draws, play, tiny_game
from torch import nn

from equipoise.errors import SettingError
from equipoise.tricks.dropout import Dropout, Live


def test_it_stands_behind_each_activation_of_d_only() -> None:
    game = tiny_game(Dropout(), shape=IMAGES)
    behind = [m for m in game.D.module.modules() if isinstance(m, nn.Sequential) and isinstance(m[-1], Live)]
    assert len(behind) == 2 and all(isinstance(m[0], nn.LeakyReLU) for m in behind)
    assert not any(isinstance(m, Live) for m in game.G.module.modules())


def test_p_is_live() -> None:
    game = tiny_game(Dropout(p=0.5))
    (layer,) = (m for m in game.D.module.modules() if isinstance(m, Live))
    x = torch.ones(10_000)
    for p in (0.5, 0.2):
        game.turn("dropout", p=p)
        out = layer(x)
        assert abs(float((out == 0).float().mean()) - p) < 0.02
        assert torch.allclose(out[out != 0], torch.tensor(1 / (1 - p)))
    game.turn("dropout", p=0.0)
    assert torch.equal(layer(x), x)


def test_without_p_d_is_what_it_was_and_in_evaluation_too() -> None:
    plain, off, on = tiny_game(), tiny_game(Dropout(p=0.0)), tiny_game(Dropout(p=0.9))
    x = draws(plain)(0)
    assert torch.equal(plain.D.module(x), off.D.module(x))
    assert not torch.equal(plain.D.module(x), on.D.module(x))
    assert torch.equal(plain.D.module(x), on.D.module.eval()(x))


def test_each_step_has_its_own_noise_whatever_was_drawn_before() -> None:
    a, b = tiny_game(Dropout()), tiny_game(Dropout())
    torch.manual_seed(5)
    one = play(a, 2)
    torch.manual_seed(6)
    assert torch.equal(one.d_real, play(b, 2).d_real)


@pytest.mark.parametrize("p", [-0.1, 1.0])
def test_p_out_of_range(p: float) -> None:
    with pytest.raises(SettingError, match=r"^dropout.p: must be at least 0 and below 1"):
        tiny_game(Dropout(p))
