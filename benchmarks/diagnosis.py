"""The live diagnosis on trial: failures made on purpose and healthy runs, judged by rules that see signals only.

    python benchmarks/diagnosis.py traces [--seeds 10] [--only ring/] [--work DIR] [--processes 2]   trains what is missing
    python benchmarks/diagnosis.py judge [--work DIR]     replays all traces, writes docs/results/diagnosis.json and .png

A trace is a run folder without its weights, and truth.json: the cause that was planted, and what came of it, measured from
the samples alone (known centres of modes; a classifier that no rule sees). `judge` shows each trace's records to the doctor
in the order in which training shows them, so a finding comes at the step at which it came live.

What counts was fixed before the first judgement (wards.py): a failing run is *detected* if one of the findings that are
right for its cause was raised; a finding that is neither right nor a consequence of the cause is a false one; every finding
on a healthy run is a false alarm. Planted failures that came to no harm are left out of recall and listed. The baseline is
the tutorials' rule on D's loss alone (mean over the last fifth: below 0.1 or above 0.9, or no number, is failure; and a
stricter form of it).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: one run a core

import record
import torch

import equipoise
from equipoise import plain_json
from equipoise.clinic.intervals import wilson
from equipoise.clinic.outcome import measured
from equipoise.clinic.wards import SCORED, WARDS, Ward, source
from equipoise.diagnosis import RULES
from equipoise.diagnosis.doctor import diagnose
from equipoise.diagnosis.track import Facts
from equipoise.diagnosis.visits import Visits
from equipoise.errors import DivergedError
from equipoise.history import History
from equipoise.metrics.encoders.classifier import train_classifier
from equipoise.observe import looks

SAMPLES = 1000
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "equipoise" / "wards"
KEPT = ("signals.jsonl", "evaluations.jsonl", "facts.json", "recipe.yaml")
BASELINES = {"below 0.1 or above 0.9": (0.1, 0.9), "outside 0.3 to 0.7": (0.3, 0.7)}  # CLAIMS.md, R2: failures, not ideal
ENTROPY = ("non_saturating", "minimax")


# ------------------------------------------------------------------------------------------------------- traces


def trace(name: str, seed: int, work: Path) -> str:
    """Train one ward and leave its trace; '' where it is there, or somebody is at it (a folder that was left half done
    has to be removed by hand).
    """
    folder = work / name / f"seed-{seed}"
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return ""
    torch.set_num_threads(1)
    ward, run = WARDS[name], folder / "run"
    given = ward.given(seed)
    diverged = False
    try:
        equipoise.fit(given.pop("recipe"), out=run, **given)
    except DivergedError:
        diverged = True
    truth = {
        "ward": name,
        "seed": seed,
        "healthy": ward.healthy,
        "diverged": diverged,
        **({} if diverged else came_of(ward, run, given)),
    }
    for file in (name for name in KEPT if (run / name).exists()):
        shutil.copy(run / file, folder / file)
    shutil.rmtree(run)
    (folder / "truth.json").write_text(plain_json.dumps(truth))
    return f"{name} {seed} {truth.get('found')} modes, energy {truth.get('energy')}"


def came_of(ward: Ward, run: Path, given: dict[str, Any]) -> dict[str, Any]:
    """What came of a run, from its samples alone."""
    again = {k: v for k, v in given.items() if k in ("generator", "discriminator", "objective", "tricks")}
    return measured(ward, equipoise.load(run, **again).sample(SAMPLES, seed=7), given["seed"])


def traces(work: Path, seeds: int, only: str, processes: int) -> None:
    jobs = [(name, seed) for seed in range(seeds) for name, ward in WARDS.items() if only in name and ward.data in SCORED]
    if any(WARDS[name].data == "mnist" for name, _ in jobs):
        train_classifier(source("mnist"), seed=0)  # once, before the processes want it
    with ProcessPoolExecutor(processes) as pool:
        for said in pool.map(trace, *zip(*jobs, strict=True), [work] * len(jobs)):
            if said:
                print(said, flush=True)


# -------------------------------------------------------------------------------------------------------- judge


def judged(folder: Path) -> dict[str, Any]:
    """One trace, replayed: what was raised and when, the verdict at the end, and the baseline's word."""
    truth = plain_json.loads((folder / "truth.json").read_bytes())
    about = plain_json.loads((folder / "facts.json").read_bytes())
    facts = Facts(**{**about, "notes": tuple(about["notes"])})
    records = list(History(folder / "signals.jsonl").read("step"))
    visits = Visits(RULES, facts, looks(facts.steps_planned or 0))
    raised: dict[str, float] = {}
    for step, change in visits.replay(records):
        if change.what == "raised":
            raised.setdefault(change.finding.name, step)
    losses = [r["d_loss"] for r in records if "d_loss" in r]
    tail = losses[-max(1, len(losses) // 5) :]
    mean = sum(tail) / len(tail)
    return {
        **truth,
        "raised": raised,
        "standing": sorted(visits.doctor.standing),
        "verdict": diagnose(visits.track, RULES).verdict,
        "steps": records[-1]["step"],
        "d_loss": mean,
        "objective": facts.objective,
        "distances": {
            e["step"]: e["sliced_wasserstein"] for e in History(folder / "evaluations.jsonl").read("step", "sliced_wasserstein")
        },
    }


def harmed(run: dict[str, Any]) -> bool:
    """Whether it came to harm: by construction, by numbers that are none, or by its samples."""
    ward = WARDS[run["ward"]]
    if run["diverged"] or ward.certain:
        return True
    return not ward.well(run["found"], run["energy"])


def bad_from(run: dict[str, Any], limits: dict[int, float]) -> int | None:
    """The step from which the samples were visibly worse than those of any healthy run at that step, to the end."""
    first = None
    for step, distance in sorted(run["distances"].items()):
        bad = step in limits and not distance <= limits[step]
        first = (first if first is not None else step) if bad else None
    return first


def judge(work: Path) -> dict[str, Any]:
    """All figures of all traces below `work`."""
    runs = [judged(file.parent) for file in sorted(work.rglob("truth.json"))]
    good = [run for run in runs if run["healthy"]]
    failing = [run for run in runs if not run["healthy"] and harmed(run)]
    heard = [*good, *failing]
    poor = [f"{label(r)}: {r.get('found')} modes, energy {r.get('energy')}" for r in good if harmed(r)]
    return {
        "runs": len(runs),
        "failing": len(failing),
        "healthy": len(good),
        **figures(good, failing),
        **times(good, failing),
        "by data": {data: figures(*(of(data, some) for some in (good, failing))) for data in SCORED},
        "tutorials' rule on D's loss": {name: baseline(name, good, failing) for name in BASELINES},
        "missed": [label(run) for run in failing if not right(run)],
        "false": [f"{label(r)}: " + ", ".join(f"{n} at {r['raised'][n]:.0f}" for n in strange(r)) for r in heard if strange(r)],
        "planted failures that came to no harm": [
            f"{label(r)}: {', '.join(r['raised']) or 'nothing'}" for r in runs if not r["healthy"] and not harmed(r)
        ],
        "healthy recipes with poor samples": poor,
        "raised, runs": counted({run["ward"]: [list(r["raised"]) or ["nothing"] for r in same] for run, same in rows(heard)}),
        "verdict at the end, runs": counted({run["ward"]: [[r["verdict"]] for r in same] for run, same in rows(heard)}),
    }


def label(run: dict[str, Any]) -> str:
    return f"{run['ward']} seed {run['seed']}"


def of(data: str, runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [run for run in runs if WARDS[run["ward"]].data == data]


def rows(runs: list[dict[str, Any]]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The runs of each ward, with the first of them."""
    wards: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for run in runs:
        wards[run["ward"]].append(run)
    return [(same[0], same) for _, same in sorted(wards.items())]


def counted(lists: dict[str, list[list[str]]]) -> dict[str, dict[str, int]]:
    return {ward: dict(Counter(name for names in found for name in names)) for ward, found in lists.items()}


def right(run: dict[str, Any]) -> dict[str, float]:
    """The findings that are right for what was planted, with their steps."""
    return {name: step for name, step in run["raised"].items() if name in WARDS[run["ward"]].right}


def strange(run: dict[str, Any]) -> list[str]:
    """The findings that neither the cause nor its consequences explain; on a healthy run, all."""
    ward = WARDS[run["ward"]]
    return sorted(name for name in run["raised"] if name not in ward.right | ward.beside)


def named(run: dict[str, Any]) -> bool:
    """Whether the verdict at the end is that of a right finding."""
    return run["verdict"] in {RULES[name].verdict for name in WARDS[run["ward"]].right}


def figures(good: list[dict[str, Any]], failing: list[dict[str, Any]]) -> dict[str, Any]:
    """Recall, precision and false alarms, each with its interval."""
    findings = sum(len(run["raised"]) for run in (*good, *failing))
    wrong = sum(len(strange(run)) for run in (*good, *failing))
    caught, alarmed = sum(bool(run["raised"]) for run in failing), sum(bool(run["raised"]) for run in good)
    steps = sum(run["steps"] for run in good)
    return {
        "recall": wilson(sum(bool(right(run)) for run in failing), len(failing)),
        "recall, any finding": wilson(caught, len(failing)),
        "verdict at the end is right": wilson(sum(map(named, failing)), len(failing)),
        "precision of findings": wilson(findings - wrong, findings),
        "precision, runs": wilson(caught, caught + alarmed),
        "false alarms on healthy runs": wilson(alarmed, len(good)),
        "false alarms per 1000 healthy steps": round(1000 * sum(len(run["raised"]) for run in good) / max(1, steps), 4),
    }


def times(good: list[dict[str, Any]], failing: list[dict[str, Any]]) -> dict[str, Any]:
    """When the first right finding came, and how long before the samples were visibly bad."""
    when = [(run, min(right(run).values())) for run in failing if right(run)]
    shares = [step / run["steps"] for run, step in when]
    fine = {data: of(data, [run for run in good if not harmed(run)]) for data in SCORED}
    found: dict[str, Any] = {
        "first right finding": {
            "step": med([step for _, step in when]),
            "share of the run": {"median": med(shares), "90 %": quantile(shares, 0.9)},
        }
    }
    for words, limit in (
        ("before samples are worse than any healthy run's at that step", worst),
        ("before samples are worse than any healthy run's at the end, from when nine of ten healthy ones are not", due),
    ):
        limits = {data: limit(runs) for data, runs in fine.items()}
        visible = [(run, step, bad_from(run, limits[WARDS[run["ward"]].data])) for run, step in when]
        ahead = [(bad - step, run["steps"]) for run, step, bad in visible if bad is not None]
        found[words] = {
            "steps": med([float(steps) for steps, _ in ahead]),
            "share of the run": med([steps / length for steps, length in ahead]),
            "share of runs ahead": med([float(steps >= 0) for steps, _ in ahead], mean=True),
            "of": len(ahead),
        }
    return found


def worst(good: list[dict[str, Any]]) -> dict[int, float]:
    """At each step the limit of what still looks as a healthy run: 1.2 times the largest distance of any."""
    return {step: 1.2 * max(values) for step, values in distances(good).items()}


def due(good: list[dict[str, Any]]) -> dict[int, float]:
    """The limit of what looks as a healthy run at its end, at the steps at which that can be asked for: as from then on
    nine of ten healthy runs keep it.
    """
    at = distances(good)
    if not at:
        return {}
    limit = 1.2 * max(at[max(at)])
    late = [step for step, values in at.items() if sum(value <= limit for value in values) < 0.9 * len(values)]
    return {step: limit for step in at if step > max(late, default=0)}


def distances(runs: list[dict[str, Any]]) -> dict[int, list[float]]:
    """The distances of all runs, by step."""
    at: dict[int, list[float]] = defaultdict(list)
    for run in runs:
        for step, distance in run["distances"].items():
            at[step].append(distance)
    return at


def baseline(name: str, good: list[dict[str, Any]], failing: list[dict[str, Any]]) -> dict[str, Any]:
    """What the tutorials' rule finds, on all runs and on those with the loss that it was made for."""
    low, high = BASELINES[name]

    def says(runs: list[dict[str, Any]]) -> tuple[float, float, float]:
        return wilson(sum(not low <= run["d_loss"] <= high for run in runs), len(runs))  # no number is a failure as well

    found = {"recall": says(failing), "false alarms on healthy runs": says(good)}
    entropy = [[run for run in runs if run["objective"] in ENTROPY] for runs in (failing, good)]
    return {**found, "cross-entropy only": {"recall": says(entropy[0]), "false alarms on healthy runs": says(entropy[1])}}


def med(values: list[float], mean: bool = False) -> float | None:
    if not values:
        return None
    return round(statistics.fmean(values) if mean else statistics.median(values), 4)


def quantile(values: list[float], q: float) -> float | None:
    return round(sorted(values)[min(len(values) - 1, int(q * len(values)))], 4) if values else None


def picture(found: dict[str, Any], file: Path) -> None:
    """Wards against findings: in how many runs each was raised."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    rows = list(found["raised, runs"])
    names = [n for n in (*RULES, "nothing") if any(n in found["raised, runs"][r] for r in rows)]
    shares = [[found["raised, runs"][r].get(n, 0) for n in names] for r in rows]
    totals = [sum(found["verdict at the end, runs"][r].values()) for r in rows]
    figure, axes = plt.subplots(figsize=(2 + 0.55 * len(names), 1.6 + 0.27 * len(rows)), layout="constrained")
    axes.imshow(
        [[k / t for k in row] for row, t in zip(shares, totals, strict=True)], cmap="Blues", vmin=0, vmax=1, aspect="auto"
    )
    axes.set_xticks(range(len(names)), [n.replace("_", " ") for n in names], rotation=40, ha="right", fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    for y, row in enumerate(shares):
        for x, k in enumerate(row):
            if k:
                axes.text(x, y, str(k), ha="center", va="center", fontsize=7, color="white" if k > totals[y] / 2 else "black")
                right = WARDS[rows[y]].right
                if names[x] in right:
                    axes.add_patch(plt.Rectangle((x - 0.48, y - 0.48), 0.96, 0.96, fill=False, edgecolor="tab:green", lw=1.5))
    axes.set_title("Runs in which a finding was raised; green: right for what was planted", fontsize=9)
    figure.savefig(file, dpi=110)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", choices=("traces", "judge"))
    options.add_argument("--work", type=Path, default=CACHE)
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--only", default="")
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--dry", action="store_true", help="judge without writing the results")
    given = options.parse_args()
    if given.what == "traces":
        traces(given.work, given.seeds, given.only, given.processes)
        return
    found = judge(given.work)
    print(json.dumps({k: v for k, v in found.items() if k not in ("raised, runs", "verdict at the end, runs")}, indent=1))
    if not given.dry:
        record.write("diagnosis", found)
        picture(found, record.RESULTS / "diagnosis.png")


if __name__ == "__main__":
    main()
