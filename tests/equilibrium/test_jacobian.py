"""Eigenvalues that are known, products against differences, and Arnoldi against the whole matrix."""

import math

import numpy as np
import pytest
import torch
from equilibrium_games import Polynomial, Shift, dirac, line_game, points, scene
from games import draws, tiny_game

from equipoise.equilibrium import jacobian as module
from equipoise.equilibrium.jacobian import Field, arnoldi, jacobian, spectrum
from equipoise.equilibrium.path_angle import place, weights
from equipoise.equilibrium.scene import Scene, fork
from equipoise.game import Game
from equipoise.optimizers.consensus import Consensus
from equipoise.penalties.r1 import R1
from equipoise.pieces import Trick
from equipoise.tricks.dropout import Dropout
from equipoise.tricks.label_smoothing import LabelSmoothing
from equipoise.tricks.spectral_norm import SpectralNorm


def at_origin(*tricks: Trick, objective: str = "minimax") -> Scene:
    game = line_game(Shift(0.0, held=False), Polynomial(p1=0.0), *tricks, objective=objective)
    return scene(game, points(0.0))


# ------------------------------------------------------------------------------------------------- the Dirac-GAN


@pytest.mark.parametrize(("objective", "slope"), [("minimax", 0.5), ("non_saturating", 0.5), ("wasserstein", 1.0)])
def test_the_plain_dirac_gan_only_turns(objective: str, slope: float) -> None:
    """Mescheder et al. 2018, lemma 2.2: +- f'(0) i."""
    found = jacobian(at_origin(objective=objective))
    assert sorted(found.game.values.imag) == pytest.approx([-slope, slope], abs=1e-6)
    assert np.abs(found.game.values.real).max() < 1e-6
    assert found.game.exact and found.game.size == 2
    assert found.game.rotation == pytest.approx(1)
    assert found.local_nash == "not established"
    assert {r.name: r.standing for r in found.indicators()}["least_real"] == "supports", "not proven: on the edge"


@pytest.mark.parametrize("weight", [0.3, 1.0, 2.0])
def test_r1_moves_the_eigenvalues_to_where_the_paper_has_them(weight: float) -> None:
    """Mescheder et al. 2018, lemma 4.1: g/2 +- sqrt(g^2/4 - f'(0)^2), of the descended field."""
    found = jacobian(at_origin(R1(weight=weight)))
    root = np.sqrt(complex(weight**2 / 4 - 0.25))
    exact = sorted([weight / 2 + root, weight / 2 - root], key=lambda v: (v.real, v.imag))
    assert sorted(found.game.values, key=lambda v: (v.real, v.imag)) == pytest.approx(exact, abs=1e-3)
    assert {r.name: r.standing for r in found.indicators()}["least_real"] == "proves", "locally stable"


def test_consensus_moves_them_off_the_imaginary_axis() -> None:
    found = jacobian(at_origin(Consensus(weight=2.0)))
    assert sorted(found.game.values, key=lambda v: v.imag) == pytest.approx([0.5 - 0.5j, 0.5 + 0.5j], abs=1e-5)


def test_a_lazy_penalty_counts_at_its_mean_weight() -> None:
    often, seldom = (jacobian(at_origin(R1(weight=0.6, every=every))) for every in (1, 16))
    assert often.game.least_real == pytest.approx(0.3, abs=1e-5)
    assert np.allclose(often.game.values, seldom.game.values)


def test_negative_curvature_of_g_refutes_a_local_nash_equilibrium() -> None:
    """G's saturating loss -softplus(psi theta) has the curvature -psi^2 s (1 - s), s = sigmoid(psi theta)."""
    theta, psi = 0.5, 2.0
    game = line_game(Shift(theta, held=False), Polynomial(p1=psi))
    found = jacobian(scene(game, points(0.0)))
    s = 1 / (1 + math.exp(-psi * theta))
    assert found.g_hessian.least_real == pytest.approx(-(psi**2) * s * (1 - s), rel=1e-4)
    assert found.g_curvature == pytest.approx(found.g_hessian.least_real, rel=1e-4)
    assert found.d_hessian.least_real > 0
    assert found.local_nash == "refuted" and found.local_nash_words.startswith("G's own loss")


def test_the_gradient_is_small_where_the_dirac_gan_has_arrived_and_not_before() -> None:
    away, _ = dirac(steps=10)
    there, _ = dirac(R1(weight=1.0), steps=200)
    assert jacobian(there).still and not jacobian(away).still


# ------------------------------------------------------------------------------------------------ products and bases


