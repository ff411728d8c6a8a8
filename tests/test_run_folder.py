import errno
import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from broken_disk import full_at, in_child, kill_at

from equipoise import disk, environment
from equipoise.errors import RunError
from equipoise.run_folder import RunFolder

RECIPE, DATA = "name: ring\n", {"name": "ring", "shape": [2], "range": None, "length": 8, "facts": {}}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(environment, "describe", lambda: {"torch": "2.13.0"})  # git and the like take their time


def create(out: str | Path | None = "run", name: str = "ring") -> RunFolder:
    run = RunFolder.new(out, name)
    with run.created(RECIPE, DATA):
        pass
    return run


def names(folder: Path = Path()) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


# ---------------------------------------------------------------------------------------------------- a new one


def test_a_new_run_has_the_layout_of_the_design() -> None:
    run = create("deep/er/run")
    assert names(run.path) == ["checkpoints", "data.json", "environment.json", "lock", "recipe.yaml", "samples"]
    assert run.recipe.read_text() == RECIPE and run.data_facts() == DATA
    assert run.environment_facts() == {"torch": "2.13.0"}
    assert (run.signals.name, run.evaluations.name, run.report.name) == ("signals.jsonl", "evaluations.jsonl", "report.html")


def test_without_a_folder_given_runs_are_numbered() -> None:
    assert [str(create(None).path) for _ in range(3)] == ["runs/ring", "runs/ring-2", "runs/ring-3"]
    assert str(create(None, "../my rings/4").path) == "runs/my-rings-4"
    assert str(create(None, "...").path) == "runs/run"


def test_a_second_run_in_the_same_folder_is_refused() -> None:
    create()
    before = {p: p.read_bytes() for p in Path("run").iterdir() if p.is_file()}
    with pytest.raises(RunError, match="run: holds a run already; go on with: equipoise resume run, or give another --out"):
        RunFolder.new("run", "ring")
    assert before == {p: p.read_bytes() for p in Path("run").iterdir() if p.is_file()}


@pytest.mark.parametrize("content", ["thesis.tex", "samples", "data.json", "movie.part", "samples/a.png", "checkpoints/lock"])
@pytest.mark.parametrize("beside", [None, "lock"])
def test_a_folder_with_other_things_in_it_is_refused_and_left_alone(content: str, beside: str | None) -> None:
    file = Path("run", content)
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    if beside:
        Path("run", beside).touch()
    if beside and content in ("data.json", "movie.part"):  # what a run leaves that was killed as it began
        RunFolder.new("run", "ring")
    else:
        with pytest.raises(RunError, match=rf"run: is not empty \(it holds {content.split('/')[0]}\)"):
            RunFolder.new("run", "ring")
    assert file.read_text() == "mine"


def test_an_empty_folder_will_do() -> None:
    Path("run").mkdir()
    assert create().recipe.exists()


def test_a_file_in_the_way_is_one_line() -> None:
    Path("file").write_text("mine")
    for out in ("file", "file/run"):
        with pytest.raises(RunError, match=r"can't be written \(Not a directory\)|can't be written \(File exists\)"):
            RunFolder.new(out, "ring")
    assert Path("file").read_text() == "mine"


