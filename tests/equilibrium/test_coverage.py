"""Coverage tells all of the data from some of it."""

import pytest
import torch
from torch import Tensor

from equipoise.data.mixtures import Ring
from equipoise.equilibrium.coverage import clusters, coverage, covered, reached

RING = Ring(std=0.1, length=3000).load(None, 0)


def reals(n: int = 1000, seed: int = 0) -> Tensor:
    values = RING.values
    assert values is not None
    return values[torch.randperm(len(values), generator=torch.Generator().manual_seed(seed))[:n]]


def ring_of(modes: int, n: int = 1000) -> Tensor:
    """Fresh points of the first `modes` modes."""
    other = Ring(std=0.1, length=8 * n).load(None, 1)
    assert other.values is not None and other.labels is not None
    return other.values[other.labels < modes][:n]


@pytest.mark.parametrize("known", [True, False])
def test_samples_of_the_data_cover_it(known: bool) -> None:
    found = coverage(reals(), ring_of(8), modes=RING.modes if known else None)
    assert found.clusters == 1 and found.of == (8 if known else 20)
    assert found.ratio is not None and found.ratio > 0.95
    assert found.diversity == pytest.approx(1, abs=0.05)
    assert all(row.standing == "supports" for row in found.indicators())


@pytest.mark.parametrize("modes", [1, 2, 4])
def test_a_collapse_shows_as_the_share_that_is_left(modes: int) -> None:
    found = coverage(reals(), ring_of(modes), modes=RING.modes)
    assert found.clusters == modes / 8
    assert found.ratio == pytest.approx(modes / 8, abs=0.08)
    by_kmeans = coverage(reals(), ring_of(modes))
    assert by_kmeans.clusters == pytest.approx(modes / 8, abs=0.15)
    assert {row.name: row.standing for row in found.indicators()}["clusters"] == "contradicts"


def test_few_distinct_samples_are_found_although_they_reach_every_mode() -> None:
    assert RING.modes is not None
    found = coverage(reals(), RING.modes.repeat(125, 1), modes=RING.modes)
    assert found.clusters == 1 and found.diversity == pytest.approx(1, abs=0.05)
    assert found.ratio is not None and found.ratio < 0.5


def test_samples_that_are_no_numbers_cover_nothing() -> None:
    found = coverage(reals(), torch.full((500, 2), torch.nan), modes=RING.modes)
    assert found.ratio == 0 and found.clusters is not None and found.clusters < 0.2


def test_reals_that_repeat_are_counted_once() -> None:
    few = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
    assert reached(few.repeat(30, 1), few) == 1
    assert coverage(few[:8].repeat(60, 1), few).ratio is None, "too few different ones"


def test_images_are_compared_in_an_encoder() -> None:
    """Two kinds of pictures, of which the fakes are one."""
    rng = torch.Generator().manual_seed(3)
    x = torch.rand(400, 1, 16, 16, generator=rng) * 0.2
    x[::2, :, :8] += 0.8
    found = coverage(x, x[::2].flip(0) + 0.01 * torch.randn(200, 1, 16, 16, generator=rng))
    assert found.clusters is not None and 0.3 < found.clusters < 0.7
    assert found.ratio is not None and 0.3 < found.ratio < 0.7


def test_reals_that_are_all_the_same_are_not_assessed() -> None:
    found = coverage(torch.zeros(200, 1), torch.randn(200, 1))
    assert found.ratio is None and found.clusters is None and found.diversity is None
    assert {row.standing for row in found.indicators()} == {"not assessed"}


def test_real_by_real_coverage_is_that_of_the_theory() -> None:
    """1 - 2^-k for equal numbers (Naeem et al. 2020)."""
    rng = torch.Generator().manual_seed(2)
    one, other = (torch.randn(2000, 2, generator=rng) for _ in range(2))
    assert reached(one, other) == pytest.approx(1 - 2**-5, abs=0.015)


def test_a_cluster_counts_from_a_quarter_of_its_share_on() -> None:
    centres = torch.tensor([[0.0], [10.0]])
    real = torch.tensor([[0.0], [10.0]] * 50)
    for share, expected in ((0.10, 0.5), (0.15, 1.0)):
        fake = torch.zeros(100, 1)
        fake[: round(100 * share)] = 10.0
        assert covered(real, fake, centres) == expected


def test_clusters_are_found_where_points_are_and_the_same_each_time() -> None:
    assert RING.modes is not None
    found = clusters(reals(), 8, seed=0)
    assert torch.equal(found, clusters(reals(), 8, seed=0))
    assert float(torch.cdist(RING.modes, found).min(1).values.median()) < 0.1
    assert len(clusters(torch.zeros(50, 1), 5, seed=0)) == 1
