"""R12: what reaches G once D tells disjoint supports apart perfectly."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

import torch
from torch import Tensor, nn

from equipoise.clinic.claims.reading import POOL, entropy, untreated
from equipoise.clinic.trial import Answer, Claim, Outcome, Verdict
from equipoise.clinic.wards import WARDS
from equipoise.errors import EquipoiseError
from equipoise.networks.mlp import MLP
from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Targets
from equipoise.seeds import generator

LEVELS = (0.5, 1e-1, 1e-2, 1e-4, 1e-6)  # D's recorded loss, towards its optimum
GAMES = ("minimax", "non_saturating")
STD, APART, BATCH, STEPS = 0.05, 4.0, 128, 3000
VANISHED = 0.01  # of the gradient at the first level


@dataclass(frozen=True)
class Line:
    """Norms of the gradient of G's loss at a sample, by level of D's loss."""

    game: str
    dimensions: int
    norms: tuple[float, ...]

    @property
    def left(self) -> float:
        return self.norms[-1] / self.norms[0]


def gradient(game: str, D: nn.Module, fake: Tensor) -> float:
    """Mean norm over samples of d L_G / d x, per sample."""
    x = fake.clone().requires_grad_()
    (found,) = torch.autograd.grad(OBJECTIVES[game].g_loss(D(x), None) * len(x), x)
    return float(found.norm(dim=1).mean())


@cache
def measured(dimensions: int, seed: int = 0) -> tuple[Line, ...]:
    """D is trained alone on reals at 0 and fakes at 4 (both with a standard deviation of 0.05), down the levels of its loss."""
    rng = generator("cpu", seed, "supports", dimensions)
    real, fake = (STD * torch.randn(BATCH, dimensions, generator=rng, dtype=torch.float64) for _ in range(2))
    fake[:, 0] += APART
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        D = MLP(hidden=64).build(2, (dimensions,))[1].double()
    optimizer = torch.optim.Adam(D.parameters(), lr=0.01)
    norms: dict[str, list[float]] = {name: [] for name in GAMES}
    for level in LEVELS:
        descend(D, optimizer, real, fake, level)
        for name in GAMES:
            norms[name].append(gradient(name, D, fake))
    return tuple(Line(name, dimensions, tuple(found)) for name, found in norms.items())


def descend(D: nn.Module, optimizer: torch.optim.Optimizer, real: Tensor, fake: Tensor, level: float) -> None:
    """Train D until its recorded loss is below the level."""
    game, labels = OBJECTIVES["non_saturating"], Targets(torch.tensor(1.0), torch.tensor(0.0))
    for _ in range(STEPS):
        loss = game.d_loss(D(real), D(fake), labels)
        if float(game.recorded(loss.detach())) < level:
            return
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    raise EquipoiseError(f"D's loss did not fall to {level:g} in {STEPS} steps, so its gradient there is unknown")


def arriving(outcomes: Sequence[Outcome]) -> dict[str, tuple[float, int]]:
    """By objective, (median, runs) of the recorded gradient at G's samples where D is right on 99 % of both sides."""
    found: dict[str, list[float]] = {name: [] for name in GAMES}
    for o in untreated(outcomes):
        n = o.numbers
        if entropy(o) and "fake_grad" in n and min(n["accuracy_real"], n["accuracy_fake"]) >= 0.99:
            found[WARDS[o.ward].changes.get("objective", "non_saturating")].append(n["fake_grad"])
    return {name: (median(values), len(values)) for name, values in found.items() if values}


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    lines = [line for dimensions in (1, 2) for line in measured(dimensions)]
    gone = {name: all(line.left < VANISHED for line in lines if line.game == name) for name in GAMES}
    answer: Answer = "confirmed" if all(gone.values()) else "depends" if any(gone.values()) else "refuted"
    told = "; ".join(
        f"{name.replace('_', '-')}: " + " and ".join(f"{line.left:.1e}" for line in lines if line.game == name)
        for name in GAMES
    )
    seen = arriving(outcomes)
    words = (
        f"As D's loss falls from {LEVELS[0]} to {LEVELS[-1]:g} on supports {APART / STD:.0f} standard deviations apart, this"
        f" share of the gradient at G's samples is left in one and two dimensions: {told}."
        + (" It vanishes with the saturating loss only." if gone["minimax"] and not gone["non_saturating"] else "")
        + (
            " In the pool, where D is right on 99 % of both sides, its median is "
            + ", ".join(f"{value:.1e} with {name.replace('_', '-')} ({n} runs)" for name, (value, n) in seen.items())
            + "."
            if seen
            else ""
        )
    )
    heading = ("loss of G", "dimensions", *(f"D's loss {level:g}" for level in LEVELS), "left")
    rows = [(x.game, str(x.dimensions), *(f"{norm:.2g}" for norm in x.norms), f"{x.left:.1e}") for x in lines]
    numbers = {f"{x.game}, {x.dimensions}-D": list(x.norms) for x in lines}
    return Verdict(answer, words, (heading, *rows), {**numbers, "pool": {name: list(pair) for name, pair in seen.items()}})


R12 = Claim(
    "R12",
    "When D is optimal and the supports are disjoint, G's gradient vanishes",
    f"A D is trained alone on two clusters {APART / STD:.0f} standard deviations apart until its loss is {LEVELS[-1]:g}, and"
    f" the gradient of G's loss at G's samples is measured on the way. It vanishes where less than {VANISHED:.0%} of what there"
    f" was at a loss of {LEVELS[0]} is left, in one and in two dimensions. Confirmed: with the saturating and with the"
    " non-saturating loss. Refuted: with neither. Depends: with one of them.",
    POOL,
    decide,
)
