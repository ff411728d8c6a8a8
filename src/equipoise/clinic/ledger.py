"""The ledger: what the trials say of each claim, kept with the package, and the page that is made of it.

clinic run T12     ->  docs/results/clinic/T12.json      outcomes, verdict, command, machine
clinic evidence    ->  src/equipoise/clinic/ledger.json, src/equipoise/remedies/evidence.json, docs/evidence.md
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from equipoise import disk, environment, plain_json
from equipoise.clinic import effect_pictures, play, reading_pictures
from equipoise.clinic.claims import CLAIMS
from equipoise.clinic.trial import Arm, Claim, Outcome, Trial, Verdict
from equipoise.clinic.wards import WARDS
from equipoise.errors import SettingError, did_you_mean

RESULTS = Path("docs") / "results" / "clinic"  # in a checkout
QUICK = 3  # a quick trial has a third of the steps
NUMBERS = ("found", "of", "energy", "frechet", "d_loss", "g_loss", "coverage", "actions")  # of a run, in the committed file
DECIDED_BY = ("d_loss_least", "g_loss_most", "fake_grad", "fake_grad_first")  # what claims are decided by besides
COLUMNS = ("ward", "arm", "seed", "healthy", "diverged", "steps", "seconds", *NUMBERS, *DECIDED_BY)
Counts = dict[str, dict[str, list[int]]]  # finding -> remedy -> [brought back, tried]


@dataclass(frozen=True)
class Settled:
    """A claim, what its trials say, and the runs that say so."""

    claim: Claim
    verdict: Verdict
    outcomes: list[Outcome]
    remedies: Counts
    quick: bool = False
    seeds: int | None = None  # where not the claim's own

    @property
    def partial(self) -> bool:
        """Whether it rests on less than the claim's own trials ask for."""
        return self.quick or (self.seeds is not None and any(self.seeds < trial.seeds for trial in self.claim.trials))

    @property
    def command(self) -> str:
        options = [f"--seeds {self.seeds}"] if self.seeds is not None else []
        return " ".join(["equipoise clinic run", self.claim.name, *options, *(["--quick"] if self.quick else [])])


def asked(names: Sequence[str]) -> list[Claim]:
    """The claims of these names, in any case; 'all' are all of them. SettingError where there is no such claim."""
    if not names:
        raise SettingError("", "say which claims, for example T12, or all; see: equipoise clinic list")
    if [name.lower() for name in names] == ["all"]:
        return list(CLAIMS.values())
    unknown = next((name for name in names if name.upper() not in CLAIMS), None)
    if unknown is not None:
        raise SettingError("", f"there is no claim {unknown!r} ({did_you_mean(unknown.upper(), CLAIMS)})")
    return [CLAIMS[name.upper()] for name in names]


# ---------------------------------------------------------------------------------------------------------- trials


def trials(claim: Claim, seeds: int | None = None, quick: bool = False) -> list[Trial]:
    """The claim's trials with so many seeds (default: its own); quick ones with a third of the steps."""
    found = [replace(trial, seeds=seeds if seeds is not None else trial.seeds) for trial in claim.trials]
    return [shorter(trial) for trial in found] if quick else found


def shorter(trial: Trial) -> Trial:
    def third(settings: Mapping[str, Any], planned: int) -> dict[str, Any]:
        return {**settings, "steps": max(1, math.ceil(settings.get("steps", planned) / QUICK))}

    ward = WARDS[trial.ward]
    planned = {**ward.base, **ward.changes}["steps"]
    arms = tuple(replace(arm, settings=third(arm.settings, planned)) if "steps" in arm.settings else arm for arm in trial.arms)
    return replace(trial, arms=arms, settings=third(trial.settings, planned))


