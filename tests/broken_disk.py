"""A disk that fails on purpose: each operation of equipoise.disk counted, recorded, refused, or the last of a process."""

import errno
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from equipoise import disk

OPERATIONS = ("put", "sync", "rename", "sync_folder", "make", "cut", "remove")
Set = Callable[[Any, str, Any], None]


def around(wrapper: Callable[..., Any], put: Set = setattr) -> None:
    """Call `wrapper(name, operation, target, *rest)` in the place of each disk operation; `put` may be monkeypatch.setattr."""
    for name in OPERATIONS:
        operation = getattr(disk, name)
        put(disk, name, lambda *args, name=name, operation=operation: wrapper(name, operation, *args))


def record(put: Set = setattr) -> list[tuple[str, str]]:
    """What is done from now on: (operation, name of the file or folder)."""
    done: list[tuple[str, str]] = []

    def wrapper(name: str, operation: Any, target: Any, *rest: Any) -> None:
        operation(target, *rest)
        done.append((name, Path(target.name).name))  # of an open file or a path

    around(wrapper, put)
    return done


def kill_at(n: int, torn: bool = False, put: Set = setattr) -> None:
    """SIGKILL to this process after its n-th operation (1, 2, ...) from now; `torn`: in the middle of it, if it writes."""
    done = 0

    def wrapper(name: str, operation: Any, target: Any, *rest: Any) -> None:
        nonlocal done
        done += 1
        if done == n and torn and name == "put":
            target.write(rest[0][: len(rest[0]) // 2])
        elif not (done == n and torn):
            operation(target, *rest)
        if done == n:
            os.kill(os.getpid(), signal.SIGKILL)

    around(wrapper, put)


def full_at(n: int, put: Set = setattr, number: int = errno.ENOSPC, times: int = 1) -> list[str]:
    """The n-th operation from now that needs room (and the next ones, `times` in all) fails half done, as on a full disk.

    What failed is in the list.
    """
    done = 0
    failed: list[str] = []

    def wrapper(name: str, operation: Any, target: Any, *rest: Any) -> None:
        nonlocal done
        needs_room = name not in ("remove", "cut")
        done += needs_room
        if n <= done < n + times and needs_room:
            failed.append(name)
            if name == "put":
                target.write(rest[0][: len(rest[0]) // 2])
            raise OSError(number, os.strerror(number))
        operation(target, *rest)

    around(wrapper, put)
    return failed


def in_child(work: Callable[[], Any]) -> int:
    """Do the work in a forked process; its exit status, -9 where it was killed."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def damage(rng: random.Random, good: dict[str, bytes], other: dict[str, bytes]) -> dict[str, bytes | None]:
    """Both files of a checkpoint, one of them damaged in one of the ways in which disks and people damage files."""
    file = rng.choice(list(good))
    data = bytearray(good[file])
    kind = rng.choice(["bits", "cut", "zeroed page", "empty", "missing", "of another", "swapped", "doubled"])
    if kind == "bits":
        for _ in range(rng.choice([1, 1, 1, 8])):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == "cut":
        del data[rng.randrange(len(data)) :]
    elif kind == "zeroed page":
        start = rng.randrange(0, len(data), 512)
        page = data[start : start + 512]
        data[start : start + 512] = bytes(len(page))
    elif kind == "empty":
        data.clear()
    elif kind == "of another":
        data[:] = other[file]
    elif kind == "swapped":
        return dict(zip(good, reversed(good.values()), strict=True))
    elif kind == "doubled":
        data += bytes(data)
    return {**good, file: None if kind == "missing" else bytes(data)}
