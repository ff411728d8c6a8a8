"""The page about watching says what is so: its code runs, and its comments hold."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

PAGE = Path(__file__).resolve().parents[2] / "docs/watch.md"


def test_the_page_s_code_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    names: dict[str, Any] = {}
    first, asked, *rest = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    exec(compile(first, str(PAGE), "exec"), names)
    assert "runs/watch-" in capsys.readouterr().err
    found = {line.partition("#")[0].strip(): eval(line, names) for line in asked.splitlines()}
    assert found["watch.diagnosis().objective"] == "non_saturating"
    assert found["watch.diagnosis().convention"] == "sum"
    assert 0 < found['watch.signals()[-1]["d_loss"]'] < 1
    assert {p.name for p in found["watch.folder"].iterdir()} >= {"watch.json", "signals.jsonl", "environment.json"}
    for block in rest:
        exec(compile(block, str(PAGE), "exec"), names)
