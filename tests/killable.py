"""Runs that are killed on purpose, resumed, and compared with one that never was.

A process of the command line is a fork of this one, so that torch is imported once; it calls what `python -m equipoise`
calls. The recipes are small and play with every piece that has a state.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import broken_disk
import torch
import torch._dynamo

from equipoise import api, checkpoint, cli, describe, disk

LOADED = (api, describe, torch._dynamo)  # what a command imports late: once here, not in each child
EVERY = 3  # steps between checkpoints
STEPS = 12

EVERYTHING = f"""
data: {{kind: bursts, type_3: 64, size: 16}}
network: {{kind: dcgan, width: 4}}
objective: non_saturating
optimizer: {{kind: optimistic_adam, lr: 0.0002, beta1: 0.5}}
penalties:
  r1: {{weight: 1.0, every: 3}}
  lecam: {{start: 3}}
  consistency: {{weight: 1.0, flip: false}}
tricks:
  label_smoothing: {{}}
  label_noise: {{}}
  label_flipping: {{}}
  instance_noise: {{}}
  diff_augment: {{}}
  adaptive_augment: {{start: 0.3, every: 2, ramp_images: 500}}
  packing: {{}}
  minibatch_discrimination: {{}}
  minibatch_stddev: {{}}
  dropout: {{}}
  spectral_norm: {{}}
  feature_matching: {{}}
  unrolled: {{steps: 1}}
  replay: {{size: 32, every: 2}}
  two_rates: {{d_rate: 0.0004, warmup: 3, steps: 40, g_schedule: cosine, d_schedule: linear}}
  cadence: {{}}
  adaptive_cadence: {{every: 2, low: 0.45, high: 0.55, d_max: 2, g_max: 2}}
  clip_gradients: {{}}
  lookahead: {{k: 2}}
  ema: {{decay: 0.9}}
