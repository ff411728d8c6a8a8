"""What plays on, and how far it gets."""

import math

import pytest
import torch
from equilibrium_games import Polynomial, Shift, dirac, line_game, points, scene
from games import draws, same, tiny_game
from torch import nn

from equipoise import sampling
from equipoise.equilibrium.motion import Average, apart, drift, motion
from equipoise.equilibrium.scene import Scene, fork
from equipoise.penalties.r1 import R1
from equipoise.tricks.ema import EMA


def test_the_plain_dirac_gan_goes_round_its_circle() -> None:
    now, _ = dirac(steps=100)
    theta, psi = (float(p.detach()) for player in (now.game.G, now.game.D) for p in player.module.parameters())
    found = motion(now, steps=100)
    assert found.roam > 1.5 * math.hypot(theta, psi), "across, but for what the frames miss"
    assert found.turning and found.straight < 0.5
    assert found.average_quality < 0.3 < max(found.distances), "its average is where the game is not"


def test_with_r1_it_rests() -> None:
    now, _ = dirac(R1(weight=1.0), steps=200)
    found = motion(now, steps=50)
    assert found.roam < 1e-5 and not found.turning and found.distances[-1] < 1e-6
    standings = {row.name: row.standing for row in found.indicators()}
    assert standings == {"roam": "supports", "from_average": "supports", "straight": "proves nothing"}


def test_while_it_converges_it_settles() -> None:
    now, _ = dirac(R1(weight=1.0), steps=10)
    found = motion(now, steps=50)
    assert found.settling < 0.5 and found.distances[-1] < 0.5 * found.distances[0]


def test_distances_are_in_spreads_of_the_data() -> None:
    """A G that is moved by 1 a step by hand, on data of spread 2."""
    real = torch.cat([torch.full((64, 1), -2.0), torch.full((64, 1), 2.0)])
    game = line_game(Shift(0.0, held=False), Polynomial(p1=-1.0), objective="wasserstein", rate=1.0)
    for group in game.D.optimizer.param_groups:
        group["lr"] = 0.0  # psi stays -1, so theta falls by 1 a step
    found = motion(scene(game, real), steps=10)
    assert found.roam == pytest.approx(10 / 2) and found.straight == pytest.approx(1)
    assert found.per_100 == pytest.approx(100 / 2) and found.settling == pytest.approx(1)
    assert found.average_distance == pytest.approx((10 - 5.5) / 2)
    assert found.spread == 0


def test_the_game_is_not_moved_and_the_same_comes_again() -> None:
    game = tiny_game(EMA(decay=0.9))
    draw = draws(game, 32)
    game.step(draw)
    before = {k: v.clone() for k, v in game.state()[0].items()}
    random = torch.get_rng_state()
    looked = Scene(game, draw, torch.cat([draw(p) for p in range(4)]))
    assert motion(looked, steps=10) == motion(looked, steps=10)
    assert same(before, game.state()[0]) and game.steps == 1
    assert torch.equal(random, torch.get_rng_state())


def test_playing_on_is_what_the_game_would_have_done() -> None:
    """Optimizers, order and the position in the data go on."""
    game = tiny_game()
    draw = draws(game, 32)
    game.step(draw)
    looked = Scene(game, draw, torch.cat([draw(p) for p in range(4)]))
    z = looked.latents(256, "motion")
    found = motion(looked, steps=7)
    first = game.G.module(z).detach()
    for _ in range(7):
        game.step(draw)
    net = apart(first, game.G.module(z).detach()) / looked.scale
    assert found.straight * found.per_100 * 7 / 100 == pytest.approx(net, rel=1e-4)


def test_drift_between_checkpoints_raw_and_averaged() -> None:
    game = tiny_game(EMA(decay=0.99))
    draw = draws(game, 32)
    for _ in range(20):
        game.step(draw)
    earlier = fork(game)
    for _ in range(50):
        game.step(draw)
    looked = Scene(game, draw, torch.cat([draw(p) for p in range(4)]))
    found = drift(looked, earlier, (sampling.generators(earlier)["ema"], sampling.generators(game)["ema"]))
    assert found is not None and found.averaged is not None
    z = looked.latents(256, "drift")
    exact = apart(earlier.G.module(z).detach(), game.G.module(z).detach()) / looked.scale * 2
    assert found.raw == pytest.approx(exact, rel=1e-4)
    assert 0 < found.averaged != found.raw
    assert [row.standing for row in found.indicators()] == ["proves nothing"] * 2
    assert drift(looked, fork(game)) is None, "no steps lie between"
    assert drift(looked, None) is None


def test_an_average_is_the_mean_of_all_weights() -> None:
    module = nn.Linear(1, 1)
    average = Average(module)
    for value in (1.0, 2.0, 6.0):
        nn.init.constant_(module.weight, value)
        average.add(module)
    assert average.module.weight.item() == pytest.approx(3)
    assert apart(torch.zeros(2, 2), torch.tensor([[3.0, 4.0], [0.0, 0.0]])) == pytest.approx(5 / math.sqrt(2))


def test_a_scale_of_one_where_reals_are_all_the_same() -> None:
    now, _ = dirac(steps=2)
    assert now.scale == 1
    wide = scene(line_game(Shift(0.0), Polynomial(p1=0.0)), points(torch.tensor([-3.0, 3.0] * 50)))
    assert wide.scale == pytest.approx(3)
