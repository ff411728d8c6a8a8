"""Our Inception is pytorch-fid's and torch-fidelity's, bit for bit, and our clean resize is clean-fid's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import inception_golden as golden
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from peers import peer
from torch import Tensor

from equipoise.metrics.encoders.inception import inception_encoder
from equipoise.metrics.encoders.inception_network import DIMS, unlearnt, with_weights
from equipoise.metrics.encoders.inception_weights import Weights
from equipoise.metrics.encoders.protocol import bilinear_tf1, clean

pytestmark = pytest.mark.interop
SIZES = [(32, 32), (64, 48), (299, 299), (33, 512)]


@pytest.fixture(scope="module")
def weights() -> Weights:
    return Weights(unlearnt(), published=False)


@pytest.fixture(scope="module")
def file(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "w.pth"
    torch.save(weights.state, path)
    return path


def images(n: int, size: tuple[int, int], seed: int = 0) -> Tensor:
    return torch.randint(0, 256, (n, 3, *size), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


@pytest.fixture(scope="module")
def pytorch_fid(weights: Weights) -> Any:
    """uint8 images -> features of pytorch-fid, by their number."""
    module = peer("pytorch_fid.inception")
    module.load_state_dict_from_url = lambda *_, **__: weights.state
    network = module.InceptionV3([0, 1, 2, 3]).eval()

    @torch.no_grad()
    def features(x: Tensor) -> dict[int, Tensor]:
        maps = network(x.float().div(255))  # what torchvision's ToTensor gives
        return {dim: F.adaptive_avg_pool2d(y, (1, 1)).flatten(1) for dim, y in zip(DIMS, maps, strict=True)}

    return features


@pytest.fixture(scope="module")
def torch_fidelity(file: Path) -> Any:
    """uint8 images -> features and logits of torch-fidelity, by the names that it gives them."""
    names = ["64", "192", "768", "2048", "logits_unbiased", "logits"]
    module = peer("torch_fidelity.feature_extractor_inceptionv3")
    network = module.FeatureExtractorInceptionV3("inception", names, feature_extractor_weights_path=str(file))

    @torch.no_grad()
    def features(x: Tensor) -> dict[str, Tensor]:
        return dict(zip(names, network(x), strict=True))

    return features


def clean_fid(x: Tensor) -> Tensor:
    """uint8 images -> float32 [N, 3, 299, 299] in 0..255, one by one as clean-fid resizes them."""
    resize = peer("cleanfid.resize").build_resizer("clean")
    parts = [resize(np.ascontiguousarray(image.permute(1, 2, 0).numpy())) for image in x]
    return torch.from_numpy(np.stack(parts)).permute(0, 3, 1, 2).contiguous()


@pytest.mark.parametrize("size", SIZES)
def test_features_equal_those_of_pytorch_fid_in_every_bit(weights: Weights, pytorch_fid: Any, size: tuple[int, int]) -> None:
    x = images(2, size)
    for dim, theirs in pytorch_fid(x).items():
        ours = inception_encoder(weights, "pytorch-fid", dim=dim, exact=True).encode(x).features
        assert torch.equal(ours, theirs), dim


@pytest.mark.parametrize("size", SIZES)
def test_features_and_logits_equal_those_of_torch_fidelity_in_every_bit(
    weights: Weights, torch_fidelity: Any, size: tuple[int, int]
) -> None:
    x = images(2, size)
    theirs = torch_fidelity(x)
    for dim in DIMS:
        ours = inception_encoder(weights, "tf", dim=dim, exact=True).encode(x)
        assert torch.equal(ours.features, theirs[str(dim)]), dim
    assert ours.logits is not None
    assert torch.equal(ours.logits, theirs["logits_unbiased"])
    network = with_weights(weights.state)
    assert torch.equal(network.logits(ours.features, biased=True), network.fc(ours.features))
    assert torch.allclose(network.logits(ours.features, biased=True), theirs["logits"], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_the_resize_of_tensorflow_1_equals_torch_fidelitys_in_every_bit(size: tuple[int, int]) -> None:
    theirs = peer("torch_fidelity.interpolate_compat_tensorflow").interpolate_bilinear_2d_like_tensorflow1x
    x = images(2, size).float()
    assert torch.equal(bilinear_tf1(x, 299), theirs(x, size=(299, 299), align_corners=False))


@pytest.mark.parametrize("size", SIZES)
def test_the_clean_resize_is_within_a_millionth_of_clean_fids(size: tuple[int, int]) -> None:
    x = images(2, size)
    assert (clean(x) - (clean_fid(x) - 128) / 128).abs().max() < 1e-6


def test_clean_features_and_their_distance_are_within_a_millionth_of_clean_fids(weights: Weights) -> None:
    sets = [images(24, (32, 32)), images(24, (40, 40), seed=1) // 2]
    network = with_weights(weights.state)
    with torch.no_grad():
        theirs = [network((clean_fid(x) - 128) / 128, 64) for x in sets]
    ours = [inception_encoder(weights, "clean", dim=64).encode(x).features for x in sets]
    for a, b in zip(ours, theirs, strict=True):
        assert (a - b).norm() < 1e-6 * b.norm()

    def distance(x: Tensor, y: Tensor) -> float:
        moments = [
            (part.mean(0), np.cov(part, rowvar=False)) for part in (x[:, :16].double().numpy(), y[:, :16].double().numpy())
        ]
        return float(peer("cleanfid.fid").frechet_distance(*moments[0], *moments[1]))

    assert distance(*ours) == pytest.approx(distance(*theirs), rel=1e-6)


def test_the_golden_numbers_are_the_packages_own(pytorch_fid: Any, torch_fidelity: Any) -> None:
    x = golden.images()
    fidelity = torch_fidelity(x)
    features = {"pytorch-fid": pytorch_fid(x), "tf": {dim: fidelity[str(dim)] for dim in DIMS}}
    found = {name: {dim: [float(y[0, i]) for i in golden.AT] for dim, y in by.items()} for name, by in features.items()}
    for name, by in found.items():
        for dim, numbers in by.items():
            assert golden.FEATURES[name][dim] == pytest.approx(numbers, rel=1e-5), (name, dim)
    logits = [float(fidelity["logits_unbiased"][0, i]) for i in golden.AT]
    assert pytest.approx(logits, rel=1e-4) == golden.LOGITS
    pixels = [float(v) for v in clean_fid(x)[0, 1, 150, golden.PLACES]]
    assert pytest.approx(pixels, abs=1e-4) == golden.PIXELS
