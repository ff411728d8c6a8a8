"""What every committed result says beside its figures: the command, the versions, the machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from equipoise import Run, environment

RESULTS = Path(__file__).parent.parent / "docs" / "results"


def recipe_lines(run: Run) -> list[str]:
    """A run's recipe without the place of its data, which is this machine's own."""
    return [line for line in run.recipe.to_yaml().splitlines() if not line.startswith("  path:")]


def write(name: str, found: dict[str, Any], command: str | None = None) -> Path:
    """docs/results/NAME.json with the figures and where they come from; also printed."""
    about = environment.describe()
    about.pop("command", None)
    file = RESULTS / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"command": command or "python " + " ".join(sys.argv), **found, "environment": about}, indent=1)
    file.write_text(text + "\n")
    print(text)
    return file
