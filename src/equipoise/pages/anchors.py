"""Where the losses of an objective stand at equilibrium, and where those of healthy runs were found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from equipoise.diagnosis.track import Facts

CROSS_ENTROPY = ("non_saturating", "minimax")


@dataclass(frozen=True)
class Band:
    """Where D's loss lies in healthy runs, as shares of the way from a perfect D's loss (0) to equilibrium (1).

    The shares carry it over to smoothed labels, which move both ends. It is wide on purpose and proves nothing: of 87 runs
    within 0.3 to 0.7, 50 had failed.
    """

    low: float
    high: float
    source: str


MIXTURES = "54 healthy runs on 2-D mixtures"
IMAGES = "images train well with a stronger D: 0.3 to 0.6"
BANDS = {
    **dict.fromkeys(CROSS_ENTROPY, Band(0.43, 1.08, f"{MIXTURES}: 0.54 to 0.69; {IMAGES}")),
    "least_squares": Band(0.43, 1.08, f"{MIXTURES}: 0.21 to 0.22; the lower end as for the cross-entropy"),
    "hinge": Band(0.43, 1.08, f"{MIXTURES}: 1.62 to 1.74; the lower end as for the cross-entropy"),
    "relativistic_average": Band(0.43, 1.08, "as for the cross-entropy, whose form it has"),
    "relativistic_paired": Band(0.43, 1.08, "as for the cross-entropy, whose form it has"),
    "relativistic": Band(0.43, 1.08, "as for the cross-entropy, whose form it has"),
}


def anchors(facts: Facts) -> dict[str, dict[str, Any]]:
    """By signal: `equilibrium`, `band` (low, high), `floor` and `source`, each only where there is one."""
    d = known(equilibrium=facts.d_equilibrium, floor=facts.d_floor)
    g = known(equilibrium=facts.g_equilibrium)
    band = BANDS.get(facts.objective)
    if band and facts.d_equilibrium is not None and facts.d_floor is not None:
        way = facts.d_equilibrium - facts.d_floor
        low, high = facts.d_floor + band.low * way, facts.d_floor + band.high * way
        d |= {"band": [round(low, 4), round(high, 4)], "source": band.source}
        if facts.objective == "non_saturating" and facts.g_equilibrium is not None:
            shift = facts.g_equilibrium - math.log(2)  # smoothed labels move G's loss by as much
            ends = [mirrored(band.high * math.log(2)) + shift, mirrored(band.low * math.log(2)) + shift]
            g |= {
                "band": [round(end, 4) for end in ends],
                "source": "what G's loss is where D's is in its band and D errs equally on both",
            }
    found = {"d_loss": d, "g_loss": g}
    if facts.d_equilibrium is not None and facts.objective in CROSS_ENTROPY and facts.g_equilibrium is not None:
        fake = math.exp(-facts.g_equilibrium) if facts.objective == "non_saturating" else 1 - math.exp(facts.g_equilibrium)
        found |= {name: {"equilibrium": round(fake, 4)} for name in ("d_real", "d_fake_before", "d_fake_after")}
    return {name: values for name, values in found.items() if values}


def known(**values: float | None) -> dict[str, Any]:
    return {name: round(value, 6) for name, value in values.items() if value is not None}


def mirrored(d_loss: float) -> float:
    """G's non-saturating loss where D's is `d_loss` (mean convention) and D is as sure of reals as of fakes."""
    return -math.log(1 - math.exp(-d_loss))
