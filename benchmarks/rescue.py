"""Rescue and no harm: runs that fail on purpose with and without the autopilot, beside what people usually do.

    python benchmarks/rescue.py run [--only ring/] [--processes 2] [--work DIR]     plays what is missing
    python benchmarks/rescue.py table                                               writes docs/results/rescue.json and .png

What counts was fixed before the first run:

- Wards: every failing ward of the clinic that is curable and that is not a matter of the data's amount (`few-samples`), of
  `grid` and `fashion` those of `SOME` (the same causes on other data, kept few to spare time); ten seeds on points, five on
  images. A seed counts where the untreated run fails: by its samples (known modes, or a classifier that no rule sees; the
  energy distance), or because its numbers broke. Left out: `bursts`, whose case is `make demo`, and the Dirac-GAN, on whose
  single number there is nothing for an exam to see.
- Rescued: healthy by the ward's own criterion, a Frechet distance within 15 % of the median of the healthy twin's seeds or
  within the range of those seeds (whichever is wider: the seeds of a healthy recipe differ by more than 15 %), and at most
  1.5 times the planned steps. `strictly`: within 15 % of the median alone. `well`: the ward's criterion alone.
- No harm: on the healthy wards the share of runs in which the autopilot did anything, and the change of the Frechet distance
  beside the same seed without it, over the spread of the seeds.

Arms: nothing; D's real labels at 0.9; D's rate at a quarter; two time scales (G 1e-4, D 4e-4); another seed; the autopilot.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import record

from equipoise.clinic import play
from equipoise.clinic.intervals import wilson
from equipoise.clinic.ledger import treatments
from equipoise.clinic.trial import Arm, Outcome, Trial
from equipoise.clinic.wards import WARDS, Ward

UNTREATED = Arm("untreated", "the ward as it is")
TREATED = Arm("treated", "with the autopilot", treat=True)
POINTS, PICTURES = 10, 5  # seeds
NEAR = 0.15
LONGEST = 1.5
ON = ("ring", "grid", "mnist", "fashion")  # data
LEFT_OUT = ("few-samples", "saturating")  # of the data's amount; its plan is too short (`stalled` is the same in full)
SOME = ("strong-d", "weak-d", "wild", "stalled", "r1")
HEALTHY = ("plain", "r1", "least-squares", "hinge", "smoothing", "two-rates")
LOOKS = {"exams.every_steps": 40}  # on images, whose runs are 800 steps: twenty exams, as a longer run has


def arms(ward: Ward) -> tuple[Arm, ...]:
    recipe = {**ward.base, **ward.changes}
    rates = recipe.get("tricks", {}).get("two_rates", {})
    lr = recipe["optimizer"]["lr"]
    d, g = rates.get("d_rate", lr), rates.get("g_rate", lr)
    return (
        UNTREATED,
        Arm("smoothing", "real labels 0.9", {"tricks.label_smoothing": {"real": 0.9}}),
        Arm("d-rate/4", "D at a quarter of its rate", {"tricks.two_rates": {"d_rate": d / 4, "g_rate": g}}),
        Arm("two-rates", "G 1e-4, D 4e-4", {"tricks.two_rates": {"d_rate": 4e-4, "g_rate": 1e-4}}),
        Arm("another-seed", "started again with another seed", seed_shift=1000),
        TREATED,
    )


def settings(ward: Ward) -> dict[str, Any]:
    return LOOKS if ward.image else {}


def trials() -> list[Trial]:
    found = []
    for name, ward in WARDS.items():
        seeds = PICTURES if ward.image else POINTS
        if ward.data not in ON or (ward.data in ("grid", "fashion") and ward.name not in SOME):
            continue
        if ward.healthy and ward.name in HEALTHY:
            found.append(Trial(name, (UNTREATED, TREATED), seeds, settings(ward)))
        elif not ward.healthy and ward.curable and ward.name not in LEFT_OUT:
            found.append(Trial(name, arms(ward), seeds, settings(ward)))
    return found


# ------------------------------------------------------------------------------------------------------- the table


def near(outcome: Outcome, twins: list[Outcome]) -> tuple[bool, bool]:
    """(within the twin's seeds or 15 % of their median, within 15 % of their median) by the Frechet distance."""
    distances = [one.numbers["frechet"] for one in twins if "frechet" in one.numbers]
    limit = statistics.median(distances) * (1 + NEAR)
    here = outcome.numbers.get("frechet", math.inf)
    return here <= max(limit, *distances), here <= limit


def score(outcomes: list[Outcome], twins: list[Outcome], planned: int) -> dict[str, Any]:
    """Of runs whose untreated seed fails: how many came back, by each criterion."""
    checks = [(o, *near(o, twins)) for o in outcomes]
    rescued = [o.healthy and ranged and o.steps <= math.ceil(LONGEST * planned) for o, ranged, _ in checks]
    strict = [ok and tight for ok, (_, _, tight) in zip(rescued, checks, strict=True)]
    return {
        "runs": len(outcomes),
        "rescued": sum(rescued),
        "strictly": sum(strict),
        "well": sum(o.healthy for o in outcomes),
        "steps over planned": round(statistics.mean(o.steps / planned for o in outcomes), 3) if outcomes else None,
    }


def total(rows: list[dict[str, Any]]) -> dict[str, Any]:
    n = sum(row["runs"] for row in rows)
    if not n:
        return {"runs": 0}
    return {"runs": n, **{key: wilson(sum(row[key] for row in rows), n) for key in ("rescued", "strictly", "well")}}


def table(work: Path) -> dict[str, Any]:
    kept: dict[tuple[str, str], list[Outcome]] = {}
    for trial in trials():
        for arm in trial.arms:
            kept[trial.ward, arm.name] = play.kept([replace(trial, arms=(arm,))], work)
    wards: dict[str, Any] = {}
    left: list[str] = []  # not run yet
    for trial in trials():
        ward = WARDS[trial.ward]
        if ward.healthy:
            continue
        failing = {o.seed for o in kept[trial.ward, "untreated"] if not o.healthy}
        twins, planned = kept[ward.twin, "untreated"], int({**ward.base, **ward.changes}["steps"])
        if not twins or not kept[trial.ward, "treated"]:
            left.append(trial.ward)
            continue
        wards[trial.ward] = {
            "seeds": len(kept[trial.ward, "untreated"]),
            "failing": len(failing),
            "twin's frechet": sorted(o.numbers["frechet"] for o in twins),
            **{
                arm.name: score([o for o in kept[trial.ward, arm.name] if o.seed in failing], twins, planned)
                for arm in trial.arms
                if kept[trial.ward, arm.name]
            },
        }
    names = [arm.name for arm in arms(WARDS["ring/strong-d"])]
    kinds = {"points": [w for w in wards if not WARDS[w].image], "images": [w for w in wards if WARDS[w].image]}
    every = {"all": list(wards), **kinds}
    return {
        "rescue": {
            kind: {arm: total([wards[w][arm] for w in some if arm in wards[w]]) for arm in names}
            for kind, some in every.items()
        },
        "no harm": harm(kept),
        "not run yet": left,
        "wards": wards,
        "what was done": done(work),
        "remedies": treatments(trials(), work),
    }


def harm(kept: dict[tuple[str, str], list[Outcome]]) -> dict[str, Any]:
    """Of the healthy wards: how often the autopilot did anything, and what became of the quality."""
    found: dict[str, Any] = {}
    acted = runs = 0
    for name, ward in WARDS.items():
        plainly = {one.seed: one for one in kept.get((name, "untreated"), [])}
        pairs = [(plainly[one.seed], one) for one in kept.get((name, "treated"), []) if one.seed in plainly]
        if not ward.healthy or not pairs:
            continue
        changed = [b.numbers.get("actions", 0) > 0 for _, b in pairs]
        logs = [math.log(b.numbers["frechet"] / a.numbers["frechet"]) for a, b in pairs]
        plain = [math.log(a.numbers["frechet"]) for a, _ in pairs]
        found[name] = {
            "runs": len(pairs),
            "acted": sum(changed),
            "log ratio of frechet": round(statistics.mean(logs), 4),
            "spread of seeds": round(statistics.stdev(plain), 4) if len(plain) > 1 else None,
        }
        acted, runs = acted + sum(changed), runs + len(pairs)
    return {"runs": runs, "acted": wilson(acted, runs), "wards": found}


def done(work: Path) -> dict[str, Any]:
    """How often each remedy was tried for each finding in failing wards, and what came of it."""
    counts: Counter[str] = Counter()
    for trial in trials():
        if WARDS[trial.ward].healthy:
            continue
        for seed in range(trial.seeds):
            for action in play.actions(play.folder(work, (trial.ward, TREATED, (), trial.settings), seed)):
                what = action["finding"] if action["action"] == "treat" else action.get("treated", action.get("finding"))
                counts[f"{action['action']} {what} {action['remedy'] or ''}".strip()] += 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def picture(found: dict[str, Any], file: Path) -> None:
    """Share of failing runs that were brought back, by ward and arm."""
    import matplotlib.pyplot as plt

    names = [arm for arm in found["rescue"]["all"] if arm != "untreated"]
    rows = [*found["wards"], "all"]
    shares = [
        [
            found["rescue"]["all"][arm]["rescued"][0]
            if row == "all"
            else (lambda w: w["rescued"] / w["runs"] if w["runs"] else math.nan)(found["wards"][row].get(arm, {"runs": 0}))
            for arm in names
        ]
        for row in rows
    ]
    figure, axes = plt.subplots(figsize=(6.4, 1.4 + 0.28 * len(rows)), layout="constrained")
    axes.imshow(shares, cmap="RdYlGn", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    for y, row in enumerate(shares):
        for x, value in enumerate(row):
            axes.text(x, y, "-" if math.isnan(value) else f"{value:.0%}", ha="center", va="center", fontsize=7)
    axes.set_title("Failing runs that were brought back", fontsize=9)
    figure.savefig(file, dpi=110)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=("run", "table"))
    options.add_argument("--only", default="", help="wards whose name holds this")
    options.add_argument("--arms", default="", help="these arms alone, separated by commas")
    options.add_argument("--work", type=Path, default=play.home())
    options.add_argument("--processes", type=int, default=2)
    given = options.parse_args()
    if given.what == "table":
        found = table(given.work)
        record.write("rescue", found)
        picture(found, record.RESULTS / "rescue.png")
        return
    wanted = set(given.arms.split(",")) if given.arms else None
    some = [
        Trial(t.ward, tuple(a for a in t.arms if wanted is None or a.name in wanted), t.seeds, t.settings)
        for t in trials()
        if given.only in t.ward
    ]
    play.run(play.jobs(some), given.work, given.processes, lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
