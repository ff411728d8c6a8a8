"""Unrolled D on games whose D after k steps is known in closed form."""

import pytest
import torch
from games import IMAGES, play, sgd, tiny_game
from torch import nn

from equipoise.errors import SettingError
from equipoise.game import Game
from equipoise.tricks.unrolled import Unrolled

RATE = 0.1


def scalar_game(objective: str, steps: int) -> Game:
    """G(z) = t z, D(x) = w x; D does not move, and t moves by minus its gradient."""
    torch.manual_seed(3)
    networks = {"generator": nn.Linear(1, 1, bias=False), "discriminator": nn.Linear(1, 1, bias=False)}
    trick = Unrolled(steps=steps, rate=RATE)
    return tiny_game(trick, objective=objective, shape=(1,), latent=1, g_optimizer=sgd(1.0), d_optimizer=sgd(0.0), **networks)


def moved(game: Game) -> tuple[float, float, float]:
    """w, t before, and the gradient of t in one step."""
    w, t = game.D.module.weight.item(), game.G.module.weight.item()
    play(game, 1)
    return w, t, t - game.G.module.weight.item()


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_the_bilinear_game_by_hand(steps: int) -> None:
    """L_D = w (t z1 - x), so w_k = w - k r (t z1 - x); L_G = -w_k t z2, of which t's gradient has two parts."""
    game = scalar_game("wasserstein", steps)
    w, t, gradient = moved(game)
    x, z1, z2 = (float(v.mean()) for v in (game.seen_by_d.real, game.seen_by_d.z, game.seen_by_g.z))
    w_k = w - steps * RATE * (t * z1 - x)
    assert gradient == pytest.approx(-w_k * z2 + steps * RATE * z1 * t * z2, abs=1e-5)
    assert game.D.module.weight.item() == w, "D's own weight is untouched"


@pytest.mark.parametrize("steps", [1, 4])
def test_the_quadratic_game_in_closed_form(steps: int) -> None:
    """L_D = E[(w x - 1)^2] + E[(w y)^2] contracts to w* = E[x] / (E[x^2] + E[y^2]) by 1 - 2 r (E[x^2] + E[y^2]) a step."""
    game = scalar_game("least_squares", steps)
    w, t0, gradient = moved(game)
    x, z1, z2 = game.seen_by_d.real.double(), game.seen_by_d.z.double(), game.seen_by_g.z.double()
    t = torch.tensor(t0, dtype=torch.float64, requires_grad=True)
    power = x.square().mean() + (t * z1).square().mean()
    best = x.mean() / power
    w_k = best + (1 - 2 * RATE * power) ** steps * (w - best)
    (by_hand,) = torch.autograd.grad((w_k * t * z2 - 1).square().mean(), t)
    assert gradient == pytest.approx(float(by_hand), abs=1e-5)


def test_steps_zero_is_the_plain_game() -> None:
    plain, game = tiny_game(), tiny_game(Unrolled(steps=0))
    assert torch.equal(play(plain, 3).d_fake_after, play(game, 3).d_fake_after)


def test_unrolling_leaves_no_trace_in_the_statistics_of_either_player() -> None:
    counts = []
    for steps in (1, 4):
        game = tiny_game(Unrolled(steps=steps), shape=IMAGES)
        play(game, 1)
        counts.append({k: int(v) for p in (game.G, game.D) for k, v in p.module.state_dict().items() if "num_batches" in k})
    assert counts[0] == counts[1]
    assert set(counts[0].values()) == {2}, "G in both its passes; D on real and fake in its own step only"


def test_g_plays_against_the_d_that_would_have_answered() -> None:
    """D's answer on the fakes of a D that has learnt a little more is lower."""
    now = play(tiny_game(Unrolled(steps=0), d_optimizer=sgd(0.0)), 1, batch=256)
    ahead = play(tiny_game(Unrolled(steps=20, rate=0.5), d_optimizer=sgd(0.0)), 1, batch=256)
    assert torch.equal(now.fake, ahead.fake)
    assert ahead.d_fake_after.mean() < now.d_fake_after.mean() - 0.05


@pytest.mark.parametrize(("knobs", "key"), [({"steps": -1}, "steps"), ({"rate": 0.0}, "rate")])
def test_knobs_out_of_range_are_named(knobs: dict[str, float], key: str) -> None:
    with pytest.raises(SettingError, match=f"^unrolled.{key}: must be"):
        tiny_game(Unrolled(**knobs))  # type: ignore[arg-type]
