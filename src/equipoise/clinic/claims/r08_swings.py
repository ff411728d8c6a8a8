"""R8: the signs of training that does not converge."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from equipoise.clinic.claims.reading import POOL, RULE, Reading, auc, every, plain, planted, untreated
from equipoise.clinic.trial import Claim, Outcome, Verdict
from equipoise.clinic.wards import SCORED, WARDS

wandering = planted("wild", "unbounded-critic", "no-lipschitz")
VALUES: dict[str, Callable[[Mapping[str, float]], float]] = {
    "swings of the G loss": lambda n: n["g_loss_std"] / max(abs(n["g_loss"]), 1e-9),
    "changes of the samples": lambda n: n["moved"],
}
PARTS = {
    "wild swings of the G loss": lambda n: VALUES["swings of the G loss"](n) > 0.25,
    "samples that change a lot": lambda n: VALUES["changes of the samples"](n) > 0.5,
}
READING = Reading("runs that do not converge", wandering, every(*PARTS.values()), PARTS, of=None)


def decide(outcomes: Sequence[Outcome]) -> Verdict:
    found = READING.decide(outcomes)
    runs = [o for o in untreated(outcomes) if {"g_loss_std", "moved"} <= set(o.numbers)]
    areas: dict[str, dict[str, tuple[float, float, float]]] = {name: {} for name in VALUES}
    for name, value in VALUES.items():
        for data in SCORED:
            some = [o for o in runs if WARDS[o.ward].data == data]
            bad, good = ([value(o.numbers) for o in some if wandering(o) is side] for side in (True, False))
            if bad and good:
                areas[name][data] = auc(bad, good)
    told = "; ".join(
        f"{name}, " + " and ".join(f"{area[0]:.2f} on {data}" for data, area in by_data.items())
        for name, by_data in areas.items()
    )
    words = f"{found.words} Whatever the threshold, the area under the curve (0.5 is chance) is: {told}."
    return replace(
        found, words=words, numbers={**found.numbers, "AUC": {k: {d: plain(a) for d, a in v.items()} for k, v in areas.items()}}
    )


R8 = Claim(
    "R8",
    "Non-convergence shows as wild swings of the G loss and images that change a lot from epoch to epoch",
    "Wild: a standard deviation over the last 30 % of the run above a quarter of the loss itself. A lot: G's samples of the"
    " same noise move by more than half the distance of two reals from exam to exam (not epoch: these runs have less than one,"
    " or dozens). True is a planted cause of non-convergence that did harm: rates ten times too high (wild), an unbounded"
    f" critic, least squares by SGD at a rate of 1 and more. Runs whose numbers break at once have no curves to read. {RULE}",
    POOL,
    decide,
)
