"""Downloads of published files: checked by their digest, and whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterable
from http.client import HTTPException
from pathlib import Path

from equipoise.errors import DataError

log = logging.getLogger("equipoise")

SECONDS = 30  # without an answer


def fetch(file: Path, mirrors: Iterable[str], expected: str, *, algorithm: str = "md5", option: str = "--data") -> Path:
    """Download `file` from the first of `mirrors` (addresses of folders, ending in /) that has it with the `expected` digest.

    Its first digits are enough. One that is there already is taken. The file appears under its name only when it is whole.
    Raises DataError that says what every mirror answered, and where to put the file by hand or with which `option` to name it.
    """
    if file.is_file() and digest(file, algorithm).startswith(expected):
        return file
    problems = []
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(file.parent, f"can't be made to download into ({error.strerror or error})") from None
    for mirror in mirrors:
        url = mirror + file.name
        log.warning("downloading %s to %s", url, file)
        try:
            found = download(url, file, expected, algorithm)
        except (urllib.error.URLError, HTTPException, OSError) as error:
            problems.append(f"{url}: {getattr(error, 'reason', None) or error}")
            continue
        if found.startswith(expected):
            return file
        problems.append(f"{url}: its {algorithm} is {found}, expected {expected}")
    raise DataError(
        file.name,
        f"can't be downloaded ({'; '.join(problems)}); put the file into {file.parent}, or say where it is with {option}",
    )


def download(url: str, file: Path, expected: str, algorithm: str) -> str:
    """The digest of what is at `url`; it is put in place as `file` if that is the one expected."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as target, urllib.request.urlopen(url, timeout=SECONDS) as answer:
            shutil.copyfileobj(answer, target, 2**20)
        found = digest(part, algorithm)
        if found.startswith(expected):
            part.replace(file)
        return found
    finally:
        part.unlink(missing_ok=True)


def digest(file: Path, algorithm: str = "md5") -> str:
    """The digest of a file; md5 says whether the file is the published one, not whether to trust it."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
