"""R6: the signs of mode collapse."""

import math

from equipoise.clinic.claims.reading import Reading, built_in, claim, collapsed, every, some
from equipoise.clinic.trial import Outcome
from equipoise.clinic.wards import WARDS

MISWIRED = ("swapped-labels", "pixels-to-255", "pixels-to-1")


def reaches_data(o: Outcome) -> bool:
    """Samples that lie nowhere near the data have no modes to count."""
    return WARDS[o.ward].name not in MISWIRED and (built_in(o) or o.numbers.get("found", 0) >= 1)


PARTS = {
    "near-identical samples": lambda n: n["diversity_encoder"] < 0.5,
    "G loss below log 2": lambda n: n["g_loss"] < math.log(2),
    "samples that cycle": lambda n: n["moved"] > 0.5 and n["coverage_wide"] < 0.5,
}

R6 = claim(
    "R6",
    "Mode collapse shows as near-identical samples, low G loss and vanished diversity; also as cycling through modes",
    "Near-identical: the mean distance of two samples is below half that of two reals. Low: below its value at equilibrium,"
    " log 2. Cycling: G's samples of the same noise move by more than half the distance of two reals from exam to exam while"
    " less than half of the data are covered. As stated: the first two at once, or the third. True is collapse where G sees a"
    " few codes only, or where its samples reach at most half of the modes; runs that reach none, or whose labels or pixels are"
    " wired wrongly, are left out.",
    Reading(
        "collapsed runs",
        collapsed,
        some(every(PARTS["near-identical samples"], PARTS["G loss below log 2"]), PARTS["samples that cycle"]),
        {**PARTS, "near-identical or cycling": some(PARTS["near-identical samples"], PARTS["samples that cycle"])},
        among=reaches_data,
    ),
)
