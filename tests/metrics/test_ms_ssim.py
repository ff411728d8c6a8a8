"""Structural similarity against the reference's numbers, and what it says of variety."""

import pytest
import torch
from torch import Tensor

import equipoise.metrics.ms_ssim as module
from equipoise.errors import SettingError
from equipoise.metrics.metric import Material, Side
from equipoise.metrics.ms_ssim import MSSSIM, ms_ssim, scales, shades, similarity, ssim
from equipoise.seeds import generator


def images(n: int, size: int, seed: int = 0, channels: int = 1) -> Tensor:
    """Smooth random images in [-1, 1]."""
    small = torch.rand(n, channels, 7, 7, generator=generator("cpu", seed, "images")) * 2 - 1
    return torch.nn.functional.interpolate(small, size=(size, size), mode="bilinear", align_corners=False)


def measured(fake: Tensor, real: Tensor) -> dict[str, float]:
    found = MSSSIM().measure(Material(Side(len(fake), images=fake), Side(len(real), images=real)))
    return {name: value.value for name, value in found.items()}


def test_the_numbers_of_the_reference() -> None:
    """pytorch-msssim 1.0.0, ms_ssim(x, y, data_range=1, size_average=False); its window is float32's."""
    rng = torch.Generator().manual_seed(0)
    x = torch.rand(2, 3, 192, 192, generator=rng, dtype=torch.float64)
    y = (x + 0.2 * torch.rand(2, 3, 192, 192, generator=rng, dtype=torch.float64)).clamp(0, 1)
    assert ms_ssim(x, y).tolist() == pytest.approx([0.980460298785791, 0.981157600437975], abs=5e-8)


def test_equal_images_are_1_and_others_less() -> None:
    x = (images(4, 28) + 1) / 2
    torch.testing.assert_close(ms_ssim(x, x), torch.ones(4))
    assert ms_ssim(x, x.flip(0)).max() < 0.9
    torch.testing.assert_close(ms_ssim(x, x.flip(0)), ms_ssim(x.flip(0), x))


def test_what_is_turned_to_its_negative_is_0_and_no_less() -> None:
    x = (images(4, 28) + 1) / 2
    assert ms_ssim(x, 1 - x).max() < 1e-6


def test_on_one_scale_it_is_ssim() -> None:
    x, y = (images(4, 16) + 1) / 2, (images(4, 16, 1) + 1) / 2
    torch.testing.assert_close(ms_ssim(x, y), ssim(x, y)[1].clamp_min(0).squeeze(1), rtol=1e-3, atol=1e-6)


def test_black_is_0() -> None:
    assert shades(torch.tensor([-1.0, 0.0, 1.0])).tolist() == [0.0, 0.5, 1.0]
    assert shades(torch.tensor([0, 255], dtype=torch.uint8)).tolist() == [0.0, 1.0]


def test_scales_that_fit() -> None:
    assert [scales(size, size + 3) for size in (11, 21, 22, 28, 44, 176, 299)] == [1, 1, 2, 2, 3, 5, 5]
    with pytest.raises(SettingError, match="11 pixels"):
        scales(10, 64)


def test_uint8_and_float_are_the_same_images() -> None:
    coarse = (images(40, 28) * 127.5 + 127.5).round().to(torch.uint8)
    floats = coarse.float() / 127.5 - 1
    assert measured(coarse, floats)["ms_ssim"] == pytest.approx(measured(coarse, floats)["ms_ssim_real"], abs=1e-6)


def test_a_collapsed_generator_makes_like_images() -> None:
    real = images(200, 28)
    collapsed = (real[:2].repeat(100, 1, 1, 1) + 0.02 * images(200, 28, 1)).clamp(-1, 1)
    found = measured(collapsed, real)
    assert found["ms_ssim"] > found["ms_ssim_real"] + 0.2


def test_pairs_share_no_image_and_are_a_thousand_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []

    def watching(x: Tensor, y: Tensor) -> Tensor:
        seen.extend([x[:, 0, 0, 0], y[:, 0, 0, 0]])
        return (x - y).mean((1, 2, 3))

    monkeypatch.setattr(module, "ms_ssim", watching)
    numbered = torch.linspace(-1, 1, 3001)[:, None, None, None].expand(3001, 1, 11, 11)
    found = similarity(numbered, seed=0)
    assert len(torch.cat(seen)) == len(torch.cat(seen).unique()) == 2000
    assert found.low is not None and found.high is not None
    std = (1 / 6) ** 0.5  # of x - y, uniform on [0, 1]
    assert found.high - found.low == pytest.approx(2 * 1.96 * std / 1000**0.5, rel=0.1)
