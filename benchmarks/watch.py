"""What watching costs: a plain DCGAN loop on 28 x 28 (batch 64, 64 filters) and the same loop watched, step by step in turn.

python benchmarks/watch.py [steps] [rounds]

python benchmarks/watch.py inside [steps]

Both loops have networks and optimizers of their own. In each round each takes as many steps, one after the other; the figure
is the median over rounds of the ratio of their times, with records, rules and exams included as often as they come by default.
`inside` measures only what the hooks themselves take, in CPU time of the thread: that can be told on a busy machine too.
"""

import statistics
import sys
import time
from typing import Any

import record
import torch
from signals import BATCH, LATENT, discriminator, generator
from torch import nn

import equipoise
from equipoise.watching.call import Listener, Push
from equipoise.watching.match import Match
from equipoise.watching.watch import Watch


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


class Inside:
    """Seconds of CPU time that this thread spends in the hooks, from when it is made on."""

    def __init__(self) -> None:
        self.seconds, self.depth = 0.0, 0
        hooks: list[tuple[Any, str]] = [(Watch, "made"), (Watch, "heard"), (Watch, "guarded"), (Match, "touched")]
        for owner, name in (*hooks, (Listener, "__call__"), (Push, "__call__")):
            setattr(owner, name, self.timed(getattr(owner, name)))

    def timed(self, hook: Any) -> Any:
        def call(*arguments: Any) -> Any:
            begun = time.thread_time()
            self.depth += 1
            try:
                return hook(*arguments)
            finally:
                self.depth -= 1
                if not self.depth:
                    self.seconds += time.thread_time() - begun

        return call


def inside(steps: int) -> None:
    """Print what the hooks take, after the first window (in which every step is noted) and up to `steps` steps later."""
    torch.set_num_threads(1)
    clock, loop = Inside(), Loop(torch.device("cpu"))
    with equipoise.watch(loop.G, loop.D, out=False, print=False):
        loop.seconds(60)
        clock.seconds, begun = 0.0, time.thread_time()
        loop.seconds(steps)
        total = time.thread_time() - begun
    print(f"{1e3 * clock.seconds / steps:.3f} ms of {1e3 * total / steps:.1f} ms a step: {100 * clock.seconds / total:.2f} %")


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        inside(int(sys.argv[2]) if len(sys.argv) > 2 else 1000)
        sys.exit()
    main(*(int(text) for text in sys.argv[1:3])) if len(sys.argv) > 1 else main(1, 1200)
