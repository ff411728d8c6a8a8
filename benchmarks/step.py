"""Our step beside a plain loop as everyone writes it: same networks, same data, one process, alternating.

    python benchmarks/step.py [--rounds 30]        writes docs/results/step.json

28 x 28, batch 64, 64 filters. Ours has its logging on (the signals' ring, a window read every 10 steps) and draws fresh
fakes for G's step. The plain loop is the DCGAN tutorial's: its networks, a DataLoader with a transform a sample, three
backwards, default Adam, D's gradients computed in G's step too, losses and D(x), D(G(z)) by `.item()` at every step, the
fakes of D's step used again for G's. Each loop has its own allocator settings: ours tunes glibc's malloc
(build.tune_process), the plain one leaves the defaults. Peak memory is that of a process of its own for each.
bf16 pays where the CPU multiplies bf16 faster than float32; the rates of a matrix product stand beside the result.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import record
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from equipoise import build
from equipoise.data.source import Order, Source
from equipoise.game import Game
from equipoise.networks import NETWORKS
from equipoise.networks.dcgan import init
from equipoise.objectives import OBJECTIVES
from equipoise.optimizers import OPTIMIZERS
from equipoise.settings import typed
from equipoise.signals import SIGNALS
from equipoise.signals.ring import Ring

SAMPLES, BATCH, LATENT, WIDTH = 60_000, 64, 100, 64
BURST = 5  # steps of one variant before the next has its turn


# ---------------------------------------------------------------------------------------------- the plain loop


class Images(Dataset[Tensor]):
    """As torchvision's: a uint8 array, and ToTensor and Normalize a sample."""

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: int) -> Tensor:
        return self.values[index].float().div(255).sub(0.5).div(0.5)


def tutorial_networks() -> tuple[nn.Module, nn.Module]:
    """As many weights as ours, written as in the tutorial."""
    w = WIDTH
    G = nn.Sequential(
        nn.Linear(LATENT, 7 * 7 * 2 * w, bias=False),
        nn.Unflatten(1, (2 * w, 7, 7)),
        nn.BatchNorm2d(2 * w),
        nn.ReLU(True),
        nn.ConvTranspose2d(2 * w, w, 4, 2, 1, bias=False),
        nn.BatchNorm2d(w),
        nn.ReLU(True),
        nn.ConvTranspose2d(w, 1, 4, 2, 1),
        nn.Tanh(),
    )
    D = nn.Sequential(
        nn.Conv2d(1, w, 4, 2, 1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(w, 2 * w, 4, 2, 1, bias=False),
        nn.BatchNorm2d(2 * w),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Flatten(),
        nn.Linear(7 * 7 * 2 * w, 1),
    )
    return G.apply(init), D.apply(init)


def plain(values: Tensor, seed: int = 0) -> tuple[Callable[[], None], nn.Module]:
    torch.manual_seed(seed)
    G, D = tutorial_networks()
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
    return step, G


# --------------------------------------------------------------------------------------------------------- ours


def ours(values: Tensor, precision: str, seed: int = 0) -> tuple[Callable[[], None], nn.Module]:
    torch.manual_seed(seed)
    G, D = typed(NETWORKS["dcgan"], {"width": WIDTH}).build(LATENT, (1, 28, 28))
    source = Source("benchmark", (1, 28, 28), len(values), values)
    order = Order(len(source), BATCH, seed)
    adam = typed(OPTIMIZERS["adam"], {"lr": 2e-4, "beta1": 0.5})
    game = Game(
        G,
        D,
        OBJECTIVES["non_saturating"],
        latent=LATENT,
        shape=(1, 28, 28),
        g_optimizer=adam.build,
        d_optimizer=adam.build,
        seed=seed,
        precision=precision,
    )
    ring = Ring(SIGNALS, 10, game.at.device)
    log: list[Any] = []

    def step() -> None:
        terms = game.step(lambda position: source.batch(order.index(position)))
        ring.look(game, terms)
        if game.steps % 10 == 0:
            log.append(ring.read())

    return step, G


def default_malloc() -> None:
    """glibc's own thresholds, as a plain loop has them."""
    if sys.platform == "linux":
        libc = ctypes.CDLL("libc.so.6")
        for parameter in (-3, -1):
            libc.mallopt(parameter, 128 * 1024)


VARIANTS: dict[str, tuple[Callable[[Tensor], tuple[Callable[[], None], nn.Module]], Callable[[], None]]] = {
    "plain": (plain, default_malloc),
    "ours float32": (lambda values: ours(values, "float32"), build.tune_process),
    "ours bf16": (lambda values: ours(values, "bf16"), build.tune_process),
}


def images() -> Tensor:
    return torch.randint(0, 256, (SAMPLES, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def measure(rounds: int) -> dict[str, Any]:
    values = images()
    variants = {name: (make(values)[0], settings) for name, (make, settings) in VARIANTS.items()}
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
            "peak_mib": peak_memory(name),
        }
    return rows


def peak_memory(name: str) -> int:
    """MiB of a process that trains one variant for 30 steps, data, torch and all."""
    done = subprocess.run([sys.executable, __file__, "--alone", name], capture_output=True, text=True, check=True)
    return int(done.stdout)


def alone(name: str) -> None:
    make, settings = VARIANTS[name]
    settings()
    step, _ = make(images())
    for _ in range(30):
        step()
    print(high_water())


def high_water() -> int:
    """MiB that this process has held at most. Linux's ru_maxrss would begin with the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20  # macOS counts bytes


def products() -> dict[str, float]:
    """GFLOP/s of a 2048 x 2048 matrix product, by type of number."""
    found = {}
    for kind in (torch.float32, torch.bfloat16):
        a = torch.randn(2048, 2048).to(kind)
        seconds = []
        for _ in range(6):
            started = time.perf_counter()
            a @ a
            seconds.append(time.perf_counter() - started)
        found[str(kind).removeprefix("torch.")] = round(2 * 2048**3 / min(seconds) / 1e9, 1)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=30)
    options.add_argument("--alone", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.alone:
        alone(given.alone)
        return
    what = f"a step of D and G, 28 x 28 x 1, batch {BATCH}, {WIDTH} filters; {given.rounds} alternating turns of {BURST} steps"
    record.write("step", {"what": what, "steps": measure(given.rounds), "matrix_product_gflops": products()})


if __name__ == "__main__":
    main()
