"""Which objective a log's losses belong to, and in which convention they are written, with its certainty.

The evidence is of three kinds. *Signs*: only a critic's loss is negative. *Bounds*: with Jensen's inequality G's loss, or D's
outputs where they are logged, bound D's loss from below, differently for every objective: for the non-saturating loss
L_D (sum) >= -ln(1 - exp(-L_G)), for hinge L_D >= 1 - L_G, for least squares L_D >= (1 - sqrt(2 L_G))^2 (in any convention).
*Words* in the text and in the columns' names. Each adds to a score in nats; the certainty is the softmax.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from equipoise.logs.game import Game, Numbers

LN2 = math.log(2)
WORDS = {"hinge": "hinge", "gan-gp": "wasserstein", "wgan": "wasserstein", "w-gan": "wasserstein", "wasserstein": "wasserstein"}
WORDS |= {"lsgan": "least_squares", "ls-gan": "least_squares", "least": "least_squares", "bce": "non_saturating"}
WORDS |= {"relativistic": "relativistic", "ragan": "relativistic", "stylegan": "non_saturating"}
FLOORS = {0.9: 0.16254, 0.8: 0.25020, 0.0: 0.32508}  # of D's mean loss by one-sided label (half its entropy); 0: 0.9 and 0.1
STANDS = {"non_saturating": LN2, "relativistic": LN2, "least_squares": 0.25}  # at equilibrium, of what may be confused
LIKELY, SURE_ENOUGH = 0.2, 0.65
SLACK = 0.6  # G's loss is measured after D has moved, on other samples: a bound counts as broken below this share of it


def softplus(x: Numbers) -> Numbers:
    return np.logaddexp(0.0, x)


def from_probabilities(real: Numbers, fake: Numbers) -> Numbers:
    return np.asarray(-np.log(np.clip(real, 1e-6, 1)) - np.log(np.clip(1 - fake, 1e-6, 1)))


def relu(x: Numbers) -> Numbers:
    return np.maximum(x, 0.0)


def fooled(g: Numbers) -> Numbers:
    """The least sum of D's terms where -ln D(G(z)) is g on average: -ln(1 - exp(-g))."""
    return np.asarray(-np.log1p(-np.exp(-relu(g) - 1e-9)))


@dataclass(frozen=True)
class Law:
    """An objective's D loss, as the sum of its two terms: the least that it can be, given G's loss, or D's mean outputs."""

    given_g: Callable[[Numbers], Numbers] | None
    given_outputs: Callable[[Numbers, Numbers], Numbers] | None
    halves: bool = True  # it is written as a mean of two terms as well


LAWS = {
    "non_saturating": Law(fooled, lambda r, f: softplus(-r) + softplus(f)),
    "minimax": Law(lambda g: relu(-g), lambda r, f: softplus(-r) + softplus(f)),
    "least_squares": Law(lambda g: relu(1 - np.sqrt(2 * relu(g))) ** 2, lambda r, f: (r - 1) ** 2 + f**2),
    "hinge": Law(lambda g: relu(1 - g), lambda r, f: relu(1 - r) + relu(1 + f), halves=False),
    "relativistic": Law(None, lambda r, f: 2 * softplus(f - r)),
    "wasserstein": Law(None, lambda r, f: f - r, halves=False),
}
PRIOR = {"non_saturating": 1.5, "minimax": -1.5, "least_squares": 0.0, "hinge": 0.0, "wasserstein": 0.0, "relativistic": -5.0}


@dataclass
class Convention:
    """What was inferred. `scale` turns D's written loss into the mean convention (for hinge the sum, as in the literature)."""

    objective: str = ""
    written: str = ""  # 'sum', 'mean', 'as written'
    certainty: float = 1.0
    scale: float = 1.0
    d_equilibrium: float | None = None
    g_equilibrium: float | None = None
    d_floor: float | None = None
    doubt: float = 1.0  # how much larger D's loss may be, of its value at equilibrium, by what else it could be
    probabilities: bool = False  # D's outputs in the log are probabilities
    notes: list[str] = field(default_factory=list)


def infer(game: Game) -> Convention:
    """Objective and convention of a pair of players."""
    d, g = pair(game)
    scores = dict(PRIOR)
    for judge in (by_words, by_signs, by_bounds, by_outputs):
        for objective, nats in judge(game, d, g).items():
            scores[objective] += nats
    objective = max(scores, key=lambda name: scores[name])
    total = sum(math.exp(score - scores[objective]) for score in scores.values())
    found = Convention(objective, certainty=1 / total, probabilities=probable(game))
    found.written, found.scale, sure = CONVENTIONS[objective](game, d, g)
    found.certainty *= sure
    if mixed(d * found.scale, g, objective):
        game.g_mixed = True
    levels(found, d * found.scale, game)
    likely = [name for name, score in scores.items() if math.exp(score - scores[objective]) / total > LIKELY and name in STANDS]
    found.doubt = doubt(found, sure, likely, game, d, g)
    return found


