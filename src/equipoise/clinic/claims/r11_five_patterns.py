"""R11: whether five patterns are all there is."""

from collections.abc import Sequence

from equipoise.clinic.claims.reading import CHANCE, POOL, Share, harmed, listed, untreated
from equipoise.clinic.trial import Answer, Claim, Outcome, Verdict
from equipoise.clinic.wards import WARDS

PATTERNS: dict[str, frozenset[str]] = {  # with the findings that are due where a ward plants it
    "D too strong": frozenset({"discriminator_dominance", "vanishing_gradient"}),
    "G too strong": frozenset({"generator_dominance"}),
    "mode collapse": frozenset({"mode_collapse"}),
    "oscillation": frozenset({"oscillation", "mode_cycling"}),
    "divergence": frozenset({"divergence"}),
}


def patterns(ward: str) -> list[str]:
    """Of the five, those that are right for what the ward plants."""
    due = WARDS[ward].right
    return [name for name, findings in PATTERNS.items() if findings & due]


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    failing = [o for o in untreated(outcomes) if harmed(o) and not WARDS[o.ward].healthy]
    wards = sorted({o.ward for o in failing})
    outside = [ward for ward in wards if not patterns(ward)]
    by_ward = Share(len(wards) - len(outside), len(wards))
    by_run = Share(sum(bool(patterns(o.ward)) for o in failing), len(failing))
    answer: Answer = "depends"
    if wards and not outside:
        answer = "confirmed"
    elif by_ward.interval[2] < CHANCE:
        answer = "refuted"
    ended = sum(1 for o in failing if not patterns(o.ward) and few_modes(o))
    lost = sum(1 for o in failing if not patterns(o.ward))
    words = f"The cause of {by_ward} failing wards, and of {by_run} failing runs, is one of the five." + (
        f" It is none of them on {listed(outside)}, where wiring or data are at fault; {ended} of those {lost} runs end"
        " with half of the modes or fewer: the five name what came of them and not why."
        if outside
        else ""
    )
    rows = [(name, listed([ward for ward in wards if name in patterns(ward)])) for name in PATTERNS]
    return Verdict(
        answer,
        words,
        (("pattern", "wards whose planted cause it is"), *rows, ("none of the five", listed(outside))),
        {"wards": by_ward.numbers, "runs": by_run.numbers, "none of the five": outside},
    )


def few_modes(o: Outcome) -> bool:
    return not o.diverged and o.numbers["found"] <= o.numbers["of"] / 2


R11 = Claim(
    "R11",
    "Five failure patterns: D too strong, G too strong, mode collapse, oscillation, divergence",
    "A ward's cause is planted, so it is known. Confirmed: the cause of every ward that failed is one of the five. Refuted:"
    f" that of most is none (the interval of the share of wards lies below {CHANCE:.0%}). Else it depends on the cause. Our"
    " wards are no census of how GANs fail, so the share says little and the list of what is missing more.",
    POOL,
    decide,
)
