"""The FID Inception: the numbers of the reference packages, the fast path beside the exact one, and what it is shown."""

import inception_golden as golden
import pytest
import torch
from torch import Tensor

from equipoise.errors import DataError, SettingError
from equipoise.metrics.encoders.encoder import unit
from equipoise.metrics.encoders.inception import inception_encoder
from equipoise.metrics.encoders.inception_network import DIMS, Conv, blank, folded, unlearnt, with_weights
from equipoise.metrics.encoders.inception_weights import Weights
from equipoise.metrics.encoders.seeing import Seeing


@pytest.fixture(scope="module")
def weights() -> Weights:
    return Weights(unlearnt(), published=False)


@pytest.fixture(scope="module")
def fast(weights: Weights) -> Seeing:
    return inception_encoder(weights)


def test_it_has_the_names_and_the_size_of_the_published_file() -> None:
    state = blank().state_dict()
    assert len(state) == 566
    assert sum(tensor.numel() for tensor in state.values()) == 23_885_486
    assert state["fc.weight"].shape == (1008, 2048)
    assert state["Mixed_7c.branch3x3dbl_3b.conv.weight"].shape == (384, 384, 3, 1)


@pytest.mark.parametrize("name", golden.FEATURES)
def test_it_gives_the_numbers_of_the_reference_packages(weights: Weights, name: str) -> None:
    for dim, numbers in golden.FEATURES[name].items():
        found = inception_encoder(weights, name, dim=dim, exact=True).encode(golden.images()).features
        assert found.shape == (2, dim)
        assert found[0, list(golden.AT)].tolist() == pytest.approx(numbers, rel=1e-4, abs=1e-6)


def test_logits_have_no_bias_and_the_fast_path_rounds_only(weights: Weights, fast: Seeing) -> None:
    exact = inception_encoder(weights, exact=True).encode(golden.images())
    found = fast.encode(golden.images())
    assert exact.logits is not None
    assert found.logits is not None
    assert exact.logits[0, list(golden.AT)].tolist() == pytest.approx(golden.LOGITS, rel=1e-4)
    assert found.logits.shape == (2, 1008)
    assert 0 < (found.features - exact.features).norm() < 2e-6 * exact.features.norm()
    assert (found.logits - exact.logits).norm() < 2e-6 * exact.logits.norm()


def test_folding_leaves_the_network_alone(weights: Weights) -> None:
    network = with_weights(weights.state)
    kept = {name: tensor.clone() for name, tensor in list(network.state_dict().items())[:12]}
    copy = folded(network)
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in kept.items())
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in copy.modules())
    assert sum(isinstance(m, Conv) for m in copy.modules()) == 94


def test_a_grey_image_is_shown_as_three_equal_channels(fast: Seeing) -> None:
    grey = golden.images()[:1, :1]
    assert torch.equal(fast.encode(grey).features, fast.encode(grey.repeat(1, 3, 1, 1)).features)


def test_float_images_are_quantised_first(fast: Seeing) -> None:
    x = golden.images()[:1]
    wobble = 0.9 / 255 * (torch.rand(x.shape, generator=torch.Generator().manual_seed(0)) - 0.5) * 2
    assert torch.equal(fast.encode(unit(x) + wobble).features, fast.encode(x).features)


def test_numbers_that_are_no_image_are_refused(fast: Seeing) -> None:
    with pytest.raises(DataError, match=r"reach 255; float images are in \[-1, 1\], others uint8"):
        fast.encode(torch.full((1, 3, 8, 8), 255.0))
    with pytest.raises(DataError, match=r"grey or RGB images \[N, 1 or 3, H, W\]; these are \[4, 2\]"):
        fast.encode(torch.zeros(4, 2))


def test_settings_that_do_not_exist_are_refused(weights: Weights) -> None:
    with pytest.raises(SettingError, match="dim: 2000 is none of Inception's features; known: 64, 192, 768, 2048"):
        inception_encoder(weights, dim=2000)
    with pytest.raises(SettingError, match=r"protocol: 'pytorch_fid' is none; did you mean 'pytorch-fid'\?"):
        inception_encoder(weights, "pytorch_fid")


def test_the_fingerprint_names_the_weights_and_changes_with_them_the_protocol_and_the_layer(weights: Weights) -> None:
    def mark(**changed: Tensor) -> str:
        return inception_encoder(Weights(weights.state | changed, False), dim=64).fingerprint

    first = mark()
    assert first.startswith("inception:own-weights-64-"), "no FID comes of them"
    others = [
        mark(**{"fc.bias": weights.state["fc.bias"] + 1}),
        inception_encoder(weights, "clean", dim=64).fingerprint,
        inception_encoder(weights, dim=192).fingerprint,
        inception_encoder(weights).fingerprint,
    ]
    assert len({first.rpartition("-")[2], *(other.rpartition("-")[2] for other in others)}) == 5
    assert inception_encoder(weights, dim=64, exact=True).fingerprint == first, "rounding is no other encoder"
    assert inception_encoder(Weights(weights.state, True)).fingerprint.startswith("inception:2015-12-05-")


@pytest.mark.parametrize("dim", DIMS)
def test_layers_behind_the_wanted_one_are_not_computed(weights: Weights, dim: int) -> None:
    network = with_weights(weights.state)
    calls: list[str] = []
    for name in ("Conv2d_2b_3x3", "Conv2d_4a_3x3", "Mixed_6e", "Mixed_7c"):
        getattr(network, name).register_forward_hook(lambda *_, name=name: calls.append(name))
    with torch.no_grad():
        network(torch.zeros(1, 3, 80, 80), dim)
    assert len(calls) == DIMS.index(dim) + 1
