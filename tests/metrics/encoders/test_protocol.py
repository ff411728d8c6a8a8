"""What Inception is shown: clean-fid's pixels, TensorFlow 1's places, and grey or colour alone."""

import inception_golden as golden
import pytest
import torch

from equipoise.errors import DataError
from equipoise.metrics.encoders import protocol
from equipoise.metrics.encoders.protocol import PROTOCOLS, bilinear_tf1, coloured


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("size", [(1, 1), (28, 28), (40, 56), (299, 299), (600, 301)])
def test_any_size_becomes_the_networks(name: str, size: tuple[int, int]) -> None:
    x = torch.randint(0, 256, (1, 3, *size), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    found = PROTOCOLS[name](x)
    assert found.shape == (1, 3, 299, 299)
    assert found.dtype == torch.float32
    assert -1 <= float(found.min()) <= float(found.max()) <= 1


def test_an_image_of_the_networks_size_is_only_scaled() -> None:
    x = torch.randint(0, 256, (1, 3, 299, 299), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    assert torch.equal(PROTOCOLS["tf"](x), (x.float() - 128) / 128)
    assert torch.equal(PROTOCOLS["clean"](x), (x.float() - 128) / 128)
    assert torch.allclose(PROTOCOLS["pytorch-fid"](x), x.float() / 127.5 - 1, atol=1e-6)


def test_the_clean_resize_gives_the_pixels_of_clean_fid() -> None:
    found = protocol.clean(golden.images())[0, 1, 150, golden.PLACES] * 128 + 128
    assert found.tolist() == pytest.approx(golden.PIXELS, abs=1e-4)


def test_tensorflow_1_put_the_first_pixels_on_each_other() -> None:
    x = torch.tensor([[[[0.0, 30.0]]]]).expand(1, 1, 2, 2)
    assert bilinear_tf1(x, 4)[0, 0, 0].tolist() == [0.0, 15.0, 30.0, 30.0]
    assert bilinear_tf1(x.mT, 4)[0, 0, :, 0].tolist() == [0.0, 15.0, 30.0, 30.0]
    assert bilinear_tf1(torch.arange(16.0).view(1, 1, 4, 4), 2).flatten().tolist() == [0.0, 2.0, 8.0, 10.0], "no smoothing"


def test_clean_smooths_what_it_shrinks_and_the_others_do_not() -> None:
    stripes = (torch.arange(1000) // 2 % 2 * 255).to(torch.uint8).expand(1, 3, 64, -1)
    spread = {name: float(resize(stripes).std()) for name, resize in PROTOCOLS.items()}
    assert spread["clean"] < 0.2
    assert min(spread["tf"], spread["pytorch-fid"]) > 0.7


def test_bicubic_overshoot_is_cut_to_what_a_pixel_can_be() -> None:
    edge = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    edge[..., 4:] = 255
    found = protocol.clean(edge)
    assert (float(found.min()), float(found.max())) == (-1.0, 127 / 128)


def test_other_numbers_of_channels_are_refused() -> None:
    for shape in ((2, 4, 8, 8), (2, 8, 8), (2, 2)):
        with pytest.raises(DataError, match="Inception sees grey or RGB"):
            coloured(torch.zeros(*shape))
