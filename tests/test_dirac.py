"""The Dirac-GAN (Mescheder et al. 2018): one weight each, all data at 0, and every rate of convergence known.

G gives theta, D(x) = psi x, so the game has its equilibrium at (0, 0). Near it one step is a 2 x 2 matrix, whose
eigenvalues say whether training converges, and how fast: that is computed here in closed form and measured in the game.
"""

import cmath
import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from equipoise.game import Game
from equipoise.objectives import OBJECTIVES
from equipoise.optimizers.consensus import Consensus
from equipoise.optimizers.extragradient import ExtraSGD
from equipoise.optimizers.lookahead import Lookahead
from equipoise.penalties.gradient_penalty import GradientPenalty
from equipoise.penalties.r1 import R1
from equipoise.penalties.r2 import R2
from equipoise.pieces import Trick
from equipoise.tricks.instance_noise import InstanceNoise

SLOPE = 0.5  # f'(0) of the cross-entropy games; 1 for Wasserstein
RATE = 0.2
Matrix = tuple[tuple[float, float], tuple[float, float]]


class Theta(nn.Module):
    """G: always theta."""

    def __init__(self, theta: float) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([theta]))

    def forward(self, z: Tensor) -> Tensor:
        return self.theta.expand(len(z), 1)


class Psi(nn.Module):
    """D: psi x."""

    def __init__(self, psi: float) -> None:
        super().__init__()
        self.psi = nn.Parameter(torch.tensor([psi]))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.psi).flatten()


def path(
    *tricks: Trick,
    steps: int,
    start: tuple[float, float] = (1.0, 0.5),
    objective: str = "minimax",
    order: str = "simultaneous",
    rate: float = RATE,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.SGD,
    batch: int = 1,
) -> list[complex]:
    """theta + i psi before the first step and after each."""
    G, D = Theta(start[0]), Psi(start[1])
    settings: dict[str, Any] = {"latent": 1, "shape": (1,), "tricks": tricks, "order": order}
    make = partial(optimizer, lr=rate)
    game = Game(G, D, OBJECTIVES[objective], g_optimizer=make, d_optimizer=make, **settings)
    data = torch.zeros(batch, 1)
    found = [complex(*start)]
    for _ in range(steps):
        game.step(lambda _: data)
        found.append(complex(G.theta.item(), D.psi.item()))
    return found


def eigenvalues(step: Matrix) -> tuple[complex, complex]:
    (a, b), (c, d) = step
    root = cmath.sqrt((a - d) ** 2 / 4 + b * c)
    return (a + d) / 2 + root, (a + d) / 2 - root


def contraction(step: Matrix, found: list[complex]) -> float:
    """The measured shrinkage per step along the left eigenvector of the largest eigenvalue: there it is the same in every
    step, though the distance itself swings.
    """
    (a, b), (c, d) = step
    value = max(eigenvalues(step), key=abs)
    left = (c, value - a) if c else (value - d, b)  # left @ step = value * left

    def along(w: complex) -> float:
        return abs(left[0] * w.real + left[1] * w.imag)

    return float((along(found[-1]) / along(found[0])) ** (1 / (len(found) - 1)))


def times(a: Matrix, b: Matrix) -> Matrix:
    (p, q), (r, s) = a
    (t, u), (v, w) = b
    return (p * t + q * v, p * u + q * w), (r * t + s * v, r * u + s * w)


def simultaneous(rate: float, slope: float = SLOPE, on_psi: float = 0.0, on_theta: float = 0.0) -> Matrix:
    """One step of both at once; `on_psi` and `on_theta` are second derivatives that a term adds to D's and G's loss."""
    return (1 - rate * on_theta, rate * slope), (-rate * slope, 1 - rate * on_psi)


def alternating(rate: float, slope: float = SLOPE, on_psi: float = 0.0) -> Matrix:
    """D moves, then G against the D that has moved."""
    d_moves: Matrix = ((1, 0), (-rate * slope, 1 - rate * on_psi))
    g_moves: Matrix = ((1, rate * slope), (0, 1))
    return times(g_moves, d_moves)


SMALL = (1e-3, 5e-4)  # where the linear theory holds


# ------------------------------------------------------------------------------------------ what does not converge


