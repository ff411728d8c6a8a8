"""The live diagnosis on trial: failures made on purpose and healthy runs, judged by rules that see signals only.

    python benchmarks/diagnosis.py traces [--seeds 10] [--only ring/] [--work DIR] [--processes 2]   trains what is missing
    python benchmarks/diagnosis.py judge [--work DIR]     replays all traces, writes docs/results/diagnosis.json and .png

A trace is a run folder without its weights, and truth.json: the cause that was planted, and what came of it, measured from
the samples alone (known centres of modes; a classifier that no rule sees). `judge` shows each trace's records to the doctor
in the order in which training shows them, so a finding comes at the step at which it came live.

What counts was fixed before the first judgement (wards.py): a failing run is *detected* if one of the findings that are
right for its cause was raised; a finding that is neither right nor a consequence of the cause is a false one; every finding
on a healthy run is a false alarm. Planted failures that came to no harm are left out of recall and listed. The baseline is
the tutorials' rule on D's loss alone (mean over the last fifth: below 0.1 or above 0.9, or no number, is failure).
"""

from __future__ import annotations

import argparse
import json
import math
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
from wards import WARDS, Ward, energy, source

import equipoise
from equipoise import plain_json
from equipoise.diagnosis import RULES
from equipoise.diagnosis.doctor import diagnose
from equipoise.diagnosis.track import Facts
from equipoise.diagnosis.visits import Visits
from equipoise.errors import DivergedError
from equipoise.history import History
from equipoise.metrics.encoders.classifier import classify, train_classifier
from equipoise.metrics.modes import count_modes
from equipoise.observe import looks

SAMPLES = 1000
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "equipoise" / "wards"
KEPT = ("signals.jsonl", "evaluations.jsonl", "facts.json", "recipe.yaml")
ENOUGH = {"ring": (7, 0.06), "mnist": (8, 0.25)}  # modes or classes, and energy distance, of a run that came to no harm


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
    truth = {"ward": name, "seed": seed, "healthy": ward.healthy, "diverged": diverged, **({} if diverged else outcome(ward, run, given))}
    for file in (name for name in KEPT if (run / name).exists()):
        shutil.copy(run / file, folder / file)
    shutil.rmtree(run)
    (folder / "truth.json").write_text(plain_json.dumps(truth))
    return f"{name} {seed} {truth.get('found')} modes, energy {truth.get('energy')}"


def outcome(ward: Ward, run: Path, given: dict[str, Any]) -> dict[str, Any]:
    """What came of it, from samples alone."""
    again = {k: v for k, v in given.items() if k in ("generator", "discriminator", "objective", "tricks")}
    fake = equipoise.load(run, **again).sample(SAMPLES, seed=7)
    held = source(ward.data, "test", given["seed"])
    real = held.batch(torch.arange(SAMPLES))
    if ward.data == "ring":
        assert held.modes is not None
        modes, _ = count_modes(fake, held.modes, 0.05, sigmas=6.0)
        return {"found": modes, "of": 8, "energy": round(energy(fake, real), 4)}
    classifier = train_classifier(source("mnist"), seed=0)
    shares = torch.bincount(classify(classifier, fake), minlength=10) / SAMPLES
    with torch.no_grad():
        codes = [classifier.features(x) for x in (fake, real)]
    return {"found": int((shares >= 0.02).sum()), "of": 10, "energy": round(energy(*codes), 4), "shares": shares.tolist()}


def traces(work: Path, seeds: int, only: str, processes: int) -> None:
    jobs = [(name, seed) for seed in range(seeds) for name in WARDS if only in name]
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
        "baseline": not math.isfinite(mean) or mean < 0.1 or mean > 0.9,
        "distances": {e["step"]: e["sliced_wasserstein"] for e in History(folder / "evaluations.jsonl").read("step", "sliced_wasserstein")},
    }


def harmed(run: dict[str, Any]) -> bool:
    """Whether it came to harm: by construction, by numbers that are none, or by its samples."""
    ward = WARDS[run["ward"]]
    if run["diverged"] or any(word in ward.name for word in ("codes", "noise", "swapped", "pixels", "few")):
        return True
    modes, distance = ENOUGH[ward.data]
    return bool(run["found"] < modes or run["energy"] > distance)


