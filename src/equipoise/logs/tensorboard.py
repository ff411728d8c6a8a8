"""TensorBoard's event files: records with checksums, of which a few fields of a protocol buffer are read. No TensorFlow.

A record is: length (8 bytes), masked CRC-32C of it (4), data, masked CRC-32C of the data (4). Of the data, an Event, these
fields matter: 2 step; 5 summary, whose 1 are values: 1 tag, 2 simple_value (float), 8 tensor (4 shape, 1 dtype, 4 content,
5 float_val, 6 double_val). A torn end is left out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from equipoise.logs.columns import Columns
from equipoise.logs.source import Source

NAME = "TensorBoard events"
LARGEST = 64 << 20  # of one record: an image, an audio clip
FLOAT, DOUBLE = 1, 2  # numbers of types in a TensorProto


def table() -> list[int]:
    """CRC-32C (Castagnoli), reflected, by byte."""
    entries = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        entries.append(byte)
    return entries


TABLE = table()


def masked_crc(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def matches(source: Source) -> bool:
    """True where the file begins with the length of a record and its checksum."""
    return len(source.head) >= 12 and masked_crc(source.head[:8]) == struct.unpack("<I", source.head[8:12])[0]


def read(source: Source) -> list[Columns]:
    """A moment for every step; values of one step that come in several records are together."""
    steps: dict[int, dict[str, float]] = {}
    for record in records(source):
        try:
            step, values = event(record)
        except (ValueError, IndexError, struct.error):
            source.damage = source.damage or "a record that is no event was left out"
            continue
        if values:
            steps.setdefault(step, {}).update(values)
    found = Columns()
    for step in sorted(steps):
        found.add({"step": float(step), **steps[step]})
    return [found]


def records(source: Source) -> Iterator[bytes]:
    with source.opened() as file:
        while len(head := source.piece(file, 12)) == 12:
            length, check = struct.unpack("<QI", head)
            if masked_crc(head[:8]) != check or length > LARGEST:
                source.damage = "an event's checksum is wrong; what stands before is used"
                return
            data = source.piece(file, length)
            tail = source.piece(file, 4)
            if len(data) < length or len(tail) < 4:
                return  # torn: being written, or a process was killed
            if length <= 4096 and masked_crc(data) != struct.unpack("<I", tail)[0]:  # pictures have no numbers that matter
                source.damage = "an event's checksum is wrong; it was left out"
                continue
            yield data


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and content of every field of a message; ValueError where it is none."""
    place = 0
    while place < len(data):
        key, place = varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, place = varint(data, place)
            yield number, value
            continue
        if wire == 2:
            size, place = varint(data, place)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError("a group")
        if place + size > len(data):
            raise ValueError("cut off")
        yield number, data[place : place + size]
        place += size


def varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
        if shift > 63:
            raise ValueError("too long a number")


def event(data: bytes) -> tuple[int, dict[str, float]]:
    """Step and scalars of an event."""
    step, values = 0, {}
    for number, content in fields(data):
        if number == 2 and isinstance(content, int):
            step = content
        elif number == 5 and isinstance(content, bytes):
            for inner, value in fields(content):
                if inner == 1 and isinstance(value, bytes):
                    tag, scalar = scalar_of(value)
                    if scalar is not None:
                        values[tag] = scalar
    return step, values


def scalar_of(data: bytes) -> tuple[str, float | None]:
    tag, scalar = "", None
    for number, content in fields(data):
        if isinstance(content, bytes):
            if number == 1:
                tag = content.decode("utf-8", "replace")
            elif number == 2 and len(content) == 4:
                scalar = struct.unpack("<f", content)[0]
            elif number == 8:
                scalar = tensor_scalar(content)
    return tag, scalar


def tensor_scalar(data: bytes) -> float | None:
    """The number of a tensor that is one float."""
    kind, content = 0, b""
    for number, value in fields(data):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number in (4, 5, 6) and isinstance(value, bytes):
            content = value
    if kind == FLOAT and len(content) == 4:
        return float(struct.unpack("<f", content)[0])
    if kind == DOUBLE and len(content) == 8:
        return float(struct.unpack("<d", content)[0])
    return None
