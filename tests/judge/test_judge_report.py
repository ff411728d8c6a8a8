"""Reports against simulated raters whose skill, bias and taste are known; and what a report says and shows."""

import json
import math
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from studies import judged, kept, preferring, skilled

from equipoise.errors import RunError
from equipoise.judge import show
from equipoise.judge.report import report
from equipoise.judge.schedule import Trial

CDF = NormalDist().cdf
WEIBULL = 300.0, 2.5


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of answers, each of which a real session waits for."""
    monkeypatch.setattr("equipoise.disk.sync", lambda file: file.flush())


def test_the_interval_holds_the_true_error_rate(tmp_path: Path) -> None:
    """Twelve raters of d' = 1: each errs with probability Phi(-1/2), on either side."""
    kept(tmp_path, n=40, raters=12)
    judged(tmp_path, skilled(1.0), raters=12)
    found = report(tmp_path)
    model, truth = found["all"]["models"][0], CDF(-0.5)
    for rate in (found["all"]["real_error"], model["fake_error"], model["error"]):
        assert rate["low"] <= truth <= rate["high"] and rate["over_raters"] is not None
        assert rate["high"] - rate["low"] >= max(b - a for a, b in (rate["wilson"], rate["over_raters"])) - 1e-12, (
            "the wider one"
        )
        assert rate["high"] < 0.5, "and tells it from guessing"
    assert model["d"]["low"] <= 1.0 <= model["d"]["high"] and model["c"]["low"] <= 0.0 <= model["c"]["high"]
    assert found["finished"] == 12 and found["all"]["answers"] == 480 and model["binomial_p"] is None


@pytest.mark.slow
def test_the_interval_holds_the_true_error_rate_at_its_rate(tmp_path: Path) -> None:
    """Of 60 studies of raters who differ, 53 or more (88 %; a rate of 95 % gives fewer once in 200 times)."""
    inside = 0
    truth = 0.0
    rng = np.random.default_rng(5)
    skills = rng.normal(1.0, 0.5, 20_000)
    truth = float(np.mean([CDF(-d / 2) for d in skills]))
    for seed in range(60):
        folder = tmp_path / str(seed)
        kept(folder, n=20, raters=8, seed=seed)
        mine = iter(np.repeat(rng.normal(1.0, 0.5, 8), 32))

        def says(trial: Trial, rng: np.random.Generator, mine: Any = mine) -> str:
            return skilled(float(next(mine)))(trial, rng)

        judged(folder, says, raters=8, seed=seed)
        error = report(folder)["all"]["models"][0]["error"]
        inside += error["low"] <= truth <= error["high"]
    assert inside >= 53


def test_bias_without_skill(tmp_path: Path) -> None:
    """Raters who say 'fake' nine times of ten whatever they see: no d', a strong c, and rates that look like skill on fakes."""
    kept(tmp_path, n=40, raters=8)
    judged(tmp_path, skilled(0.0, c=-1.28), raters=8)
    found = report(tmp_path)["all"]
    model = found["models"][0]
    assert model["d"]["low"] <= 0 <= model["d"]["high"] and model["c"]["high"] < -0.8
    assert model["fake_error"]["high"] < 0.25 and found["real_error"]["low"] > 0.75
    assert model["error"]["low"] <= 0.5 <= model["error"]["high"]
    assert "show no skill" in show.verdict(report(tmp_path))


def test_one_rater_is_said_to_be_one(tmp_path: Path) -> None:
    kept(tmp_path, n=100, raters=1)
    judged(tmp_path, skilled(3.0), raters=1)
    found = report(tmp_path)
    model = found["all"]["models"][0]
    assert model["error"]["over_raters"] is None and model["binomial_p"] < 1e-6
    assert "One rater only" in show.text(found) and "binomial" in show.text(found)


def test_careless_raters_are_set_aside_and_both_numbers_given(tmp_path: Path) -> None:
    kept(tmp_path, n=40, raters=3)
    number = {"seen": 0}

    def says(trial: Trial, rng: np.random.Generator) -> str:
        number["seen"] += 1
        return "real" if number["seen"] > 2 * 52 else trial.truth  # the third one presses one key throughout

    judged(tmp_path, says, raters=3)
    found = report(tmp_path)
    assert [bool(one["set_aside"]) for one in found["raters"]] == [False, False, True]
    reasons = found["raters"][2]["set_aside"]
    assert "missed 2 obvious trials" in reasons[0] and reasons[1] == "the same key 42 times in a row"
    assert found["all"]["models"][0]["error"]["value"] == pytest.approx(20 / 120)
    assert found["kept"]["models"][0]["error"]["value"] == 0 and found["kept"]["raters"] == 2
    text = show.text(found)
    assert "of everybody" in text and "without those set aside" in text and "rater 2 set aside" in text


def test_quick_answers_are_set_aside(tmp_path: Path) -> None:
    kept(tmp_path, n=8, raters=1)
    judged(tmp_path, lambda trial, _: trial.truth, raters=1, rt_ms=250)
    assert report(tmp_path)["raters"][0]["set_aside"] == ["half of the answers within 250 ms"]
    assert report(tmp_path)["kept"] is None


