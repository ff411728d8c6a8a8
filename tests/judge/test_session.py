"""A study while it goes on: what the page is told, and that no answer is lost, doubled or given away."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from studies import go_through, judged, kept, skilled

from equipoise.errors import RunError
from equipoise.judge import plan as plans
from equipoise.judge.answers import Answers
from equipoise.judge.session import RefusedError, Study


def opened(folder: Path) -> Study:
    plan, pixels = plans.read(folder)
    return Study(plan, pixels, Answers(folder, plan))


def given(trial: int, key: str = "left", **more: Any) -> dict[str, Any]:
    return {"trial": trial, "key": key, "rt_ms": 700.0, "shown_ms": 690.0, "blurs": 0, "reloaded": False, **more}


def test_the_page_is_told_nothing_that_it_should_not_know(tmp_path: Path) -> None:
    kept(tmp_path, n=20, raters=2)
    told = opened(tmp_path).join(None)
    text = json.dumps(told["list"])
    for word in ("real", "fake", "catch", "truth", "source", "model"):
        assert word not in text
    assert len(told["list"]) == 10 + 20 + 2 and {len(one["items"]) for one in told["list"]} == {1}
    assert [one["tutorial"] for one in told["list"]] == [True] * 10 + [False] * 22
    assert told["keys"] == {"left": "real", "right": "fake"} and told["exposure"] is None


def test_feedback_in_the_tutorial_and_never_after(tmp_path: Path) -> None:
    kept(tmp_path, n=8, raters=1)
    study = opened(tmp_path)
    token = study.join(None)["token"]
    rater = study.answers.find(token)
    assert rater is not None
    for number, trial in enumerate(rater.trials):
        said = study.answer(token, given(number))
        if trial.kind == "tutorial":
            assert said["feedback"] == {"right": trial.truth == "real", "truth": trial.truth}
        else:
            assert said["feedback"] is None and ("right" in said) == rater.finished
    assert said["finished"] and said["of"] == 8 and said["right"] == 4, "always 'real' is right for half"


def test_each_answer_is_a_line_with_what_it_depends_on(tmp_path: Path) -> None:
    plan = kept(tmp_path, n=8, raters=1)
    judged(tmp_path, skilled(2.0), raters=2)
    lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert len(lines) == 2 * (10 + 8 + 2)
    assert {line["plan"] for line in lines} == {plan.digest}
    assert all(line["right"] == (line["answer"] == line["truth"]) for line in lines)
    assert lines[0].keys() >= {"rater", "trial", "kind", "items", "sources", "truth", "key", "answer", "right", "rt_ms", "at"}
    for number in (0, 1):
        mine = [line for line in lines if line["rater"] == number]
        assert all((line["key"] == "left") == (line["answer"] == ("real", "fake")[number]) for line in mine)
    people = (tmp_path / "raters.jsonl").read_text()
    assert "token_sha256" in people and '"token"' not in people


def test_a_rater_goes_on_after_the_server_was_killed(tmp_path: Path) -> None:
    kept(tmp_path, n=8, raters=2)
    study = opened(tmp_path)
    token = study.join(None)["token"]
    for number in range(13):
        study.answer(token, given(number))
    order = study.join(token)["list"]
    with (tmp_path / "answers.jsonl").open("a") as file:
        file.write('{"rater": 0, "trial": 13, "torn')
    again = opened(tmp_path)
    told = again.join(token)
    assert told["done"] == 13 and told["list"] == order and told["token"] == token
    again.answer(token, given(13))
    assert opened(tmp_path).join(token)["done"] == 14
    assert opened(tmp_path).join(None)["token"] != token
    with pytest.raises(RefusedError, match="nobody takes part"):
        again.join("someone else's")


def test_an_answer_counts_once_and_in_its_turn(tmp_path: Path) -> None:
    kept(tmp_path, n=8, raters=1)
    study = opened(tmp_path)
    token = study.join(None)["token"]
    first = study.answer(token, given(0))
    assert study.answer(token, given(0)) == first, "its reply was lost, so it is sent again"
    for wrong in (given(0, "right"), given(2), given(-1)):
        with pytest.raises(RefusedError, match="answered already"):
            study.answer(token, wrong)
    assert len((tmp_path / "answers.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    "bad",
    [{"trial": "0"}, {"trial": True}, {"trial": None}, {"key": "up"}, {"key": []}, {"rt_ms": "1"}, {"rt_ms": -1}, 
     {"rt_ms": 1e12}, {"shown_ms": float("nan")}, {"shown_ms": None}, {"blurs": 0.5}, {"blurs": -1}, {"reloaded": 1}],
)  # fmt: skip
def test_what_is_no_answer_is_refused(tmp_path: Path, bad: dict[str, Any]) -> None:
    kept(tmp_path, n=8, raters=1)
    study = opened(tmp_path)
    token = study.join(None)["token"]
    with pytest.raises(RefusedError) as refused:
        study.answer(token, {**given(0), **bad})
    assert refused.value.status == 400 and not (tmp_path / "answers.jsonl").exists()


def test_the_exposure_follows_the_answers_of_the_block(tmp_path: Path) -> None:
    kept(tmp_path, "timed", n=100, raters=1)
    study = opened(tmp_path)
    token = study.join(None)["token"]
    rater = study.answers.find(token)
    assert rater is not None and study.about()["masks"]
    go_through(study, token, rater, lambda trial, _: trial.truth, np.random.default_rng(0))
    lines = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert {line["asked_ms"] for line in lines if line["kind"] == "tutorial"} == {500}
    for block in (0, 1):
        asked = [line["asked_ms"] for line in lines if line["kind"] == "test" and line["block"] == block]
        assert asked == list(range(500, 500 - 10 * 50, -10))[:41] + [100] * 9, "each block begins anew, and 100 ms is the least"


def test_answers_to_another_plan_do_not_count(tmp_path: Path) -> None:
    kept(tmp_path, n=8, raters=1)
    judged(tmp_path, skilled(1.0), raters=1)
    (tmp_path / "plan.json").unlink()
    plan = kept(tmp_path, n=8, raters=1, seed=9)
    found = Answers(tmp_path, plan)
    assert found.everyone() == [] and found.foreign == 20


def test_a_full_disk_loses_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(tmp_path, n=8, raters=1)
    study = opened(tmp_path)
    token = study.join(None)["token"]
    study.answer(token, given(0))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("equipoise.disk.put", full)
        with pytest.raises(RunError, match="No space left"):
            study.answer(token, given(1))
    assert study.answer(token, given(1))["done"] == 2, "the page sends it again"
    assert [json.loads(line)["trial"] for line in (tmp_path / "answers.jsonl").read_text().splitlines()] == [0, 1]


def test_pictures_by_their_names_alone(tmp_path: Path) -> None:
    plan = kept(tmp_path, n=8, raters=1)
    study = opened(tmp_path)
    assert study.picture(plan.items[0].id).startswith(b"\x89PNG")
    assert len({len(study.picture(item.id)) for item in plan.items}) == 1
    for name in ("", "../plan.json", "0" * 16, plan.items[0].id.upper() + " "):
        with pytest.raises(RefusedError):
            study.picture(name)
