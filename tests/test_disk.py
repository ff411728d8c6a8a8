import errno
import os
from pathlib import Path

import pytest
from broken_disk import full_at, in_child, kill_at, record

from equipoise import disk


def test_atomic_write_syncs_the_file_before_the_name_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = record(monkeypatch.setattr)
    disk.atomic_write(tmp_path / "a.json", b"new")
    assert done == [("put", "a.json.part"), ("sync", "a.json.part"), ("rename", "a.json.part"), ("sync_folder", tmp_path.name)]
    assert (tmp_path / "a.json").read_bytes() == b"new"


@pytest.mark.parametrize("torn", [False, True])
def test_killed_at_any_operation_there_is_the_old_file_or_the_new_one(tmp_path: Path, torn: bool) -> None:
    file, n, seen = tmp_path / "a", 0, set()
    code = -9
    while code == -9:
        n += 1
        file.write_bytes(b"old content")

        def work(n: int = n) -> None:
            kill_at(n, torn)
            disk.atomic_write(file, b"the new content")

        code = in_child(work)
        seen.add(file.read_bytes())
        assert file.read_bytes() in (b"old content", b"the new content"), f"after operation {n}"
        disk.remove_leftovers(tmp_path)
        assert [p.name for p in tmp_path.iterdir()] == ["a"]
    assert code == 0 and n == 5  # four operations, then one that nothing stopped
    assert seen == {b"old content", b"the new content"}


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    for n in (1, 2, 3):  # before the new name counts
        file.write_bytes(b"old")
        with monkeypatch.context() as patch:
            failed = full_at(n, patch.setattr)
            with pytest.raises(OSError, match="No space left"):
                disk.atomic_write(file, b"the new content")
        assert failed
        assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a": b"old"}


def test_a_write_that_takes_a_part_goes_on_with_the_rest() -> None:
    class Slow:
        taken = b""

        def write(self, data: bytes) -> int:
            self.taken += bytes(data[:3])
            return min(3, len(data))

    slow = Slow()
    disk.put(slow, b"0123456789")  # type: ignore[arg-type]
    assert slow.taken == b"0123456789"


def test_folders_are_made_and_synced_from_the_top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = record(monkeypatch.setattr)
    disk.make_folder(tmp_path / "a" / "b")
    assert done == [("make", "a"), ("sync_folder", tmp_path.name), ("make", "b"), ("sync_folder", "a")]
    done.clear()
    disk.make_folder(tmp_path / "a" / "b")
    assert done == []


def test_file_systems_that_can_not_sync_folders_are_forgiven_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(number: int) -> None:
        def fsync(_: int) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", fsync)

    fails(errno.EINVAL)
    disk.sync_folder(tmp_path)
    fails(errno.EIO)
    with pytest.raises(OSError, match="Input/output"):
        disk.sync_folder(tmp_path)


def test_a_folder_loses_its_name_before_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "step-0000001"
    folder.mkdir()
    (folder / "x").write_bytes(b"x")
    done = record(monkeypatch.setattr)
    disk.discard(folder)
    assert done[-2:] == [("rename", "step-0000001"), ("remove", "step-0000001.part")]
    assert list(tmp_path.iterdir()) == []


def test_discarding_what_can_not_be_removed_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(errno.EACCES, "no", str(path))

    monkeypatch.setattr(disk, "remove", refuse)
    disk.discard(tmp_path)
    assert tmp_path.exists()


def test_links_are_removed_not_what_they_point_to(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    disk.remove(tmp_path / "link")
    assert [p.name for p in tmp_path.iterdir()] == ["precious"]
    disk.remove(tmp_path / "never was")