def test_models_are_compared_on_the_same_raters(tmp_path: Path) -> None:
    kept(tmp_path, models=3, n=60, raters=8)
    skills = [math.nan, 2.5, 0.2, 0.2]

    def says(trial: Trial, rng: np.random.Generator) -> str:
        return skilled(skills[trial.sources[0]] if trial.truth == "fake" and trial.kind != "catch" else 0.0, 0.0)(trial, rng)

    judged(tmp_path, says, raters=8)
    one, two, three = report(tmp_path)["all"]["differences"]
    assert (one["one"], one["other"]) == ("model-0", "model-1")
    assert one["high"] < 0 and two["high"] < 0 and one["holm_p"] < 0.01 and one["holm_p"] >= one["p"]
    assert three["low"] <= 0 <= three["high"] and three["holm_p"] > 0.05


def test_strengths_of_known_taste(tmp_path: Path) -> None:
    kept(tmp_path, "pairwise", models=3, reals=False, n=60, raters=10)
    truth = [0.9, 0.0, -0.9]
    judged(tmp_path, preferring(truth), raters=10)
    found = report(tmp_path)["all"]
    assert found["strengths"]["interval_over"] == "raters"
    for one, strength in zip(found["strengths"]["of"], truth, strict=True):
        assert one["low"] <= strength <= one["high"] and one["high"] - one["low"] < 1.2
    first = found["pairs"][0]
    assert first["chosen"]["low"] <= 1 / (1 + math.exp(-0.9)) <= first["chosen"]["high"] and first["holm_p"] < 0.05
    assert found["mirrored"]["low"] < 0.65 < found["mirrored"]["high"] and found["left"]["low"] <= 0.5 <= found["left"]["high"]
    assert "model-0 was chosen most" in show.verdict(report(tmp_path))


def test_two_raters_of_pairs_speak_for_their_answers(tmp_path: Path) -> None:
    kept(tmp_path, "pairwise", models=2, reals=False, n=60, raters=2)
    judged(tmp_path, preferring([5.0, -5.0]), raters=2)
    found = report(tmp_path)["all"]
    assert found["strengths"]["interval_over"] == "answers" and found["pairs"][0]["p"] < 1e-9
    assert found["mirrored"]["value"] == 1.0


def test_the_time_that_a_picture_has_to_be_seen(tmp_path: Path) -> None:
    """Raters of one psychometric function: the score is near its 75 % point, 259 ms."""
    kept(tmp_path, "timed", n=150, raters=6)
    shown: dict[str, float] = {"time": 500.0}

    def says(trial: Trial, rng: np.random.Generator) -> str:
        scale, shape = WEIBULL
        if trial.kind in ("tutorial", "catch"):
            return trial.truth
        if trial.block != shown.get("block"):
            shown.update(block=trial.block, time=500.0)
        right = rng.random() < 1 - 0.5 * math.exp(-((shown["time"] / scale) ** shape))
        shown["time"] = min(1000.0, max(100.0, shown["time"] + (-10 if right else 30)))
        return trial.truth if right else {"real": "fake", "fake": "real"}[trial.truth]

    judged(tmp_path, says, raters=6)
    found = report(tmp_path)["all"]["exposure"]
    threshold = WEIBULL[0] * (-math.log(0.5)) ** (1 / WEIBULL[1])
    assert found["raters"] == 6 and found["target"] == 0.75
    assert found["at_turns_ms"] == pytest.approx(threshold, rel=0.25)
    assert abs(found["hype_time_ms"]["value"] - threshold) < 90, "50 trials a block, from 500 ms down: HYPE's score lags"
    assert "ms to be judged rightly 75 %" in show.verdict(report(tmp_path))


def test_a_study_without_answers_and_one_that_is_not_there(tmp_path: Path) -> None:
    kept(tmp_path, n=8, raters=1)
    assert "Nobody has answered yet." in show.shown(tmp_path, False) and (tmp_path / "report.html").is_file()
    with pytest.raises(RunError, match="holds no plan"):
        show.shown(tmp_path / "nowhere", False)


def test_the_page_of_a_report_stands_alone(tmp_path: Path) -> None:
    kept(tmp_path, models=2, n=8, raters=2)
    judged(tmp_path, skilled(0.5), raters=2)
    found = json.loads(show.shown(tmp_path, True))
    page = (tmp_path / "report.html").read_text()
    assert "http://" not in page and "https://" not in page and "<script" not in page and "default-src &#x27;none&#x27;" in page
    assert page.count("<img ") == sum(len(side) for side in found["pictures"].values()) > 0
    assert show.percent(found["all"]["real_error"]) in page
    hostile = {**found, "sources": [{"name": "<script>", "real": False, "about": {"path": "<b>"}}]}
    assert "<script>" not in show.page(tmp_path, hostile) and "&lt;b&gt;" in show.page(tmp_path, hostile)
