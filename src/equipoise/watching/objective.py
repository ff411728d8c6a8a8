"""Which game a loop plays, from what its gradient at D's output says: dL/dlogit is another function for each objective.

Cross-entropy gives s (sigmoid(l) - t), least squares 2 s (l - t), hinge a constant where the margin is not kept, Wasserstein
a constant; s is the loss's scale (1/n of a mean) and t what D is asked to say. The scale tells the sum of real and fake from
their mean, and the targets tell smoothing and swapped labels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from equipoise.objectives import OBJECTIVES
from equipoise.pieces import Targets

Numbers = NDArray[np.float64]
ROUNDING = 2e-7  # relative misfit that float32 makes; half precision makes more
ODD = 30.0  # times worse is a fit whose scale nobody's loss has: near 0 a sigmoid is a line, and another objective's too
SCALES = (1.0, 0.5)  # of a sum over real and fake, and of their mean
LINEAR = ("non_saturating", "least_squares")  # targets enter these linearly
TARGETS = {"non_saturating": (-0.4, 1.4), "least_squares": (-2.0, 2.0)}  # that anybody would ask for
OTHERS = ("wasserstein", "hinge", "relativistic_average", "relativistic_paired")


@dataclass(frozen=True)
class Said:
    """What D said of n samples, and the gradient of the loss there, flat [n]."""

    out: Numbers  # as the module gave it
    grad: Numbers
    squashed: bool  # `out` are probabilities

    @property
    def logit(self) -> Numbers:
        return logit(self.out) if self.squashed else self.out

    @property
    def logit_grad(self) -> Numbers:
        return self.grad * self.out * (1 - self.out) if self.squashed else self.grad

    def __len__(self) -> int:
        return len(self.out)


@dataclass(frozen=True)
class Fit:
    """How well an objective explains a step's gradients."""

    misfit: float  # ||g - fit|| / ||g||
    scale: float  # of the loss: 1 where real and fake are means and summed, 0.5 where they are averaged
    real: float = 1.0  # targets
    fake: float = 0.0


def logit(p: Numbers) -> Numbers:
    p = np.clip(p, 1e-7, 1 - 6e-8)
    return np.asarray(np.log(p) - np.log1p(-p))


def fits(real: Said, fake: Said) -> dict[str, Fit]:
    """Each objective's fit of one D step; none where the gradients are all zero or no numbers."""
    found = {}
    for name in (*LINEAR, *OTHERS):
        fit = linear(name, real, fake) if name in LINEAR else one_scale(name, real, fake)
        if fit is not None and math.isfinite(fit.misfit):
            found[name] = fit
    return found


def response(name: str, said: Said) -> tuple[Numbers, Numbers]:
    """(h, g) of g = s (h - t): sigmoid of the logit, or twice the output itself."""
    if name == "least_squares":
        return said.out, said.grad / 2
    return 1 / (1 + np.exp(-said.logit)), said.logit_grad


def linear(name: str, real: Said, fake: Said) -> Fit | None:
    """Least squares for scale and both targets."""
    (h_real, g_real), (h_fake, g_fake) = response(name, real), response(name, fake)
    n, m = len(real), len(fake)
    design = np.zeros((n + m, 3))
    design[:n, 0], design[n:, 0] = h_real * m / n, h_fake  # each block's scale goes with one over its size
    design[:n, 1], design[n:, 2] = -1.0, -1.0
    g = np.concatenate([g_real, g_fake])
    total = np.linalg.norm(g)
    if not total > 0 or not np.isfinite(design).all():
        return None
    (s, a, b), *_ = np.linalg.lstsq(design, g, rcond=None)
    misfit = float(np.linalg.norm(design @ np.array([s, a, b]) - g) / total)
    if s <= 0:
        return None
    target_real, target_fake = a / (s * m / n), b / s
    low, high = TARGETS[name]
    if not (low <= target_real <= high and low <= target_fake <= high) or abs(target_real - target_fake) < 0.05:
        return None
    return Fit(misfit, float(s * m), float(target_real), float(target_fake))


