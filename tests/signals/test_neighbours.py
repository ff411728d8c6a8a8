"""What exams are made of, against numbers worked out by hand."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from equipoise.signals import coverage, diversity
from equipoise.signals.neighbours import among, distances, distinct, effective_rank, expected, mean_distance, radii


def normal(n: int, width: int, seed: int = 0) -> Tensor:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("width", [2, 900])
def test_distances_are_euclidean_and_copies_have_none(width: int) -> None:
    x = normal(40, width)
    x[7] = x[3]
    found, exact = among(x), (x[:, None] - x[None]).norm(dim=2)
    away = ~torch.eye(40, dtype=torch.bool)
    assert found[7, 3] == found[3, 7] == 0
    assert torch.isinf(found.diagonal()).all()
    assert torch.allclose(found[away], exact[away], rtol=1e-3)
    assert torch.allclose(distances(x, x[:5] + 1), (x[:, None] - x[None, :5] - 1).norm(dim=2), rtol=1e-3)


def test_radius_is_that_of_the_kth_other_sample() -> None:
    x = torch.tensor([[0.0], [0.0], [1.0], [3.0], [7.0]])
    assert radii(among(x), 2).tolist() == [3.0, 3.0, 1.0, 3.0, 6.0]  # of 0: 1, 3, 7, its copy does not count
    assert radii(among(x), 2)[2] == 1.0  # of 1: two at distance 1


@pytest.mark.parametrize(("k", "n", "m"), [(1, 10, 10), (5, 256, 256), (5, 100, 300)])
def test_expected_coverage_is_what_fresh_reals_reach(k: int, n: int, m: int) -> None:
    """Of n + m exchangeable neighbours the first k are all of the n: counted in simulation, and 1 - 2^-5 for many."""
    rng = torch.Generator().manual_seed(1)
    runs = 20_000
    order = torch.rand(runs, n + m, generator=rng).argsort(1)[:, :k] if n + m <= 100 else None
    if order is not None:
        assert expected(k, n, m) == pytest.approx(float((order >= n).any(1).float().mean()), abs=0.01)
    assert expected(k, n, m) == pytest.approx(1 - math.comb(n, k) / math.comb(n + m, k))
    assert expected(5, 10**6, 10**6) == pytest.approx(1 - 2**-5, abs=1e-4)


@pytest.mark.parametrize("width", [2, 200])
def test_fresh_reals_have_coverage_one(width: int) -> None:
    found = [float(coverage.of(normal(256, width, 2 * s), normal(256, width, 2 * s + 1))[0]) for s in range(6)]
    assert sum(found) / len(found) == pytest.approx(1.0, abs=0.02 if width == 2 else 0.1)


@pytest.mark.parametrize("modes", [1, 3, 6])
def test_modes_that_are_lost_are_not_covered(modes: int) -> None:
    """Of 8 equal modes far apart, m are reached: the fakes are 8/m times as dense there, and the share is known exactly."""
    angle = 2 * math.pi * torch.arange(8) / 8
    centres = 2 * torch.stack([angle.cos(), angle.sin()], 1)
    shares = []
    for seed in range(6):
        which = torch.arange(256) % 8
        real = centres[which] + 0.02 * normal(256, 2, seed)
        fake = centres[torch.arange(256) % modes] + 0.02 * normal(256, 2, seed + 50)
        shares.append(float(coverage.of(real, fake)[0]))
    analytic = modes / 8 * expected(5, 31, 256 // modes) / expected(5, 255, 256)
    assert sum(shares) / len(shares) == pytest.approx(analytic, abs=0.02)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 100.0), st.floats(-50.0, 50.0), st.integers(0, 9))
def test_measures_have_no_scale_and_no_place(scale: float, place: float, seed: int) -> None:
    real, fake = normal(64, 3, seed).double(), (0.7 * normal(64, 3, seed + 100)).double()

    def measured(x: Tensor, y: Tensor) -> list[float]:
        return [float(f) for f in (coverage.of(x, y)[0], diversity.ratio(y, x), diversity.duplicates(y, x))]

    moved = measured(scale * (real + place), scale * (fake + place))
    assert moved == pytest.approx(measured(real, fake), rel=0.05, abs=0.05)


def test_distinct_rows_keep_their_order() -> None:
    x = torch.tensor([[3.0, 1.0], [0.0, 0.0], [3.0, 1.0], [-1.0, 5.0], [0.0, 0.0]])
    assert distinct(x).tolist() == [[3.0, 1.0], [0.0, 0.0], [-1.0, 5.0]]
    images = normal(6, 48).view(6, 3, 4, 4)
    assert torch.equal(distinct(images.repeat(4, 1, 1, 1)), images)


@pytest.mark.parametrize("width", [2, 900])
def test_near_duplicates_among_fakes_are_counted(width: int) -> None:
    real = normal(256, width)
    assert float(diversity.duplicates(normal(256, width, 1), real)) == pytest.approx(0.0, abs=0.05)
    half = normal(256, width, 1)
    half[:128] = half[0] + 1e-6 * normal(128, width, 2)
    assert float(diversity.duplicates(half, real)) == pytest.approx(0.5, abs=0.05)
    assert float(diversity.duplicates(real[:1].repeat(256, 1), real)) == pytest.approx(1.0, abs=0.05)


def test_copies_in_the_data_are_not_held_against_fakes() -> None:
    real = normal(128, 4).repeat(2, 1)
    assert float(diversity.duplicates(real.clone(), real)) == 0.0


def test_mean_distance_and_ratio_by_hand() -> None:
    x = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]])
    assert float(mean_distance(x)) == pytest.approx(10 / 3)
    assert float(diversity.ratio(x / 2, x)) == pytest.approx(0.5)
    assert float(diversity.ratio(x[:1].repeat(4, 1), x)) == 0.0


def test_effective_rank_counts_directions() -> None:
    line = torch.arange(10.0)[:, None] * torch.tensor([[1.0, 2.0, 3.0]])
    assert float(effective_rank(line)) == pytest.approx(1.0, abs=1e-3)
    cross = torch.cat([torch.eye(4), -torch.eye(4)])  # four directions, equally
    assert float(effective_rank(cross)) == pytest.approx(4.0, rel=1e-5)
    assert float(effective_rank(cross.repeat(1, 5))) == pytest.approx(4.0, rel=1e-5)  # more columns than rows


@pytest.mark.parametrize("scale", [1e-20, 1e25, 1e37])
def test_effective_rank_has_no_scale_even_where_squares_overflow(scale: float) -> None:
    x = normal(32, 6)
    assert float(effective_rank(scale * x)) == pytest.approx(float(effective_rank(x)), rel=1e-3)
