"""The leak of an augmentation into the fakes: constructed mixtures, real clothes, and what is no leak."""

import math
from collections.abc import Callable
from functools import lru_cache

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from equipoise.data import KINDS
from equipoise.data.locate import places
from equipoise.diagnosis.thresholds import THRESHOLDS
from equipoise.metrics.encoders.random_conv import Encoder
from equipoise.pieces import Exam, Judged
from equipoise.seeds import Moment
from equipoise.signals.examiner import Examiner
from equipoise.signals.leak import APART, LEAK, embedded, leak
from equipoise.tricks.adaptive_augment import AdaptiveAugment
from equipoise.tricks.diff_augment import DiffAugment
from equipoise.tricks.instance_noise import InstanceNoise

N = 256
Augment = Callable[[Tensor], Tensor]


def normal(n: int, seed: int, width: int = 2) -> Tensor:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


def moved(x: Tensor) -> Tensor:
    """An augmentation of the plane: half of the rows far to the right."""
    return x + torch.tensor([4.0, 0]) * (torch.arange(len(x)) % 2)[:, None]


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_a_share_of_augmented_samples_reads_as_that_share(share: float) -> None:
    fakes = normal(N, 2)
    fakes = torch.where((torch.arange(N) < share * N)[:, None], moved(fakes), fakes)
    assert float(leak(normal(N, 0), moved(normal(N, 1)), fakes)) == pytest.approx(share, abs=0.1)


@pytest.mark.parametrize(
    "fakes",
    [normal(N, 2) + torch.tensor([0, 4.0]), 0.3 * normal(N, 2), normal(8, 2).repeat(N // 8, 1), normal(N, 2) + 100],
    ids=["elsewhere", "shrunk", "few", "far away"],
)
def test_other_faults_are_no_leak(fakes: Tensor) -> None:
    assert float(leak(normal(N, 0), moved(normal(N, 1)), fakes)) < 0


def test_embeddings_are_unbiased() -> None:
    """Two samples of one distribution are as far apart as nothing, on average: a row compared with itself would show."""
    found = torch.stack([embedded(normal(16, 2 * seed), normal(16, 2 * seed + 1)) for seed in range(200)]).mean(0)
    assert abs(float(found[0, 0] - 2 * found[0, 1] + found[1, 1])) < 0.01


def test_an_augmentation_that_does_next_to_nothing_is_not_judged() -> None:
    assert math.isnan(float(leak(normal(N, 0), 1.01 * normal(N, 1), moved(normal(N, 2)))))
    assert APART > 0


def examined(view: Augment, fakes: Tensor, reals: Tensor) -> dict[str, float]:
    D = nn.Sequential(nn.Flatten(), nn.LazyLinear(1))  # takes one sample, or two in one
    return Examiner({"leak": LEAK}, reals, None, Encoder(reals), 64).examine(100, D, view, fakes, {})


def test_without_held_out_reals_the_training_ones_are_halved() -> None:
    assert examined(moved, moved(normal(N, 2)), normal(N, 0))["augmentation_leak"] == pytest.approx(1, abs=0.15)
    assert examined(moved, normal(N, 2), normal(N, 0))["augmentation_leak"] == pytest.approx(0, abs=0.15)


def test_augmented_and_clean_reals_are_not_the_same_ones() -> None:
    reals, shown, fakes = normal(64, 0), moved(normal(64, 1)), normal(64, 2)
    real, fake = (Judged(x, x, x[:, 0], None) for x in (reals, fakes))
    exam = Exam(real, fake, None, torch.zeros(64), None, None, None, 0, {}, augmented=shown)
    assert torch.equal(LEAK.measure(exam)["augmentation_leak"], leak(reals[:32], shown[32:], fakes))


def test_reals_that_d_sees_as_they_are_are_not_encoded_again() -> None:
    of = Examiner({}, normal(64, 0), None, lambda x: x, 16)
    assert of.augmented(lambda x: x) is None
    assert torch.equal(of.augmented(lambda x: 2 * x), 2 * of.reals)


@pytest.mark.parametrize("view", [lambda x: x, lambda x: x.view(-1, 4)], ids=["as they are", "two in one"])
def test_where_d_sees_samples_as_they_are_nothing_can_leak(view: Augment) -> None:
    assert examined(view, normal(N, 2), normal(N, 0)) == {}


# ------------------------------------------------------------------------------------------------------ real pictures


def ada(p: float) -> AdaptiveAugment:
    trick = AdaptiveAugment(target=None, ceiling=1.0)
    trick.p = torch.tensor(p)
    return trick


VIEWS = {
    "diff_augment": DiffAugment(),
    "translation": DiffAugment(policy="translation"),
    "cutout": DiffAugment(policy="cutout"),
    "ada": ada(0.8),
    "noise": InstanceNoise(std=0.3),
}
POOR: dict[str, Augment] = {
    "fresh": lambda x: x,
    "blurred": lambda x: F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1),
    "darker": lambda x: 0.9 * (x + 1) - 1,
    "grainy": lambda x: x + 0.1 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0)),
}


@lru_cache
def pictures(data: str) -> Tensor:
    """Three samples of pictures, one after the other."""
    found = next((place / data for place in places() if (place / data).is_dir()), None)
    if found is None:
        pytest.skip(f"needs {data}: EQUIPOISE_DATA")
    source = KINDS[data]().load(found, 0)
    return source.batch(torch.randperm(len(source), generator=torch.Generator().manual_seed(5))[: 3 * N]).float()


@pytest.mark.data
@pytest.mark.parametrize("data", ["fashion-mnist", "mnist"])
@pytest.mark.parametrize("name", VIEWS)
def test_augmented_clothes_and_digits_are_told_from_poor_ones(data: str, name: str) -> None:
    reals, heldout, fakes = torch.split(pictures(data), N)
    at = Moment(0)

    def seen(x: Tensor) -> Tensor:
        return VIEWS[name].view(x, at, real=True)

    encode = Encoder(heldout)
    clean, shown = encode(heldout), encode(seen(reals))

    def read(x: Tensor) -> float:
        return float(leak(clean, shown, encode(x)))

    limit = THRESHOLDS["augmentation_leak"].value
    for poor, change in POOR.items():
        assert read(change(fakes)) < limit, poor
    augmented = seen(fakes)
    assert read(augmented) == pytest.approx(1, abs=0.3)
    assert read(torch.where((torch.arange(N) < N // 2).view(-1, 1, 1, 1), augmented, fakes)) > limit
