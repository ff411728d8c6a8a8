"""R2: five bands of D's loss, and what each is said to mean."""

from collections.abc import Callable, Sequence

from equipoise.clinic.claims.reading import (
    POOL,
    RULE,
    Reads,
    Truth,
    collapsed,
    entropy,
    harmed,
    listed,
    planted,
    score,
    untreated,
    well,
)
from equipoise.clinic.trial import Answer, Claim, Outcome, Verdict

STRONG = planted("strong-d", "saturating", "stalled")
WEAK = planted("weak-d")
BANDS: dict[str, tuple[float, float, str, Truth]] = {
    "0 to 0.1": (0.0, 0.1, "mode collapse", collapsed),
    "0.1 to 0.3": (0.1, 0.3, "D strong", STRONG),
    "0.3 to 0.7": (0.3, 0.7, "ideal", well),
    "0.7 to 0.9": (0.7, 0.9, "G too strong", WEAK),
    "0.9 to 1.0": (0.9, 1.0, "D cannot learn", planted("weak-d", "swapped-labels")),
}
KINDS: dict[str, Callable[[Outcome], bool]] = {  # of which each run has one, the first that fits
    "healthy": well,
    "D planted too strong": STRONG,
    "D planted too weak": WEAK,
    "labels swapped": planted("swapped-labels"),
    "other mode collapse": collapsed,
    "other failure": harmed,
}


def within(low: float, high: float) -> Reads:
    return lambda n: low <= n["d_loss"] < high


def band(o: Outcome) -> str:
    loss = o.numbers["d_loss"]
    return next((name for name, (low, high, *_) in BANDS.items() if low <= loss < high), "beyond")


def confusion(runs: Sequence[Outcome]) -> list[tuple[str, ...]]:
    """Kinds of runs against bands, in runs."""
    kinds = [(next(kind for kind, fits in KINDS.items() if fits(o)), band(o)) for o in runs]
    return [(kind, *(str(kinds.count((kind, column))) for column in (*BANDS, "beyond"))) for kind in KINDS]


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    runs = [o for o in untreated(outcomes) if "d_loss" in o.numbers and entropy(o)]
    scores = {name: score(runs, truth, within(low, high)) for name, (low, high, _, truth) in BANDS.items()}
    said: dict[Answer, list[str]] = {"confirmed": [], "depends": [], "refuted": []}
    for name, found in scores.items():
        said[found.answer].append(f"{name} ({BANDS[name][2]})")
    answer: Answer = "depends"
    if len(said["confirmed"]) == len(BANDS):
        answer = "confirmed"
    elif len(said["refuted"]) > len(BANDS) / 2:
        answer = "refuted"
    in_band = ", ".join(f"{BANDS[name][2]} {found.sensitivity}" for name, found in scores.items())
    by_rule = "; ".join(f"{which}: {listed(names)}" for which, names in said.items() if names)
    counts = confusion(runs)
    lines: dict[str, list[str]] = {
        "said to mean": [means for _, _, means, _ in BANDS.values()],
        "sensitivity": [str(found.sensitivity) for found in scores.values()],
        "specificity": [str(found.specificity) for found in scores.values()],
        "by the rule": [found.answer for found in scores.values()],
    }
    return Verdict(
        answer,
        "Of the cross-entropy runs of which a band's meaning is true, those whose loss lies in the band:"
        f" {in_band}. By the rule of readings, {by_rule}.",
        (("runs, by D's loss", *BANDS, "beyond"), *counts, *((name, *line, "") for name, line in lines.items())),
        {**{name: found.numbers for name, found in scores.items()}, "confusion": [list(row) for row in counts]},
    )


R2 = Claim(
    "R2",
    "D loss (mean of the real and the fake term): 0.0-0.1 mode collapse; 0.1-0.3 D strong; 0.3-0.7 ideal; 0.7-0.9 G too strong;"
    " 0.9-1.0 D cannot learn",
    "Mean over the last tenth. True is, by band: collapse by construction or at most half of the modes reached; a D planted too"
    " strong; health; a D planted too weak; that or swapped labels. Each band is judged for itself by the rule of readings"
    " (without groups and parts), on cross-entropy runs. Confirmed: all five are. Refuted: more than half are. Else it depends"
    " on the band."
    f" The rule of readings: {RULE}",
    POOL,
    decide,
)
