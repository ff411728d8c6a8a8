"""The few disk operations that everything durable goes through.

Each operation is one function, and its callers look it up in this module when they call it: so a test can count them,
end the process after the n-th, or make one fail, without a hook in the product. All of them raise OSError.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import BinaryIO

PART = ".part"  # ends the name of what is not complete yet; a leftover of it can be removed by whoever has the lock

# ------------------------------------------------------------------------------------------------ one operation each


def put(file: BinaryIO, data: bytes) -> None:
    """Write all of the data."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def sync(file: BinaryIO) -> None:
    """Return once the file's content would survive a power cut."""
    file.flush()
    os.fsync(file.fileno())


def rename(old: Path, new: Path) -> None:
    """Take the new name at once; a file that had it is replaced."""
    old.replace(new)


def sync_folder(path: Path) -> None:
    """Return once the names in a folder would survive a power cut."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems can't, and need not
            raise
    finally:
        os.close(folder)


def make(path: Path) -> None:
    """Make one folder, which must not exist."""
    path.mkdir()


def cut(file: BinaryIO, size: int) -> None:
    """Shorten a file to `size` bytes."""
    os.ftruncate(file.fileno(), size)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it, where it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# ------------------------------------------------------------------------------------------------ several in order


def part(path: Path) -> Path:
    """The name beside `path` under which it is written before it is complete."""
    return path.with_name(path.name + PART)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they do not exist."""
    if not path.is_dir():
        make_folder(path.parent)
        make(path)
        sync_folder(path.parent)


def write(path: Path, data: bytes) -> None:
    """Write a file under its own name and sync it; not atomic: for files in a folder that is itself renamed later."""
    with path.open("wb", buffering=0) as file:
        put(file, data)
        sync(file)


def atomic_write(path: Path, data: bytes) -> None:
    """Write a file so that its name has the old content or all of the new one, whatever happens in between."""
    temporary = part(path)
    try:
        write(temporary, data)
        rename(temporary, path)
    except BaseException:
        discard(temporary)
        raise
    sync_folder(path.parent)


def discard(path: Path) -> None:
    """Remove what nobody needs any more; where that fails it stays, and does no harm."""
    try:
        if path.is_dir() and path.suffix != PART:  # half a folder must not pass for a damaged one
            remove(part(path))
            rename(path, part(path))
            path = part(path)
        remove(path)
    except OSError:
        return


def remove_leftovers(folder: Path) -> None:
    """Remove what a process that was killed left incomplete in a folder. Only for the one who may write there."""
    if folder.is_dir():
        for path in folder.glob(f"*{PART}"):
            discard(path)
