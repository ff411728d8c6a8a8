"""Our numbers are the reference packages', on the same features: and the golden numbers of the ordinary tests are theirs."""

from __future__ import annotations

import metric_golden as golden
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from peers import peer

from equipoise.metrics.frechet import frechet
from equipoise.metrics.inception_score import split_scores
from equipoise.metrics.kernel import subset_distances
from equipoise.metrics.precision_recall import shares

pytestmark = pytest.mark.interop
Rows = NDArray[np.float64]


def cloud(n: int, d: int, seed: int, scale: float = 1.0, shift: float = 0.0) -> Rows:
    """Correlated features."""
    rng = np.random.RandomState(seed)
    return scale * rng.randn(n, d) @ np.random.RandomState(99).randn(d, d) / d**0.5 + shift


@pytest.fixture
def sides() -> tuple[Rows, Rows]:
    return cloud(1500, 64, 0), cloud(1400, 64, 1, 1.1, 0.1)


def test_frechet_is_pytorch_fids(sides: tuple[Rows, Rows]) -> None:
    theirs = peer("pytorch_fid.fid_score")
    x, y = sides
    value = theirs.calculate_frechet_distance(x.mean(0), np.cov(x, rowvar=False), y.mean(0), np.cov(y, rowvar=False))
    assert frechet(torch.from_numpy(x), torch.from_numpy(y)) == pytest.approx(value, rel=1e-9)


def test_frechet_is_torch_fidelitys(sides: tuple[Rows, Rows]) -> None:
    theirs = peer("torch_fidelity.metric_fid")
    x, y = (torch.from_numpy(side).float() for side in sides)
    statistics = [theirs.fid_features_to_statistics(side) for side in (x, y)]
    value = theirs.fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"]
    assert frechet(x, y) == pytest.approx(float(value), rel=1e-5)


def test_the_kernel_distance_is_torch_fidelitys() -> None:
    theirs = peer("torch_fidelity.metric_kid")
    x, y = (torch.from_numpy(np.random.RandomState(s).randn(n, 64) + 0.1 * s) for s, n in ((0, 300), (1, 280)))
    options = {"kid_subsets": 20, "kid_subset_size": 100, "verbose": False, "rng_seed": 2020}
    found = theirs.kid_features_to_metric(x, y, **options)
    value = [found["kernel_inception_distance_mean"], found["kernel_inception_distance_std"]]
    ours = subset_distances(x, y, 20, 100)
    assert [float(ours.mean()), float(ours.std(correction=0))] == pytest.approx(value, rel=1e-9)
    assert value == pytest.approx(golden.KID, rel=1e-9)


def test_precision_and_recall_are_prdcs() -> None:
    theirs = peer("prdc")
    real = np.random.RandomState(0).randn(400, 16)
    fake = 0.8 * np.random.RandomState(1).randn(350, 16) + 0.2
    found = theirs.compute_prdc(real, fake, 5)
    value = tuple(float(found[name]) for name in ("precision", "recall", "density", "coverage"))
    assert tuple(shares(torch.from_numpy(real), torch.from_numpy(fake), 5)) == pytest.approx(value, abs=1e-12)
    assert value == pytest.approx(golden.PRDC, abs=1e-12)


def test_the_inception_score_is_torch_fidelitys() -> None:
    theirs = peer("torch_fidelity.metric_isc")
    logits = torch.from_numpy(np.random.RandomState(0).randn(205, 12) * 3)
    found = theirs.isc_features_to_metric(logits, splits=10, shuffle=True, rng_seed=2020)
    value = [found["inception_score_mean"], found["inception_score_std"]]
    ours = split_scores(logits)
    assert [float(ours.mean()), float(ours.std(correction=0))] == pytest.approx(value, rel=1e-9)
    assert value == pytest.approx(golden.IS, rel=1e-9)


def test_kynkaanniemis_precision_and_recall_are_torch_fidelitys() -> None:
    """k = 3 and the border counts; torch-fidelity before 0.4.0 had the two swapped."""
    theirs = peer("torch_fidelity.metric_prc")
    real, fake = (torch.from_numpy(side) for side in (cloud(400, 16, 0), cloud(350, 16, 1, 0.6, 0.1)))
    options = {"prc_neighborhood": 3, "prc_batch_size": 10_000, "save_cpu_ram": False, "verbose": False}
    found = theirs.prc_features_to_metric(fake, real, **options)
    ours = shares(real, fake, 3, strict=False)
    assert [ours.precision, ours.recall] == pytest.approx([found["precision"], found["recall"]], abs=1e-6)
    assert ours.precision > ours.recall
