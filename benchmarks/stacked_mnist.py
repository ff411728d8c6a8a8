"""How many of the 1000 modes of stacked MNIST does a run cover? (Metz et al. 2017; Lin et al. 2018)

    equipoise train stacked-mnist --out runs/stacked
    python benchmarks/stacked_mnist.py runs/stacked        writes docs/results/stacked-mnist.json

26,000 samples; each channel is classified by a small network trained on MNIST (its accuracy stands beside the figure).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import record

import equipoise
from equipoise.data.mnist import MNIST
from equipoise.metrics.encoders.classifier import train_classifier
from equipoise.metrics.modes import stacked_modes

SAMPLES = 26_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("run", type=Path)
    options.add_argument("--step", help="a checkpoint's step, or 'best' (default: the newest)")
    options.add_argument("--name", default="stacked-mnist")
    given = options.parse_args()
    classifier = train_classifier(MNIST().load(None, 0), held_out=MNIST(split="test").load(None, 0))
    run = equipoise.load(given.run, given.step)
    modes, divergence = stacked_modes(run.sample(SAMPLES), classifier)
    found = {
        "recipe": record.recipe_lines(run),
        "steps": run.game.steps,
        "samples": SAMPLES,
        "modes": modes,
        "of": 1000,
        "kl_to_uniform": round(divergence, 4),
        "classifier_accuracy": round(float(classifier.accuracy), 4),
        "published": "PacDCGAN2 1000 of 1000, KL 0.06; DCGAN 79 to 99 (Lin et al. 2018, tables 2 and 3)",
    }
    record.write(given.name, found)


if __name__ == "__main__":
    main()
