"""Our step beside a plain loop as everyone writes it: same networks, same data, one process, alternating.

    python benchmarks/step.py [--rounds 30] [--out docs/results/step.json]

28 x 28, batch 64, 64 filters. Ours has its logging on (the signals' ring, a window read every 10 steps). The plain loop is
the DCGAN tutorial's: a DataLoader with a transform a sample, three backwards, default Adam, D's gradients computed in G's
step too, losses and D(x), D(G(z)) by `.item()` at every step, the fakes of D's step used again for G's.
Each loop keeps its own allocator settings: ours tunes glibc's malloc (build.tune_process), the plain one has the defaults.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from equipoise import build
from equipoise.data.source import Order, Source
from equipoise.game import Game
from equipoise.networks import NETWORKS
from equipoise.objectives import OBJECTIVES
from equipoise.optimizers import OPTIMIZERS
from equipoise.settings import typed
from equipoise.signals import SIGNALS
from equipoise.signals.ring import Ring

SAMPLES, BATCH, LATENT, WIDTH = 60_000, 64, 100, 64
BURST = 5  # steps of one variant before the next has its turn


def networks() -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    G, D = typed(NETWORKS["dcgan"], {"width": WIDTH}).build(LATENT, (1, 28, 28))
    return G, D


# ---------------------------------------------------------------------------------------------- the plain loop


class Images(Dataset[Tensor]):
    """As torchvision's: a uint8 array, and ToTensor and Normalize a sample."""

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: int) -> Tensor:
        return self.values[index].float().div(255).sub(0.5).div(0.5)


def plain(values: Tensor) -> Callable[[], None]:
    G, D = networks()
    loader = DataLoader(Images(values), batch_size=BATCH, shuffle=True, drop_last=True)
    batches = itertools.chain.from_iterable(itertools.repeat(loader))
    criterion = nn.BCEWithLogitsLoss()
    optimizer_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))

    def step() -> None:
        real = next(batches)
        ones, zeros = torch.ones(len(real)), torch.zeros(len(real))
        D.zero_grad()
        output = D(real).view(-1)
        error_real = criterion(output, ones)
        error_real.backward()
        d_x = output.sigmoid().mean().item()
        fake = G(torch.randn(len(real), LATENT))
        output = D(fake.detach()).view(-1)
        error_fake = criterion(output, zeros)
        error_fake.backward()
        d_g_z1 = output.sigmoid().mean().item()
        optimizer_d.step()
        G.zero_grad()
        output = D(fake).view(-1)
        error_g = criterion(output, ones)
        error_g.backward()
        d_g_z2 = output.sigmoid().mean().item()
        optimizer_g.step()
        log.append((error_real.item() + error_fake.item(), error_g.item(), d_x, d_g_z1, d_g_z2))

    log: list[tuple[float, ...]] = []
    return step


# --------------------------------------------------------------------------------------------------------- ours


def ours(values: Tensor, precision: str) -> Callable[[], None]:
    G, D = networks()
    source = Source("benchmark", (1, 28, 28), len(values), values)
    order = Order(len(source), BATCH, seed=0)
    adam = typed(OPTIMIZERS["adam"], {"lr": 2e-4, "beta1": 0.5})
    objective = OBJECTIVES["non_saturating"]
    game = Game(
        G, D, objective, latent=LATENT, shape=(1, 28, 28), g_optimizer=adam.build, d_optimizer=adam.build, precision=precision
    )
    ring = Ring(SIGNALS, 10, game.at.device)
    log: list[Any] = []

    def step() -> None:
        terms = game.step(lambda position: source.batch(order.index(position)))
        ring.look(game, terms)
        if game.steps % 10 == 0:
            log.append(ring.read())

    return step


def default_malloc() -> None:
    """glibc's own thresholds, as a plain loop has them."""
    if sys.platform == "linux":
        libc = ctypes.CDLL("libc.so.6")
        for parameter in (-3, -1):
            libc.mallopt(parameter, 128 * 1024)


def measure(rounds: int) -> dict[str, Any]:
    values = torch.randint(0, 256, (SAMPLES, 1, 28, 28), dtype=torch.uint8)
    variants: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "plain": (plain(values), default_malloc),
        "ours float32": (ours(values, "float32"), build.tune_process),
        "ours bf16": (ours(values, "bf16"), build.tune_process),
    }
    times: dict[str, list[float]] = {name: [] for name in variants}
    for turn in range(rounds + 2):
        for name, (step, settings) in variants.items():
            settings()
            step()  # a warm-up step a turn: the caches are the other variant's
            started = time.perf_counter()
            for _ in range(BURST):
                step()
            if turn >= 2:
                times[name].append(1e3 * (time.perf_counter() - started) / BURST)
    rows = {}
    for name, found in times.items():
        ratios = [p / o for p, o in zip(times["plain"], found, strict=True)]
        rows[name] = {
            "median_ms": round(statistics.median(found), 2),
            "p10_ms": round(statistics.quantiles(found, n=10)[0], 2),
            "times_faster_than_plain": round(statistics.median(ratios), 3),
        }
    return rows


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=30)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    found = {
        "command": "python " + " ".join(sys.argv),
        "what": f"ms a step of D and G, 28 x 28 x 1, batch {BATCH}, {WIDTH} filters; {given.rounds} alternating turns",
        "machine": {
            "cpu": cpu_name(),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "python": platform.python_version(),
            "capability": torch.backends.cpu.get_cpu_capability(),
        },
        "steps": measure(given.rounds),
    }
    text = json.dumps(found, indent=1)
    print(text)
    if given.out:
        given.out.write_text(text + "\n")


def cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())


if __name__ == "__main__":
    main()
