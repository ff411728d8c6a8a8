"""The path angle on fields that are known, and on the Dirac-GAN."""

import math

import pytest
import torch
from equilibrium_games import Polynomial, Shift, dirac, line_game, points, scene
from games import same

from equipoise.equilibrium.path_angle import STEPS, PathAngle, norm, path_angle, place, weights
from equipoise.equilibrium.scene import fork
from equipoise.game import Game
from equipoise.penalties.r1 import R1


def wasserstein(theta: float, psi: float) -> Game:
    """Its field is (-psi, theta): rotation and nothing else."""
    return line_game(Shift(theta, held=False), Polynomial(p1=psi), objective="wasserstein")


def test_a_rotating_field_makes_the_bump_of_the_formula() -> None:
    """On the line (1 - a) (1, 0) + a (0, d): v = (-a d, 1 - a), and the line's direction is (-1, d)."""
    d = 0.05
    found = path_angle(scene(wasserstein(0.0, d), points(0.0)), wasserstein(1.0, 0.0))
    assert found is not None
    for alpha, cosine in zip(found.alphas, found.cosines, strict=True):
        v = (-alpha * d, 1 - alpha)
        exact = (-v[0] + d * v[1]) / (math.hypot(*v) * math.hypot(1, d))
        assert cosine == pytest.approx(exact, abs=1e-4)
    assert found.bump > 0.7 and abs(found.attraction) < 0.2
    assert found.indicators()[0].standing == "proves nothing"


def test_an_attracting_place_makes_a_jump() -> None:
    now, earlier = dirac(R1(weight=1.0), steps=100, start=(0.1, 0.1))
    found = path_angle(now, earlier)
    assert found is not None
    assert found.attraction > 0.9 and found.bump < 0.2
    assert found.indicators()[0].standing == "supports"
    assert found.cosines[0] < -0.8 < 0.8 < found.cosines[-1]


def test_alphas_lie_on_both_sides_of_the_last_place() -> None:
    found = path_angle(scene(wasserstein(0.0, 0.1), points(0.0)), wasserstein(1.0, 0.0))
    assert found is not None
    assert found.alphas[len(STEPS)] == 1.0 and len(found.alphas) == 2 * len(STEPS) + 1
    assert found.norms == pytest.approx([math.hypot(a * 0.1, 1 - a) for a in found.alphas], abs=1e-5)
    assert found.length == pytest.approx(math.hypot(1, 0.1) / 0.1, rel=1e-5)


def test_no_line_no_angle() -> None:
    game = wasserstein(0.3, 0.1)
    assert path_angle(scene(game, points(0.0)), fork(game)) is None
    assert path_angle(scene(game, points(0.0)), None) is None


def test_a_repelling_place_speaks_against() -> None:
    repelled = PathAngle((0.9, 1.0, 1.1), (0.9, 0.0, -0.9), (1.0, 1.0, 1.0), 1.0)
    assert repelled.attraction == pytest.approx(-0.9)
    assert repelled.indicators()[0].standing == "contradicts"


def test_weights_are_put_and_read_alike_and_the_games_stay_as_they_are() -> None:
    game, earlier = wasserstein(0.3, 0.1), wasserstein(1.0, 0.0)
    before = {k: v.clone() for k, v in game.state()[0].items()}
    path_angle(scene(game, points(0.0)), earlier)
    assert same(before, game.state()[0])
    place(game, [w + 1 for w in weights(game)])
    assert [float(w) for w in weights(game)] == pytest.approx([1.3, 1.1])
    assert norm([torch.tensor([3.0]), torch.tensor([4.0])]) == 5
