"""The Frechet distance against closed forms and against the definition with a matrix root."""

import pytest
import torch
from torch import Tensor

from equipoise.errors import DataError
from equipoise.metrics.frechet import frechet, frechet_of
from equipoise.metrics.metric import Moments
from equipoise.metrics.moments import moments
from equipoise.seeds import generator


def cloud(n: int, d: int, seed: int = 0) -> Tensor:
    return torch.randn(n, d, generator=generator("cpu", seed, "cloud"), dtype=torch.float64)


def by_definition(x: Tensor, y: Tensor) -> float:
    """|mu - nu|^2 + tr S + tr T - 2 tr (S^1/2 T S^1/2)^1/2, the root's eigenvalues by eigvalsh."""
    s, t = torch.cov(x.T), torch.cov(y.T)
    values, vectors = torch.linalg.eigh(s)
    root = vectors @ values.clamp_min(0).sqrt().diag() @ vectors.T
    middle = torch.linalg.eigvalsh(root @ t @ root).clamp_min(0).sqrt().sum()
    return float((x.mean(0) - y.mean(0)).square().sum() + s.trace() + t.trace() - 2 * middle)


def test_of_the_same_samples_it_is_nothing() -> None:
    x = cloud(50, 4)
    assert frechet(x, x[torch.randperm(50)]) == pytest.approx(0, abs=1e-10)


def test_a_shift_costs_its_squared_length() -> None:
    x = cloud(50, 3)
    assert frechet(x, x + torch.tensor([1.0, -2.0, 2.0])) == pytest.approx(9.0)


def test_a_scale_costs_the_trace_of_its_excess() -> None:
    """Of 3 x against x the root is 3 S: tr(9 S + S - 6 S) = 4 tr S."""
    x = cloud(50, 3)
    x = x - x.mean(0)
    assert frechet(3 * x, x) == pytest.approx(4 * float(torch.cov(x.T).trace()))


def test_in_one_dimension_it_is_that_of_two_normals() -> None:
    x, y = cloud(40, 1), 2 * cloud(60, 1, 1) + 1
    expected = (x.mean() - y.mean()).square() + (x.std() - y.std()).square()
    assert frechet(x, y) == pytest.approx(float(expected))


@pytest.mark.parametrize(("n", "m", "d"), [(60, 45, 5), (12, 9, 30), (20, 50, 30)])
def test_it_is_the_definition(n: int, m: int, d: int) -> None:
    """Also where there are fewer samples than features."""
    x, y = cloud(n, d), cloud(m, d, 1) @ torch.linspace(0.2, 2, d, dtype=torch.float64).diag() + 0.3
    assert frechet(x, y) == pytest.approx(by_definition(x, y), rel=1e-6)
    assert frechet(y, x) == pytest.approx(frechet(x, y), rel=1e-9)


def test_float32_far_from_the_origin_keeps_its_digits() -> None:
    x, y = (cloud(500, 2, seed).float() + 1000 for seed in (0, 1))
    assert frechet(x, y) == pytest.approx(frechet(x - 1000, y - 1000), rel=1e-6)


def test_of_gaussians_it_is_what_dowson_and_landau_say() -> None:
    """Diagonal covariances: |mu - nu|^2 + sum (s - t)^2, of moments themselves."""
    s, t = torch.tensor([1.0, 4.0, 0.25, 0.0]), torch.tensor([2.0, 4.0, 0.0, 0.0])
    a = Moments(10, torch.tensor([1.0, 0, 0, 0]).double(), s.square().diag().double())
    b = Moments(10, torch.tensor([0.0, 2, 0, 0]).double(), t.square().diag().double())
    assert frechet_of(a, b) == pytest.approx(5 + float((s - t).square().sum()), rel=1e-12)


@pytest.mark.parametrize(("n", "d"), [(300, 40), (40, 300), (80, 60)])
@pytest.mark.parametrize("dead", [0, 10])
def test_a_set_is_nothing_apart_from_itself(n: int, d: int, dead: int) -> None:
    """Within 1e-10 of the trace, also where features are constant or copies of others (the packages: 1e-5)."""
    x = cloud(n, d) * torch.logspace(0, -6, d, dtype=torch.float64)
    x[:, :dead] = 3.0
    x[:, -dead or d :] = x[:, dead : 2 * dead] if dead else x[:, d:]
    trace = float(x.var(0).sum())
    assert frechet(x, x.clone()) <= 1e-10 * trace
    assert frechet_of(moments(x), moments(x)) <= 1e-10 * trace


def test_samples_and_their_moments_give_the_same() -> None:
    for n, d in ((200, 20), (30, 50)):
        x, y = cloud(n, d, 1), cloud(n + 7, d, 2) * 1.5 + 0.2
        assert frechet_of(moments(x), moments(y)) == pytest.approx(frechet(x, y), rel=1e-9)


def test_statistics_of_another_encoder_are_refused() -> None:
    with pytest.raises(DataError, match="of 3 and of 4 features"):
        frechet_of(moments(cloud(10, 3)), moments(cloud(10, 4)))
