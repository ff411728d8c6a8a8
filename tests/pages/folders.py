"""Run folders made by hand, for tests of pages."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from PIL import Image

RECIPE = "name: fashion-mnist\ndata:\n  kind: fashion-mnist\ntricks:\n  label_smoothing:\n    real: 0.9\nepochs: 5\n"


def record(step: int, **more: Any) -> dict[str, Any]:
    """A calm moment; both losses swing a little."""
    swing = 0.01 * math.sin(step)
    calm = {
        "d_loss": 0.68 + swing,
        "g_loss": 0.8 - swing,
        "d_real": 0.46,
        "d_fake_before": 0.44,
        "accuracy_real": 0.6,
        "accuracy_fake": 0.6,
    }
    return {"step": step, "epoch": step / 100, "seconds": step / 10, **calm, "d_grad": 1.0, "g_grad": 0.5, **more}


def run_folder(
    path: Path, records: list[dict[str, Any]], grids: tuple[int, ...] = (100, 200, 300), recipe: str = RECIPE
) -> Path:
    (path / "samples").mkdir(parents=True)
    (path / "recipe.yaml").write_text(recipe)
    (path / "signals.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    (path / "data.json").write_text(json.dumps({"name": "fashion-mnist", "shape": [1, 28, 28], "length": 60000}))
    (path / "environment.json").write_text(json.dumps({"equipoise": "0.1.0", "date": "2026-01-31T12:00:00+00:00"}))
    measured = [{"step": s, "epoch": s / 100, "sliced_wasserstein": 0.1 - s / 1e4, "n": 1024} for s in grids]
    (path / "evaluations.jsonl").write_text("".join(json.dumps(r) + "\n" for r in measured))
    for step in grids:
        for name, level in (("raw", 40), ("ema", 160)):
            Image.new("L", (8, 8), level + step // 10).save(path / "samples" / f"{name}-{step:07d}.png")
    if grids:
        Image.new("L", (8, 8), 255).save(path / "samples" / "real.png")
    return path


def finding(name: str = "discriminator_dominance", **more: Any) -> dict[str, Any]:
    """One as findings.jsonl has it."""
    evidence = {
        "signal": "accuracy_real",
        "window": [40, 90],
        "value": 0.99,
        "sign": ">",
        "threshold": 0.95,
        "source": "a paper",
        "words": "D is right.",
    }
    remedy = {
        "name": "r1",
        "title": "Add R1",
        "setting": "penalties.r1=on",
        "code": f"loss = {'loss + ' * 30}r1",
        "standing": "4 of 5",
    }
    about = {"name": name, "axis": "cause", "verdict": name, "severity": "serious", "confidence": 0.9, "since": 40, "step": 90}
    return about | {"evidence": [evidence], "words": "D wins.", "remedies": [remedy], "caused_by": None} | more
