"""Precision, recall, density and coverage against their definitions, sample by sample."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from metric_golden import PRDC
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.metrics import precision_recall
from equipoise.metrics.metric import Material, Side
from equipoise.metrics.precision_recall import PrecisionRecall, shares


def cloud(n: int, d: int, seed: int) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def slowly(real: Tensor, fake: Tensor, k: int) -> tuple[float, float, float, float]:
    """Naeem et al.'s definitions, one pair after the other."""

    def ball(x: Tensor, i: int) -> float:
        return sorted(float((x[i] - x[j]).norm()) for j in range(len(x)) if j != i)[k - 1]

    reals, fakes = [ball(real, i) for i in range(len(real))], [ball(fake, j) for j in range(len(fake))]
    apart = [[float((r - f).norm()) for f in fake] for r in real]
    rows, columns = range(len(real)), range(len(fake))
    inside = [sum(apart[i][j] < reals[i] for i in rows) for j in columns]
    return (
        sum(n > 0 for n in inside) / len(fake),
        sum(any(apart[i][j] < fakes[j] for j in columns) for i in rows) / len(real),
        sum(inside) / (k * len(fake)),
        sum(min(apart[i]) < reals[i] for i in rows) / len(real),
    )


@given(st.integers(8, 25), st.integers(8, 25), st.integers(1, 5), st.integers(0, 10_000), st.floats(0, 3))
@settings(max_examples=15, deadline=None)
def test_they_are_their_definitions(n: int, m: int, k: int, seed: int, shift: float) -> None:
    real, fake = cloud(n, 3, seed), cloud(m, 3, seed + 1) + shift
    assert tuple(shares(real, fake, k)) == pytest.approx(slowly(real, fake, k), abs=1e-12)


def test_tiles_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = cloud(300, 8, 0), cloud(170, 8, 1)
    whole = shares(real, fake)
    monkeypatch.setattr(precision_recall, "ROWS", 64)
    assert shares(real, fake) == whole


def test_a_far_origin_changes_nothing() -> None:
    real, fake = cloud(200, 8, 0), cloud(200, 8, 1)
    assert shares(real + 1e5, fake + 1e5) == shares(real, fake)


def test_the_prdc_package_gives_the_same_numbers() -> None:
    """prdc 0.2, compute_prdc(real, fake, 5) of RandomState(0).randn(400, 16) and of .8 randn + .2 from RandomState(1)."""
    import numpy as np

    real = torch.from_numpy(np.random.RandomState(0).randn(400, 16))
    fake = torch.from_numpy(0.8 * np.random.RandomState(1).randn(350, 16) + 0.2)
    assert tuple(shares(real, fake, 5)) == pytest.approx(PRDC, abs=1e-12)


def test_samples_on_half_the_data_are_precise_and_reach_half() -> None:
    real = torch.cat([cloud(300, 2, 0), cloud(300, 2, 1) + 50])
    found = shares(real, cloud(300, 2, 2))
    assert found.precision > 0.95 and found.density > 0.8
    assert 0.4 < found.recall < 0.55 and 0.4 < found.coverage < 0.55


def test_kynkaanniemis_counts_the_border() -> None:
    """On a line of whole numbers every third neighbour's distance is another sample's: strict and not differ."""
    line = torch.arange(40.0, dtype=torch.float64)[:, None]
    assert shares(line, line + 2, 3, strict=False).density > shares(line, line + 2, 3).density


def test_a_metric_says_what_it_lacks() -> None:
    few = Side(4, features=cloud(4, 2, 0))
    with pytest.raises(SettingError, match="from 1 to the samples less one"):
        PrecisionRecall().measure(Material(few, few))
    found = PrecisionRecall(k=2).measure(Material(few, few))
    assert set(found) == set(PrecisionRecall().names)
