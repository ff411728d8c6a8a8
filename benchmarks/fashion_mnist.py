"""The figures and pictures of a Fashion-MNIST run.

    equipoise train fashion-mnist --data ../shared/data/fashion-mnist --out runs/fashion
    python benchmarks/fashion_mnist.py runs/fashion        writes docs/results/fashion-mnist*.{json,png}

D's and G's loss over the first and the last epoch, and the classes of 10,000 samples by a small classifier trained on
the labelled images (its accuracy on the test images stands beside them).
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

import record

import equipoise
from equipoise.data.fashion_mnist import FashionMNIST
from equipoise.metrics.encoders.classifier import classify, train_classifier
from equipoise.metrics.modes import mode_histogram

SAMPLES, EPOCHS = 10_000, (5, 25, 50)


def over(records: list[dict[str, Any]], first: float, last: float) -> dict[str, float]:
    """Means of the losses and scores over epochs first to last."""
    chosen = [r for r in records if first < r["epoch"] <= last]
    names = ("d_loss", "g_loss", "d_real", "d_fake_before", "d_fake_after")
    return {name: round(sum(r[name] for r in chosen) / len(chosen), 4) for name in names}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("run", type=Path)
    given = options.parse_args()
    run = equipoise.load(given.run)
    records = run.signals()
    end = records[-1]["epoch"]
    train = FashionMNIST().load(None, 0)
    classifier = train_classifier(train, held_out=FashionMNIST(split="test").load(None, 0))
    counts = mode_histogram(classify(classifier, run.sample(SAMPLES)), 10)
    found = {
        "train_command": "equipoise train fashion-mnist --data ../shared/data/fashion-mnist --out runs/fashion",
        "recipe": record.recipe_lines(run),
        "steps": run.game.steps,
        "epochs": end,
        "hours": round(records[-1]["seconds"] / 3600, 2),
        "first_epoch": over(records, 0, 1),
        "last_epoch": over(records, end - 1, end),
        "each_fifth_epoch": {str(e): over(records, e - 1, e) for e in range(5, int(end) + 1, 5)},
        "evaluations": run.evaluations(),
        "samples": SAMPLES,
        "classes_of_samples": dict(zip(train.classes, counts.tolist(), strict=True)),
        "classifier_accuracy": round(float(classifier.accuracy), 4),
    }
    record.write("fashion-mnist", found)
    steps = {epoch: round(epoch * run.game.steps / end) for epoch in EPOCHS}
    for epoch, step in steps.items():
        shutil.copy(given.run / "samples" / f"ema-{step:07d}.png", record.RESULTS / f"fashion-mnist-epoch-{epoch}.png")
    shutil.copy(given.run / "samples" / "real.png", record.RESULTS / "fashion-mnist-real.png")
    shutil.copy(given.run / "curves.png", record.RESULTS / "fashion-mnist-curves.png")


if __name__ == "__main__":
    main()
