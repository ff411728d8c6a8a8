"""Consistency: what T does, and what is added."""

import pytest
import torch
from games import play, tiny_game
from torch import Tensor, nn

from equipoise.errors import SettingError
from equipoise.penalties.consistency import Consistency
from equipoise.seeds import Moment

SHAPE = (1, 8, 8)


class Sum(nn.Module):
    """D(x) = a * sum of the picture: blind to T where T loses nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor(0.1))

    def forward(self, x: Tensor) -> Tensor:
        return self.a * x.sum((1, 2, 3))


class Corner(Sum):
    """D(x) = a * the first pixel: sees every move."""

    def forward(self, x: Tensor) -> Tensor:
        return self.a * x[:, 0, 0, 0]


class Picture(nn.Module):
    """G: 3 numbers to a picture."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3, 64)

    def forward(self, z: Tensor) -> Tensor:
        return self.inner(z).view(-1, *SHAPE).tanh()


def value(penalty: Consistency, D: nn.Module) -> float:
    game = tiny_game(penalty, shape=SHAPE, generator=Picture(), discriminator=D)
    return float(play(game, 1).extra["d/consistency"])


def test_a_d_that_does_not_see_the_move_pays_nothing() -> None:
    assert value(Consistency(shift=0.0, flip=True), Sum()) == pytest.approx(0, abs=1e-10)
    assert value(Consistency(shift=0.0, flip=False), Corner()) == 0
    assert value(Consistency(shift=0.0, flip=True), Corner()) > 1e-4


@pytest.mark.parametrize("fake", [False, True])
def test_the_term_by_hand(fake: bool) -> None:
    penalty = Consistency(weight=10.0, fake=fake, flip=False)
    game = tiny_game(penalty, shape=SHAPE, generator=Picture(), discriminator=Corner())
    terms = play(game, 1)
    seen, at = game.seen_by_d, Moment(0)
    at.begin(0)
    expected = 0.0
    for x in (seen.x, seen.y)[: 1 + fake]:
        assert x is not None
        u = at.uniform("consistency", 3, len(x))
        for i, picture in enumerate(x):
            down, right = (int(u[k, i] * 3) - 1 for k in (0, 1))  # an eighth of 8 pixels is 1: from -1 to 1
            moved = nn.functional.pad(picture, (1, 1, 1, 1))[0, 1 - down, 1 - right]
            expected += 10 * 0.01 * float(picture[0, 0, 0] - moved) ** 2 / len(x)
    assert float(terms.extra["d/consistency"]) == pytest.approx(expected, rel=1e-5)
    assert expected > 0


def test_points_have_no_pixels() -> None:
    with pytest.raises(SettingError, match="consistency: changes images"):
        tiny_game(Consistency())


def test_the_shift_is_a_share() -> None:
    with pytest.raises(SettingError, match=r"consistency\.shift: must be between 0 and 1"):
        tiny_game(Consistency(shift=2.0), shape=SHAPE)