def small(*tricks: Trick, objective: str = "non_saturating") -> tuple[Game, torch.Tensor, torch.Tensor]:
    """A game of smooth nets: differences of a kinked one are no derivatives."""
    torch.manual_seed(0)
    G = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    D = torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.SiLU(), torch.nn.Linear(5, 1), torch.nn.Flatten(0))
    game = tiny_game(*tricks, generator=G, discriminator=D, objective=objective)
    return game, draws(game, 32)(0), torch.randn(32, 3, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    "tricks",
    [[], [R1(weight=0.7)], [LabelSmoothing(real=0.9), SpectralNorm(player="D")], [Dropout()]],
    ids=["plain", "r1", "smoothed and spectral", "dropout"],
)
@pytest.mark.parametrize("objective", ["non_saturating", "relativistic_average"])
def test_products_are_the_differences_of_the_field(tricks: list[Trick], objective: str) -> None:
    if objective == "relativistic_average" and any(isinstance(t, LabelSmoothing) for t in tricks):
        tricks = [t for t in tricks if not isinstance(t, LabelSmoothing)]
    game, real, z = small(*tricks, objective=objective)
    field = Field(game, real, z)
    rng = torch.Generator().manual_seed(2)
    u, w = (torch.randn(len(field.v), generator=rng) for _ in range(2))
    left = float(field.transposed(u) @ w)  # u^T J w, by products
    start, step = weights(game), 1e-2

    def moved(sign: float) -> torch.Tensor:
        other = fork(game)
        parts = torch.split(w, [t.numel() for t in start])
        place(other, [t + sign * step * p.view_as(t) for t, p in zip(start, parts, strict=True)])
        return Field(other, real, z).v.detach()

    right = float(u @ (moved(1) - moved(-1))) / (2 * step)
    assert left == pytest.approx(right, rel=0.02, abs=2e-3)


def test_players_hessians_are_the_diagonal_blocks() -> None:
    game, real, z = small(R1(weight=0.3))
    field = Field(game, real, z)
    n = len(field.G)
    u = torch.randn(len(field.v), generator=torch.Generator().manual_seed(3))
    g_only, d_only = u.clone(), u.clone()
    g_only[n:], d_only[:n] = 0, 0
    assert torch.allclose(field.transposed(g_only)[:n], field.g_hessian(u[:n]), atol=1e-5)
    assert torch.allclose(field.transposed(d_only)[n:], field.d_hessian(u[n:]), atol=1e-5)


def test_a_whole_basis_of_arnoldi_finds_every_eigenvalue() -> None:
    matrix = torch.randn(12, 12, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    h, basis, beyond = arnoldi(lambda u: matrix @ u, matrix[0], 12, seed=0)
    assert np.allclose(basis @ basis.T, np.eye(len(basis)), atol=1e-9)
    assert beyond < 1e-6
    found, exact = (np.sort_complex(np.linalg.eigvals(m)) for m in (h, matrix.numpy()))
    assert np.allclose(found, exact, atol=1e-6)


def test_few_vectors_find_the_outermost_and_say_how_far_they_may_be_off() -> None:
    values = torch.linspace(-1, 1, 600, dtype=torch.float64)
    values[0], values[-1] = -9.0, 14.0
    found, vector = spectrum(lambda u: values * u, values, 30, seed=0, symmetric=True)
    assert not found.exact and found.size == 600
    assert found.radius == pytest.approx(14, abs=1e-6) and found.least_real == pytest.approx(-9, abs=1e-6)
    assert found.least_real_residual < 1e-3
    assert abs(float(vector[0])) == pytest.approx(1, abs=1e-4)


def test_arnoldi_agrees_with_the_matrix_on_a_game(monkeypatch: pytest.MonkeyPatch) -> None:
    game, real, _ = small(R1(weight=0.5))
    looked = Scene(game, lambda _: real, torch.cat([real] * 4))
    exact = jacobian(looked)
    monkeypatch.setattr(module, "DENSE", 0)
    found = jacobian(looked, vectors=64)
    assert exact.game.exact and not found.game.exact
    assert found.game.values[0] == pytest.approx(exact.game.values[0], rel=1e-3)
    assert found.g_hessian.least_real == pytest.approx(exact.g_hessian.least_real, abs=1e-4)
    assert found.d_hessian.radius == pytest.approx(exact.d_hessian.radius, rel=1e-3)


def test_batch_normalisation_and_images_go_through_and_stay_as_they_were() -> None:
    game = tiny_game(shape=(1, 16, 16))
    draw = draws(game, 16)
    game.step(draw)
    before = {k: v.clone() for k, v in game.state()[0].items()}
    found = jacobian(Scene(game, draw, torch.cat([draw(p) for p in range(4)])), samples=16, vectors=5)
    assert np.isfinite(found.game.values).all() and found.game.size > 400
    assert all(torch.equal(before[k], v) for k, v in game.state()[0].items())
