"""Bins that differ, and those that do not."""

import math

import pytest
import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.metrics.metric import Material, Side
from equipoise.metrics.ndb import NDB, differing, jensen_shannon
from equipoise.seeds import generator


def mixture(n: int, shares: list[float], seed: int) -> Tensor:
    """Points near the corners (20 k, 0), k < len(shares)."""
    rng = generator("cpu", seed, "mixture")
    k = torch.multinomial(torch.tensor(shares), n, replacement=True, generator=rng)
    return torch.stack([20.0 * k, torch.zeros(n)], 1) + torch.randn(n, 2, generator=rng)


def measured(fake: Tensor, real: Tensor, train: Tensor | None = None, bins: int = 10) -> dict[str, float]:
    side = None if train is None else Side(len(train), features=train)
    found = NDB(bins).measure(Material(Side(len(fake), features=fake), Side(len(real), features=real), side))
    return {name: value.value for name, value in found.items()}


def test_the_two_proportion_test_by_hand() -> None:
    p, q = torch.tensor([60, 40, 0]), torch.tensor([46, 54, 0])  # z = 1.984
    assert differing(p, q).tolist() == [True, True, False]
    assert differing(torch.tensor([59, 41]), torch.tensor([46, 54])).tolist() == [False, False]  # z = 1.841


def test_an_empty_bin_and_a_full_one_do_not_differ() -> None:
    assert differing(torch.tensor([10, 0]), torch.tensor([20, 0])).tolist() == [False, False]


def test_divergence_of_bins() -> None:
    assert jensen_shannon(torch.tensor([5, 5, 0]), torch.tensor([50, 50, 0])) == pytest.approx(0, abs=1e-12)
    assert jensen_shannon(torch.tensor([5, 0]), torch.tensor([0, 9])) == pytest.approx(math.log(2))


def test_equal_distributions_differ_in_one_bin_of_twenty() -> None:
    even = [1.0] * 5
    found = [
        measured(mixture(500, even, 3 * s), mixture(500, even, 3 * s + 1), mixture(500, even, 3 * s + 2)) for s in range(20)
    ]
    assert sum(one["ndb"] for one in found) / 20 == pytest.approx(0.05, abs=0.03)


def test_a_missing_mode_is_a_bin_that_differs() -> None:
    real = mixture(1000, [1.0] * 10, 0)
    found = measured(mixture(1000, [0.0] + [1.0] * 9, 1), real)
    assert found["ndb"] >= 0.1
    assert found["ndb_js"] > 3 * measured(mixture(1000, [1.0] * 10, 2), real)["ndb_js"]


def test_bins_are_those_of_the_training_samples() -> None:
    real, fake = mixture(500, [1.0, 1.0, 0.0], 0), mixture(500, [0.0, 1.0, 1.0], 1)
    one_place = torch.zeros(500, 2) + torch.tensor([1000.0, 0.0])
    assert measured(fake, real, one_place)["ndb_js"] == 0  # everything is in the one bin
    assert measured(fake, real)["ndb_js"] > 0.2


def test_too_few_samples_say_how_many_would_do() -> None:
    with pytest.raises(SettingError, match="at least 500"):
        NDB().measure(Material(Side(499, features=torch.zeros(499, 2)), Side(500, features=torch.zeros(500, 2))))
