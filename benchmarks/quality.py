"""Is our step's speed paid for in quality? The plain loop and ours, same networks, data, rates and steps, several seeds.

    python benchmarks/quality.py [--seeds 3] [--steps 1500] [--bf16]        writes docs/results/quality.json

Fashion-MNIST, no tricks. The measure is the sliced Wasserstein distance of 2,000 samples (with standing statistics of
batch normalisation for all) to 2,000 test images, on the same projections; two halves of the test images give the floor.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable

import record
import step
import torch
from torch import Tensor, nn

from equipoise import build
from equipoise.data.fashion_mnist import FashionMNIST
from equipoise.metrics.sliced_wasserstein import sliced_wasserstein
from equipoise.sampling import standing

SAMPLES = 2000


def samples(G: nn.Module, seed: int) -> Tensor:
    noise = torch.Generator().manual_seed(1000 + seed)
    module = standing(G, torch.randn(1024, step.LATENT, generator=noise))
    with torch.no_grad():
        return torch.cat([module(torch.randn(200, step.LATENT, generator=noise)).float() for _ in range(SAMPLES // 200)])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--steps", type=int, default=1500)
    options.add_argument("--bf16", action="store_true", help="ours in bf16 as well")
    given = options.parse_args()
    build.tune_process()
    values = FashionMNIST().load(None, 0).values
    test = FashionMNIST(split="test").load(None, 0)
    order = torch.randperm(len(test), generator=torch.Generator().manual_seed(0))
    real, other = test.batch(order[:SAMPLES]), test.batch(order[SAMPLES : 2 * SAMPLES])
    assert values is not None
    variants: dict[str, Callable[[int], tuple[Callable[[], None], nn.Module]]] = {
        "plain": lambda seed: step.plain(values, seed),
        "ours float32": lambda seed: step.ours(values, "float32", seed),
    }
    if given.bf16:
        variants["ours bf16"] = lambda seed: step.ours(values, "bf16", seed)
    found: dict[str, dict[str, object]] = {}
    for name, make in variants.items():
        distances = []
        for seed in range(given.seeds):
            one, G = make(seed)
            for _ in range(given.steps):
                one()
            distances.append(round(sliced_wasserstein(real, samples(G, seed), seed=0), 4))
            print(name, seed, distances[-1], flush=True)
        found[name] = {"distances": distances, "mean": round(statistics.mean(distances), 4)}
    floor = round(sliced_wasserstein(real, other, seed=0), 4)
    record.write("quality", {"steps": given.steps, "sliced_wasserstein": found, "of_two_halves_of_the_test_images": floor})


if __name__ == "__main__":
    main()