def doubt(found: Convention, sure: float, likely: list[str], game: Game, d: Numbers, g: Numbers) -> float:
    """The largest that D's loss may be, of its value at equilibrium: a verdict must not hang on a guess."""
    if found.objective not in STANDS:
        return 1.0
    stands = found.scale / STANDS[found.objective]
    others = [CONVENTIONS[name](game, d, g)[1] / STANDS[name] for name in likely]
    if sure < SURE_ENOUGH and found.scale < 1:
        others.append(1.0 / STANDS[found.objective])  # a mean that was taken for a sum
    return max([stands, *others]) / stands


def mixed(d: Numbers, g: Numbers, objective: str) -> bool:
    """True where G's loss was large before D had learned anything: then it has terms that are not adversarial."""
    return objective == "non_saturating" and len(d) > 0 and 0.8 * LN2 < d[0] < 1.5 * LN2 and g[0] > 6 * LN2


def pair(game: Game) -> tuple[Numbers, Numbers]:
    """D's loss as written (the sum of its terms where only these are) and G's, where both are finite."""
    if game.has("d"):
        d, g = game.together("d", "g")
        return d, g
    real, fake, g = game.together("d_on_real", "d_on_fake", "g")
    return real + fake, g


def probable(game: Game) -> bool:
    """True where D's outputs were logged and are all probabilities."""
    outputs = [game.series[role].finite.values for role in ("d_real", "d_fake_before") if role in game.series]
    return bool(outputs) and all(len(x) and x.min() >= 0 and x.max() <= 1 for x in outputs)


# ----------------------------------------------------------------------------------------------------- the evidence


def by_words(game: Game, d: Numbers, g: Numbers) -> dict[str, float]:
    """Words of the log and names of its columns."""
    found: dict[str, float] = {}
    hints = {objective for word in game.words for start, objective in WORDS.items() if word.startswith(start)}
    for objective in hints:
        found[objective] = 5.0 / len(hints)
    names = " ".join(game.names.values()).lower()
    if "crit" in names or "distance" in game.series or names.startswith("c_"):
        found["wasserstein"] = found.get("wasserstein", 0.0) + 2.5
    if "penalty" in game.series and "gp" in game.names["penalty"].lower():
        found["wasserstein"] = found.get("wasserstein", 0.0) + 1.0
    return found


def by_signs(game: Game, d: Numbers, g: Numbers) -> dict[str, float]:
    """Cross-entropies and squares are never negative; hinge's D loss is not, and it stays near or under 2."""
    found = dict.fromkeys(LAWS, 0.0)
    if not len(d):
        return found
    tiny = 0.001 + 0.01 * float(np.median(np.abs(g)))
    bounded = ("non_saturating", "minimax", "least_squares", "hinge", "relativistic")
    below = (d < -0.002).sum() + 2 * (d < -0.05).sum()
    if below:
        found |= dict.fromkeys(bounded, -9.0 if below > 2 else -4.0)
    else:
        found["wasserstein"] -= 1.0
    if (g < -tiny).mean() > 0.02:
        found["non_saturating"] -= 9.0
        found["least_squares"] -= 9.0
        found["relativistic"] -= 9.0
    else:
        found["wasserstein"] -= 4.0 if not below and len(d) > 20 else 0.5
        found["hinge"] -= 1.5
    if (g > tiny).mean() > 0.02 or np.abs(g).max() < 0.05:
        found["minimax"] -= 9.0
    elif not below:
        found["minimax"] += 2.0  # ln(1 - D(G(z))) is never positive
    if game.g_mixed and "cycle" in " ".join(game.words):
        found["least_squares"] += 3.0  # CycleGAN's loss
    if (d > 2.5).sum() > max(2.0, 0.1 * len(d)):
        found["hinge"] -= 3.0  # a constant D has 2
    if np.quantile(d, 0.75) > 3:
        found["hinge"] -= 4.0
    if (np.quantile(g, 0.9) > 4 and not game.g_mixed) or np.quantile(d, 0.9) > 4:
        found["least_squares"] -= 4.0
    return found