def wilson(k: int, n: int, z: float = 1.96) -> list[float]:
    """[share, lower, upper] at 95 %."""
    if not n:
        return [math.nan, 0.0, 1.0]
    p, d = k / n, 1 + z * z / n
    c, h = (p + z * z / (2 * n)) / d, z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / d
    return [round(v, 4) for v in (p, max(0.0, c - h), min(1.0, c + h))]


def bad_from(run: dict[str, Any], limits: dict[int, float]) -> int | None:
    """The step from which the samples were visibly worse than those of any healthy run at that step, to the end."""
    first = None
    for step, distance in sorted(run["distances"].items()):
        bad = step in limits and not distance <= limits[step]
        first = (first if first is not None else step) if bad else None
    return first


def judge(work: Path) -> dict[str, Any]:
    runs = [judged(file.parent) for file in sorted(work.rglob("truth.json"))]
    good = [r for r in runs if r["healthy"]]
    failing = [r for r in runs if not r["healthy"] and harmed(r)]
    unharmed = [f"{r['ward']} seed {r['seed']}" for r in runs if not r["healthy"] and not harmed(r)]
    poor = [f"{r['ward']} seed {r['seed']}: {r.get('found')} modes, energy {r.get('energy')}" for r in good if harmed(r)]
    limits: dict[str, dict[int, float]] = {}
    for data in ENOUGH:
        at: dict[int, list[float]] = defaultdict(list)
        for r in good:
            if r["ward"].startswith(data):
                for step, distance in r["distances"].items():
                    at[step].append(distance)
        limits[data] = {step: 1.2 * max(values) for step, values in at.items()}
    confusion: dict[str, Counter[str]] = defaultdict(Counter)
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    detected, alarms, right_alarms, lags, ahead = 0, 0, 0, [], []
    missed, false = [], []
    for r in [*good, *failing]:
        ward = WARDS[r["ward"]]
        row = r["ward"]
        confusion[row].update(r["raised"] or {"nothing": 0.0})
        verdicts[row][r["verdict"]] += 1
        right = {n: s for n, s in r["raised"].items() if n in ward.right}
        strange = sorted(n for n in r["raised"] if n not in ward.right | ward.beside)
        alarms, right_alarms = alarms + len(r["raised"]), right_alarms + len(r["raised"]) - len(strange)
        if strange:
            false.append(f"{row} seed {r['seed']}: " + ", ".join(f"{n} at {r['raised'][n]:.0f}" for n in strange))
        if ward.healthy:
            continue
        if right:
            detected += 1
            when = min(right.values())
            lags.append(when / r["steps"])
            visible = bad_from(r, limits[ward.data])
            if visible is not None:
                ahead.append((visible - when) / r["steps"])
        else:
            missed.append(f"{row} seed {r['seed']}")
    alarmed = [r for r in good if r["raised"]]
    base_hits, base_false = sum(r["baseline"] for r in failing), sum(r["baseline"] for r in good)
    return {
        "runs": len(runs),
        "failing": len(failing),
        "healthy": len(good),
        "recall": wilson(detected, len(failing)),
        "precision of findings": wilson(right_alarms, alarms),
        "false alarms on healthy runs": wilson(len(alarmed), len(good)),
        "false alarms per 1000 healthy steps": round(1000 * sum(len(r["raised"]) for r in good) / max(1, sum(r["steps"] for r in good)), 4),
        "first right finding, share of the run": {"median": med(lags), "90 %": quantile(lags, 0.9)},
        "before samples are worse than any healthy run's, share of the run": {"median": med(ahead), "share ahead": med([float(a >= 0) for a in ahead], mean=True), "of": len(ahead)},
        "tutorials' rule on D's loss": {"recall": wilson(base_hits, len(failing)), "false alarms on healthy runs": wilson(base_false, len(good))},
        "missed": missed,
        "false": false,
        "planted failures that came to no harm": unharmed,
        "healthy recipes with poor samples": poor,
        "raised, runs": {row: dict(counts) for row, counts in sorted(confusion.items())},
        "verdict at the end, runs": {row: dict(counts) for row, counts in sorted(verdicts.items())},
    }


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
    axes.imshow([[k / t for k in row] for row, t in zip(shares, totals, strict=True)], cmap="Blues", vmin=0, vmax=1, aspect="auto")
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
    print(json.dumps({k: v for k, v in found.items() if "runs" not in k or k == "runs"}, indent=1))
    if not given.dry:
        record.write("diagnosis", found)
        picture(found, record.RESULTS / "diagnosis.png")


if __name__ == "__main__":
    main()
