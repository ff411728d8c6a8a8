import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from broken_disk import full_at, in_child, kill_at, record
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equipoise.errors import RunError
from equipoise.history import History

RECORDS: list[dict[str, Any]] = [{"step": s, "d_loss": s / 3, "words": 'a\n"ü"', "list": [{}, []]} for s in (10, 20, 30)]


def written(path: Path, records: list[dict[str, Any]]) -> bytes:
    history = History(path)
    for one in records:
        history.append(one)
    history.close()
    return path.read_bytes()


def test_records_come_back_from_lines_that_any_json_reader_reads(tmp_path: Path) -> None:
    data = written(tmp_path / "signals.jsonl", RECORDS)
    assert list(History(tmp_path / "signals.jsonl").read()) == RECORDS
    assert [json.loads(line) for line in data.decode().splitlines()] == RECORDS


def test_a_file_that_is_not_there_holds_no_records(tmp_path: Path) -> None:
    history = History(tmp_path / "signals.jsonl")
    assert list(history.read()) == []
    history.truncate_after(3)
    history.sync()
    assert list(tmp_path.iterdir()) == []


def test_numbers_that_json_does_not_know(tmp_path: Path) -> None:
    history = History(tmp_path / "h.jsonl")
    history.append({"step": 1, "d_loss": math.nan, "g_loss": -math.inf})
    assert json.loads((tmp_path / "h.jsonl").read_text()) == {"step": 1, "d_loss": "NaN", "g_loss": "-Infinity"}
    (one,) = history.read()
    assert math.isnan(one["d_loss"]) and one["g_loss"] == -math.inf


def test_each_append_is_seen_by_others_at_once(tmp_path: Path) -> None:
    writer, reader = History(tmp_path / "h.jsonl"), History(tmp_path / "h.jsonl")
    for n in range(3):
        writer.append({"step": n})
        assert [r["step"] for r in reader.read()] == list(range(n + 1))


def test_appending_waits_for_no_disk_and_sync_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = record(monkeypatch.setattr)
    history = History(tmp_path / "h.jsonl")
    history.append({"step": 1})
    history.append({"step": 2})
    assert [name for name, _ in done] == ["put", "put"]
    history.sync()
    assert [name for name, _ in done] == ["put", "put", "sync"]


def test_torn_at_every_byte_only_the_torn_record_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    whole = written(path, RECORDS)
    ends = [i for i, byte in enumerate(whole) if byte == ord("\n")]
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        kept = RECORDS[: sum(size >= end for end in ends)]  # whole but for the end of its line is whole
        history = History(path)
        assert list(history.read()) == kept and history.damaged == 0
        history.append({"step": 99})
        assert list(history.read()) == [*kept, {"step": 99}] and history.damaged == 0
        history.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.binary(min_size=1, max_size=40).filter(lambda b: b"{" not in b), st.integers(0, 2))
def test_damage_in_the_middle_is_counted_and_costs_only_its_lines(tmp_path: Path, rubbish: bytes, after: int) -> None:
    path = tmp_path / "h.jsonl"
    lines = written(path, RECORDS[:]).splitlines(keepends=True)
    lines.insert(after, rubbish + b"\n")
    path.write_bytes(b"".join(lines))
    history = History(path)
    assert list(history.read()) == RECORDS
    assert history.damaged == rubbish.count(b"\n") + 1
    path.unlink()


def test_a_zeroed_page_and_records_that_are_no_objects_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_bytes(b'{"step":1}\n' + bytes(50) + b'\n[1]\n7\n"x"\n{"step":2}\n' + bytes(9))
    history = History(path)
    assert [r["step"] for r in history.read()] == [1, 2] and history.damaged == 4


def test_after_a_resume_no_step_is_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    written(path, [{"step": s} for s in (5, 10, 15, 20)] + [{"about": "no step"}])
    history = History(path)
    history.append({"step": 25})
    history.truncate_after(10)
    history.append({"step": 15})
    assert list(history.read()) == [{"step": 5}, {"step": 10}, {"about": "no step"}, {"step": 15}]


def test_truncating_removes_what_is_damaged_and_touches_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "h.jsonl"
    good = written(path, RECORDS)
    path.write_bytes(b"rubbish\n" + good + b'{"step":')
    History(path).truncate_after(30)
    assert path.read_bytes() == good
    done = record(monkeypatch.setattr)
    History(path).truncate_after(30)
    assert done == []


def test_killed_while_truncating_there_is_the_old_or_the_new(tmp_path: Path) -> None:
    path, code, n = tmp_path / "h.jsonl", -9, 0
    while code == -9:
        n += 1
        old = written(path, RECORDS) if not path.exists() else b""
        path.write_bytes(old := old or b"".join(json.dumps(r).encode() + b"\n" for r in RECORDS))

        def work(n: int = n) -> None:
            kill_at(n)
            History(path).truncate_after(20)

        code = in_child(work)
        assert list(History(path).read()) in (RECORDS, RECORDS[:2])
    assert code == 0 and n == 5 and list(History(path).read()) == RECORDS[:2]


def test_killed_in_the_middle_of_an_append(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    written(path, RECORDS[:2])

    def work() -> None:
        kill_at(1, torn=True)
        History(path).append(RECORDS[2])

    assert in_child(work) == -9
    history = History(path)
    assert list(history.read()) == RECORDS[:2]
    history.append(RECORDS[2])
    assert list(history.read()) == RECORDS and history.damaged == 0


def test_on_a_full_disk_records_wait_and_none_is_torn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "h.jsonl"
    history = History(path)
    history.append(RECORDS[0])
    with monkeypatch.context() as patch:
        failed = full_at(1, patch.setattr)
        history.append(RECORDS[1])
        assert failed == ["put"]
    assert path.read_bytes().endswith(b"\n") and list(history.read()) == RECORDS[:1]
    history.append(RECORDS[2])
    assert list(history.read()) == RECORDS


def test_a_disk_that_stays_full_is_said_by_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(tmp_path / "h.jsonl")
    with monkeypatch.context() as patch:
        full_at(1, patch.setattr)
        history.append(RECORDS[0])
    with monkeypatch.context() as patch:
        full_at(1, patch.setattr)
        with pytest.raises(RunError, match=r"h.jsonl: can't be written \(No space left on device\)"):
            history.sync()
    history.sync()
    assert list(history.read()) == RECORDS[:1]


def test_a_folder_in_its_place_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="can't be read"):
        list(History(tmp_path).read())
    history = History(tmp_path)
    history.append({"step": 1})
    with pytest.raises(RunError, match="can't be written"):
        history.sync()


def test_a_history_is_read_without_torch() -> None:
    code = "import sys, equipoise.history; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
