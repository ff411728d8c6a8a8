"""Copies are told from samples, in the direction in which a copying generator can't hide."""

import pytest
import torch
from torch import Tensor

from equipoise.errors import SettingError
from equipoise.metrics.frechet import frechet
from equipoise.metrics.memorisation import Memorisation, authenticity, copies
from equipoise.metrics.metric import Material, Side
from equipoise.seeds import generator


def cloud(n: int, seed: int, d: int = 6) -> Tensor:
    return torch.randn(n, d, generator=generator("cpu", seed, "cloud"))


REAL, TRAIN, FRESH = cloud(300, 0), cloud(300, 1), cloud(300, 2)


def measured(fake: Tensor, real: Tensor = REAL, eps: float | None = None) -> dict[str, float]:
    sides = (Side(len(x), features=x) for x in (fake, real, TRAIN))
    found = Memorisation(eps).measure(Material(*sides))
    assert set(found) == set(Memorisation().names)
    return {name: value.value for name, value in found.items()}


def test_fresh_samples_are_no_copies() -> None:
    found = measured(FRESH)
    assert found["copies"] < 0.04
    assert found["authenticity"] == pytest.approx(0.6, abs=0.1)
    assert found["train_distance"] == pytest.approx(found["train_distance_real"], rel=0.05)
    assert found["mifd"] == frechet(FRESH, REAL)  # nothing to punish


def test_copies_of_the_training_set_are_caught() -> None:
    found = measured(TRAIN + 1e-4 * cloud(300, 3))
    assert found["copies"] == 1.0
    assert found["authenticity"] < 0.02
    assert found["train_distance"] < 0.001
    assert found["mifd"] > 1e4 * frechet(TRAIN, REAL)


def test_half_copies_are_half_the_share() -> None:
    found = measured(torch.cat([TRAIN[:150], FRESH[:150]]))
    assert found["copies"] == pytest.approx(0.5, abs=0.03)
    assert found["authenticity"] == pytest.approx(measured(FRESH[:150])["authenticity"] / 2, abs=0.03)


def test_one_training_image_copied_is_memorising() -> None:
    """torchmetrics 1.9.0 looks from the training samples to the fakes, where one copy hides: most are far from it."""
    one = TRAIN[:1].repeat(300, 1)
    found = measured(one, eps=0.1)
    assert found["train_cosine"] < 1e-12
    assert found["mifd"] > 1e10
    assert found["copies"] == 1.0
    assert found["authenticity"] == 0.0


def test_punished_below_eps_alone_as_in_the_reference() -> None:
    found = measured(FRESH, eps=1.0)
    assert found["mifd"] == pytest.approx(frechet(FRESH, REAL) / found["train_cosine"])
    assert measured(FRESH, eps=0.5 * found["train_cosine"])["mifd"] == frechet(FRESH, REAL)


def test_the_training_set_as_reference_is_compared_with_its_other_samples() -> None:
    for real in (TRAIN, TRAIN[50:250].flip(0) * (1 + 1e-6)):  # the very same, and some of it as another batch rounds it
        found = measured(FRESH, real)
        assert found["train_distance_real"] > 0.3
        assert found["copies"] < 0.04
        assert found["mifd"] == frechet(FRESH, real)
        assert measured(TRAIN, real)["copies"] == 1.0
        assert measured(TRAIN, real)["mifd"] > 1e6 * frechet(TRAIN, real) - 1e-9


def test_authenticity_by_hand() -> None:
    assert authenticity(torch.tensor([1.5, 1.5, 0.0, 2.0]), torch.tensor([1.0, 2.0, 1.0, 2.0])).value == 0.25
    train = torch.tensor([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0], [3.0, 0.0]])  # distances to the nearest other: 1, 1, 0, 0
    fake = torch.tensor([[0.0, 1.5], [0.0, -0.5], [3.0, 0.1], [1.0, 2.0]])  # of these to the nearest: 1.5, 0.5, 0.1, 2
    found = Memorisation().measure(Material(*(Side(len(x), features=x) for x in (fake, REAL[:, :2], train))))
    assert found["authenticity"].value == 0.75


def test_the_share_of_copies_has_wilsons_interval() -> None:
    found = copies(torch.tensor([0.0] * 4 + [5.0] * 6), torch.arange(1.0, 101))
    assert found.value == 0.4
    assert (found.low, found.high) == (pytest.approx(0.16818, abs=1e-4), pytest.approx(0.68733, abs=1e-4))
    none = copies(torch.full((10,), 5.0), torch.arange(1.0, 101))
    assert none.low == 0.0
    assert none.high == pytest.approx(0.2775, abs=1e-4)


def test_where_held_out_reals_are_copies_themselves_only_copies_count() -> None:
    assert copies(torch.tensor([0.0, 0.0, 1e-9]), torch.zeros(100)).value == pytest.approx(2 / 3)


def test_without_training_samples_it_says_what_is_missing() -> None:
    with pytest.raises(SettingError, match="features"):
        Memorisation().measure(Material(Side(300, features=FRESH), Side(300, features=REAL)))
