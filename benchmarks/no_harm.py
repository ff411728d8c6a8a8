"""No harm: would the autopilot do anything in healthy runs? Replayed, which is exact.

    python benchmarks/diagnosis.py traces --seeds 15       trains the runs of the diagnosis' trial, where they are not there yet
    python benchmarks/no_harm.py [--work DIR]              writes docs/results/no-harm.json

Until it acts, a treated run is bitwise the untreated one (tests/test_treating.py). So the records of an untreated run, shown to
the doctor and the autopilot in the order in which training shows them, tell at which step it would first have acted; what a
run would have become after that is not told.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import record
from diagnosis import CACHE

from equipoise import plain_json
from equipoise.clinic.intervals import wilson
from equipoise.clinic.wards import WARDS
from equipoise.diagnosis import RULES
from equipoise.diagnosis.track import Facts
from equipoise.diagnosis.visits import Visits
from equipoise.history import CLOSING, History
from equipoise.observe import looks
from equipoise.remedies.autopilot import Autopilot, Snapshot
from equipoise.remedies.remedy import Change, Patient
from equipoise.treating import IMPOSSIBLE, SWAPPED


class Onlooker:
    """Hands that do nothing but note the first thing that they are asked to do."""

    def __init__(self, visits: Visits, ward: Any) -> None:
        self.visits, self.asked = visits, ""
        recipe = {**ward.base, **ward.changes}
        rates, lr = recipe.get("tricks", {}).get("two_rates", {}), recipe["optimizer"]["lr"]
        self.settings = Patient(
            objective=recipe.get("objective", "non_saturating"),
            optimizer=recipe["optimizer"],
            penalties=recipe.get("penalties", {}),
            tricks=recipe.get("tricks", {}),
            network=recipe.get("network", {}),
            g_rate=rates.get("g_rate", lr),
            d_rate=rates.get("d_rate", lr),
            image=ward.image,
            batch=recipe["batch"],
            rescalable=True,
            wrong_labels=("swapped_labels",) if ward.name == "swapped-labels" else (),
        )

    def patient(self, healthy_steps: int) -> Patient:
        return self.settings

    def standing(self) -> Any:
        untrue = IMPOSSIBLE if self.settings.wrong_labels else (*IMPOSSIBLE, SWAPPED)
        return tuple(finding for finding in self.visits.standing if finding.name not in untrue)

    def refusal(self, change: Change) -> str:
        return ""

    def snapshot(self, step: int, lost: int) -> Snapshot:
        return Snapshot(step, lost, {}, {})

    def restore(self, snapshot: Snapshot) -> None: ...

    def apply(self, change: Change, healthy: Snapshot | None) -> dict[str, Any]:
        return {}

    def numbers(self) -> dict[str, float]:
        return {}

    def tell(self, action: dict[str, Any]) -> None:
        if action["action"] in ("treat", "stop"):
            self.asked = f"{action['action']} at {action['step']}: {action['finding']}"

    def end(self, words: str) -> None: ...


def replayed(folder: Path) -> tuple[str, int, str]:
    """(ward, seed, the first action or '')."""
    truth = plain_json.loads((folder / "truth.json").read_bytes())
    about = plain_json.loads((folder / "facts.json").read_bytes())
    facts = Facts(**{**about, "notes": tuple(about["notes"])})
    visits = Visits(RULES, facts, looks(facts.steps_planned or 0))
    hands = Onlooker(visits, WARDS[truth["ward"]])
    autopilot = Autopilot(hands, facts.steps_planned or 1)
    for line in History(folder / "signals.jsonl").read("step"):
        if line.get(CLOSING):
            break
        visits.take(line)
        if "d_loss" in line:  # the autopilot is asked where a window of steps was recorded
            autopilot.visit(int(line["step"]))
        if hands.asked:
            break
    return truth["ward"], truth["seed"], hands.asked


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--work", type=Path, default=CACHE)
    given = options.parse_args()
    runs = [replayed(file.parent) for file in sorted(given.work.rglob("truth.json"))]
    good = [run for run in runs if WARDS[run[0]].healthy]
    failing = [run for run in runs if not WARDS[run[0]].healthy]
    found = {
        "healthy runs": len(good),
        "recipes": len({ward for ward, _, _ in good}),
        "acted": wilson(sum(bool(asked) for *_, asked in good), len(good)),
        "where it acted": {f"{ward} seed {seed}": asked for ward, seed, asked in good if asked},
        "failing runs": len(failing),
        "acted in failing": wilson(sum(bool(asked) for *_, asked in failing), len(failing)),
        "not in": dict(Counter(ward for ward, _, asked in failing if not asked)),
    }
    record.write("no-harm", found)


if __name__ == "__main__":
    main()
