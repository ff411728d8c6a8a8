"""Kill training again and again, damage its checkpoints, and compare what comes out with a run that was left alone.

    python benchmarks/faults.py [--kills 100] [--damages 400] [--every-operation] [--out docs/results/faults.json]

Each run plays with every piece that has a state (tests/killable.py). Half of the SIGKILLs come at a random moment, half
at a random disk operation of a save, some of them in the middle of a write; then once after every operation of a save
(and, if asked, of a whole run). What must be equal in every bit at the end: weights, averages, optimizers'
states, tricks' states, facts, sample grids, curves and records (all but the time that they took).
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: a forked process can't use its parent's threads
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from broken_disk import damage, kill_at  # noqa: E402
from killable import EVERY, EVERYTHING, EXTRAGRADIENT, STEPS, Rig, differences, in_save, killed_after, operations_of  # noqa: E402

from equipoise import checkpoint, environment  # noqa: E402

CHAIN = 10  # kills of one run at most
KILLED = -signal.SIGKILL


@dataclass
class Trial:
    """One recipe, its unbroken run, and everything that is found on the way."""

    name: str
    folder: Path
    recipe: Path
    rng: random.Random
    counts: collections.Counter[str] = field(default_factory=collections.Counter)
    failures: list[str] = field(default_factory=list)
    runs: int = 0

    def prepare(self) -> None:
        """The unbroken run, twice."""
        self.unbroken = self.folder / "unbroken"
        self.whole, self.save = operations_of(self.recipe, self.unbroken)
        twin = self.rig()
        begun = time.monotonic()
        self.finish(twin, "the same run once more")
        self.seconds = time.monotonic() - begun

    def rig(self) -> Rig:
        self.runs += 1
        return Rig(self.recipe, self.folder / f"run-{self.runs}")

    def finish(self, rig: Rig, what: str) -> None:
        """Let a run come to its end, and compare."""
        code = rig.finish()
        found = differences(rig.out, self.unbroken) if code == 0 else [f"exit code {code}: {rig.said()[-500:]}"]
        self.failures += [f"{what}: {sentence}" for sentence in found]
        self.counts["runs compared"] += 1
        if not found:
            shutil.rmtree(rig.out)

    def kill(self, kills: int) -> None:
        """So many kills, by turns at a random moment and inside a save, of as many runs as it takes."""
        done = 0
        while done < kills:
            rig, here, before = self.rig(), 0, 0
            while done < kills and here < CHAIN:
                inside = done % 2 == 1
                code = self.kill_in_save(rig) if inside else killed_after(rig, self.rng.uniform(0, self.seconds))
                if code != KILLED:  # it came to its end first
                    break
                done, here = done + 1, here + 1
                self.counts["kills inside a save" if inside else "kills at a random moment"] += 1
                before = self.inspect(rig, before)
            self.finish(rig, f"after {here} kills")
            self.tell(f"{done} of {kills} kills")

    def kill_in_save(self, rig: Rig) -> int:
        operation = self.rng.randrange(len(self.save)) + 1
        return rig.finish(in_save(self.rng.choice([1, 1, 2]), operation, torn=self.rng.random() < 0.5))

    def inspect(self, rig: Rig, before: int) -> int:
        """What a kill left: nothing that was safe is lost, and no more steps than between two checkpoints."""
        newest, reached = rig.newest() or 0, rig.reached()
        if newest < before:
            self.failures.append(f"{rig.out.name}: step {before} was safe, {newest} is what is left")
        if reached - newest > EVERY:
            self.failures.append(f"{rig.out.name}: step {reached} was reached, {newest} is what is left")
        self.counts["most steps lost"] = max(self.counts["most steps lost"], reached - newest)
        self.counts["kills that left a half-written checkpoint"] += any((rig.out / "checkpoints").glob("*.part"))
        self.counts["kills before the run existed"] += not (rig.out / "recipe.yaml").exists()
        return newest

    def kill_after_every_operation(self) -> None:
        """Of the second save; the writes also in the middle."""
        cases = [(n, torn) for n, op in enumerate(self.save, 1) for torn in (False, True) if not torn or op.startswith("put")]
        for n, torn in cases:
            rig = self.rig()
            what = f"killed {'in' if torn else 'after'} operation {n} of a save ({self.save[n - 1]})"
            if rig.finish(in_save(2, n, torn)) != KILLED:
                self.failures.append(f"{what}: was not killed")
            self.inspect(rig, EVERY)
            self.counts["kills at an operation of a save, one by one"] += 1
            self.finish(rig, what)
        self.tell("every operation of a save")

    def kill_after_every_operation_of_a_run(self) -> None:
        for n, op in enumerate(self.whole, 1):
            rig = self.rig()
            what = f"killed after operation {n} of a run ({op})"
            if rig.finish(partial(kill_at, n)) != KILLED:
                self.failures.append(f"{what}: was not killed")
            self.inspect(rig, 0)
            self.counts["kills at an operation of a run, one by one"] += 1
            self.finish(rig, what)
        self.tell("every operation of a run")

    def kill_processes(self, kills: int) -> None:
        """The real command, as the shell starts it, in processes of their own."""
        if not kills:
            return
        rig = self.rig()
        for target in sorted(self.rng.sample(range(1, STEPS), kills)):
            process = subprocess.Popen([sys.executable, "-m", "equipoise", *rig.command()])
            while process.poll() is None and not (rig.owner() == process.pid and rig.reached() >= target):
                time.sleep(0.005)
            process.kill()
            self.counts["kills of python -m equipoise"] += process.wait() == KILLED
        code = subprocess.run([sys.executable, "-m", "equipoise", *rig.command()], check=False).returncode
        found = differences(rig.out, self.unbroken) if code == 0 else [f"exit code {code}"]
        self.failures += [f"python -m equipoise, killed {kills} times: {sentence}" for sentence in found]
        self.counts["runs compared"] += 1
        self.tell("real processes")

    def damage(self, tries: int, resumed: int) -> None:
        """Damage the newest checkpoint: it must be refused and the one before it used; `resumed` times also by a resume."""
        first, second = (
            self.unbroken / "checkpoints" / checkpoint.name(s) for s in checkpoint.steps(self.unbroken / "checkpoints")
        )
        other, good = ({p.name: p.read_bytes() for p in sorted(path.iterdir())} for path in (first, second))
        place = self.folder / "damaged"
        self.counts["damages unnoticed"] = 0
        while self.counts["damages"] < tries:
            bad = damage(self.rng, good, other)
            if bad == good:
                continue
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(self.unbroken, place)
            for name, data in bad.items():
                file = place / "checkpoints" / second.name / name
                file.unlink() if data is None else file.write_bytes(data)
            found = checkpoint.newest(place / "checkpoints")
            self.counts["damages"] += 1
            if found is None or found.path.name != first.name or len(found.damaged) != 1:
                self.counts["damages unnoticed"] += 1
                self.failures.append(f"damage {self.counts['damages']} went unnoticed")
            if self.counts["damages resumed from"] < resumed:
                self.counts["damages resumed from"] += 1
                rig = self.rig()
                place.rename(rig.out)
                self.finish(rig, "after damage")
        self.tell(f"{tries} damages")

    def tell(self, what: str) -> None:
        print(f"{self.name}: {what}; {len(self.failures)} failures", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--kills", type=int, default=100, help="random SIGKILLs of the run with everything (a fifth of it for the other)"
    )
    parser.add_argument("--damages", type=int, default=400)
    parser.add_argument("--processes", type=int, default=4, help="kills of processes that are started by their command")
    parser.add_argument(
        "--every-operation", action="store_true", help="also one kill after every disk operation of a whole run"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="write the counts to this JSON file")
    options = parser.parse_args()
    begun = time.monotonic()
    trials: dict[str, Trial] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("everything", EVERYTHING), ("extragradient", EXTRAGRADIENT)):
            place = Path(folder) / name
            place.mkdir()
            (place / f"{name}.yaml").write_text(text)
            trial = trials[name] = Trial(name, place, place / f"{name}.yaml", random.Random(options.seed))
            trial.prepare()
            first = name == "everything"
            trial.kill(options.kills if first else options.kills // 5)
            if options.kills:
                trial.kill_after_every_operation()
            if first:
                trial.kill_processes(options.processes)
                trial.damage(options.damages, resumed=8)
            if options.every_operation:
                trial.kill_after_every_operation_of_a_run()
    result = report(options, trials, time.monotonic() - begun)
    print(json.dumps(result, indent=1))
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=1) + "\n")
    return int(any(trial.failures for trial in trials.values()))


def report(options: argparse.Namespace, trials: dict[str, Trial], seconds: float) -> dict[str, Any]:
    here = environment.describe()
    return {
        "command": " ".join(["python", "benchmarks/faults.py", *sys.argv[1:]]),
        "seed": options.seed,
        **{k: here[k] for k in ("equipoise", "commit", "torch", "numpy", "python", "platform", "cpu", "threads", "date")},
        "seconds": round(seconds),
        "runs": {
            name: {**dict(sorted(trial.counts.items())), "failures": len(trial.failures), "first failures": trial.failures[:5]}
            for name, trial in trials.items()
        },
    }


if __name__ == "__main__":
    raise SystemExit(main())