batch: 8
latent: 8
steps: {STEPS}
log_every: 1
exams: {{every_steps: 2, samples: 32}}
grids: {{every_steps: 6, samples: 16}}
checkpoints: {{every_steps: {EVERY}, keep_last: 2}}
"""

EXTRAGRADIENT = f"""
data: {{kind: ring}}
network: {{kind: mlp, hidden: 8, layers: 1}}
objective: wasserstein
optimizer: {{kind: extragradient_adam, lr: 0.001}}
penalties: {{gradient_penalty: {{weight: 1.0}}, r2: {{weight: 0.1, every: 2}}}}
tricks: {{consensus: {{}}, lookahead: {{k: 3}}, ema: {{decay: 0.9}}, replay: {{size: 32, every: 2}}, packing: {{}}}}
batch: 16
latent: 4
steps: {STEPS}
log_every: 1
exams: {{every_steps: 2, samples: 32}}
grids: {{every_steps: 6}}
checkpoints: {{every_steps: {EVERY}, keep_last: 2}}
"""


@dataclass
class Rig:
    """One run folder in the making, of a recipe file."""

    recipe: Path
    out: Path
    quiet: tuple[str, ...] = ("--quiet",)

    def command(self) -> list[str]:
        """What a user would type next: train, or resume once there is a run."""
        if (self.out / "recipe.yaml").exists():
            return ["resume", str(self.out), *self.quiet]
        return ["train", str(self.recipe), "--out", str(self.out), *self.quiet]

    def start(self, prepare: Callable[[], Any] = lambda: None) -> int:
        """Begin or go on, in a child whose disk `prepare` may break first; its process number."""
        command = self.command()
        pid = os.fork()
        if not pid:
            code = 1
            try:
                torch.set_num_threads(1)
                sys.stdout = sys.stderr = self.out.with_suffix(".log").open("a", buffering=1)
                prepare()
                code = cli.main(command)
            finally:
                sys.stdout.flush()
                os._exit(code)
        return pid

    def finish(self, prepare: Callable[[], Any] = lambda: None) -> int:
        """Begin or go on, and wait for the end; the exit code, -9 where it was killed."""
        return wait(self.start(prepare))

    def said(self) -> str:
        return self.out.with_suffix(".log").read_text()

    def owner(self) -> int | None:
        """The number of the process that took the lock last."""
        try:
            return int(json.loads((self.out / "lock").read_text())["pid"])
        except (OSError, ValueError):
            return None

    def newest(self) -> int | None:
        """The step from which a resume would go on."""
        found = checkpoint.newest(self.out / "checkpoints")
        return found.step if found is not None else None

    def reached(self) -> int:
        """The last step that was written down."""
        lines = (self.out / "signals.jsonl").read_bytes().split(b"\n") if (self.out / "signals.jsonl").exists() else []
        whole = [line for line in lines[:-1] if line]
        return int(json.loads(whole[-1])["step"]) if whole else 0


def wait(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def in_save(number: int, operation: int, torn: bool = False) -> Callable[[], None]:
    """Makes a process kill itself at the n-th disk operation of its m-th save of a checkpoint (both from 1)."""

    def prepare() -> None:
        saves, save = 0, checkpoint.save

        def counted(*args: Any, **kwargs: Any) -> Path:
            nonlocal saves
            saves += 1
            if saves == number:
                broken_disk.kill_at(operation, torn)
            return save(*args, **kwargs)

        checkpoint.save = counted

    return prepare


def killed_after(rig: Rig, seconds: float) -> int:
    """Begin or go on and SIGKILL it after so many seconds; its exit code, 0 where it was faster."""
    pid = rig.start()
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)  # a child that has ended stays there until it is waited for
    return wait(pid)


def operations_of(recipe: Path, out: Path) -> tuple[list[str], list[str]]:
    """The disk operations of a whole unbroken run, and those of its second save, from a run that records them."""

    def prepare() -> None:
        done, saves, save = broken_disk.record(), 0, checkpoint.save

        def noted(*args: Any, **kwargs: Any) -> Path:
            nonlocal saves
            saves += 1
            before = len(done)
            path = save(*args, **kwargs)
            if saves == 2:
                (out.parent / "save.json").write_text(json.dumps(done[before:]))
            return path

        checkpoint.save = noted
        main = cli.main

        def then_tell(arguments: Sequence[str] | None = None) -> int:
            code = main(arguments)
            (out.parent / "all.json").write_text(json.dumps(done))
            return code

        cli.main = then_tell

    assert Rig(recipe, out).finish(prepare) == 0, Rig(recipe, out).said()
    whole, save = (json.loads((out.parent / f"{name}.json").read_text()) for name in ("all", "save"))
    return [f"{op} {name}" for op, name in whole], [f"{op} {name}" for op, name in save]


def differences(run: Path, unbroken: Path) -> list[str]:
    """Where a run's remains are not bit for bit those of another: state, facts, samples, curves, records, leftovers."""
    found = []
    for folder in (unbroken, run):
        left = [p.name for p in folder.rglob("*") if p.name.endswith((disk.PART, checkpoint.ASIDE))]
        found += [f"left behind: {name}" for name in left]
    mine, theirs = remains(run), remains(unbroken)
    found += [f"only in one of them: {name}" for name in mine.keys() ^ theirs.keys()]
    return found + [f"differs: {name}" for name in mine.keys() & theirs.keys() if mine[name] != theirs[name]]


def remains(run: Path) -> dict[str, Any]:
    """What must be the same: everything but the time that it took, and where and when that was."""
    found: dict[str, Any] = {}
    for path in sorted(p for p in run.rglob("*") if p.is_file()):
        name = str(path.relative_to(run))
        if name.endswith(".jsonl"):
            records = [json.loads(line) for line in path.read_text().splitlines()]
            found[name] = [{k: v for k, v in record.items() if k != "seconds"} for record in records]
        elif name not in ("lock", "environment.json"):
            found[name] = path.read_bytes()
    return found
