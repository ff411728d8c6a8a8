"""What looking costs: a DCGAN step on 28 x 28, batch 64, 64 filters, and beside it each signal, the ring, and each exam.

All are timed in turns in one process, so that a busy machine slows them alike; shares of a step are medians of ratios to
the step just before. Writes docs/results/signals.json.

python benchmarks/signals.py [steps]
"""

import json
import statistics
import sys
import time
from collections import defaultdict
from functools import partial
from pathlib import Path

import torch
from torch import nn

from equipoise import sampling
from equipoise.game import Game
from equipoise.metrics.encoders.random_conv import Encoder
from equipoise.objectives.non_saturating import NonSaturating
from equipoise.pieces import Examination
from equipoise.signals import EXAMINATIONS, updates, watched
from equipoise.signals.examiner import Examiner
from equipoise.signals.ring import Ring

BATCH, LATENT, WIDTH = 64, 100, 64
WINDOW, SAMPLES, EXAM_EVERY = 50, 256, 500
OUT = Path(__file__).parents[1] / "docs" / "results" / "signals.json"


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
    players = (generator(), discriminator())
    game = Game(*players, NonSaturating(), latent=LATENT, shape=shape, g_optimizer=adam, d_optimizer=adam, device=device)
    real = torch.rand(BATCH, *shape, device=device) * 2 - 1
    remembering = updates.Updates()
    signals = watched(remembering)
    ring = Ring(signals, WINDOW, device)
    reals = torch.rand(2, SAMPLES, *shape, device=device) * 2 - 1
    examiners = {name: examiner(reals, {name: found}) for name, found in EXAMINATIONS.items()}
    examiners |= {"(D and encoder alone)": examiner(reals, {}), "all": examiner(reals, dict(EXAMINATIONS))}
    shares: dict[str, list[float]] = defaultdict(list)  # of the step just before
    step_times: list[float] = []

    def timed(call):  # type: ignore[no-untyped-def]
        begun = time.perf_counter()
        result = call()
        if device.type == "cuda":
            torch.cuda.synchronize()
        return result, time.perf_counter() - begun

    for _ in range(steps):
        terms, step = timed(lambda: game.step(lambda _: real))
        step_times.append(step)
        with torch.no_grad():
            for name, signal in signals.items():
                if name == updates.CARD.name:  # what it costs in the two steps of a hundred in which it does something
                    copied = timed(lambda: [w.clone() for p in (game.D, game.G) for w in updates.weights(p.module)])
                    compared = timed(lambda copied=copied: updates.ratio(copied[0], copied[0]))
                    shares[name].append((copied[1] + compared[1]) / step / updates.EVERY)
                else:
                    shares[name].append(timed(lambda s=signal, t=terms: s.measure(game, t))[1] / step / signal.every)
        shares["ring, all of them, a step"].append(timed(lambda terms=terms: ring.look(game, terms))[1] / step)
        if ring.filled == ring.every:
            shares["ring, copy to the host"].append(timed(ring.read)[1] / step / ring.every)
        if game.steps % 10 == 0:
            for name, who in examiners.items():
                shares[f"exam {name}"].append(timed(lambda who=who: exam(game, who))[1] / step / EXAM_EVERY)
    found = {
        "machine": f"{device}, {torch.get_num_threads()} thread(s); other work ran beside it",
        "step_ms": round(1e3 * statistics.median(step_times), 3),
        "steps": steps,
        "percent_of_a_step": {name: round(100 * statistics.median(values), 4) for name, values in shares.items()},
        "exam": f"{SAMPLES} reals, held-out reals and fakes, every {EXAM_EVERY} steps",
    }
    looking = statistics.mean(shares["ring, all of them, a step"]) + statistics.median(shares["ring, copy to the host"])
    found["percent_every_step_total"] = round(100 * looking, 4)  # the mean: the dearer signals come every fifth step
    OUT.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


def examiner(reals: torch.Tensor, examinations: dict[str, Examination]) -> Examiner:
    return Examiner(examinations, reals[0], reals[1], Encoder(reals[1]), BATCH)


def exam(game: Game, who: Examiner) -> dict[str, float]:
    """As a run holds it: fakes of a settled G, D's copy, all measures."""
    module = sampling.standing(game.G.module, sampling.fixed_noise(game, 256, "standing"))
    with torch.no_grad():
        fakes = torch.cat([module(z) for z in torch.split(sampling.fixed_noise(game, SAMPLES), BATCH)])
    modules = {"G": game.G.module, "D": game.D.module}
    return who.examine(game.steps, game.D.module, lambda x: x, fakes, modules, fakes[:BATCH])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
