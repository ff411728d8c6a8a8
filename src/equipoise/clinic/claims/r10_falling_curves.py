"""R10: the shape of a healthy run's curves."""

from equipoise.clinic.claims.reading import Reading, Reads, claim, every, well

STEADY = 0.7  # share of the tenths of a run that lie below the tenth before
ROUGH = 0.05  # share of changes that are jumps


def falls(curve: str) -> Reads:
    return lambda n: n[curve] < n[f"{curve}_first"]


def steadily(curve: str) -> Reads:
    return lambda n: n[curve] < n[f"{curve}_first"] and n[f"{curve}_falls"] >= STEADY and n[f"{curve}_jumps"] <= ROUGH


R10 = claim(
    "R10",
    "Healthy curves fall steadily, with slight bouncing",
    f"Steadily: the last tenth lies below the first, at least {STEADY:.0%} of the tenths lie below the one before, and at most"
    f" {ROUGH:.0%} of the changes between two records are jumps (above four standard deviations of the usual one). As stated:"
    " both losses do so; 'falls' asks for the first of the three only.",
    Reading(
        "healthy runs",
        well,
        every(steadily("d_loss"), steadily("g_loss")),
        {
            "D loss falls steadily": steadily("d_loss"),
            "G loss falls steadily": steadily("g_loss"),
            "D loss falls": falls("d_loss"),
            "G loss falls": falls("g_loss"),
        },
    ),
)
