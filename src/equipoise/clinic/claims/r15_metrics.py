"""R15: whether distances between samples and data rank runs as counting their modes does."""

import math
from collections.abc import Sequence

from equipoise.clinic.claims.reading import CHANCE, ENOUGH, POOL, Truth, auc, listed, plain, untreated
from equipoise.clinic.trial import Answer, Claim, Outcome, Verdict
from equipoise.clinic.wards import ENOUGH as MODES
from equipoise.clinic.wards import SCORED, WARDS

DISTANCES = {"frechet": "Frechet distance", "energy": "energy distance"}
Auc = tuple[float, float, float]


def lost_modes(o: Outcome) -> bool:
    """Fewer modes or classes than a run needs that came to no harm; counted, without any distance."""
    return o.numbers["found"] < MODES[WARDS[o.ward].data][0]


def planted_failure(o: Outcome) -> bool:
    return not WARDS[o.ward].healthy


TRUTHS: dict[str, Truth] = {"modes lost": lost_modes, "failure planted": planted_failure}


def ranks(outcomes: Sequence[Outcome], truth: Truth, metric: str) -> Auc:
    """How often the larger distance is that of the run of which it is true."""
    bad, good = ([o.numbers[metric] for o in outcomes if truth(o) is side] for side in (True, False))
    return auc(bad, good)


def unseen(outcomes: Sequence[Outcome], metric: str) -> list[str]:
    """Wards with a planted failure half of whose runs have a distance as small as that of a healthy recipe's worst run."""
    found = []
    for data in SCORED:
        runs = [o for o in outcomes if WARDS[o.ward].data == data]
        fine = max((o.numbers[metric] for o in runs if not planted_failure(o)), default=-math.inf)
        for ward in sorted({o.ward for o in runs if planted_failure(o)}):
            small = [o.numbers[metric] <= fine for o in runs if o.ward == ward]
            found += [ward] if sum(small) >= len(small) / 2 else []
    return found


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    pool = [o for o in untreated(outcomes) if not o.diverged]
    found: dict[tuple[str, str, str], Auc] = {}
    for metric in DISTANCES:
        for data in SCORED:
            runs = [o for o in pool if WARDS[o.ward].data == data and metric in o.numbers]
            found |= {(metric, data, name): ranks(runs, truth, metric) for name, truth in TRUTHS.items()}
    judged = [value for (_, _, name), value in found.items() if name == "modes lost"]
    answer: Answer = "depends"
    if all(share >= ENOUGH and low > CHANCE for share, low, _ in judged):
        answer = "confirmed"
    elif all(low <= CHANCE for _, low, _ in judged):
        answer = "refuted"
    told = "; ".join(
        f"{title} "
        + ", ".join(
            f"{value[0]:.2f} [{value[1]:.2f}, {value[2]:.2f}] on {data}" for data, value in by_data(found, metric).items()
        )
        for metric, title in DISTANCES.items()
    )
    blind = {metric: unseen([o for o in pool if metric in o.numbers], metric) for metric in DISTANCES}
    misses = "; ".join(f"{title}: {listed(blind[metric])}" for metric, title in DISTANCES.items() if blind[metric])
    words = (
        f"Of two runs, one of which lost modes, the distance is larger for that one in this share of pairs: {told}."
        + (f" On these planted failures it is as small as on healthy runs: {misses}." if misses else "")
        + " The Frechet distance is that of our own features, not of Inception's, and the Inception score was not measured."
        " That human evaluation is the gold standard was not put on trial: that takes raters. The verdict rests on the rest."
    )
    rows = [
        (DISTANCES[metric], data, name, f"{value[0]:.2f} [{value[1]:.2f}, {value[2]:.2f}]")
        for (metric, data, name), value in found.items()
    ]
    numbers = {", ".join(key): plain(value) for key, value in found.items()}
    return Verdict(answer, words, (("distance", "data", "bad runs", "AUC"), *rows), {**numbers, "not seen": blind})


def by_data(found: dict[tuple[str, str, str], Auc], metric: str) -> dict[str, Auc]:
    return {data: value for (name, data, truth), value in found.items() if (name, truth) == (metric, "modes lost")}


R15 = Claim(
    "R15",
    "IS and FID measure quality and diversity; human evaluation is the gold standard but expensive",
    "Pairs of runs on the same data, one with fewer modes or classes than a run that came to no harm, one with enough: the"
    f" larger distance should be that of the first. Confirmed: in at least {ENOUGH:.0%} of pairs, with an interval above"
    f" {CHANCE:.0%}, for the Frechet and the energy distance, on points and on digits. Refuted: no distance on any data beats"
    " chance. Else it depends on the data or the distance. Beside it: planted failures. The half about raters is not on trial.",
    POOL,
    decide,
)
