"""LeCam by hand, over its first steps."""

import pytest
import torch
from linear_games import linear_game, reals

from equipoise.errors import SettingError
from equipoise.game import Game
from equipoise.penalties.lecam import LeCam


def test_three_steps_by_hand() -> None:
    """start=2: in step 0 and 1 the anchors are the batch's means and nothing is added; from step 2 on they move slowly."""
    game = linear_game(LeCam(weight=0.05, decay=0.75, start=2), rate=0.01)
    a_real = a_fake = torch.tensor(0.0)
    added = []
    for step in range(5):
        terms = game.step(lambda position: reals(position) + torch.tensor([2.0, -2.0]))  # D finds them real
        if step >= 2:
            expected = 0.05 * (
                sum(max(0.0, float(d - a_fake)) ** 2 for d in terms.d_real) / 6
                + sum(max(0.0, float(a_real - d)) ** 2 for d in terms.d_fake) / 6
            )
            added.append(expected)
            assert float(terms.extra["d/lecam"]) == pytest.approx(expected, rel=1e-5)
        else:
            assert "d/lecam" not in terms.extra
        keep = 0.75 if step >= 2 else 0.0
        a_real = keep * a_real + (1 - keep) * terms.d_real.mean()
        a_fake = keep * a_fake + (1 - keep) * terms.d_fake.mean()
        kept = game.trick("lecam").state()
        assert torch.allclose(kept["real"], a_real) and torch.allclose(kept["fake"], a_fake)
    assert len(added) == 3 and min(added) > 0


def test_a_d_that_has_the_order_wrong_is_not_punished() -> None:
    game = linear_game(LeCam(start=1))
    game.step(reals)
    trick = game.find(LeCam)
    assert trick is not None
    trick.real, trick.fake = torch.tensor(-100.0), torch.tensor(100.0)
    assert float(game.step(reals).extra["d/lecam"]) == 0


def test_the_anchors_survive_a_checkpoint() -> None:
    def fresh() -> Game:
        return linear_game(LeCam(start=1), rate=0.05)

    unbroken, first, second = fresh(), fresh(), fresh()
    for game, steps in ((unbroken, 6), (first, 3)):
        for _ in range(steps):
            game.step(reals)
    second.load(*first.state())
    for _ in range(3):
        second.step(reals)
    expected, found = unbroken.state()[0], second.state()[0]
    assert all(torch.equal(expected[k], found[k]) for k in expected)
    assert float(expected["tricks/lecam/real"]) != 0


@pytest.mark.parametrize("knobs", [{"decay": 1.0}, {"decay": -0.1}, {"start": 0}, {"weight": -1.0}])
def test_knobs_out_of_range(knobs: dict[str, float]) -> None:
    with pytest.raises(SettingError, match=rf"lecam\.{next(iter(knobs))}: must be"):
        linear_game(LeCam(**knobs))  # type: ignore[arg-type]
