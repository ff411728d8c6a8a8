"""What looking costs: a DCGAN step on 28 x 28, batch 64, 64 filters, and beside it each signal, the ring, and each exam.

All are timed in turns in one process, so that a busy machine slows them alike; shares of a step are medians of ratios to
the step just before. Writes docs/results/signals.json.

python benchmarks/signals.py [steps]
"""

import statistics
import sys
import time
from collections import defaultdict
from functools import partial

import record
import torch
from torch import nn

from equipoise import sampling
from equipoise.game import Game
from equipoise.metrics.encoders.random_conv import Encoder
from equipoise.objectives.non_saturating import NonSaturating
from equipoise.observe import FIXED, STANDING
from equipoise.pieces import Examination
from equipoise.signals import EXAMINATIONS, updates, watched
from equipoise.signals.examiner import Examiner
from equipoise.signals.leak import LEAK
from equipoise.signals.ring import Ring
from equipoise.tricks.diff_augment import DiffAugment

BATCH, LATENT, WIDTH = 64, 100, 64
WINDOW, SAMPLES, EXAM_EVERY = 50, 256, 500
CYCLE = 5  # steps: the dearer signals come every fifth
AUGMENT = DiffAugment()
USUAL, DEARER = "ring, all of them, in four steps of five", "ring, all of them, in the fifth"


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
    steps = max(steps, WINDOW)  # one copy to the host at least
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
        shares[USUAL if game.steps % CYCLE else DEARER].append(timed(lambda terms=terms: ring.look(game, terms))[1] / step)
        if ring.filled == ring.every:
            shares["ring, copy to the host"].append(timed(ring.read)[1] / step / ring.every)
        if game.steps % 10 == 0:
            for name, who in examiners.items():
                shares[f"exam {name}"].append(timed(lambda who=who: exam(game, who))[1] / step / EXAM_EVERY)
    percent = {name: round(100 * statistics.median(values), 4) for name, values in shares.items()}
    looking = ((CYCLE - 1) * percent[USUAL] + percent[DEARER]) / CYCLE
    looking += percent["ring, copy to the host"] + percent[updates.CARD.name]
    found = {
        "what": f"28 x 28, batch {BATCH}, {WIDTH} filters; medians over {steps} steps, in turns in one process",
        "step_ms": round(1e3 * statistics.median(step_times), 3),
        "percent_of_a_step": percent,
        "exam": f"{SAMPLES} reals, held-out reals and fakes, every {EXAM_EVERY} steps",
        "exam_in_steps": round(percent["exam all"] / 100 * EXAM_EVERY, 2),
        "percent_signals": round(looking, 4),
        "percent_with_exams": round(looking + percent["exam all"], 4),
    }
    record.write("signals", found)


def examiner(reals: torch.Tensor, examinations: dict[str, Examination]) -> Examiner:
    return Examiner(examinations, reals[0], reals[1], Encoder(reals[1]), BATCH)


def exam(game: Game, who: Examiner) -> dict[str, float]:
    """As a run holds it: fakes of a settled G, D's copy, all measures; with an augmentation where it asks for its leak."""
    module = sampling.standing(game.G.module, sampling.fixed_noise(game, STANDING, "standing"))
    with torch.no_grad():
        made = [module(z) for z in torch.split(sampling.fixed_noise(game, SAMPLES + FIXED), BATCH)]
    fakes, fixed = torch.cat(made).split([SAMPLES, FIXED])
    modules = {"G": game.G.module, "D": game.D.module}
    view = partial(AUGMENT.view, at=game.at, real=True) if LEAK.card.name in who.examinations else lambda x: x
    return who.examine(game.steps, game.D.module, view, fakes, modules, fixed)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
