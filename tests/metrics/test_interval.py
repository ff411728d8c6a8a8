"""The interval holds the truth at its rate, the naive bootstrap does not; FID-infinity takes the bias away."""

import pytest
import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.metrics.frechet import Frechet, frechet
from equipoise.metrics.interval import at_infinity, corrected, resampled
from equipoise.metrics.metric import Material, Side

D, N, SHIFT = 8, 120, 0.5
TRUTH = D * SHIFT**2  # of two normals of unit covariance


def cloud(seed: int, n: int = N, shift: float = 0.0) -> Tensor:
    return torch.randn(n, D, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + shift


def test_the_interval_holds_the_truth_and_percentiles_do_not() -> None:
    """40 sets here; 200 in benchmarks/intervals.py."""
    held = naive = 0
    for seed in range(40):
        x, y = cloud(2 * seed), cloud(2 * seed + 1, shift=SHIFT)
        value = frechet(x, y)
        low, high, _ = corrected(frechet, x, y, value, 40, seed)
        held += low <= TRUTH <= high
        draws = resampled(frechet, x, y, 40, seed).quantile(torch.tensor([0.025, 0.975], dtype=torch.float64))
        naive += bool(draws[0] <= TRUTH <= draws[1])
    assert held >= 34 and naive <= 30, (held, naive)


def test_at_infinity_the_bias_is_gone() -> None:
    values = [
        (frechet(cloud(s, 200), cloud(s + 500, 4000)), at_infinity(frechet, cloud(s, 200), cloud(s + 500, 4000), s))
        for s in range(12)
    ]
    plain, infinite = (sum(column) / len(values) for column in zip(*values, strict=True))
    assert plain > 0.1 and abs(infinite) < plain / 3  # the truth is 0


def test_the_same_seed_gives_the_same_interval() -> None:
    material = Material(Side(N, features=cloud(0)), Side(N, features=cloud(1)), seed=5)
    first, second = (Frechet(rounds=5).measure(material)["frechet"] for _ in range(2))
    assert first == second and first.low is not None and first.high is not None and first.low <= first.high
    assert Frechet(rounds=0).measure(material)["frechet"].low is None


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(SettingError, match="rounds"):
        corrected(frechet, cloud(0), cloud(1), 1.0, 1, 0)
    with pytest.raises(SettingError, match="least"):
        at_infinity(frechet, cloud(0), cloud(1), least=N)
