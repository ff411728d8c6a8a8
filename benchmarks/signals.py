"""What looking costs: a DCGAN step on 28 x 28, batch 64, 64 filters, and the same step's signals, timed apart.

python benchmarks/signals.py [steps]
"""

import statistics
import sys
import time
from functools import partial

import torch
from torch import nn

from equipoise.game import Game
from equipoise.objectives.non_saturating import NonSaturating
from equipoise.signals import SIGNALS
from equipoise.signals.ring import Ring

BATCH, LATENT, WIDTH = 64, 100, 64


def generator() -> nn.Module:
    return nn.Sequential(
        nn.Linear(LATENT, 2 * WIDTH * 49),
        nn.Unflatten(1, (2 * WIDTH, 7, 7)),
        nn.BatchNorm2d(2 * WIDTH),
        nn.ReLU(),
        nn.ConvTranspose2d(2 * WIDTH, WIDTH, 4, 2, 1),
        nn.BatchNorm2d(WIDTH),
        nn.ReLU(),
        nn.ConvTranspose2d(WIDTH, 1, 4, 2, 1),
        nn.Tanh(),
    )


def discriminator() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, WIDTH, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(WIDTH, 2 * WIDTH, 4, 2, 1),
        nn.BatchNorm2d(2 * WIDTH),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(2 * WIDTH * 49, 1),
    )


def main(steps: int) -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    adam = partial(torch.optim.Adam, lr=2e-4, betas=(0.5, 0.999))
    shape = (1, 28, 28)
    game = Game(
        generator(),
        discriminator(),
        NonSaturating(),
        latent=LATENT,
        shape=shape,
        g_optimizer=adam,
        d_optimizer=adam,
        device=device,
    )
    real = torch.rand(BATCH, *shape, device=device) * 2 - 1
    ring = Ring(SIGNALS, 50, device)
    step_times, look_times, read_times = [], [], []

    def timed(call, into):  # type: ignore[no-untyped-def]
        begun = time.perf_counter()
        result = call()
        if device.type == "cuda":
            torch.cuda.synchronize()
        into.append(time.perf_counter() - begun)
        return result

    for _ in range(steps):
        terms = timed(lambda: game.step(lambda _: real), step_times)
        timed(lambda terms=terms: ring.look(game, terms), look_times)
        if ring.filled == ring.every:
            timed(ring.read, read_times)
    step, look = statistics.median(step_times), statistics.median(look_times)
    read = statistics.median(read_times) / ring.every if read_times else 0.0
    print(f"{device}, {torch.get_num_threads()} thread(s), {steps} steps, medians")
    print(f"step {step * 1e3:8.3f} ms\nlook {look * 1e3:8.3f} ms   {100 * look / step:.2f} % of a step")
    print(f"read {read * 1e3:8.3f} ms   {100 * read / step:.2f} % of a step (one in {ring.every})")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
