"""What holds for every encoder: its contract, and its fingerprint."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from equipoise.data.source import Source
from equipoise.errors import DataError, SettingError
from equipoise.metrics.encoders import ENCODERS, Wanted
from equipoise.metrics.encoders import classifier as classifier_file
from equipoise.metrics.encoders.encoder import Encoder, quantised, unit
from equipoise.metrics.encoders.inception import inception_encoder
from equipoise.metrics.encoders.inception_network import unlearnt
from equipoise.metrics.encoders.inception_weights import Weights
from equipoise.metrics.encoders.module import module_encoder
from equipoise.metrics.encoders.pixels import pixel_encoder
from equipoise.metrics.encoders.random_conv import random_encoder
from equipoise.metrics.encoders.seeing import digest, slug

SHAPE = (1, 16, 16)


def images(n: int, seed: int = 0, shape: tuple[int, ...] = SHAPE) -> Tensor:
    return torch.randint(0, 256, (n, *shape), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


def data(shape: tuple[int, ...] = SHAPE) -> Source:
    return Source("some data", shape, 40, images(40, shape=shape), labels=torch.arange(40) % 2)


class Trunk(nn.Module):
    """A network of somebody's: features, or features and logits."""

    def __init__(self, pair: bool = True) -> None:
        super().__init__()
        self.body, self.head, self.pair = nn.Linear(256, 5), nn.Linear(5, 3), pair
        self.dropout = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor] | Tensor:
        features = self.dropout(self.body(x.flatten(1)))
        return (features, self.head(features)) if self.pair else features


@pytest.fixture(scope="module")
def everyone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Encoder]:
    folder: Path = tmp_path_factory.mktemp("classifiers")
    return {
        "inception": inception_encoder(Weights(unlearnt(), published=False), dim=64),
        "classifier": classifier_file.classifier_encoder(data(), folder=folder),
        "random": random_encoder(SHAPE),
        "pixels": pixel_encoder(SHAPE),
        "module": module_encoder(Trunk(), "mine", SHAPE),
    }


NAMES = ("inception", "classifier", "random", "pixels", "module")


@pytest.mark.parametrize("name", NAMES)
def test_it_keeps_the_contract(everyone: dict[str, Encoder], name: str) -> None:
    encoder = everyone[name]
    x = images(5)
    found = encoder.encode(x)
    assert encoder.name == name
    assert found.features.shape == (5, encoder.dim)
    assert found.features.dtype == torch.float32
    assert not found.features.requires_grad
    assert found.logits is None or found.logits.shape[0] == 5
    head, _, mark = encoder.fingerprint.rpartition("-")
    assert head.startswith(f"{name}:")
    assert len(mark) == 12
    assert int(mark, 16) >= 0
    assert torch.allclose(encoder.encode(x[3:4]).features, found.features[3:4], rtol=1e-4, atol=1e-5), "in any company"
    floats = unit(x)
    assert torch.allclose(encoder.encode(floats).features, found.features, rtol=1e-4, atol=1e-4), "bytes or floats"


@pytest.mark.parametrize("name", NAMES)
def test_what_it_can_not_see_is_refused(everyone: dict[str, Encoder], name: str) -> None:
    encoder = everyone[name]
    bad = unit(images(4))
    bad[1, 0, 3, 3] = torch.nan
    bad[2, 0, 0, 0] = torch.inf
    with pytest.raises(DataError, match="2 of 4 hold NaN or infinity"):
        encoder.encode(bad)
    with pytest.raises(DataError, match=r"are int64; an encoder sees uint8, or float in \[-1, 1\]"):
        encoder.encode(images(4).long())
    with pytest.raises(DataError, match=r"2, 16, 16\]"):
        encoder.encode(images(4, shape=(2, 16, 16)))


def test_a_large_set_is_seen_in_batches_and_put_together() -> None:
    x = images(700)
    found = random_encoder(SHAPE).encode(x).features
    assert found.shape[0] == 700
    assert torch.allclose(found[600:603], random_encoder(SHAPE).encode(x[600:603]).features, atol=1e-5)


# ---------------------------------------------------------------------------------------------------------- fingerprints


def test_a_digest_changes_with_every_weight_name_type_and_step() -> None:
    weights = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor(3.0)}
    same = {"b": torch.tensor(3.0), "a": torch.tensor([1.0, 2.0]), "x.num_batches_tracked": torch.tensor(7)}
    assert digest(weights, "tf") == digest(same, "tf"), "order and counters are not read"
    others = [
        digest(weights, "clean"),
        digest(weights | {"a": torch.tensor([1.0, 2.0000002])}, "tf"),
        digest(weights | {"b": torch.tensor(3.0, dtype=torch.float64)}, "tf"),
        digest({"a": weights["a"], "c": weights["b"]}, "tf"),
        digest(weights | {"a": torch.tensor([[1.0, 2.0]])}, "tf"),
    ]
    assert len({digest(weights, "tf"), *others}) == 6


def test_a_digest_is_the_same_on_every_machine_and_reads_half_precision() -> None:
    weights = {"w": torch.tensor([0.5, -1.0], dtype=torch.bfloat16)}
    assert digest(weights, "tf", 64) == "9bfb6d221a3a"


def test_names_of_data_become_words() -> None:
    assert slug("Fashion MNIST (test)/é") == "fashion-mnist-test"
    assert slug("///") == "unnamed"