def by_bounds(game: Game, d: Numbers, g: Numbers) -> dict[str, float]:
    """How often D's loss is less than G's loss allows."""
    found = {}
    for objective, law in LAWS.items():
        if law.given_g is not None and len(d):
            least = law.given_g(g) * (0.5 if law.halves else 1.0) * SLACK
            found[objective] = -6.0 * float(((d < least) & (least > 0.01)).mean())
    return found


def by_outputs(game: Game, d: Numbers, g: Numbers) -> dict[str, float]:
    """Whether D's loss follows from D's mean outputs: never below Jensen's bound, and close to it."""
    if not game.has("d_real", "d_fake_before"):
        return {}
    found = {}
    for objective, law in LAWS.items():
        told = beside_outputs(game, objective)
        if told is None or not len(told[0]):
            continue
        written, least = told
        if objective == "wasserstein":
            found[objective] = (
                6.0 * math.exp(-float(np.median(np.abs(written - least)) / (np.median(np.abs(least)) + 1e-9))) - 4.0
            )
            continue
        found[objective] = -6.0 * float((written < 0.4 * least - 1e-3).mean())
        useful = least > 1e-3
        if useful.any():
            centre = float(np.median(np.log(np.clip(written[useful], 1e-9, None) / least[useful])))
            best = min(abs(centre), abs(centre + LN2)) if law.halves else abs(centre)
            found[objective] += 3.0 * math.exp(-best)
        else:
            found[objective] += 3.0 * float((written < 0.02).mean())
    if probable(game):
        found["non_saturating"] = found.get("non_saturating", 0.0) + 1.0
    else:
        for objective, nats in by_critic(game).items():
            found[objective] = found.get(objective, 0.0) + nats
    return found


def by_critic(game: Game) -> dict[str, float]:
    """Whether G's loss is minus D's mean output on fakes, as with hinge and Wasserstein."""
    role = "d_fake_after" if game.has("d_fake_after") else "d_fake_before"
    g, fake = game.together("g", role)
    if len(g) < 3:
        return {}
    off, spread = float(np.median(np.abs(g + fake))), float(np.median(np.abs(fake - np.median(fake)))) + 1e-9
    close = 4.0 * math.exp(-off / max(spread, 0.25 * float(np.median(np.abs(fake))))) - 1.0
    return {"hinge": close, "wasserstein": close}


def beside_outputs(game: Game, objective: str) -> tuple[Numbers, Numbers] | None:
    """D's written loss and the least that its mean outputs allow, as a sum of two terms."""
    law = LAWS[objective].given_outputs
    if law is None or not game.has("d_real", "d_fake_before"):
        return None
    if game.has("d"):
        written, real, fake = game.together("d", "d_real", "d_fake_before")
    else:
        first, second, real, fake = game.together("d_on_real", "d_on_fake", "d_real", "d_fake_before")
        written = first + second
    if probable(game):
        if objective in ("non_saturating", "minimax"):
            return written, from_probabilities(real, fake)
        if objective != "least_squares":
            return None
    return written, law(real, fake)


# -------------------------------------------------------------------------------------------------- sum or mean


def of_cross_entropy(game: Game, d: Numbers, g: Numbers) -> tuple[str, float, float]:
    """'sum' or 'mean', the scale to the mean convention, and how sure that is."""
    told = by_terms(game)
    if told is not None:
        return told
    votes = 0.4  # nats for the sum: most PyTorch code adds
    beside = beside_outputs(game, "non_saturating")
    if beside is not None and (beside[1] > 1e-3).any():
        useful = beside[1] > 1e-3
        votes += 5.0 if np.median(beside[0][useful] / beside[1][useful]) > 0.9 else -5.0
    near = (g > 0.3) & (g < 1.4)
    if near.any() and near.mean() > 0.05 and not game.g_mixed:
        ratio = float(np.median(d[near] / LAWS["non_saturating"].given_g(g[near])))  # type: ignore[misc]
        votes += min(max(6.0 * math.log(max(ratio, 1e-3) / 1.55), -3.0), 3.0) * min(1.0, 3 * float(near.mean()))
    if len(d) and abs(g[0] - LN2) < 0.4:  # nothing learned yet
        votes += 1.5 if abs(d[0] - 2 * LN2) < 0.3 else -1.5 if abs(d[0] - LN2) < 0.1 else 0.0
    if len(d) and np.quantile(d, 0.9) > 1.1:
        votes += 1.0
    if game.has("accuracy") or game.has("accuracy_real"):
        votes -= 1.5  # Keras's train_on_batch, whose users average
    votes += 2.0 * ((floor_under(d / 2) is not None) - (floor_under(d) is not None))
    sure = 1 / (1 + math.exp(-abs(votes)))
    return ("sum", 0.5, sure) if votes > 0 else ("mean", 1.0, sure)