def test_simultaneous_gradient_descent_spirals_out_at_the_rate_of_the_theory() -> None:
    step = simultaneous(RATE)
    growth = math.sqrt(1 + (RATE * SLOPE) ** 2)
    assert abs(eigenvalues(step)[0]) == pytest.approx(growth)
    assert contraction(step, path(steps=100, start=SMALL)) == pytest.approx(growth, rel=1e-5)


def test_far_from_the_equilibrium_the_distance_never_falls() -> None:
    """For minimax the growth is exact everywhere: |w'|^2 = (1 + h^2 f'(theta psi)^2) |w|^2."""
    found = path(steps=50, start=(1.0, 1.0))
    for here, there in pairwise(found):
        slope = 1 / (1 + math.exp(-here.real * here.imag))
        assert abs(there) / abs(here) == pytest.approx(math.sqrt(1 + (RATE * slope) ** 2), rel=1e-5)


@pytest.mark.parametrize("objective", ["minimax", "wasserstein"])
def test_alternating_gradient_descent_stays_on_a_cycle(objective: str) -> None:
    slope = 1.0 if objective == "wasserstein" else SLOPE
    step = alternating(RATE, slope)
    assert [abs(value) for value in eigenvalues(step)] == pytest.approx([1, 1]), "on the unit circle: neither in nor out"
    found = path(steps=400, start=SMALL, objective=objective, order="alternating")
    assert contraction(step, found) == pytest.approx(1, abs=1e-6)
    turns = sum(a.imag < 0 <= b.imag for a, b in pairwise(found))
    angle = cmath.phase(eigenvalues(step)[0])
    assert turns == pytest.approx(400 * angle / (2 * math.pi), abs=1.01), "it goes round and round"


def test_wasserstein_spirals_out() -> None:
    found = path(steps=200, objective="wasserstein")
    assert abs(found[-1]) / abs(found[0]) == pytest.approx((1 + RATE**2) ** (200 / 2), rel=1e-3)


@pytest.mark.parametrize("order", ["simultaneous", "alternating"])
def test_the_non_saturating_game_has_the_same_first_order(order: str) -> None:
    step = simultaneous(RATE) if order == "simultaneous" else alternating(RATE)
    found = path(steps=200, start=SMALL, objective="non_saturating", order=order)
    assert contraction(step, found) == pytest.approx(abs(eigenvalues(step)[0]), rel=1e-5)


def test_wgan_gp_never_settles() -> None:
    """Its penalty holds |psi| near 1, so G is pushed to and fro."""
    late = path(GradientPenalty(weight=0.3), steps=400, objective="wasserstein", order="alternating", rate=0.1)[200:]
    assert min(abs(w) for w in late) > 0.5
    assert sum(a.real < 0 <= b.real for a, b in pairwise(late)) >= 2


# -------------------------------------------------------------------------------------------------- what converges


@pytest.mark.parametrize("weight", [0.1, 0.5, 1.0, 3.0])  # 1 is critical: 2 f'(0)
@pytest.mark.parametrize("order", ["simultaneous", "alternating"])
@pytest.mark.parametrize("objective", ["minimax", "non_saturating"])
def test_r1_converges_at_the_rate_of_its_eigenvalues(weight: float, order: str, objective: str) -> None:
    """The paper's flow has the eigenvalues -g/2 +- sqrt(g^2/4 - f'(0)^2), g the weight."""
    step = (simultaneous if order == "simultaneous" else alternating)(RATE, on_psi=weight)
    rate = max(abs(value) for value in eigenvalues(step))
    if order == "simultaneous":
        flow = max((-weight / 2 + s * cmath.sqrt(weight**2 / 4 - SLOPE**2) for s in (1, -1)), key=lambda v: abs(1 + RATE * v))
        assert rate == pytest.approx(abs(1 + RATE * flow))
    assert rate < 1
    steps = min(150, math.ceil(math.log(1e-3) / math.log(rate)))
    found = path(R1(weight=weight), steps=steps, start=SMALL, order=order, objective=objective)
    assert 1 - contraction(step, found) == pytest.approx(1 - rate, rel=0.02 if weight == 1.0 else 0.005)