def one_scale(name: str, real: Said, fake: Said) -> Fit | None:
    """The objective's own gradient, times the scale that fits best."""
    if name == "relativistic_paired" and len(real) != len(fake):
        return None
    l_real = torch.tensor(real.logit, requires_grad=True)
    l_fake = torch.tensor(fake.logit, requires_grad=True)
    with torch.enable_grad():
        ones, zeros = torch.ones((), dtype=torch.float64), torch.zeros((), dtype=torch.float64)
        loss = OBJECTIVES[name].d_loss(l_real, l_fake, Targets(ones, zeros))
        parts = torch.autograd.grad(loss, (l_real, l_fake))
    h = torch.cat(parts).numpy()
    g = np.concatenate([real.logit_grad, fake.logit_grad])
    total, own = np.linalg.norm(g), float(h @ h)
    if not total > 0 or not own > 0:
        return None
    s = float(h @ g) / own
    sign = 1.0 if s > 0 else -1.0  # with labels swapped the game is the same with the opposite sign
    return Fit(float(np.linalg.norm(s * h - g) / total), abs(s), real=float(sign > 0), fake=float(sign < 0))


def saturating(fake: Said) -> bool:
    """Whether G minimises log(1 - D) instead of -log D, from the gradient at D's output in G's step."""
    sigma, g = 1 / (1 + np.exp(-fake.logit)), fake.logit_grad
    return misfit_of(-sigma, g) < misfit_of(sigma - 1, g)


def g_scale(name: str, fake: Said) -> float | None:
    """The scale of G's loss: 1 where it is a mean over the fakes."""
    sigma = 1 / (1 + np.exp(-fake.logit))
    h, g = {
        "non_saturating": (sigma - 1, fake.logit_grad),
        "minimax": (-sigma, fake.logit_grad),
        "least_squares": (2 * (fake.out - 1), fake.grad),
    }.get(name, (-np.ones(len(fake)), fake.logit_grad))
    own = float(h @ h)
    s = float(h @ g) / own * len(fake) if own > 0 else 0.0
    return s if s > 0 and misfit_of(h, g) < 0.05 else None


def misfit_of(h: Numbers, g: Numbers) -> float:
    own, total = float(h @ h), float(np.linalg.norm(g))
    if own == 0 or total == 0:
        return 1.0
    return float(np.linalg.norm(h * (float(h @ g) / own) - g) / total)


@dataclass(frozen=True)
class Guess:
    """The game, as far as it shows."""

    name: str = ""
    certainty: float = 0.0
    scale: float = 1.0
    real: float = 1.0  # targets
    fake: float = 0.0

    @property
    def convention(self) -> str:
        """How the loop sums D's loss over real and fake: 'sum' or 'mean'; '' where some other factor is in it."""
        near = zip(("sum", "mean"), SCALES, strict=True)
        return next((name for name, value in near if abs(self.scale / value - 1) < 0.02), "")


def choose(steps: Sequence[Mapping[str, Fit]], penalised: bool) -> Guess:
    """The objective that explains all steps best; among equally good ones the one with fewer things to fit.

    A Wasserstein critic whose scores are all within the margin looks like the hinge: then a gradient penalty speaks for it.
    """
    if not steps:
        return Guess()
    names = set.intersection(*(set(step) for step in steps))
    if not names:
        return Guess()
    misfits = {name: float(np.median([step[name].misfit for step in steps])) for name in names}
    scores = {name: (misfits[name] + ROUNDING) * (1 if usual([step[name] for step in steps]) else ODD) for name in names}
    order = ["wasserstein", "hinge"] if penalised else ["hinge", "wasserstein"]
    order += ["non_saturating", "least_squares", "relativistic_average", "relativistic_paired"]
    best = min(scores.values())
    name = min((name for name in names if scores[name] <= 3 * best), key=order.index)
    rest = min((score for other, score in scores.items() if other != name), default=1.0)
    certainty = 0.99 if misfits[name] < 0.02 and rest > 5 * scores[name] else 0.5 if misfits[name] < 0.3 else 0.2
    fitted = [step[name] for step in steps]
    median = {part: float(np.median([getattr(fit, part) for fit in fitted])) for part in ("scale", "real", "fake")}
    return Guess(name, certainty, median["scale"], tidy(median["real"]), tidy(median["fake"]))


def usual(fits: list[Fit]) -> bool:
    scale = float(np.median([fit.scale for fit in fits]))
    return any(abs(scale / known - 1) < 0.02 for known in SCALES)


def tidy(target: float) -> float:
    return round(target, 3)