def by_terms(game: Game) -> tuple[str, float, float] | None:
    """Where D's losses on reals and on fakes are logged, whether the total is their sum or their mean."""
    if not game.has("d_on_real", "d_on_fake"):
        return None
    if not game.has("d"):
        return "real and fake terms", 0.5, 0.95
    total, real, fake = game.together("d", "d_on_real", "d_on_fake")
    if not len(total):
        return None
    off_sum, off_mean = (float(np.median(np.abs(total - k * (real + fake)))) for k in (1.0, 0.5))
    if min(off_sum, off_mean) > 0.2 * float(np.median(np.abs(total))):
        return None  # the total has other terms
    return ("sum", 0.5, 0.95) if off_sum < off_mean else ("mean", 1.0, 0.95)


def of_squares(game: Game, d: Numbers, g: Numbers) -> tuple[str, float, float]:
    told = by_terms(game)
    if told is not None:
        return told
    if len(d) and np.quantile(g, 0.99) < 0.53 and np.median(g) > 0.4:
        return "with factors 1/2", 1.0, 0.9  # G's loss ends at (0 - 1)^2 / 2 where D rejects every fake
    level = (np.abs(g - 0.25) < 0.05) & (np.abs(d - 0.5) < 0.06)
    if level.mean() > 0.05:
        return "sum", 0.5, 0.9
    return "mean", 1.0, 0.55


def of_hinge(game: Game, d: Numbers, g: Numbers) -> tuple[str, float, float]:
    told = by_terms(game)
    if told is not None:
        return told[0], 2 * told[1], told[2]
    beside = beside_outputs(game, "hinge")
    if beside is not None and (beside[1] > 1e-3).any():
        useful = beside[1] > 1e-3
        if np.median(beside[0][useful] / beside[1][useful]) < 0.75:
            return "mean", 2.0, 0.9
    return "sum", 1.0, 0.9


def as_written(game: Game, d: Numbers, g: Numbers) -> tuple[str, float, float]:
    return "as written", 1.0, 1.0


CONVENTIONS = {
    "non_saturating": of_cross_entropy,
    "minimax": of_cross_entropy,
    "relativistic": of_cross_entropy,
    "least_squares": of_squares,
    "hinge": of_hinge,
    "wasserstein": as_written,
}


# -------------------------------------------------------------------------------- values at equilibrium, and floors


def levels(found: Convention, d: Numbers, game: Game) -> None:
    """Fill in where the losses stand at equilibrium and where D's ends if D is perfect; `d` is in the mean convention."""
    if found.objective == "wasserstein":
        found.d_equilibrium = 0.0
    elif found.objective == "hinge":
        found.d_equilibrium, found.d_floor = 2.0, 0.0
    elif found.objective == "least_squares":
        found.d_equilibrium, found.d_floor = 0.25, 0.0
        found.g_equilibrium = 0.125 if found.written == "with factors 1/2" else 0.25
    else:
        found.d_equilibrium, found.d_floor = LN2, 0.0
        found.g_equilibrium = -LN2 if found.objective == "minimax" else LN2
        smoothing(found, d)
    if game.g_mixed:
        found.g_equilibrium = None
        found.notes.append("G's loss has terms that are not adversarial: its level is not judged")


def smoothing(found: Convention, d: Numbers) -> None:
    """Take a floor of smoothed labels for D's loss where there is one."""
    label = floor_under(d)
    if label is None:
        return
    found.d_floor = FLOORS[label]
    if label:
        found.g_equilibrium = -math.log(label / 2)
        found.d_equilibrium = -(label * math.log(label / 2) + (2 - label) * math.log(1 - label / 2)) / 2
    words = f"one-sided label smoothing to {label}" if label else "two-sided label smoothing (0.9 and 0.1)"
    found.notes.append(f"D's loss ends at a floor of about {found.d_floor:.3f} (mean), as with {words}")


def floor_under(d: Numbers) -> float | None:
    """The label (0: both are smoothed) whose floor D's losses stand on: many values just above it and none below."""
    if len(d) < 20:
        return None
    least, low, middle = float(d.min()), float(np.quantile(d, 0.02)), float(np.median(d))
    fits = (label for label, floor in FLOORS.items() if 0.97 * floor <= least and low < 1.15 * floor and middle < 1.6 * floor)
    return next(fits, None)
