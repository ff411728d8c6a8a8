"""The duality gap against what paper says of it."""

import math

import pytest
import torch
from equilibrium_games import Polynomial, Shift, Stretch, line_game, points, scene
from games import same
from torch import Tensor

from equipoise.equilibrium.duality_gap import duality_gap, interval, sobolev
from equipoise.equilibrium.scene import Scene, balanced_value, logits, value
from equipoise.errors import DataError
from equipoise.objectives import OBJECTIVES
from equipoise.penalties.r1 import R1
from equipoise.tricks.weight_clipping import WeightClipping

LOG4 = 2 * math.log(2)


def density(x: Tensor, mean: float, std: float) -> Tensor:
    return torch.exp(-(((x - mean) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi))


def grid() -> Tensor:
    return torch.linspace(-15, 15, 60_001, dtype=torch.float64)


def jensen_shannon(real: tuple[float, float], fake: tuple[float, float]) -> float:
    """JSD of two Gaussians (mean, std) by the trapezoid rule, in nats."""
    x = grid()
    p, q = density(x, *real), density(x, *fake)
    m = (p + q) / 2
    return float(torch.trapezoid(torch.xlogy(p, p / m) + torch.xlogy(q, q / m), x)) / 2


def expected(f: Tensor, mean: float, std: float) -> float:
    return float(torch.trapezoid(f * density(grid(), mean, std), grid()))


# ------------------------------------------------------------------------------------------------- Wasserstein, exact


@pytest.mark.parametrize(("t", "psi"), [(0.5, 0.2), (-0.5, 0.2), (0.9, -0.3), (0.3, 0.0)])
def test_a_clipped_critic_against_a_shift_has_the_gap_of_the_formula(t: float, psi: float) -> None:
    """M = psi (mu - t), |psi| <= c, |t| <= 1: max_D M = c |mu - t| and min_G M = psi mu - |psi|."""
    mu, c = 0.3, 0.4
    game = line_game(Shift(t), Polynomial(p1=psi), WeightClipping(c=c), objective="wasserstein")
    found = duality_gap(scene(game, points(mu)), steps=30)
    assert found.value.value == pytest.approx(psi * (mu - t), abs=1e-5)
    assert found.max_d.value == pytest.approx(c * abs(mu - t), abs=1e-5)
    assert found.min_g.value == pytest.approx(psi * mu - abs(psi), abs=1e-5)
    assert found.gap.value == pytest.approx(c * abs(mu - t) - psi * mu + abs(psi), abs=1e-5)
    assert found.divergence is None, "a critic certifies no share of anything"


def test_the_proximal_value_of_a_critic_is_finite_where_the_plain_one_is_not() -> None:
    """max_D' psi' (mu - t) - l/2 (psi' - psi)^2 = psi (mu - t) + (mu - t)^2 / (2 l), least at mu - t = -l psi: -l psi^2 / 2,
    while psi (mu - t) has no minimum."""
    mu, psi, proximity = 0.2, 0.3, 0.5
    game = line_game(Shift(0.0, held=False), Polynomial(p1=psi), WeightClipping(c=1.0), objective="wasserstein", rate=0.02)
    found = duality_gap(scene(game, points(mu)), steps=200, rates=(1.0,), proximity=proximity)
    assert found.max_d.value - found.proximal_gap.value == pytest.approx(-proximity * psi**2 / 2, abs=2e-3)
    assert found.min_g.value < -1, "further with every step"


def test_the_distance_of_two_ds_is_that_of_their_slopes() -> None:
    x = torch.tensor([[1.0], [2.0], [3.0]])
    one, other = Polynomial(p1=2.0, p2=0.5), Polynomial(p1=1.5, p2=0.25)
    slopes = 0.5 + 0.5 * x
    assert float(sobolev(one, other, x).detach()) == pytest.approx(float(slopes.square().mean()))


# ------------------------------------------------------------------------------------------ cross-entropy, by quadrature


@pytest.mark.parametrize("objective", ["minimax", "non_saturating"])
def test_a_shifted_gaussian_has_the_gap_of_its_divergence(objective: str) -> None:
    """The best D against N(m, 1) is linear in x, so the best value is 2 JSD - log 4; with D flat G can gain nothing."""
    m = 0.8
    real = torch.randn(4000, 1, generator=torch.Generator().manual_seed(1))
    game = line_game(Shift(m, noise=1.0), Polynomial(p0=0.0, p1=0.0), objective=objective)
    found = duality_gap(scene(game, real, real[:2000], batch=256), steps=80)
    exact = 2 * jensen_shannon((0, 1), (m, 1)) - LOG4
    assert found.value.value == pytest.approx(-LOG4, abs=1e-6)
    assert found.max_d.low <= exact <= found.max_d.high
    assert found.max_d.high - found.max_d.low < 0.15
    assert found.g_gain.value == pytest.approx(0, abs=1e-6)
    assert found.divergence is not None
    assert found.divergence.value == pytest.approx(jensen_shannon((0, 1), (m, 1)) / math.log(2), abs=0.06)


def test_g_gains_what_the_best_shift_within_its_bounds_gains() -> None:
    """Against D = w x the worst shift is 1 for w > 0: M = E log sigmoid(w x) - E softplus(w (x + 1))."""
    w, m = 1.5, 0.2
    real = torch.randn(4000, 1, generator=torch.Generator().manual_seed(2))
    game = line_game(Shift(m, noise=1.0), Polynomial(p1=w))
    found = duality_gap(scene(game, real, real[:2000], batch=256), steps=60)
    x = grid()
    on_reals = -expected(torch.nn.functional.softplus(-w * x), 0, 1)
    exact = on_reals - expected(torch.nn.functional.softplus(w * x), 1, 1)
    assert found.min_g.low <= exact <= found.min_g.high
    before = on_reals - expected(torch.nn.functional.softplus(w * x), m, 1)
    assert found.g_gain.value == pytest.approx(before - exact, abs=0.05)


@pytest.mark.parametrize("s", [0.5, 1.6])
def test_a_stretched_gaussian_under_a_quadratic_d(s: float) -> None:
    """log N(0, 1) / N(0, s^2) is a quadratic without a linear term."""
    real = torch.randn(4000, 1, generator=torch.Generator().manual_seed(3))
    game = line_game(Stretch(s), Polynomial(p0=0.0, p2=0.0))
    found = duality_gap(scene(game, real, real[:2000], batch=256), steps=100)
    exact = 2 * jensen_shannon((0, 1), (0, s)) - LOG4
    assert found.max_d.low <= exact <= found.max_d.high
    assert found.max_d.value > -LOG4 + 0.02


def test_at_the_equilibrium_there_is_no_gap() -> None:
    real = torch.randn(4000, 1, generator=torch.Generator().manual_seed(4))
    game = line_game(Stretch(1.0), Polynomial(p0=0.0, p1=0.0, p2=0.0), rate=0.02)
    found = duality_gap(scene(game, real, real[:2000], batch=256), steps=60)
    assert abs(found.gap.value) < 0.02 and found.gap.low <= 0.005
    assert found.small and abs(found.proximal_gap.value) < 0.02
    assert all(row.standing == "supports" for row in found.indicators())


def test_a_strong_d_against_a_far_g_is_a_large_gap_of_g_alone() -> None:
    real = torch.randn(2000, 1, generator=torch.Generator().manual_seed(5))
    game = line_game(Shift(-1.0, noise=0.1), Polynomial(p0=4.0, p1=8.0))
    found = duality_gap(scene(game, real), steps=60)
    assert found.g_gain.value > 5 > found.d_gain.value + 3
    assert not found.small
    standings = {row.name: row.standing for row in found.indicators()}
    assert standings["duality_gap"] == standings["g_gain"] == "contradicts"


# ------------------------------------------------------------------------------------------------------ what it is made of


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_value_is_one_number_for_both_players(name: str) -> None:
    game = line_game(Shift(0.0), Polynomial(p1=0.0), objective=name)
    flat = torch.full((16,), game.objective.equilibrium().logit or 0.0)
    balanced = balanced_value(game)
    if balanced is not None:
        assert float(value(game, flat, flat)) == pytest.approx(balanced, abs=1e-6)
    real, fake = torch.tensor([2.0, 1.0]), torch.tensor([-1.0, -2.0])
    assert float(value(game, real, fake)) > float(value(game, fake, real)), "D maximises it"


def test_a_penalty_binds_the_worst_case_d() -> None:
    """With g/2 psi^2 the critic's best slope is (mu - t) / g, and M there (mu - t)^2 / g; without it there is no end."""
    mu, weight = 0.5, 0.5
    game = line_game(Shift(0.0), Polynomial(p1=0.0), R1(weight=weight), objective="wasserstein", rate=0.05)
    bound = duality_gap(scene(game, points(mu)), steps=120, rates=(1.0,))
    assert bound.max_d.value == pytest.approx(mu**2 / weight, rel=0.1)
    free = line_game(Shift(0.0), Polynomial(p1=0.0), objective="wasserstein", rate=0.05)
    assert duality_gap(scene(free, points(mu)), steps=120, rates=(1.0,)).max_d.value > 2 * mu**2 / weight


def test_the_same_seed_gives_the_same_numbers_and_disturbs_nothing() -> None:
    real = torch.randn(600, 1, generator=torch.Generator().manual_seed(6))
    game = line_game(Shift(0.5, noise=1.0), Polynomial(p0=0.1, p1=0.3), R1(weight=0.1), optimizer=torch.optim.Adam)
    game.step(lambda _: real[:64])
    before, facts = game.state()
    before = {k: v.clone() for k, v in before.items()}
    random = torch.get_rng_state()
    one, two, other = (duality_gap(scene(game, real, seed=s), steps=10) for s in (0, 0, 1))
    assert one == two
    assert one != other
    assert same(before, game.state()[0]) and facts == game.state()[1]
    assert torch.equal(random, torch.get_rng_state())


def test_a_search_that_was_cut_short_says_that_it_was_still_gaining() -> None:
    real = torch.randn(2000, 1, generator=torch.Generator().manual_seed(7))
    game = line_game(Shift(1.0, noise=0.3), Polynomial(p0=0.0, p1=0.0, p2=0.0), rate=0.02)
    short, long = (duality_gap(scene(game, real), steps=steps, rates=(1.0,)) for steps in (16, 120))
    assert short.relative < 0.25 < long.relative
    assert short.unfinished and not short.small
    assert long.rise / long.gap.value < 0.1 < short.rise / short.gap.value and not long.unfinished


def test_an_interval_of_bootstrap_values_is_their_middle() -> None:
    assert interval([float(i) for i in range(200)]) == (5.0, 194.0)


def test_too_few_held_out_reals_are_refused() -> None:
    with pytest.raises(DataError, match="31 are too few"):
        scene(line_game(Shift(0.0), Polynomial(p1=0.0)), points(0.0), points(0.0, 31))


def test_logits_leave_ds_mode_as_it_was() -> None:
    game = line_game(Shift(0.0), Polynomial(p1=1.0))
    looked: Scene = scene(game, points(0.5))
    looked.game.D.module.train()
    found = logits(looked.game, looked.heldout, 64, real=True)
    assert looked.game.D.module.training and torch.allclose(found, torch.tensor(0.5))
