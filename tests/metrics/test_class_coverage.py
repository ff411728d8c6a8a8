"""Classes that are missing or overdone."""

import math

import pytest
import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.metrics.class_coverage import ClassCoverage
from equipoise.metrics.metric import Material, Side


def logits(counts: list[int]) -> Tensor:
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    return torch.eye(len(counts))[labels] * 3 - 1


def measured(fake: list[int], real: list[int]) -> dict[str, float]:
    sides = (Side(sum(counts), logits=logits(counts)) for counts in (fake, real))
    return {name: value.value for name, value in ClassCoverage().measure(Material(*sides)).items()}


def test_equal_shares_whatever_the_number() -> None:
    assert measured([1, 2, 3], [10, 20, 30]) == {"classes": 3, "class_coverage": pytest.approx(1), "class_kl": pytest.approx(0)}


def test_a_dropped_class() -> None:
    found = measured([10, 0, 10, 10], [10, 10, 10, 10])
    assert found == {"classes": 3, "class_coverage": pytest.approx(0.75), "class_kl": pytest.approx(math.log(4 / 3))}


def test_one_class_too_often() -> None:
    found = measured([7, 1, 1, 1], [1, 1, 1, 1])
    assert found["classes"] == 4
    assert found["class_coverage"] == pytest.approx(0.55)


def test_a_class_that_the_reals_lack_is_infinitely_far() -> None:
    assert measured([1, 1], [2, 0])["class_kl"] == math.inf


def test_encoders_that_do_not_classify_are_refused() -> None:
    with pytest.raises(SettingError, match="logits"):
        ClassCoverage().measure(Material(Side(3, features=torch.zeros(3, 2)), Side(2, logits=logits([1, 1]))))
    with pytest.raises(SettingError, match="class"):
        ClassCoverage().measure(Material(Side(3, logits=torch.zeros(3, 5)), Side(2, logits=logits([1, 1]))))
