"""The score on published logs with labels, as benchmarks/logs.py reports it."""

import json
import os
from pathlib import Path

import pytest

from equipoise.diagnosing import diagnose
from equipoise.errors import DataError

DATA = Path(os.environ.get("EQUIPOISE_DATA", Path(__file__).parents[3] / "shared/data")) / "logs"


@pytest.mark.data
@pytest.mark.skipif(not (DATA / "manifest.jsonl").is_file(), reason="needs the labelled logs: EQUIPOISE_DATA/logs")
def test_the_published_logs_are_judged_as_promised() -> None:
    truth = [json.loads(line) for line in (DATA / "manifest.jsonl").read_text("utf-8").splitlines() if line.strip()]
    right = alarms = misses = 0
    for one in truth:
        try:
            said = diagnose(DATA / one["file"]).verdict
        except DataError:
            said = "refused"
        if one["kind"] != "gan":
            assert said == "refused", one["file"]
            right += 1
            continue
        assert said != "refused", one["file"]
        right += said in one["acceptable_labels"]
        alarms += one["label"] == "healthy" and said not in ("healthy", "unknown")
        misses += one["label"] not in ("healthy", "unknown") and said == "healthy"
    healthy = sum(one["label"] == "healthy" for one in truth)
    failed = sum(one["kind"] == "gan" and one["label"] not in ("healthy", "unknown") for one in truth)
    assert right >= 0.9 * len(truth) and alarms <= 0.06 * healthy and misses <= 0.08 * failed
