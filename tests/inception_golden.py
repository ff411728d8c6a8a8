"""Numbers of the reference packages on two small images and seeded random weights, which ordinary tests are held to.

`make interop` runs the packages again and compares (tests/interop/test_interop_encoders.py).
"""

from __future__ import annotations

import torch
from torch import Tensor

from equipoise.seeds import generator

AT = (0, 1, 31, -1)  # the coordinates that are written down, of the first image


def images() -> Tensor:
    """Two colour images of 40 x 56 pixels, uint8: noise beside a slope, so that every way of resizing gives another answer."""
    noise = torch.randint(0, 256, (2, 3, 40, 56), generator=generator("cpu", 0, "golden"), dtype=torch.uint8)
    noise[..., 28:] = torch.arange(40, dtype=torch.uint8).view(-1, 1) * 6
    return noise


FEATURES = {
    "pytorch-fid": {  # pytorch-fid 0.3.0, torchvision 0.28.0
        64: [0.4805986, 0.2753698, 0.9727846, 0.08020046],
        192: [0.06934826, 0.1494372, 0.989387, 0.03639251],
        768: [0.3031619, 1.48856, 0.008772352, 0.0],
        2048: [0.06887778, 0.9316065, 0.4508111, 1.510962],
    },
    "tf": {  # torch-fidelity 0.4.0
        64: [0.4753999, 0.2720177, 0.9680584, 0.07989736],
        192: [0.06669054, 0.1416608, 0.9786042, 0.03776556],
        768: [0.2948886, 1.479827, 0.008624239, 0.0],
        2048: [0.07092692, 0.9457153, 0.4400465, 1.473565],
    },
}
LOGITS = [-1.194862, -3.991753, 1.357141, -1.384624]  # torch-fidelity 0.4.0: logits_unbiased
PLACES = [0, 100, 140, 298]  # of the pixels of row 150 in the first image's green channel
PIXELS = [153.9198, 164.9995, 93.95569, 117.8027]  # clean-fid 0.1.35: build_resizer("clean"), 0..255
