"""IDX files, the format of MNIST: a magic number, the sizes, then the values."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from equipoise.errors import DataError

GZIP = b"\x1f\x8b"
TYPES = {8: "unsigned bytes", 9: "signed bytes", 11: "16-bit integers", 12: "32-bit integers", 13: "floats", 14: "doubles"}


def read_idx(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """The array in an IDX file of unsigned bytes, gzipped or plain (told by its content, not its name).

    Raises DataError where the file is missing, empty, cut off, too long, no IDX, of another type than unsigned bytes, or
    of another number of `dimensions`: 3 for images [N, H, W], 1 for labels [N].
    """
    raw = unpacked(path)
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in TYPES:
        raise DataError(
            path, f"is no IDX file: it begins with {raw[:4].hex(' ') or 'nothing'}, expected 00 00 08 0{dimensions}"
        )
    if raw[2] != 8:
        raise DataError(path, f"holds {TYPES[raw[2]]}, expected unsigned bytes")
    if raw[3] != dimensions:
        raise DataError(path, f"holds {content(raw[3])}, expected {content(dimensions)}: is the file mislabelled?")
    header = 4 + 4 * dimensions
    shape = tuple(int(n) for n in np.frombuffer(raw[4:header].ljust(4 * dimensions, b"\0"), ">u4"))
    expected = header + math.prod(shape)
    if len(raw) != expected:
        problem = "is cut off" if len(raw) < expected else "is too long"
        raise DataError(
            path, f"{problem}: {len(raw):,} bytes, its header promises {expected:,} ({' x '.join(map(str, shape))})"
        )
    return np.frombuffer(raw, np.uint8, offset=header).reshape(shape)


def content(dimensions: int) -> str:
    return {1: "labels (1 dimension)", 3: "images (3 dimensions)"}.get(dimensions, f"{dimensions} dimensions")


def unpacked(path: Path) -> bytes:
    """The bytes of a file, unpacked where they are gzipped."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(path, f"can't be read ({error.strerror or error})") from None
    if not raw:
        raise DataError(path, "is empty (0 bytes)")
    if raw[:2] != GZIP:
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(path, f"is cut off or damaged: it can't be unpacked ({error})") from None