@pytest.mark.parametrize("operation", ["make", "put"])
def test_a_folder_that_can_not_be_written_is_one_line(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(disk, operation, refuse)
    with pytest.raises(RunError, match=r"^run: can't be written \(Permission denied\)$"):
        create()
    assert names() == []


def test_what_fails_after_the_folder_was_made_leaves_nothing_behind() -> None:
    for existing in (False, True):
        if existing:
            Path("run").mkdir()
        run = RunFolder.new("run", "ring")
        with pytest.raises(ZeroDivisionError), run.created(RECIPE, DATA):
            (run.samples / "real.png").write_bytes(b"half")
            run.signals.write_text("{}\n")
            raise ZeroDivisionError
        assert names() == (["run"] if existing else []), "a folder that was there before stays, empty"
        assert not existing or names(Path("run")) == []


def test_a_full_disk_at_any_operation_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(1, 40):
        with monkeypatch.context() as patch:
            failed = full_at(n, patch.setattr)
            try:
                create()
            except RunError as error:
                assert str(error) == "run: can't be written (No space left on device)"
                assert names() == [], f"operation {n}, {failed}"
            else:
                assert not failed or failed == ["sync_folder"]
                return
    raise AssertionError


def test_killed_at_any_operation_the_folder_is_a_run_or_can_be_used_for_one(tmp_path: Path) -> None:
    n, code = 0, -9
    while code == -9:
        n += 1
        out = tmp_path / str(n)

        def work(out: Path = out, n: int = n) -> None:
            kill_at(n)
            create(out)

        code = in_child(work)
        if (out / "recipe.yaml").exists():
            run = RunFolder.open(out)
            with run.locked():
                assert run.data_facts() == DATA and run.environment_facts()
        else:
            run = create(out)
        assert names(run.path) == ["checkpoints", "data.json", "environment.json", "lock", "recipe.yaml", "samples"]
    assert code == 0 and n > 12


# --------------------------------------------------------------------------------------------------- an old one


def test_only_a_run_can_be_opened() -> None:
    assert RunFolder.open(create("runs/rings").path).recipe.exists()
    with pytest.raises(RunError, match=r"runs/ring: there is no such run folder \(did you mean 'rings'"):
        RunFolder.open("runs/ring")
    with pytest.raises(RunError, match=r"nowhere/ring: there is no such run folder$"):
        RunFolder.open("nowhere/ring")
    with pytest.raises(RunError, match="runs: is not a run folder"):
        RunFolder.open("runs")


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b"[" * 100_000])
def test_a_damaged_data_json_is_one_line(content: bytes) -> None:
    run = create()
    run.data.write_bytes(content)
    with pytest.raises(RunError, match=r"run/data\.json: "):
        run.data_facts()


def test_another_recipe_takes_the_place_of_the_old_one() -> None:
    run = create()
    run.write_recipe("name: grid\n")
    assert run.recipe.read_text() == "name: grid\n"


# ------------------------------------------------------------------------------------------------------- the lock


def forked(work: Callable[[], Any]) -> int:
    pid = os.fork()
    if not pid:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def holding(run: RunFolder, ready: Path) -> int:
    """The number of another process that has the lock, until it is killed."""

    def work() -> None:
        with run.locked():
            ready.touch()
            time.sleep(60)

    pid = forked(work)
    until = time.monotonic() + 20
    while not ready.exists() and time.monotonic() < until:
        time.sleep(0.005)
    assert ready.exists()
    return pid


def test_a_second_process_is_refused_by_number_until_the_first_is_killed(tmp_path: Path) -> None:
    run = create()
    pid = holding(run, tmp_path / "ready")
    try:
        with pytest.raises(RunError, match=rf"^run: is in use by process {pid} \(on .*, since 20.*\)"), run.locked():
            pass
        assert json.loads(run.lock.read_text())["pid"] == pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    with run.locked():
        assert json.loads(run.lock.read_text())["pid"] == os.getpid()
    with run.locked():  # and again, once given back
        pass


def test_a_run_is_locked_while_it_is_created() -> None:
    run = RunFolder.new("run", "ring")
    with run.created(RECIPE, DATA), pytest.raises(RunError, match="is in use by process"), RunFolder("run").locked():
        pass


def test_two_that_want_the_same_empty_folder_do_not_both_get_it() -> None:
    one, two = RunFolder.new("run", "ring"), RunFolder.new("run", "ring")
    with one.created(RECIPE, DATA):
        with pytest.raises(RunError, match="is in use"), two.created("name: other\n", DATA):
            pass
        assert one.recipe.read_text() == RECIPE
    with pytest.raises(RunError, match="holds a run already"), two.created("name: other\n", DATA):
        pass
    assert one.recipe.read_text() == RECIPE


def test_who_has_the_lock_removes_what_a_killed_process_left() -> None:
    run = create()
    for folder in (run.path, run.samples, run.checkpoints):
        (folder / f"x{disk.PART}").write_bytes(b"half")
    (run.checkpoints / f"step-0000003{disk.PART}").mkdir()
    (run.checkpoints / f"step-0000003{disk.PART}" / "state.json").write_bytes(b"half")
    with run.locked():
        assert not list(run.path.rglob(f"*{disk.PART}"))
    assert run.recipe.exists()


def test_a_file_system_without_locks_is_said_and_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    run = create()
    monkeypatch.setattr("fcntl.flock", flock)
    with pytest.warns(UserWarning, match="has no locks"), run.locked():
        pass


def test_a_run_in_a_folder_that_can_not_be_written_is_one_line() -> None:
    run = create()
    run.lock.unlink()
    run.lock.mkdir()
    with pytest.raises(RunError, match=r"run: can't be written \(Is a directory\)"), run.locked():
        pass
