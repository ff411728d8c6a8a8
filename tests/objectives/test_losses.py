"""The losses as functions of logits."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Targets

HARD = Targets(torch.tensor(1.0), torch.tensor(0.0))
PAIRED = ("relativistic_average", "relativistic_paired")


def logits(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def slope_of_g(name: str, logit: float) -> float:
    d_fake = logits(logit).requires_grad_(True)
    (slope,) = torch.autograd.grad(OBJECTIVES[name].g_loss(d_fake, logits(-logit)), d_fake)
    return slope.item()


# logits on reals 2 and -1, on fakes 0.5 and -3: worked out by hand
REAL, FAKE = logits(2.0, -1.0), logits(0.5, -3.0)


def sp(x: float) -> float:
    return math.log1p(math.exp(x))


@pytest.mark.parametrize(
    ("name", "d_loss", "g_loss"),
    [
        ("minimax", (sp(-2) + sp(1) + sp(0.5) + sp(-3)) / 2, -(sp(0.5) + sp(-3)) / 2),
        ("non_saturating", (sp(-2) + sp(1) + sp(0.5) + sp(-3)) / 2, (sp(-0.5) + sp(3)) / 2),
        ("least_squares", (1 + 4 + 0.25 + 9) / 2, (0.25 + 16) / 2),
        ("wasserstein", -1.25 - 0.5, 1.25),
        ("hinge", (0 + 2 + 1.5 + 0) / 2, 1.25),
        # means: reals 0.5, fakes -1.25
        ("relativistic_average", (sp(-3.25) + sp(-0.25) + sp(0) + sp(-3.5)) / 2, (sp(3.25) + sp(0.25) + sp(0) + sp(3.5)) / 4),
        ("relativistic_paired", (sp(-1.5) + sp(-2)) / 2, (sp(1.5) + sp(2)) / 2),
    ],
)
def test_losses_by_hand(name: str, d_loss: float, g_loss: float) -> None:
    objective = OBJECTIVES[name]
    assert objective.d_loss(REAL, FAKE, HARD).item() == pytest.approx(d_loss, abs=1e-9)
    assert objective.g_loss(FAKE, REAL).item() == pytest.approx(g_loss, abs=1e-9)


def test_the_saturating_gradient_vanishes_where_the_non_saturating_does_not() -> None:
    assert slope_of_g("minimax", -20.0) == pytest.approx(-math.exp(-20), rel=1e-6)  # -2.1e-9
    assert slope_of_g("non_saturating", -20.0) == pytest.approx(-1.0, abs=1e-8)
    assert slope_of_g("least_squares", -20.0) == pytest.approx(-42.0)
    for name in ("wasserstein", "hinge", "relativistic_paired"):
        assert slope_of_g(name, -20.0) == pytest.approx(-1.0, abs=1e-8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_losses_and_gradients_are_finite_at_extreme_logits(name: str, dtype: torch.dtype) -> None:
    objective = OBJECTIVES[name]
    for sign in (-1, 1):
        d_real = torch.tensor([100.0, -100.0], dtype=dtype, requires_grad=True)
        d_fake = torch.tensor([sign * 100.0, sign * -100.0], dtype=dtype, requires_grad=True)
        for loss in (objective.d_loss(d_real, d_fake, HARD), objective.g_loss(d_fake, d_real)):
            slopes = torch.autograd.grad(loss, (d_real, d_fake), allow_unused=True)
            assert loss.isfinite()
            assert all(s.isfinite().all() for s in slopes if s is not None)


def test_cross_entropy_does_not_underflow_to_zero_where_d_is_sure_and_wrong() -> None:
    """log(sigmoid) written naively is -inf at a logit of -100 in float32."""
    wrong = torch.tensor([-100.0])
    assert OBJECTIVES["non_saturating"].d_loss(wrong, -wrong, HARD).item() == pytest.approx(200.0)
    assert OBJECTIVES["non_saturating"].g_loss(wrong, None).item() == pytest.approx(100.0)


@pytest.mark.parametrize("shape", [(5,), (5, 1), (3, 2, 2)])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_gradients_against_finite_differences(name: str, shape: tuple[int, ...]) -> None:
    objective = OBJECTIVES[name]
    rng = torch.Generator().manual_seed(3)
    d_real, d_fake = (torch.randn(shape, generator=rng, dtype=torch.float64).requires_grad_(True) for _ in range(2))
    wanted = Targets(
        torch.rand(shape, generator=rng, dtype=torch.float64), torch.rand(shape, generator=rng, dtype=torch.float64)
    )
    assert torch.autograd.gradcheck(lambda r, f: objective.d_loss(r, f, wanted), (d_real, d_fake))
    assert torch.autograd.gradcheck(lambda r, f: objective.g_loss(f, r) + 0 * r.sum(), (d_real, d_fake))


@given(shift=st.floats(-30, 30))
@pytest.mark.parametrize("name", [*PAIRED, "wasserstein"])
def test_d_only_compares(name: str, shift: float) -> None:
    objective = OBJECTIVES[name]
    before, after = objective.d_loss(REAL, FAKE, HARD), objective.d_loss(REAL + shift, FAKE + shift, HARD)
    assert after.item() == pytest.approx(before.item(), abs=1e-9)
    if objective.paired:
        assert objective.g_loss(FAKE + shift, REAL + shift).item() == pytest.approx(
            objective.g_loss(FAKE, REAL).item(), abs=1e-9
        )


@pytest.mark.parametrize("name", [n for n in OBJECTIVES if n not in PAIRED])
def test_the_others_need_no_logits_on_reals_for_g(name: str) -> None:
    objective = OBJECTIVES[name]
    assert not objective.paired
    assert objective.g_loss(FAKE, None).item() == objective.g_loss(FAKE, REAL).item()


@pytest.mark.parametrize("name", PAIRED)
def test_relativistic_games_are_symmetric(name: str) -> None:
    """G plays D's game with the sides exchanged."""
    objective = OBJECTIVES[name]
    exchanged = objective.recorded(objective.d_loss(FAKE, REAL, HARD))
    assert objective.paired
    assert objective.g_loss(FAKE, REAL).item() == pytest.approx(exchanged.item())


@given(share=st.floats(0, 1))
def test_cross_entropy_is_linear_in_the_targets(share: float) -> None:
    """So flipping labels with a probability is smoothing in expectation; squares are not linear."""

    def loss(name: str, real: float) -> float:
        return OBJECTIVES[name].d_loss(REAL, FAKE, Targets(torch.tensor(real), torch.tensor(0.0))).item()

    mixed = share * loss("minimax", 1.0) + (1 - share) * loss("minimax", 0.0)
    assert loss("minimax", share) == pytest.approx(mixed, abs=1e-6)
    gap = share * loss("least_squares", 1.0) + (1 - share) * loss("least_squares", 0.0) - loss("least_squares", share)
    assert gap == pytest.approx(share * (1 - share), abs=1e-5)