@pytest.mark.parametrize("penalty", [R1, R2])
def test_r1_and_r2_reach_the_equilibrium_from_afar(penalty: Any) -> None:
    assert abs(path(penalty(weight=1.0), steps=150, order="alternating")[-1]) < 1e-3


@pytest.mark.parametrize("objective", ["wasserstein", "non_saturating"])
def test_r1_cures_other_objectives(objective: str) -> None:
    slope = 1.0 if objective == "wasserstein" else SLOPE
    step = simultaneous(RATE, slope, on_psi=0.8)
    found = path(R1(weight=0.8), steps=60, start=SMALL, objective=objective)
    assert contraction(step, found) == pytest.approx(abs(eigenvalues(step)[0]), rel=1e-4)


@pytest.mark.parametrize("weight", [0.5, 2.0])
def test_consensus_converges_at_the_rate_of_its_eigenvalues(weight: float) -> None:
    """1/2 ||v||^2 is f'(0)^2 / 2 (theta^2 + psi^2) near the equilibrium: it pulls both players in by the same share."""
    pull = weight * SLOPE**2
    step = simultaneous(RATE, on_psi=pull, on_theta=pull)
    rate = math.hypot(1 - RATE * pull, RATE * SLOPE)
    assert abs(eigenvalues(step)[0]) == pytest.approx(rate) and rate < 1
    found = path(Consensus(weight=weight), steps=60, start=SMALL)
    assert 1 - contraction(step, found) == pytest.approx(1 - rate, rel=0.005)


def test_consensus_reaches_the_equilibrium_from_afar() -> None:
    assert abs(path(Consensus(weight=4.0), steps=60)[-1]) < 1e-3


@pytest.mark.parametrize("objective", ["minimax", "non_saturating", "wasserstein"])
def test_extragradient_converges_at_the_rate_of_its_eigenvalues(objective: str) -> None:
    a = RATE * (1.0 if objective == "wasserstein" else SLOPE)
    step: Matrix = ((1 - a * a, a), (-a, 1 - a * a))  # I + A + A^2, A the antisymmetric step of plain descent
    rate = math.sqrt(1 - a**2 + a**4)
    assert abs(eigenvalues(step)[0]) == pytest.approx(rate)
    found = path(steps=100, start=SMALL, objective=objective, optimizer=ExtraSGD)
    assert 1 - contraction(step, found) == pytest.approx(1 - rate, rel=0.005)


@pytest.mark.parametrize("order", ["simultaneous", "alternating"])
def test_lookahead_converges_at_the_rate_of_its_eigenvalues(order: str) -> None:
    """One look is (1 - alpha) I + alpha M^k, M the plain step: the mean of two ends of an arc lies further in."""
    k, alpha = 20, 0.5
    plain = simultaneous(RATE) if order == "simultaneous" else alternating(RATE)
    many = plain
    for _ in range(k - 1):
        many = times(plain, many)
    (a, b), (c, d) = many
    look: Matrix = ((1 - alpha + alpha * a, alpha * b), (alpha * c, 1 - alpha + alpha * d))
    rate = abs(eigenvalues(look)[0])
    assert rate < 1
    found = path(Lookahead(k=k, alpha=alpha), steps=10 * k, start=SMALL, order=order)[::k]
    assert 1 - contraction(look, found) == pytest.approx(1 - rate, rel=0.005)


def test_instance_noise_converges_at_the_rate_of_its_eigenvalues() -> None:
    """Noise of variance s^2 on real and fake adds E[x^2] / 4 of each to the second derivative in psi: s^2 / 2 in all."""
    std = 0.7
    step = simultaneous(RATE, on_psi=std**2 / 2)
    rate = abs(eigenvalues(step)[0])
    assert rate < 1
    found = path(InstanceNoise(std=std), steps=60, start=(0.2, 0.1), batch=200_000)
    assert 1 - contraction(step, found) == pytest.approx(1 - rate, rel=0.1)


def test_instance_noise_reaches_the_equilibrium_where_the_plain_game_cycles() -> None:
    plain = path(steps=300, order="alternating")
    noisy = path(InstanceNoise(std=1.0), steps=300, order="alternating", batch=2048)
    assert min(abs(w) for w in plain[200:]) > 0.5
    assert max(abs(w) for w in noisy[200:]) < 0.05
