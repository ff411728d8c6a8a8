"""R9: the signs of a discriminator that dominates."""

from equipoise.clinic.claims.reading import Reading, claim, every, harmed
from equipoise.clinic.trial import Outcome

SURE = 0.95  # accuracy


def dominated(o: Outcome) -> bool:
    """A run that failed with a D that tells both sides apart to the end."""
    return harmed(o) and min(o.numbers.get("accuracy_real", 0.0), o.numbers.get("accuracy_fake", 0.0)) >= SURE


PARTS = {
    "D loss below 0.1": lambda n: n["d_loss"] < 0.1,
    "G loss rises": lambda n: n["g_loss"] > n["g_loss_first"],
}

R9 = claim(
    "R9",
    "D dominance shows as D loss near zero with a rising G loss",
    "Near zero: below 0.1, mean over the last tenth. Rising: higher there than over the first tenth. True is dominance where"
    f" the run failed and D is right on at least {SURE:.0%} of reals and of fakes, last tenth.",
    Reading("runs that D dominates", dominated, every(*PARTS.values()), PARTS),
)
