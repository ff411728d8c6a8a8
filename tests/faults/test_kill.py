"""Killed and resumed, a run ends as if nothing had happened. A few of the cases of benchmarks/faults.py, which does all."""

import json
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from broken_disk import damage, full_at
from killable import EVERY, EVERYTHING, EXTRAGRADIENT, Rig, differences, in_save, killed_after, remains, wait

from equipoise import checkpoint, recipe
from equipoise.penalties import PENALTIES
from equipoise.pieces import Trick
from equipoise.tricks import TRICKS

KILLED = -signal.SIGKILL
slow = pytest.mark.slow  # more of the same


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    """The run with everything, never disturbed."""
    folder = tmp_path_factory.mktemp("unbroken")
    (folder / "everything.yaml").write_text(EVERYTHING)
    rig = Rig(folder / "everything.yaml", folder / "run")
    assert rig.finish() == 0, rig.said()
    return rig


@pytest.fixture
def rig(unbroken: Rig, tmp_path: Path) -> Rig:
    """A new run of the same recipe."""
    return Rig(unbroken.recipe, tmp_path / "run")


def test_the_recipe_plays_with_every_piece_that_has_a_state(tmp_path: Path) -> None:
    pieces = {**TRICKS, **PENALTIES}
    stateful = {name for name, piece in pieces.items() if piece.state is not Trick.state}
    (tmp_path / "everything.yaml").write_text(EVERYTHING)
    found = recipe.resolve(recipe.read(tmp_path / "everything.yaml"))
    assert stateful <= {*found.tricks, *found.penalties} and len(stateful) > 5


@pytest.mark.parametrize(
    ("operation", "torn"), [(6, False), pytest.param(3, True, marks=slow), pytest.param(8, False, marks=slow)]
)
def test_killed_inside_a_save(rig: Rig, unbroken: Rig, operation: int, torn: bool) -> None:
    """Before the new name, in the middle of the weights, after the new name; benchmarks/faults.py tries every operation."""
    assert rig.finish(in_save(2, operation, torn)) == KILLED
    assert rig.newest() == (2 * EVERY if operation == 8 else EVERY)
    assert rig.finish() == 0, rig.said()
    assert differences(rig.out, unbroken.out) == []


@slow
def test_killed_between_the_last_save_and_the_end_nothing_is_kept_too_long(rig: Rig, unbroken: Rig) -> None:
    """The resume has no step to do, only what was not tidied up."""
    assert rig.finish(in_save(4, 9)) == KILLED
    assert rig.newest() == 4 * EVERY and differences(rig.out, unbroken.out) != []
    assert rig.finish() == 0, rig.said()
    assert differences(rig.out, unbroken.out) == []


@slow
def test_killed_at_random_moments(rig: Rig, unbroken: Rig) -> None:
    rng = random.Random(0)
    codes = [killed_after(rig, rng.uniform(0.1, 0.8)) for _ in range(4)]
    assert KILLED in codes
    if (rig.out / "recipe.yaml").exists():
        assert rig.reached() - (rig.newest() or 0) <= EVERY
    assert rig.finish() == 0, rig.said()
    assert differences(rig.out, unbroken.out) == []


def test_the_comparison_can_fail(rig: Rig, unbroken: Rig) -> None:
    rig.recipe = rig.out.with_suffix(".yaml")
    rig.recipe.write_text(EVERYTHING.replace("steps: 12", "steps: 6"))
    assert rig.finish() == 0, rig.said()
    found = differences(rig.out, unbroken.out)
    assert "differs: recipe.yaml" in found and "differs: signals.jsonl" in found


@slow
def test_the_extragradient_too(tmp_path: Path) -> None:
    (tmp_path / "game.yaml").write_text(EXTRAGRADIENT)
    one, two = (Rig(tmp_path / "game.yaml", tmp_path / name) for name in ("one", "two"))
    assert one.finish() == 0, one.said()
    assert two.finish(in_save(3, 5)) == KILLED
    assert two.finish() == 0, two.said()
    assert differences(two.out, one.out) == []


# ------------------------------------------------------------------------------------------- damage, and other visitors


@slow
def test_a_damaged_newest_checkpoint_is_named_and_the_run_ends_the_same(rig: Rig, unbroken: Rig) -> None:
    assert rig.finish(in_save(3, 1)) == KILLED
    newest = rig.out / "checkpoints" / checkpoint.name(2 * EVERY)
    good = {p.name: p.read_bytes() for p in newest.iterdir()}
    for name, data in damage(random.Random(3), good, good).items():
        (newest / name).unlink() if data is None else (newest / name).write_bytes(data)
    assert rig.newest() == EVERY
    rig.quiet = ()
    assert rig.finish() == 0, rig.said()
    assert f"{checkpoint.name(2 * EVERY)}/state" in rig.said() and "is used instead" in rig.said()
    assert differences(rig.out, unbroken.out) == []


