"""Speed of the metrics beside the reference packages', side by side in one run and on one core.

    make interop  # the environment that has the packages
    OMP_NUM_THREADS=1 .venv-interop/bin/python benchmarks/metrics.py       writes docs/results/metrics.json

Each contestant gets the same features and takes turns; seconds are this process's CPU time, the best of a few rounds. The
targets were stated before: Frechet at d = 2048 at least 5 times pytorch-fid's speed and 2 times torch-fidelity's, of fewer
samples than features 20 times pytorch-fid's; precision and recall of 10,000 x 2048 at least 1.7 times prdc's; 50,000 x 2048
in less than 2 GB (peak of a process that does nothing else, less what it holds before; a part of the fakes' tiles, as the
whole takes an hour).
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import record
import torch

from equipoise.metrics.frechet import frechet, frechet_of
from equipoise.metrics.kernel import subset_distances
from equipoise.metrics.moments import moments
from equipoise.metrics.precision_recall import Rows, radii, shares

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "interop"))
from peers import peer

D = 2048


def features(n: int, seed: int, d: int = D) -> torch.Tensor:
    """Correlated, positive, of falling variances: as an encoder's are."""
    rng = torch.Generator().manual_seed(seed)
    scale = torch.linspace(1, 0.05, d, dtype=torch.float64)
    return (
        torch.randn(n, d, generator=rng, dtype=torch.float64) * scale + 0.1 * torch.randn(n, 1, generator=rng).double()
    ).abs()


def seconds(call: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    best, answer = float("inf"), None
    for _ in range(rounds):
        begun = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            answer = call()
        best = min(best, time.process_time() - begun)
    return best, answer


def race(contestants: Mapping[str, Callable[[], Any]], rounds: int = 2) -> dict[str, Any]:
    times, answers = {}, {}
    for name, call in contestants.items():
        times[name], answers[name] = seconds(call, rounds)
    own = times["equipoise"]
    return {
        "seconds": {name: round(t, 3) for name, t in times.items()},
        "times as fast": {name: round(t / own, 2) for name, t in times.items() if name != "equipoise"},
        "answers": answers,
    }


def of_frechet(n: int, rounds: int) -> dict[str, Any]:
    """From features to the distance, statistics included."""
    fid, fidelity = peer("pytorch_fid.fid_score"), peer("torch_fidelity.metric_fid")
    x, y = features(n, 0), features(n, 1) * 1.05

    def pytorch_fid() -> float:
        a, b = x.numpy(), y.numpy()
        means = a.mean(0), b.mean(0)
        return float(fid.calculate_frechet_distance(means[0], np.cov(a, rowvar=False), means[1], np.cov(b, rowvar=False)))

    def torch_fidelity() -> float:
        statistics = [fidelity.fid_features_to_statistics(side) for side in (x, y)]
        return float(fidelity.fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"])

    return race({"equipoise": lambda: frechet(x, y), "pytorch-fid": pytorch_fid, "torch-fidelity": torch_fidelity}, rounds)


def of_statistics(n: int, rounds: int) -> dict[str, Any]:
    """From means and covariances to the distance, as where the reals' are kept."""
    fid, fidelity = peer("pytorch_fid.fid_score"), peer("torch_fidelity.metric_fid")
    a, b = moments(features(n, 0)), moments(features(n, 1) * 1.05)
    plain = [part.numpy() for side in (a, b) for part in (side.mean, side.covariance)]
    kept = [{"mu": mu, "sigma": sigma} for mu, sigma in (plain[:2], plain[2:])]

    def torch_fidelity() -> float:
        return float(fidelity.fid_statistics_to_metric(*kept, False)["frechet_inception_distance"])

    return race(
        {
            "equipoise": lambda: frechet_of(a, b),
            "pytorch-fid": lambda: float(fid.calculate_frechet_distance(*plain)),
            "torch-fidelity": torch_fidelity,
        },
        rounds,
    )


def of_kernel() -> dict[str, Any]:
    kid = peer("torch_fidelity.metric_kid")
    x, y = features(5000, 0), features(5000, 1) * 1.05
    options = {"kid_subsets": 100, "kid_subset_size": 1000, "verbose": False, "rng_seed": 2020}

    def theirs() -> float:
        return float(kid.kid_features_to_metric(x, y, **options)["kernel_inception_distance_mean"])

    return race({"equipoise": lambda: float(subset_distances(x, y).mean()), "torch-fidelity": theirs}, 1)


def of_precision(n: int) -> dict[str, Any]:
    prdc = peer("prdc")
    x, y = features(n, 0), features(n, 1) * 1.05

    def theirs() -> list[float]:
        return [float(value) for value in prdc.compute_prdc(x.numpy(), y.numpy(), 5).values()]

    return race({"equipoise": lambda: list(shares(x, y)), "prdc": theirs}, 1)


MEMORY = """
import sys, torch
sys.path[:0] = [{here!r}]
torch.set_num_threads(1)
from metrics import tiles_of
x = torch.randn(50_000, 2048, generator=torch.Generator().manual_seed(0), dtype=torch.float32)
def most():
    return next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
before = most()
tiles_of(x)
print(before, most())
"""


def tiles_of(x: torch.Tensor) -> None:
    """One band of 50,000 x 50,000: all that `shares` ever holds at once, many times over."""
    rows = Rows(x, x.mean(0, dtype=torch.float64))
    few = Rows(x[:4096], rows.centre)
    least = torch.full((len(rows),), torch.inf, dtype=torch.float64)
    for i in few.starts:
        for j in rows.starts:
            apart = few.to(i, rows, j)
            least[j : j + apart.shape[1]] = torch.minimum(least[j : j + apart.shape[1]], apart.amin(0))
    radii(few, 5)


def of_memory() -> dict[str, Any]:
    script = MEMORY.format(here=str(Path(__file__).parent))
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    before, peak = (int(word) / 2**20 for word in said)
    return {"GB before": round(before, 2), "GB at most": round(peak, 2), "of which distances": round(peak - before, 2)}


def main() -> None:
    torch.set_num_threads(1)
    found = {
        "frechet, 5000 x 2048, of statistics": of_statistics(5000, 2),
        "frechet, 5000 x 2048": of_frechet(5000, 2),
        "frechet, 500 x 2048": of_frechet(500, 1),
        "frechet, 1000 x 2048": of_frechet(1000, 1),
        "kernel, 5000 x 2048": of_kernel(),
        "precision and recall, 10,000 x 2048": of_precision(10_000),
        "precision and recall, memory of 50,000 x 2048 float32": of_memory(),
    }
    record.write("metrics", found)


if __name__ == "__main__":
    main()
