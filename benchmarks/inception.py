"""How many images a second Inception sees, ours beside pytorch-fid's and torch-fidelity's, in one run and on one core.

    make interop  # the environment that has the packages
    OMP_NUM_THREADS=1 .venv-interop/bin/python benchmarks/inception.py

Weights are random, which costs what the published ones do. Each goes from the same uint8 images to 2048 features; they take
turns, and time is this process's CPU time, so that what else the machine does counts as little as may be.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from record import write
from torch import Tensor

from equipoise.metrics.encoders.inception import inception_encoder
from equipoise.metrics.encoders.inception_network import unlearnt
from equipoise.metrics.encoders.inception_weights import Weights

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "interop"))
from peers import peer

IMAGES, SIDE, ROUNDS = 32, 64, 7
TARGET = 1.6  # times pytorch-fid's rate


def contestants(weights: Weights) -> dict[str, Callable[[Tensor], Tensor]]:
    """Uint8 images [N, 3, H, W] to features [N, 2048], by whose they are."""
    pytorch_fid = peer("pytorch_fid.inception")
    pytorch_fid.load_state_dict_from_url = lambda *_, **__: weights.state
    theirs = pytorch_fid.InceptionV3([3]).eval()
    fidelity = peer("torch_fidelity.feature_extractor_inceptionv3")
    with tempfile.TemporaryDirectory() as folder:
        torch.save(weights.state, Path(folder) / "w.pth")
        other = fidelity.FeatureExtractorInceptionV3("", ["2048"], feature_extractor_weights_path=str(Path(folder) / "w.pth"))
    fast, exact = (inception_encoder(weights, "pytorch-fid", exact=exact) for exact in (False, True))
    return {
        "equipoise": lambda x: fast.encode(x).features,
        "equipoise, exact": lambda x: exact.encode(x).features,
        "pytorch-fid": lambda x: theirs(x.float().div(255))[0].flatten(1),
        "torch-fidelity": lambda x: other(x)[0],
    }


@torch.no_grad()
def inception_rate(rounds: int = ROUNDS) -> dict[str, Any]:
    """Images a CPU second, the median of the rounds; the ratios are of the same round, and their median."""
    every = contestants(Weights(unlearnt(), published=False))
    x = torch.randint(0, 256, (IMAGES, 3, SIDE, SIDE), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    seconds: dict[str, list[float]] = {name: [] for name in every}
    answers = {name: see(x) for name, see in every.items()}  # which also warms up
    for _ in range(rounds):
        for name, see in every.items():
            start = time.process_time()
            see(x)
            seconds[name].append(time.process_time() - start)
    theirs = answers["pytorch-fid"]
    ratios = {name: [b / a for a, b in zip(spent, seconds["pytorch-fid"], strict=True)] for name, spent in seconds.items()}
    return {
        "images": IMAGES,
        "side": SIDE,
        "rounds": rounds,
        "dtype": "float32",
        "threads": torch.get_num_threads(),
        "images_a_second": {name: round(IMAGES / statistics.median(spent), 2) for name, spent in seconds.items()},
        "times_pytorch_fid": {name: round(statistics.median(found), 3) for name, found in ratios.items()},
        "least_and_most": {name: [round(min(found), 3), round(max(found), 3)] for name, found in ratios.items()},
        "target": TARGET,
        "reached": statistics.median(ratios["equipoise"]) >= TARGET,
        "relative_difference": float((answers["equipoise"] - theirs).norm() / theirs.norm()),
        "exact_is_equal": torch.equal(answers["equipoise, exact"], theirs),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    write("inception", inception_rate())