def test_without_any_good_checkpoint_nothing_is_started_anew(rig: Rig) -> None:
    assert rig.finish(in_save(2, 1)) == KILLED
    (rig.out / "checkpoints" / checkpoint.name(EVERY) / "state.json").write_text("{}")
    before = (rig.out / "signals.jsonl").read_bytes()
    assert rig.finish() == 2
    assert "no checkpoint can be read" in rig.said() and rig.said().count("\n") == 1
    assert (rig.out / "signals.jsonl").read_bytes() == before


def test_a_second_process_is_refused_and_disturbs_nothing(rig: Rig, unbroken: Rig) -> None:
    pid = rig.start()
    until = time.monotonic() + 60
    while rig.reached() == 0 and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(pid, signal.SIGSTOP)
    try:
        assert Rig(rig.recipe, rig.out).finish() == 2
        assert f"is in use by process {pid}" in rig.said()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert wait(pid) == 0
    assert differences(rig.out, unbroken.out) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=slow)])
def test_asked_to_stop_it_saves_and_says_how_to_go_on(rig: Rig, unbroken: Rig, number: signal.Signals) -> None:
    pid = rig.start()
    until = time.monotonic() + 60
    while rig.reached() == 0 and time.monotonic() < until:
        time.sleep(0.01)
    os.kill(pid, number)
    assert wait(pid) == 128 + number
    assert f"go on with: equipoise resume {rig.out}" in rig.said()
    assert rig.newest() == rig.reached()
    assert rig.finish() == 0, rig.said()
    assert states(rig) == states(unbroken)


def states(rig: Rig) -> tuple[bytes, list[bytes]]:
    """The last weights and sample grids: the records differ by one checkpoint more."""
    newest = rig.out / "checkpoints" / checkpoint.name(rig.newest() or 0)
    return (newest / "state.safetensors").read_bytes(), [p.read_bytes() for p in sorted((rig.out / "samples").iterdir())]


# ------------------------------------------------------------------------------------------------------- a full disk


def full_in_saves(*numbers: int) -> None:
    """Within this process the disk is full in the saves of these numbers (1, 2, ...)."""
    saves, save = 0, checkpoint.save

    def counted(*args: Any, **kwargs: Any) -> Path:
        nonlocal saves
        saves += 1
        with pytest.MonkeyPatch.context() as patch:
            if saves in numbers:
                full_at(2, patch.setattr)
            return save(*args, **kwargs)

    checkpoint.save = counted


@slow
def test_a_save_without_room_costs_one_warning_and_no_step(rig: Rig, unbroken: Rig) -> None:
    assert rig.finish(lambda: full_in_saves(2)) == 0, rig.said()
    assert states(rig) == states(unbroken)
    assert not list(rig.out.rglob("*.part"))


def test_three_saves_without_room_end_the_run_with_the_last_good_one(rig: Rig, unbroken: Rig) -> None:
    assert rig.finish(lambda: full_in_saves(2, 3, 4)) == 2
    assert "no space left on the disk of" in rig.said() and rig.said().count("\n") == 1
    assert rig.newest() == EVERY
    assert rig.finish() == 0, rig.said()
    assert differences(rig.out, unbroken.out) == []


@slow
def test_a_disk_that_is_full_for_a_while_costs_pictures_and_a_checkpoint_but_no_step_and_no_record(
    rig: Rig, unbroken: Rig
) -> None:
    """From the first checkpoint until after the second: records wait in memory, and come later."""
    rig.quiet = ()
    assert rig.finish(lambda: full_at(31, times=7)) == 0, rig.said()
    assert f"warning: no pictures of step {2 * EVERY} (No space left on device)" in rig.said()
    assert f"Training goes on; the checkpoint of step {EVERY} stands" in rig.said()
    mine, theirs = remains(rig.out), remains(unbroken.out)
    assert [name for name in theirs if mine.get(name, theirs[name]) != theirs[name]] == []
    assert {Path(name).name for name in theirs.keys() - mine.keys()} == {"raw-0000006.png", "ema-0000006.png"}


def test_records_are_json_lines_with_each_step_once(unbroken: Rig) -> None:
    steps = [json.loads(line)["step"] for line in (unbroken.out / "signals.jsonl").read_text().splitlines()]
    assert steps == list(range(1, 13))
