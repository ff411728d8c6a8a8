"""Means and covariances: block by block as all at once, and the part above the diagonal copied to below it."""

import pytest
import torch

from equipoise.metrics import moments as module
from equipoise.metrics.moments import gram, moments


@pytest.mark.parametrize("d", [1, 7, 8, 9, 20, 24])
def test_blocks_are_the_whole_product(d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 8)
    x = torch.randn(30, d, generator=torch.Generator().manual_seed(d), dtype=torch.float64)
    found = gram(x)
    assert torch.allclose(found, x.T @ x, rtol=1e-13, atol=1e-13)
    assert torch.allclose(found, found.T, rtol=1e-14, atol=1e-14)


def test_they_are_unbiased_and_float64_whatever_comes() -> None:
    x = torch.randn(40, 600, generator=torch.Generator().manual_seed(0)) + 100
    found = moments(x)
    assert found.n == 40 and found.covariance.dtype == torch.float64
    assert torch.allclose(found.covariance, torch.cov(x.double().T), rtol=1e-9, atol=1e-12)
