"""What each objective says of itself: its values at equilibrium, its convention, its card."""

import math
from dataclasses import asdict

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Objective, Targets

LOG2 = math.log(2)
WITH_TARGETS = [name for name, objective in OBJECTIVES.items() if objective.takes_targets]


def targets(real: float = 1.0, fake: float = 0.0) -> Targets:
    return Targets(torch.tensor(real, dtype=torch.float64), torch.tensor(fake, dtype=torch.float64))


def constant(value: float) -> Tensor:
    return torch.full((6,), value, dtype=torch.float64)


def recorded(objective: Objective, d_real: Tensor, d_fake: Tensor, real: float = 1.0, fake: float = 0.0) -> float:
    return objective.recorded(objective.d_loss(d_real, d_fake, targets(real, fake))).item()


def test_the_registry_is_keyed_by_the_cards_and_every_card_is_complete() -> None:
    assert {name: o.card.name for name, o in OBJECTIVES.items()} == {name: name for name in OBJECTIVES}
    assert set(OBJECTIVES) == {
        "minimax",
        "non_saturating",
        "least_squares",
        "wasserstein",
        "hinge",
        "relativistic_average",
        "relativistic_paired",
    }
    for objective in OBJECTIVES.values():
        assert all(asdict(objective.card).values())


@pytest.mark.parametrize("name", OBJECTIVES)
def test_losses_at_equal_logits_are_the_stated_ones(name: str) -> None:
    objective = OBJECTIVES[name]
    stated = objective.equilibrium()
    for logit in [stated.logit] if stated.logit is not None else [-1.0, 0.0, 0.7]:  # None: any constant will do
        d = constant(logit)
        if stated.d_loss is not None:
            assert recorded(objective, d, d) == pytest.approx(stated.d_loss, abs=1e-12)
        if stated.g_loss is not None:
            assert objective.g_loss(d, d).item() == pytest.approx(stated.g_loss, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "d_loss", "g_loss"),
    [
        ("minimax", LOG2, -LOG2),
        ("non_saturating", LOG2, LOG2),
        ("least_squares", 0.25, 0.25),
        ("wasserstein", 0.0, None),
        ("hinge", 2.0, None),
        ("relativistic_average", LOG2, LOG2),
        ("relativistic_paired", LOG2, LOG2),
    ],
)
def test_the_numbers_of_the_literature(name: str, d_loss: float, g_loss: float | None) -> None:
    stated = OBJECTIVES[name].equilibrium()
    assert stated.d_loss == pytest.approx(d_loss)
    assert stated.g_loss == (None if g_loss is None else pytest.approx(g_loss))


@pytest.mark.parametrize("name", WITH_TARGETS)
@given(real=st.floats(0.55, 1.0), fake=st.floats(0.0, 0.45))
def test_equilibrium_under_any_targets(name: str, real: float, fake: float) -> None:
    objective = OBJECTIVES[name]
    stated = objective.equilibrium(real, fake)
    assert stated.logit is not None
    d = constant(stated.logit).requires_grad_(True)
    loss = objective.recorded(objective.d_loss(d, d, targets(real, fake)))
    (slope,) = torch.autograd.grad(loss, d)
    assert loss.item() == pytest.approx(stated.d_loss, abs=1e-9)
    assert objective.g_loss(d, None).item() == pytest.approx(stated.g_loss, abs=1e-9)
    assert slope.abs().max().item() < 1e-9  # and D can do no better: its loss is flat there


# one-sided 0.9, one-sided 0.8, two-sided, fake only: D's output and mean loss, G's loss, the least mean loss of a perfect D
SMOOTHING = [
    (0.9, 0.0, 0.45, 0.6881, 0.7985, 0.1625),
    (0.8, 0.0, 0.40, 0.6730, 0.9163, 0.2502),
    (0.9, 0.1, 0.50, 0.6931, 0.6931, 0.3251),
    (1.0, 0.1, 0.55, 0.6881, 0.5978, 0.1625),
]


@pytest.mark.parametrize(("real", "fake", "output", "d_loss", "g_loss", "floor"), SMOOTHING)
def test_smoothing_moves_the_reference_lines(
    real: float, fake: float, output: float, d_loss: float, g_loss: float, floor: float
) -> None:
    objective = OBJECTIVES["non_saturating"]
    stated = objective.equilibrium(real, fake)
    assert stated.logit is not None
    assert torch.sigmoid(torch.tensor(stated.logit)).item() == pytest.approx(output, abs=1e-6)
    assert stated.d_loss == pytest.approx(d_loss, abs=5e-5)
    assert stated.g_loss == pytest.approx(g_loss, abs=5e-5)
    # a D that separates perfectly says just its targets, and still pays their entropy
    sure = {t: constant(float(torch.logit(torch.tensor(t, dtype=torch.float64), eps=1e-15))) for t in (real, fake)}
    assert recorded(objective, sure[real], sure[fake], real, fake) == pytest.approx(floor, abs=5e-5)


def test_the_floor_of_one_sided_smoothing_is_one_number_in_the_mean_and_twice_that_in_the_sum() -> None:
    objective = OBJECTIVES["non_saturating"]
    real = constant(math.log(9))
    total = objective.d_loss(real, constant(-60.0), targets(0.9)).item()
    assert total == pytest.approx(0.3251, abs=5e-5)
    assert objective.recorded(torch.tensor(total)).item() == pytest.approx(0.1625, abs=5e-5)


def test_optimal_d_under_collapse_onto_one_of_eight_modes() -> None:
    """Fakes on a share rho of equal modes: D is 1 / (1 + 1/rho) there and 1 elsewhere."""
    rho = 1 / 8
    here = math.log(rho)  # logit of D where the fakes are: p_data / p_G = rho
    d_real = torch.tensor([here, *[60.0] * 7], dtype=torch.float64)
    assert recorded(OBJECTIVES["non_saturating"], d_real, constant(here)) == pytest.approx(0.196, abs=5e-4)
    assert OBJECTIVES["non_saturating"].g_loss(constant(here), None).item() == pytest.approx(2.197, abs=5e-4)
