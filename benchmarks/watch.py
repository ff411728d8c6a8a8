"""What watching costs: a plain DCGAN loop on 28 x 28 (batch 64, 64 filters) and the same loop watched, step by step in turn.

python benchmarks/watch.py [steps] [rounds]

Both loops have networks and optimizers of their own. In each round each takes as many steps, one after the other; the figure
is the median over rounds of the ratio of their times, with records, rules and exams included as often as they come by default.
"""

import statistics
import sys
import time

import record
import torch
from signals import BATCH, LATENT, discriminator, generator
from torch import nn

import equipoise


class Loop:
    """PyTorch's DCGAN tutorial on random images."""

    def __init__(self, device: torch.device) -> None:
        torch.manual_seed(0)
        self.device, self.criterion = device, nn.BCEWithLogitsLoss()
        self.G, self.D = generator().to(device), discriminator().to(device)
        self.optimizerG, self.optimizerD = (
            torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999)) for net in (self.G, self.D)
        )
        self.real = torch.rand(BATCH, 1, 28, 28, device=device) * 2 - 1
        self.one, self.zero = torch.ones(BATCH, 1, device=device), torch.zeros(BATCH, 1, device=device)

    def step(self) -> None:
        self.optimizerD.zero_grad()
        self.criterion(self.D(self.real), self.one).backward()
        fake = self.G(torch.randn(BATCH, LATENT, device=self.device))
        self.criterion(self.D(fake.detach()), self.zero).backward()
        self.optimizerD.step()
        self.optimizerG.zero_grad()
        self.criterion(self.D(fake), self.one).backward()
        self.optimizerG.step()

    def seconds(self, steps: int) -> float:
        begun = time.perf_counter()
        for _ in range(steps):
            self.step()
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - begun


def main(steps: int, rounds: int) -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    plain, watched = Loop(device), Loop(device)
    watch = equipoise.watch(watched.G, watched.D, out=False, print=False)
    for loop in (plain, watched):
        loop.seconds(5)
    times: dict[str, list[float]] = {"plain": [], "watched": []}
    for round_ in range(rounds):
        order = [("plain", plain), ("watched", watched)]
        for name, loop in order[:: 1 if round_ % 2 else -1]:
            times[name].append(loop.seconds(steps) / steps)
    ratios = [w / p for p, w in zip(times["plain"], times["watched"], strict=True)]
    quartiles = statistics.quantiles(ratios, n=4)
    found = {
        "steps": steps * rounds,
        "plain_ms": round(1e3 * statistics.median(times["plain"]), 3),
        "watched_ms": round(1e3 * statistics.median(times["watched"]), 3),
        "overhead_percent": round(100 * (statistics.median(ratios) - 1), 2),
        "overhead_quartiles_percent": [round(100 * (q - 1), 2) for q in quartiles],
        "overhead_of_sums_percent": round(100 * (sum(times["watched"]) / sum(times["plain"]) - 1), 2),
        "objective": watch.diagnosis().objective,
        "stopped": watch.trouble,
    }
    watch.close()
    record.write("watch", found, "python benchmarks/watch.py")


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:3])) if len(sys.argv) > 1 else main(1, 1200)
