"""Runs of the clinic: kept once, never half, and the same whether played alone or side by side."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from equipoise import plain_json
from equipoise.clinic import cohort, play
from equipoise.clinic.trial import Arm, Trial
from equipoise.clinic.wards import WARDS
from equipoise.history import History

TINY: dict[str, Any] = {
    "steps": 4,
    "batch": 8,
    "log_every": 2,
    "network.hidden": 8,
    "checkpoints": {"every_steps": 100},
    "exams": {"every_steps": 0},
}
UNTREATED = Arm("untreated", "as it is")
ALONE = Arm("alone", "one by one", alone=True)


def trial(ward: str = "ring/r1", *arms: Arm, seeds: int = 2, **settings: Any) -> Trial:
    return Trial(ward, arms or (UNTREATED,), seeds, {**TINY, **settings})


def played(work: Path, *trials: Trial) -> list[str]:
    """Run them; what was said."""
    said: list[str] = []
    play.run(play.jobs(trials), work, 1, said.append)
    return said


def never(*_: Any, **__: Any) -> Any:
    raise AssertionError("this was played already")


def test_what_is_kept_is_not_played_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = trial("ring/r1", UNTREATED, ALONE)
    said = played(tmp_path, both)
    assert len(said) == 1 + 4 and said[0] == "0 of 3 jobs are done already"
    outcomes = play.kept([both], tmp_path)
    assert [(o.arm, o.seed) for o in outcomes] == [("untreated", 0), ("untreated", 1), ("alone", 0), ("alone", 1)]
    assert all(o.steps == 4 and o.numbers["of"] == 8 and "d_loss" in o.numbers for o in outcomes)
    monkeypatch.setattr(cohort, "play", never)
    monkeypatch.setattr(play.api, "fit", never)
    assert played(tmp_path, both) == ["3 of 3 jobs are done already"]
    with pytest.raises(AssertionError, match="played already"):
        played(tmp_path, replace(both, seeds=3))


def test_side_by_side_or_alone_the_same_comes_of_a_seed(tmp_path: Path) -> None:
    both = trial("ring/r1", UNTREATED, ALONE)
    played(tmp_path, both)
    together, alone = (play.kept([replace(both, arms=(arm,))], tmp_path) for arm in both.arms)
    for a, b in zip(together, alone, strict=True):
        for name in ("found", "energy", "frechet", "d_loss", "g_loss", "d_real", "accuracy_fake"):
            assert a.numbers[name] == pytest.approx(b.numbers[name], rel=1e-3, abs=1e-4)
        assert a.healthy == b.healthy


def test_a_changed_arm_is_another_folder() -> None:
    def place(arm: Arm, **settings: Any) -> Path:
        return play.folder(Path(), ("ring/r1", arm, (), settings), 0)

    slower = Arm("untreated", "", {"optimizer.lr": 0.1})
    arms = [
        UNTREATED,
        slower,
        replace(UNTREATED, treat=True),
        replace(UNTREATED, treat=("r1",)),
        replace(UNTREATED, seed_shift=9),
    ]
    assert len({place(arm) for arm in arms}) == len(arms)
    assert place(UNTREATED, steps=5) != place(UNTREATED)
    assert place(replace(UNTREATED, about="other words")) == place(UNTREATED)
    assert len(place(Arm("d-rate/4", "")).parts) == 4, "a name is one folder, whatever is in it"


def test_half_a_run_is_played_anew(tmp_path: Path) -> None:
    one = trial(seeds=1)
    place = play.folder(tmp_path, ("ring/r1", UNTREATED, (0,), one.settings), 0)
    place.mkdir(parents=True)
    (place / "actions.jsonl").write_text('{"step": 1, "action": "treat"}\n')
    assert play.kept([one], tmp_path) == []
    played(tmp_path, one)
    assert play.kept([one], tmp_path)[0].steps == 4
    assert not (place / "actions.jsonl").exists()
    (place / "signals.jsonl").unlink()
    assert play.kept([one], tmp_path) == [], "without its curves it is half a run"


def test_a_run_that_was_stopped_is_no_outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play.api, "fit", lambda *_, **__: SimpleNamespace(stopped_by=2))
    with pytest.raises(KeyboardInterrupt):
        played(tmp_path, trial("ring/r1", ALONE))
    assert play.kept([trial("ring/r1", ALONE)], tmp_path) == []


@pytest.mark.parametrize("arm", [UNTREATED, ALONE])
def test_numbers_that_break_are_an_outcome(arm: Arm, tmp_path: Path) -> None:
    broken = trial("ring/no-lipschitz", arm, steps=60)
    said = played(tmp_path, broken)
    for outcome in play.kept([broken], tmp_path):
        assert outcome.diverged and not outcome.healthy
        assert 0 < outcome.steps < 60 and "energy" not in outcome.numbers
    assert "diverged" in said[-1]


def test_each_run_is_asked_for_once() -> None:
    few, many = trial(seeds=2), trial(seeds=3)
    assert [job[2] for job in play.jobs([few, many, few])] == [(0, 1, 2)]
    assert [job[2] for job in play.jobs([trial("ring/r1", ALONE, seeds=3)])] == [(0,), (1,), (2,)]


@pytest.mark.parametrize(
    ("ward", "arm"),
    [
        ("ring/r1", ALONE),
        ("ring/r1", Arm("treated", "", treat=True)),
        ("ring/swapped-labels", UNTREATED),
        ("mnist/r1", UNTREATED),
        ("ring/r1", Arm("matching", "", {"tricks.feature_matching": {}})),
    ],
)
def test_what_can_not_be_played_side_by_side(ward: str, arm: Arm) -> None:
    assert play.as_recipe(WARDS[ward], UNTREATED, {}) is not None or ward != "ring/r1"
    assert play.as_recipe(WARDS[ward], arm, {}) is None


def test_an_arm_changes_no_ward() -> None:
    before = plain_json.dumps(WARDS["ring/r1"].base)
    play.mapping_of(WARDS["ring/r1"], Arm("x", "", {"optimizer.lr": 7.0, "penalties.r1": False}), 0, {"data.std": 0.5})
    assert plain_json.dumps(WARDS["ring/r1"].base) == before
    recipe, given = play.mapping_of(WARDS["ring/r1"], Arm("x", "", treat=("r1",), seed_shift=5), 1, {})
    assert (recipe["treat"], recipe["penalties"], given["seed"]) == (["r1"], {"r1": {"weight": 0.1}}, 6)


def test_treated_runs_keep_what_was_done(tmp_path: Path) -> None:
    treated = trial("ring/swapped-labels", Arm("treated", "", treat=True), seeds=1, steps=60)
    played(tmp_path, treated)
    (outcome,) = play.kept([treated], tmp_path)
    done = play.actions(play.folder(tmp_path, ("ring/swapped-labels", treated.arms[0], (), treated.settings), 0))
    assert outcome.numbers["actions"] == sum(action["action"] == "treat" for action in done)


@pytest.mark.slow
def test_processes_play_what_one_does(tmp_path: Path) -> None:
    both = trial("ring/r1", ALONE)
    played(tmp_path / "one", both)
    play.run(play.jobs([both]), tmp_path / "two", 2, lambda line: None)
    for a, b in zip(play.kept([both], tmp_path / "one"), play.kept([both], tmp_path / "two"), strict=True):
        assert a.numbers == b.numbers
    job = ("ring/r1", ALONE, (), both.settings)
    records = [list(History(play.folder(tmp_path / w, job, 1) / "signals.jsonl").read("d_loss")) for w in ("one", "two")]
    assert [r["d_loss"] for r in records[0]] == [r["d_loss"] for r in records[1]]
