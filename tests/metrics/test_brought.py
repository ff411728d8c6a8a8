"""What no metric can measure is one clear line, never a number."""

import pytest
import torch
from torch import Tensor

from equipoise.errors import DataError, SettingError
from equipoise.metrics.frechet import Frechet
from equipoise.metrics.inception_score import InceptionScore
from equipoise.metrics.kernel import Kernel
from equipoise.metrics.metric import Material, Metric, Side
from equipoise.metrics.precision_recall import PrecisionRecall

OF_PAIRS = (Frechet(), Kernel(), PrecisionRecall())


def side(n: int, d: int = 3) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(n))


def measure(metric: Metric, fake: Tensor, real: Tensor) -> None:
    metric.measure(Material(Side(len(fake), features=fake), Side(len(real), features=real)))


@pytest.mark.parametrize("metric", OF_PAIRS, ids=lambda m: m.card.name)
@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_features_that_are_no_numbers_are_refused(metric: Metric, bad: float) -> None:
    broken = side(30)
    broken[7, 1] = broken[9, 0] = bad
    with pytest.raises(DataError, match="features: of 2 samples hold NaN or infinity, first of number 7"):
        measure(metric, broken, side(31))
    with pytest.raises(DataError, match="of 2 samples hold"):
        measure(metric, side(31), broken)


@pytest.mark.parametrize("metric", OF_PAIRS, ids=lambda m: m.card.name)
def test_features_of_two_encoders_are_refused(metric: Metric) -> None:
    with pytest.raises(DataError, match=r"3 \(fakes\) and 4 \(reals\)"):
        measure(metric, side(30), side(31, 4))


@pytest.mark.parametrize("metric", OF_PAIRS, ids=lambda m: m.card.name)
def test_one_sample_or_none_is_too_few(metric: Metric) -> None:
    for n in (0, 1):
        with pytest.raises(SettingError, match=f"at least 2 a side, not {n}"):
            measure(metric, side(n), side(30))


def test_logits_that_are_no_numbers_are_refused() -> None:
    logits = side(40)
    logits[0] = torch.nan
    with pytest.raises(DataError, match="logits: of 1 samples"):
        InceptionScore().measure(Material(Side(40, logits=logits)))
