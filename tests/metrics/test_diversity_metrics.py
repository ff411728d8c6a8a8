"""Mean distance, Vendi score and birthday paradox on sets whose variety is known."""

import math

import pytest
import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.metrics.birthday_paradox import BirthdayParadox, support, threshold
from equipoise.metrics.mean_distance import MeanDistance, mean_distance
from equipoise.metrics.metric import Material, Side
from equipoise.metrics.vendi import Vendi, vendi
from equipoise.seeds import generator


def cloud(n: int, d: int = 8, seed: int = 0) -> Tensor:
    return torch.randn(n, d, generator=generator("cpu", seed, "cloud"))


def material(fake: Tensor, real: Tensor, train: Tensor | None = None) -> Material:
    side = None if train is None else Side(len(train), features=train)
    return Material(Side(len(fake), features=fake), Side(len(real), features=real), side)


# ------------------------------------------------------------------------------------------ mean distance


def test_mean_distance_by_hand() -> None:
    assert mean_distance(torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]]))[0] == pytest.approx(10 / 3)


def test_its_interval_holds_the_truth() -> None:
    truth = 2 / math.sqrt(math.pi)  # of two standard normal numbers
    held = 0
    for seed in range(200):
        found = MeanDistance().measure(material(cloud(60, 1, seed), cloud(2, 1)))["mean_distance"]
        assert found.low is not None and found.high is not None
        held += found.low <= truth <= found.high
    assert 182 <= held <= 198  # of 200; a binomial of 0.95 lies within in 997 of 1000 cases


def test_narrower_samples_are_nearer() -> None:
    found = MeanDistance().measure(material(0.5 * cloud(200), cloud(200, seed=1)))
    assert found["mean_distance"].value == pytest.approx(found["mean_distance_real"].value / 2, rel=0.05)


# -------------------------------------------------------------------------------------------------- Vendi

GOLDEN = {0.5: 3.5796930748681626, 1.0: 2.3030055337409117, 2.0: 1.5755509485407089, math.inf: 1.265486116172668}


@pytest.mark.parametrize("q", GOLDEN)
def test_the_numbers_of_the_reference(q: float) -> None:
    """vendi-score 0.0.3, score_dual(x, q, normalize=True)."""
    x = torch.rand(30, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert vendi(x, q) == pytest.approx(GOLDEN[q], rel=1e-9)


def test_as_many_kinds_as_there_are() -> None:
    kinds = torch.eye(5).repeat(7, 1)
    for q in (0.0, 0.5, 1.0, 2.0, math.inf):
        assert vendi(kinds, q) == pytest.approx(5)
        assert vendi(kinds[:5], q) == pytest.approx(5)
        assert vendi(torch.ones(20, 3), q) == pytest.approx(1)
    assert vendi(100 * kinds * torch.arange(1, 36)[:, None]) == pytest.approx(5)  # lengths do not count


def test_the_order_is_honoured() -> None:
    """vendi-score 0.0.3's score_X ignores its q."""
    kinds = torch.eye(2)[[0, 0, 0, 1]]
    assert vendi(kinds, 0) == pytest.approx(2)
    assert vendi(kinds, 1) == pytest.approx(math.exp(-0.75 * math.log(0.75) - 0.25 * math.log(0.25)))
    assert vendi(kinds, 2) == pytest.approx(1 / (0.75**2 + 0.25**2))
    assert vendi(kinds, math.inf) == pytest.approx(4 / 3)
    found = Vendi(q=2.0).measure(material(kinds, kinds))
    assert found["vendi"].value == pytest.approx(1.6)
    with pytest.raises(SettingError, match="order"):
        Vendi(q=-1.0)


def test_wide_and_tall_sets_agree_with_the_whole_kernel() -> None:
    for n, d in ((40, 7), (7, 40), (12, 12)):
        x = cloud(n, d)
        unit = torch.nn.functional.normalize(x.double(), dim=1)
        share = torch.linalg.eigvalsh(unit @ unit.T / n).clamp_min(0)
        assert vendi(x) == pytest.approx(math.exp(-torch.xlogy(share, share).sum()), rel=1e-9)


def test_rows_of_zeros_are_one_kind() -> None:
    x = torch.cat([torch.eye(3), torch.zeros(1, 3)])
    assert vendi(x) == pytest.approx(4)
    assert vendi(torch.zeros(6, 3)) == pytest.approx(1)


def test_both_sides_are_cut_to_the_same_number() -> None:
    found = Vendi().measure(material(cloud(30, 50), cloud(300, 50, 1)))
    assert found["vendi"].value == pytest.approx(found["vendi_real"].value, rel=0.05)


# ------------------------------------------------------------------------------------- birthday paradox


def test_the_size_of_a_finite_support_is_found() -> None:
    train = cloud(2000, seed=1)
    for size in (20, 200):
        which = torch.randint(size, (600,), generator=generator("cpu", size, "which"))
        found = BirthdayParadox().measure(material(cloud(size, seed=2)[which], cloud(600, seed=3), train))
        value, real = found["birthday_support"], found["birthday_support_real"]
        assert value.value == pytest.approx(size, rel=0.15)
        assert value.low is not None and value.high is not None
        assert value.low < size < value.high
        assert real.value > 20_000


def test_without_any_duplicate_it_is_a_lower_bound() -> None:
    found = support(cloud(100), near=1e-6)
    assert (found.value, found.low, found.high) == (4950, 1650, None)


def test_the_threshold_leaves_copies_in_the_training_data_out() -> None:
    train = cloud(500)
    assert threshold(train) > 0
    assert threshold(torch.cat([train, train[:50]])) == pytest.approx(threshold(train), rel=0.3)
    assert threshold(torch.zeros(10, 2)) == 0
    assert support(torch.zeros(10, 2), 0.0).value == 1


def test_the_interval_has_poissons_width_at_least() -> None:
    found = support(cloud(50).repeat(2, 1), near=0.0)  # every sample has one copy: no spread between samples
    pairs, error = 100 * 99 / 2, 1.96 * 50**0.5
    assert found.value == pytest.approx(pairs / 50)
    assert (found.low, found.high) == (pytest.approx(pairs / (50 + error)), pytest.approx(pairs / (50 - error)))


def test_pairs_of_one_cluster_are_not_independent() -> None:
    found = support(torch.cat([cloud(1).repeat(20, 1), cloud(80, seed=1)]), near=0.0)
    share, std = 190 / 4950, (0.2 * 0.8 * 100 / 99) ** 0.5 * 19 / 99
    assert found.low == pytest.approx(1 / (share + 1.96 * 2 * std / 10))


def test_the_threshold_is_the_training_samples() -> None:
    fake, real = cloud(300), cloud(300, seed=1)
    own = BirthdayParadox().measure(material(fake, real))["birthday_support"].value
    wide = BirthdayParadox().measure(material(fake, real, 5 * real))["birthday_support"].value
    assert wide < own / 20
