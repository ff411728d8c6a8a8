"""The frozen encoder: the same for everybody, and able to tell clothes from what only looks like them to a mean."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from equipoise.data.fashion_mnist import FashionMNIST
from equipoise.data.locate import places
from equipoise.data.source import Source
from equipoise.metrics.encoders.random_conv import Encoder, RandomConv
from equipoise.signals import coverage, diversity
from equipoise.signals.neighbours import effective_rank

N = 256


def images(n: int, seed: int, *shape: int) -> Tensor:
    return torch.rand(n, *shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 64, 64), (2, 3, 5), (1, 1, 40), (2,), (7, 4)])
def test_one_code_a_sample_whatever_the_data(shape: tuple[int, ...]) -> None:
    x = images(40, 0, *shape)
    codes = Encoder(x)(x)
    assert codes.shape[0] == 40
    assert codes.dim() == 2
    assert codes.mean(0).abs().max() < 1e-3, "each coordinate lies around what it is for reals"
    assert codes.std(0, correction=0).max() < 1.001
    assert torch.equal(codes, Encoder(x.clone())(x)), "the same for the same reals"
    assert not codes.requires_grad


def test_codes_of_points_are_the_points_over_their_spread() -> None:
    x = torch.tensor([[0.0, 0.0], [2.0, 200.0], [4.0, 400.0]])
    expected = (x - x.mean(0)) / x.std(0, correction=0)
    assert torch.allclose(Encoder(x)(x), expected, atol=1e-6)


def test_a_sample_has_the_same_code_in_any_company() -> None:
    x = images(300, 1, 1, 28, 28)
    encode = Encoder(x)
    assert torch.allclose(encode(x)[270:273], encode(x[270:273]), atol=1e-5)


def test_coordinates_that_hardly_vary_are_not_blown_up() -> None:
    x = images(64, 2, 3) * torch.tensor([1.0, 1e-9, 0.0])
    fakes = images(64, 3, 3)  # which vary where the reals do not
    assert 100 < float(Encoder(x)(fakes).abs().max()) < 1e4
    constant = torch.ones(8, 3)
    assert torch.equal(Encoder(constant)(constant), torch.zeros(8, 3))


def test_another_seed_is_another_encoder_and_weights_are_frozen() -> None:
    x = images(32, 4, 1, 16, 16)
    assert not torch.equal(RandomConv(1, 16, 16)(x), RandomConv(1, 16, 16, seed=1)(x))
    assert not any(p.requires_grad for p in RandomConv(1, 16, 16).parameters())
    weight = RandomConv(1, 28, 28).layers[1].weight.flatten(1)
    gram = weight @ weight.T
    assert torch.allclose(gram, gram[0, 0] * torch.eye(len(gram)), atol=1e-4), "orthogonal: it loses nothing that it can keep"


def test_torchs_own_random_numbers_are_left_alone() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    RandomConv(1, 16, 16)
    assert torch.equal(torch.rand(1), expected)


# ---------------------------------------------------------------------------------------------------- real pictures


@pytest.fixture(scope="module")
def clothes() -> Source:
    folder: Path | None = next((p / "fashion-mnist" for p in places() if (p / "fashion-mnist").is_dir()), None)
    if folder is None:
        pytest.skip("data missing: fashion-mnist is not in $EQUIPOISE_DATA, ../shared/data or the cache")
    return FashionMNIST(split="test").load(folder)


def blobs(n: int) -> Tensor:
    """Smooth noise, as bright as may be: it has no shapes."""
    coarse = torch.randn(n, 1, 7, 7, generator=torch.Generator().manual_seed(8))
    return torch.nn.functional.interpolate(coarse, size=28, mode="bilinear").tanh()


@pytest.fixture(scope="module")
def told(clothes: Source) -> dict[str, tuple[float, ...]]:
    """(coverage, wide coverage, diversity, rank ratio, duplicates) of what might be fakes, against real clothes."""
    reals, others = clothes.batch(torch.arange(N)), clothes.batch(torch.arange(N, 2 * N))
    assert clothes.labels is not None
    rest = torch.arange(2 * N, len(clothes))
    labels = clothes.labels[rest]
    seven = clothes.batch(rest[labels < 7][:N])
    fakes = {
        "other reals": others,
        "seven classes": seven,
        "one class": clothes.batch(rest[labels == 1][:N]),
        "blobs of noise": blobs(N),
        "white noise": images(N, 6, 1, 28, 28),
        "mean image": others.mean(0, keepdim=True) + 0.01 * images(N, 7, 1, 28, 28),
        "five images": others[:5].repeat(52, 1, 1, 1)[:N] + 0.01 * images(N, 9, 1, 28, 28),
    }
    encode = Encoder(reals)
    real = encode(reals)

    def measured(x: Tensor) -> tuple[float, ...]:
        fake = encode(x)
        found = (
            coverage.of(real, fake)[0],
            coverage.of(real, fake, N // coverage.WIDE)[0],
            diversity.ratio(fake, real),
            effective_rank(fake) / effective_rank(real),
            diversity.duplicates(fake, real),
        )
        return tuple(float(value) for value in found)

    return {name: measured(x) for name, x in fakes.items()}


@pytest.mark.data
def test_other_clothes_are_as_good_as_the_reals(told: dict[str, tuple[float, ...]]) -> None:
    covered, wide, various, rank, twins = told["other reals"]
    assert covered == pytest.approx(1.0, abs=0.06)
    assert wide == pytest.approx(1.0, abs=0.03)
    assert various == pytest.approx(1.0, abs=0.06)
    assert 0.7 < rank < 1.4, "one direction (how bright) rules, so its noise is this number's"
    assert twins < 0.03


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "most"),
    [("seven classes", 0.9), ("one class", 0.3), ("blobs of noise", 0.1), ("white noise", 0.1), ("mean image", 0.1)],
)
def test_what_misses_clothes_does_not_cover_them(told: dict[str, tuple[float, ...]], name: str, most: float) -> None:
    assert told[name][0] < most < told["other reals"][0]


@pytest.mark.data
def test_few_outputs_are_few(told: dict[str, tuple[float, ...]]) -> None:
    assert told["mean image"][2] < 0.1, "hardly any distance between samples"
    assert told["one class"][2] < 0.75
    assert told["five images"][4] > 0.95, "far apart, as real as can be, and near-duplicates all of them"
    assert told["five images"][3] < 0.5
    assert told["five images"][0] < 0.5
