"""The sliced Wasserstein distance against closed forms."""

import math
import time

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.metrics.sliced_wasserstein import sliced_wasserstein
from equipoise.seeds import generator


def normal(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=generator("cpu", seed))


def test_zero_on_itself_in_any_order() -> None:
    a = normal(0, 200, 1, 4, 4)
    assert sliced_wasserstein(a, a) == 0.0
    assert sliced_wasserstein(a, a[torch.randperm(200)]) == pytest.approx(0.0, abs=1e-6)


def test_in_one_dimension_it_is_the_wasserstein_distance() -> None:
    a, b = torch.tensor([[0.0], [1.0], [5.0]]), torch.tensor([[7.0], [2.0], [0.0]])
    assert sliced_wasserstein(a, b) == pytest.approx(math.sqrt((0 + 1 + 4) / 3))  # 0-0, 1-2, 5-7


def test_a_shift_of_the_same_sample_is_its_length_over_the_root_of_the_dimension() -> None:
    a, shift = normal(0, 50, 8), torch.tensor([3.0, 4.0, 0, 0, 0, 0, 0, 0])
    assert sliced_wasserstein(a, a + shift, projections=5000) == pytest.approx(5 / math.sqrt(8), rel=0.03)


def test_two_gaussians_of_different_widths() -> None:
    # W2 of N(0, 1) and N(0, s^2) is |s - 1| along every direction
    assert sliced_wasserstein(normal(1, 5000, 3), 1.5 * normal(2, 5000, 3), projections=64) == pytest.approx(0.5, abs=0.03)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.1, 10), st.integers(1, 5))
def test_symmetric_and_in_the_units_of_the_data(seed: int, scale: float, dimensions: int) -> None:
    a, b = normal(seed, 30, dimensions), normal(seed + 1, 30, dimensions)
    distance = sliced_wasserstein(a, b)
    assert distance == sliced_wasserstein(b, a) > 0
    assert sliced_wasserstein(scale * a, scale * b) == pytest.approx(scale * distance, rel=1e-4)


def test_the_seed_chooses_the_directions_and_nothing_else_does() -> None:
    a, b = normal(0, 64, 20), normal(1, 64, 20)
    torch.manual_seed(1)
    first = sliced_wasserstein(a, b, seed=3, projections=8)
    torch.manual_seed(2)
    assert sliced_wasserstein(a, b, seed=3, projections=8) == first
    assert sliced_wasserstein(a, b, seed=4, projections=8) != first


def test_samples_that_are_no_numbers_are_as_far_as_can_be() -> None:
    a = normal(0, 8, 2)
    assert sliced_wasserstein(a, torch.full_like(a, math.nan)) == math.inf
    assert sliced_wasserstein(a, torch.full_like(a, math.inf)) == math.inf


@pytest.mark.parametrize("shapes", [((4, 2), (5, 2)), ((4, 2), (4, 3)), ((4,), (4,))])
def test_what_can_not_be_compared_is_refused(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    with pytest.raises(ValueError, match="two equal"):
        sliced_wasserstein(torch.zeros(shapes[0]), torch.zeros(shapes[1]))


@pytest.mark.parametrize("shape", [(1024, 1, 28, 28), (218, 1, 128, 128)])
def test_quick_enough_for_a_schedule(shape: tuple[int, ...]) -> None:
    a, b = normal(0, *shape), normal(1, *shape)
    begun = time.process_time()
    sliced_wasserstein(a, b)
    assert time.process_time() - begun < 1.0  # about 0.1 s
