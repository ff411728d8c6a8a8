"""MS-SSIM between pairs of samples: how alike two of them look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor

from equipoise.card import Card
from equipoise.errors import SettingError
from equipoise.metrics.brought import brought
from equipoise.metrics.encoders.encoder import unit
from equipoise.metrics.metric import Material, Need, Value
from equipoise.seeds import generator

CARD = Card(
    name="ms_ssim",
    title="Structural similarity of two fakes on several scales; that of two reals beside it",
    equation="mean over pairs of prod_j cs_j^(w_j), times the luminance term on the coarsest scale",
    source="Wang et al. 2003, equation 7; as a measure of variety: Odena et al. 2017, section 4.2 (there within classes)",
    helps="Needs no encoder; two images of a collapsed generator are alike",
    hurts="Blind to collapse that keeps many images; noise can read as variety. Small images have fewer scales: 28 pixels two",
    cost="two convolutions of 11 x 11 a pair and scale",
)
WINDOW, SIGMA, K1, K2 = 11, 1.5, 0.01, 0.03
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the five scales, from the finest
PAIRS = 1000
CHUNK = 2**22  # pixels in hand at a time


def scales(height: int, width: int) -> int:
    """How many halvings leave room for the window: 5 from 176 pixels on, 2 for 28; SettingError below 11 pixels."""
    found = sum(min(height, width) >> j >= WINDOW for j in range(len(WEIGHTS)))
    if not found:
        raise SettingError("images", f"MS-SSIM needs at least {WINDOW} pixels a side, not {height} x {width}")
    return found


def ms_ssim(x: Tensor, y: Tensor) -> Tensor:
    """Of images x and y in [0, 1], both [N, C, H, W]: float [N], 1 for equal ones, rarely 0.

    Valid windows, 2 x 2 means between scales, negative terms cut at 0, the mean of the channels; as pytorch-msssim 1.0.0.
    Where fewer than five scales fit, their weights are raised to the sum of all.
    """
    weights = torch.tensor(WEIGHTS[: scales(*x.shape[2:])], dtype=x.dtype, device=x.device)
    weights *= sum(WEIGHTS) / weights.sum()
    terms = []
    for j in range(len(weights)):
        structure, whole = ssim(x, y)
        terms.append((whole if j == len(weights) - 1 else structure).clamp_min(0) ** weights[j])
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return reduce(torch.mul, terms).mean(1)


def ssim(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """(contrast and structure, that with luminance), [N, C] each: Wang et al. 2004, equations 6 to 13."""
    mx, my = blur(x), blur(y)
    vx, vy, vxy = blur(x * x) - mx * mx, blur(y * y) - my * my, blur(x * y) - mx * my
    structure = (2 * vxy + K2**2) / (vx + vy + K2**2)
    luminance = (2 * mx * my + K1**2) / (mx * mx + my * my + K1**2)
    return structure.mean((2, 3)), (structure * luminance).mean((2, 3))


def blur(x: Tensor) -> Tensor:
    """The Gaussian window's mean, where it fits."""
    along = torch.arange(WINDOW, dtype=x.dtype, device=x.device) - WINDOW // 2
    window = torch.exp(-(along**2) / (2 * SIGMA**2))
    window = (window / window.sum()).expand(x.shape[1], 1, 1, WINDOW)
    down = F.conv2d(x, window.transpose(2, 3), groups=x.shape[1])
    return F.conv2d(down, window, groups=x.shape[1])


def similarity(images: Tensor, seed: int) -> Value:
    """The mean over up to 1000 pairs of images [N, C, H, W], no image in two of them, so that the pairs are independent."""
    order = torch.randperm(len(images), generator=generator("cpu", seed, "pairs")).to(images.device)
    n = min(len(images) // 2, PAIRS)
    parts = max(1, CHUNK // images[0].numel())
    pairs = zip(torch.split(order[:n], parts), torch.split(order[n : 2 * n], parts), strict=True)
    found = torch.cat([ms_ssim(shades(images[i]), shades(images[j])) for i, j in pairs]).double()
    mean, error = float(found.mean()), float(found.std()) / n**0.5
    return Value(mean, mean - 1.96 * error, mean + 1.96 * error, better="neither")


def shades(x: Tensor) -> Tensor:
    """0 to 1: luminance has a zero."""
    return (unit(x).float() + 1) / 2


@dataclass(frozen=True)
class MSSSIM:
    """On the images themselves, whatever the encoder."""

    card: Card = CARD
    names: tuple[str, ...] = ("ms_ssim", "ms_ssim_real")
    needs: frozenset[Need] = frozenset({"images"})

    def measure(self, material: Material) -> dict[str, Value]:
        sides = zip(self.names, (material.fake, material.real), strict=True)
        return {name: similarity(brought(side, "images", 4), material.seed) for name, side in sides}
