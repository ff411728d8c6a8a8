"""The kernel distance against its definition, and its subsets against torch-fidelity's stream."""

import numpy as np
import pytest
import torch
from metric_golden import KID
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.metrics import kernel
from equipoise.metrics.kernel import Kernel, kernel_distance, subset_distances
from equipoise.metrics.metric import Material, Side


def cloud(n: int, d: int, seed: int) -> Tensor:
    return torch.from_numpy(np.random.RandomState(seed).randn(n, d))


def slowly(x: Tensor, y: Tensor) -> float:
    def k(a: Tensor, b: Tensor) -> float:
        return (float(a @ b) / len(a) + 1) ** 3

    n, m = len(x), len(y)
    xx = sum(k(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    yy = sum(k(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return xx + yy - 2 * sum(k(a, b) for a in x for b in y) / (n * m)


def test_it_is_its_definition() -> None:
    x, y = cloud(20, 6, 0), cloud(13, 6, 1) + 0.3
    assert kernel_distance(x, y) == pytest.approx(slowly(x, y), rel=1e-12)


def test_a_subset_of_all_is_all() -> None:
    x, y = cloud(15, 4, 0), cloud(15, 4, 1) + 0.5
    assert subset_distances(x, y, subsets=3, size=15).tolist() == pytest.approx([slowly(x, y)] * 3, rel=1e-12)


def test_one_table_and_many_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = cloud(80, 8, 0), cloud(90, 8, 1)
    monkeypatch.setattr(kernel, "TILE", 32)
    together = subset_distances(x, y, 20, 30)
    monkeypatch.setattr(kernel, "ALL_PAIRS", 0)
    assert torch.allclose(subset_distances(x, y, 20, 30), together, rtol=1e-12, atol=1e-15)


def test_equal_distributions_are_nothing_apart_on_average() -> None:
    found = [kernel_distance(cloud(60, 5, 2 * seed), cloud(60, 5, 2 * seed + 1)) for seed in range(60)]
    assert abs(np.mean(found)) < 3 * np.std(found) / 60**0.5
    assert min(found) < 0 < max(found)


def test_the_stream_is_torch_fidelitys() -> None:
    """torch-fidelity 0.4.0, kid_features_to_metric: 20 subsets of 100 of RandomState(0).randn(300, 64) and of (1) + 0.1."""
    found = subset_distances(cloud(300, 64, 0), cloud(280, 64, 1) + 0.1, 20, 100)
    assert [float(found.mean()), float(found.std(correction=0))] == pytest.approx(KID, rel=1e-9)


def test_too_few_samples_say_so() -> None:
    with pytest.raises(SettingError, match="is 100, and there are 50 and 300"):
        subset_distances(cloud(50, 3, 0), cloud(300, 3, 1), 5, 100)
    few = Side(30, features=cloud(30, 4, 0))
    assert Kernel().measure(Material(few, few))["kernel"].value < 0.1  # the subsets are cut to what there is