def test_shape_seed_and_name_tell_encoders_apart() -> None:
    found = [
        random_encoder(SHAPE).fingerprint,
        random_encoder(SHAPE, seed=1).fingerprint,
        random_encoder((3, 16, 16)).fingerprint,
        pixel_encoder(SHAPE).fingerprint,
        pixel_encoder((1, 8, 32)).fingerprint,
    ]
    assert len({fingerprint.rpartition("-")[2] for fingerprint in found}) == 5, "by the digits, whatever the words"
    assert found[0].startswith("random:seed0-")
    assert found[3].startswith("pixels:1x16x16-")
    assert random_encoder(SHAPE).fingerprint == found[0]


# ---------------------------------------------------------------------------------------------------------- one by one


def test_pixels_are_pixels() -> None:
    x = torch.tensor([[[[0, 255]]]], dtype=torch.uint8)
    assert pixel_encoder((1, 1, 2)).encode(x).features.tolist() == [[-1.0, 1.0]]
    assert pixel_encoder((2,)).encode(torch.tensor([[3.0, -40.0]])).features.tolist() == [[3.0, -40.0]]


def test_points_are_seen_as_they_are_by_the_random_encoder() -> None:
    assert random_encoder((2,)).encode(torch.tensor([[3.0, -40.0]])).features.tolist() == [[3.0, -40.0]]


def test_a_module_is_copied_and_frozen() -> None:
    trunk = Trunk().train()
    x = images(4)
    encoder = module_encoder(trunk, "mine", SHAPE)
    with torch.no_grad():
        features = trunk.body(unit(x).flatten(1))
        logits = trunk.head(features)
        found = encoder.encode(x)
        trunk.body.weight.zero_()
    assert torch.equal(found.features, features)
    assert found.logits is not None
    assert torch.equal(found.logits, logits)
    assert torch.equal(encoder.encode(x).features, found.features)
    assert trunk.training
    assert trunk.body.weight.requires_grad
    assert module_encoder(Trunk(pair=False), "mine", SHAPE).encode(x).logits is None


def test_the_fingerprint_of_a_module_changes_with_weights_name_and_structure() -> None:
    trunk = Trunk()
    first = module_encoder(trunk, "mine", SHAPE).fingerprint
    assert first == module_encoder(trunk, "mine", SHAPE).fingerprint
    named = module_encoder(trunk, "other", SHAPE).fingerprint
    scaled = module_encoder(nn.Sequential(nn.Upsample(scale_factor=1), trunk), "mine", SHAPE).fingerprint
    with torch.no_grad():
        trunk.body.bias += 1e-6
    moved = module_encoder(trunk, "mine", SHAPE).fingerprint
    assert len({first, named.replace("other", "mine"), scaled, moved}) == 4
    smooth, rough = (
        module_encoder(nn.Sequential(nn.Flatten(), act), "mine", SHAPE).fingerprint for act in (nn.Tanh(), nn.ReLU())
    )
    assert smooth != rough
    assert first.startswith("module:mine-")


class Company(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1) - x.flatten(1).mean(0)


class Named(nn.Module):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"last_hidden_state": x}


@pytest.mark.parametrize(
    ("module", "problem"),
    [
        (Company(), "another answer in other company"),
        (nn.Linear(7, 2), r"can't see samples \[1, 16, 16\] \(mat1 and mat2 shapes cannot be multiplied"),
        (nn.Flatten(0), r"answers 3 samples with a tensor \[768\]; an encoder gives \[N, d\]"),
        (Named(), "answers 3 samples with a dict; an encoder gives"),
    ],
)
def test_a_module_that_is_no_encoder_is_refused(module: nn.Module, problem: str) -> None:
    with pytest.raises(SettingError, match=problem):
        module_encoder(module, "mine", SHAPE)


# ---------------------------------------------------------------------------------------------------------- the registry


def test_the_registry_makes_each_from_what_is_wanted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(classifier_file, "cache", lambda: tmp_path)
    weights = tmp_path / "w.pth"
    torch.save(unlearnt(), weights)
    made = {
        name: make(Wanted(data(), seed=2, weights=weights if name == "inception" else None)) for name, make in ENCODERS.items()
    }
    assert all(made[name].name == name for name in ENCODERS)
    assert made["inception"].protocol == "tf"
    assert made["inception"].facts == {"published_weights": False, "exact": False}
    assert made["random"].fingerprint == random_encoder(SHAPE, seed=2).fingerprint
    assert made["classifier"].facts["seed"] == 2
    clean = ENCODERS["inception"](Wanted(data(), weights=weights, protocol="clean"))
    assert clean.protocol == "clean"
    assert clean.fingerprint != made["inception"].fingerprint


@pytest.mark.parametrize("name", [name for name in ENCODERS if name != "inception"])
def test_only_inception_has_protocols_and_weights(name: str) -> None:
    with pytest.raises(SettingError, match=f"protocol: 'clean' is for inception; the encoder '{name}' sees images as they are"):
        ENCODERS[name](Wanted(data(), protocol="clean"))
    with pytest.raises(SettingError, match=f"weights_file: w.pth is for inception; the encoder '{name}' takes none"):
        ENCODERS[name](Wanted(data(), weights=Path("w.pth")))


def test_floats_are_quantised_rounding_half_up_as_bytes_are_restored() -> None:
    bytes_ = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(quantised(unit(bytes_)), bytes_)
    assert quantised(torch.tensor([-1.2, -1.0, 0.0, 1.0, 1.2])).tolist() == [0, 0, 128, 255, 255]
    assert quantised(bytes_) is bytes_