def settle(
    claims: Sequence[Claim],
    seeds: int | None = None,
    quick: bool = False,
    processes: int = 2,
    work: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> list[Settled]:
    """Play what is missing of the trials of these claims, and decide each by its own rule."""
    work = work if work is not None else play.home()
    wanted = [(claim, trials(claim, seeds, quick)) for claim in claims]
    play.run(play.jobs([trial for _, some in wanted for trial in some]), work, processes, say)
    found = []
    for claim, some in wanted:
        outcomes = play.kept(some, work)
        found.append(Settled(claim, claim.decide(outcomes), outcomes, treatments(some, work), quick, seeds))
    return found


def treatments(some: Iterable[Trial], work: Path) -> Counts:
    """Of the treated runs of failing wards: how many came back, of those in which a remedy was tried for a finding."""
    counts: Counts = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for trial in some:
        if WARDS[trial.ward].healthy:
            continue
        for arm in (arm for arm in trial.arms if arm.treat):
            for seed in range(trial.seeds):
                count(counts, play.folder(work, (trial.ward, arm, (), trial.settings), seed))
    return plainly(counts)


def count(counts: Counts, folder: Path) -> None:
    """Add one kept run. A remedy that was undone brought nothing back; one that was kept did if the run came out healthy."""
    if not play.whole(folder):
        return
    healthy = play.recall(folder).healthy
    done = play.actions(folder)
    undone = {(action["treated"], action["remedy"]) for action in done if action["action"] == "undo"}
    for action in (action for action in done if action["action"] == "treat"):
        key = action["finding"], action["remedy"]
        cell = counts[key[0]][key[1]]
        cell[0] += healthy and key not in undone
        cell[1] += 1


def plainly(counts: Mapping[str, Mapping[str, Sequence[int]]]) -> Counts:
    return {finding: {name: list(cell) for name, cell in sorted(by.items())} for finding, by in sorted(counts.items())}


def added(some: Iterable[Counts]) -> Counts:
    total: Counts = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for counts in some:
        for finding, by in counts.items():
            for name, (k, n) in by.items():
                total[finding][name] = [total[finding][name][0] + k, total[finding][name][1] + n]
    return plainly(total)


# --------------------------------------------------------------------------------------------------- what is written


def document(settled: Settled) -> dict[str, Any]:
    """A settled claim as JSON: the verdict, and each run in one row."""
    about = environment.describe()
    about.pop("command", None)
    claim, verdict = settled.claim, settled.verdict
    rows = [
        [*(getattr(o, name) for name in COLUMNS[:7]), *(o.numbers.get(name) for name in COLUMNS[7:])] for o in settled.outcomes
    ]
    return {
        "claim": claim.name,
        "says": claim.says,
        "rule": claim.rule,
        "answer": verdict.answer,
        "words": verdict.words,
        "table": verdict.table,
        "numbers": verdict.numbers,
        "command": settled.command,
        "partial": settled.partial,
        "trials": [
            {"ward": trial.ward, "seeds": trial.seeds, "settings": trial.settings, "arms": [arm_of(arm) for arm in trial.arms]}
            for trial in claim.trials
        ],
        "remedies": settled.remedies,
        "environment": about,
        "columns": COLUMNS,
        "outcomes": rows,
    }


def arm_of(arm: Arm) -> dict[str, Any]:
    more = {"treat": arm.treat} if arm.treat else {}
    return {"name": arm.name, "about": arm.about, "settings": arm.settings, **more}


def text_of(value: Mapping[str, Any]) -> str:
    """JSON with a line for each entry, and for each row of a table: small, and a change shows where it is."""
    if not value:
        return "{}\n"
    lines = []
    for key, entry in value.items():
        rows = isinstance(entry, list | tuple) and bool(entry) and isinstance(entry[0], list | tuple | dict)
        text = "[\n  " + ",\n  ".join(map(plain_json.dumps, entry)) + "\n ]" if rows else plain_json.dumps(entry)
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def write(settled: Settled, out: Path) -> Path:
    """OUT/T12.json, and T12.png where there is something to draw."""
    disk.make_folder(out)
    file = out / f"{settled.claim.name}.json"
    disk.atomic_write(file, text_of(document(settled)).encode())
    image = reading_pictures.picture(settled.claim.name, settled.outcomes)
    if image is None:
        image = effect_pictures.picture(settled.verdict.numbers.get("effects", []))
    if image is not None:
        image.save(file.with_suffix(".png"))
    return file


# --------------------------------------------------------------------------------------------------- what is said


def verdicts() -> dict[str, dict[str, Any]]:
    """The committed verdicts, by claim."""
    file = files("equipoise.clinic").joinpath("ledger.json")
    found: dict[str, dict[str, Any]] = plain_json.loads(file.read_bytes()) if file.is_file() else {}
    return found


def listing() -> str:
    """One line a claim."""
    known = verdicts()
    answers = {name: known[name]["answer"] if name in known else "not settled" for name in CLAIMS}
    return "\n".join(f"{name:4} {answers[name]:12} {claim.says}" for name, claim in CLAIMS.items())


def shown(claim: Claim) -> str:
    """The claim, the rule that decides it, its trials, and the committed verdict with its numbers."""
    lines = [f"{claim.name}: {claim.says}", "", f"Rule, stated before the runs: {claim.rule}", "", "Trials:"]
    for trial in claim.trials:
        arms = ", ".join(arm.name for arm in trial.arms)
        lines.append(f"  {trial.ward} ({WARDS[trial.ward].about}), {trial.seeds} seeds: {arms}")
    known = verdicts().get(claim.name)
    if known is None:
        return "\n".join([*lines, "", f"Not settled yet; run: equipoise clinic run {claim.name}"])
    return "\n".join([*lines, "", *told(known["answer"], known["words"], known["table"]), "", f"Again: {known['command']}"])


def said(settled: Settled) -> str:
    """A verdict that was just reached."""
    less = ["With fewer steps or seeds than the rule asks for, so this is not the ledger's verdict.", ""]
    claim, verdict = settled.claim, settled.verdict
    runs = f"{len(settled.outcomes)} runs"
    return "\n".join(
        [
            f"{claim.name}: {claim.says}",
            "",
            *(less if settled.partial else []),
            *told(verdict.answer, verdict.words, verdict.table),
            "",
            runs,
        ]
    )


def told(answer: str, words: str, table: Sequence[Sequence[str]]) -> list[str]:
    return [f"Verdict: {answer}. {words}", "", *aligned(table)]


def aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Rows with their columns below each other."""
    widths = [max(len(row[i]) for row in table if i < len(row)) for i in range(max(map(len, table), default=0))]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in table]
