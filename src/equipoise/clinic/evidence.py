"""docs/evidence.md, and what the package keeps of it: made of the committed results, and of nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from equipoise import disk, plain_json
from equipoise.clinic.claims import CLAIMS
from equipoise.clinic.ledger import RESULTS, Counts, added, text_of
from equipoise.errors import RunError

PACKAGE = Path("src") / "equipoise"
PAGE, LEDGER, REMEDIES = (
    Path("docs") / "evidence.md",
    PACKAGE / "clinic" / "ledger.json",
    PACKAGE / "remedies" / "evidence.json",
)
RESCUE = RESULTS.parent / "rescue.json"
KEPT = ("answer", "words", "table", "command")  # of a claim's results, in the package
NO_CLAIM = "no trial yet"


def write(root: Path) -> list[Path]:
    """The three files of a checkout at `root`; RunError where it is none."""
    if not (root / PACKAGE).is_dir() or not (root / RESULTS.parent).is_dir():
        raise RunError(f"{root}: is no checkout of equipoise; its folder has src/equipoise and docs/results")
    results = {name: found for name in CLAIMS if (found := read(root / RESULTS / f"{name}.json"))}
    hasty = ", ".join(name for name, found in results.items() if found["partial"])
    if hasty:
        raise RunError(f"{root / RESULTS}: {hasty} rests on fewer steps or seeds than the rule asks for; run it in full")
    rescue = read(root / RESCUE)
    remedies = added([*(found["remedies"] for found in results.values()), rescue.get("remedies", {})])
    texts = {
        LEDGER: text_of({name: {key: found[key] for key in KEPT} for name, found in results.items()}),
        REMEDIES: text_of(remedies),
        PAGE: page(root, results, rescue, remedies),
    }
    for place, text in texts.items():
        disk.atomic_write(root / place, text.encode())
    return [root / place for place in texts]


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = plain_json.loads(file.read_bytes()) if file.is_file() else {}
    return found


# ---------------------------------------------------------------------------------------------------------- the page


def page(root: Path, results: Mapping[str, Mapping[str, Any]], rescue: Mapping[str, Any], remedies: Counts) -> str:
    lines = [
        "# The evidence",
        "",
        "What people say about training GANs, and what trials say of it. This page is made by `equipoise clinic evidence` of",
        "docs/results; each section has the command that repeats its trials (`--quick --seeds 3`: in a few minutes). The rules",
        "were stated before the runs.",
        "",
        *table([("", "claim", "verdict", "what was found"), *(row(name, results.get(name)) for name in CLAIMS)]),
    ]
    for name in CLAIMS:
        lines += section(root, name, results.get(name))
    lines += rescued(root, rescue)
    lines += remedies_table(remedies)
    return "\n".join(lines) + "\n"


def row(name: str, found: Mapping[str, Any] | None) -> tuple[str, ...]:
    link = f"[{name}](#{name.lower()})"
    return (link, CLAIMS[name].says, found["answer"] if found else NO_CLAIM, found["words"] if found else "")


def section(root: Path, name: str, found: Mapping[str, Any] | None) -> list[str]:
    claim = CLAIMS[name]
    lines = ["", f"## {name}", "", f"*{claim.says}*", "", f"Rule: {claim.rule}", ""]
    if found is None:
        return [*lines, f"Not settled; run `equipoise clinic run {name}`."]
    lines += [f"**{found['answer'].capitalize()}.** {found['words']}", ""]
    lines += table(found["table"]) if found["table"] else []
    runs = f"{len(found['outcomes'])} runs; " if found["outcomes"] else ""
    commit = found["environment"].get("commit")
    at = f", at commit {commit[:12]}" if commit else ""
    lines += ["", f"{runs}again with `{found['command']}`. Each run: [{name}.json](results/clinic/{name}.json){at}."]
    if (root / RESULTS / f"{name}.png").is_file():
        lines += ["", f"![{name}](results/clinic/{name}.png)"]
    return lines


def rescued(root: Path, rescue: Mapping[str, Any]) -> list[str]:
    """What the autopilot and the usual advice bring back."""
    if not rescue:
        return []
    arms = rescue["rescue"]["all"]
    rows = [
        ("arm", "failing runs", "rescued", "95 %"),
        *((arm, str(found["runs"]), *share(found["rescued"])) for arm, found in arms.items()),
    ]
    lines = [
        "",
        "## Rescue",
        "",
        "Failing runs of all wards, by what was done (`benchmarks/rescue.py` states what counts).",
        "",
    ]
    lines += table(rows)
    harm = rescue["no harm"]
    percent, interval = share(harm["acted"])
    lines += ["", f"On {harm['runs']} healthy runs the autopilot did something in {percent} ({interval})."]
    if (root / RESCUE.with_suffix(".png")).is_file():
        lines += ["", "![Rescue](results/rescue.png)"]
    return lines


def share(interval: Sequence[float]) -> tuple[str, str]:
    p, low, high = interval
    return f"{p:.0%}", f"{low:.0%} to {high:.0%}"


def remedies_table(remedies: Counts) -> list[str]:
    """What brought failing runs back, by finding: the order in which the autopilot tries it."""
    if not remedies:
        return []
    cells = [
        (finding.replace("_", " "), name.replace("_", " "), f"{k} of {n}")
        for finding, by in remedies.items()
        for name, (k, n) in sorted(by.items(), key=lambda item: -(item[1][0] + 1) / (item[1][1] + 2))
    ]
    words = "Treated runs that came back, of those in which the remedy was tried; the autopilot tries the best one first."
    return ["", "## Remedies", "", words, "", *table([("finding", "remedy", "came back"), *cells])]


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in Markdown, the first one the heading."""
    cells = [["" if cell is None else str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    heading, *rest = ["| " + " | ".join(row) + " |" for row in cells]
    return [heading, "|" + " --- |" * len(rows[0]), *rest]
