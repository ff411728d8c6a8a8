"""Opening whatever people have: compressed or not, in any encoding, as segments of text that a terminal would show."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import cast

from equipoise.errors import DataError

CHUNK = 1 << 20
LONGEST = 1 << 22  # a line without an end is cut here, at a space where there is one
HEAD = 8192
MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))

COLOUR = re.compile(r"\x1b\[[0-9;:]*m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")  # and titles of windows
CURSOR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\^_78=>]|[\r\x08\x0b\x0c]+")  # the cursor moves: a new piece of text


class Source:
    """One file of bytes. `damage` says, after reading, what of it could not be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage: str | None = None
        with self.opened() as file:
            self.head = self.piece(file, HEAD)

    @contextmanager
    def opened(self) -> Iterator[BufferedReader]:
        """The bytes, decompressed; DataError where there is no such file or it can't be opened."""
        try:
            with self.path.open("rb") as raw:
                if raw.read(2) == b"\x1f\x8b":
                    raw.seek(0)
                    with gzip.open(raw) as file:
                        yield cast(BufferedReader, file)
                else:
                    raw.seek(0)
                    yield raw
        except IsADirectoryError:
            raise DataError(self.path, "is a folder, not a file") from None
        except OSError as error:
            raise DataError(self.path, f"can't be read ({error.strerror or error})") from None

    def piece(self, file: BufferedReader, size: int | None = None) -> bytes:
        """The next bytes; where a compressed file is torn, what there was, and no more."""
        size, found = size or CHUNK, bytearray()
        try:
            while len(found) < size and (part := file.read1(size - len(found))):
                found += part
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.damage = "the compressed file is damaged; what stands before is used"
        return bytes(found)

    def encoding(self) -> str:
        """By its mark, by the zeros of UTF-16, else UTF-8 (broken characters are replaced: numbers are ASCII everywhere)."""
        for mark, name in MARKS:
            if self.head.startswith(mark):
                return name
        even, odd = self.head[0::2].count(0), self.head[1::2].count(0)
        if max(even, odd) > 0.4 * len(self.head) / 2 and min(even, odd) < 0.05 * len(self.head):
            return "utf-16-le" if odd > even else "utf-16-be"
        return "utf-8"

    def refuse_binary(self) -> None:
        """DataError for what is no text: many control characters at its beginning."""
        if not self.head.strip():
            with self.opened() as file:
                if not any(chunk.strip() for chunk in iter(lambda: self.piece(file), b"")):
                    raise DataError(self.path, "is empty")
        if self.encoding().startswith("utf-16"):
            return
        control = sum(byte < 32 and byte not in b"\t\n\r\x08\x0b\x0c\x1b\x07" for byte in self.head)
        if control > 0.05 * len(self.head):
            raise DataError(self.path, "is binary, and none of the formats that can be read (see 'equipoise diagnose --help')")

    def lines(self) -> Iterator[str]:
        """Line by line, without the ends; a line that never ends comes in pieces."""
        decoder = codecs.getincrementaldecoder(self.encoding())(errors="replace")
        held = ""
        with self.opened() as file:
            while chunk := self.piece(file):
                held += decoder.decode(chunk)
                whole, end, rest = held.rpartition("\n")
                if end:
                    yield from whole.split("\n")
                    held = rest
                if len(held) > LONGEST:
                    cut = held.rfind(" ", len(held) - 4096) + 1 or len(held)
                    yield held[:cut]
                    held = held[cut:]
        held += decoder.decode(b"", final=True)
        if held:
            yield held

    def whole(self, limit: int = 1 << 30) -> bytes:
        """Everything at once, for formats that can't be read in pieces; DataError for more than `limit` bytes."""
        found = bytearray()
        with self.opened() as file:
            while chunk := self.piece(file):
                found += chunk
                if len(found) > limit:
                    raise DataError(self.path, f"is larger than {limit >> 20} MiB, too much for this format")
        return bytes(found)


def segments(lines: Iterator[str]) -> Iterator[str]:
    """What each line shows, one piece for every time that the cursor went back: bars overwrite what they said before."""
    for line in lines:
        if "\x1b" in line or "\r" in line or "\x08" in line or "\x0b" in line or "\x0c" in line:
            yield from CURSOR.split(COLOUR.sub("", line))
        else:
            yield line
