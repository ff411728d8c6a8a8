"""Every format that has a file: the same numbers, whichever way they were written."""

import csv
import gzip
import json
import struct
from pathlib import Path
from typing import Any

import pytest

from equipoise import logs
from equipoise.errors import DataError
from equipoise.logs import csv_file, source
from equipoise.logs.tensorboard import masked_crc

ROWS = [(0.5, 0.875), (0.625, 1.5), (0.25, 2.0), (0.75, 1.0)]
TEXT = "".join(f"step {n} d_loss: {d} g_loss: {g}\n" for n, (d, g) in enumerate(ROWS))


def read(path: Path) -> list[tuple[float, float]]:
    game = logs.read(path).games[0]
    return list(zip(game.series["d"].values.tolist(), game.series["g"].values.tolist(), strict=True))


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_compressed_and_torn(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.log.gz", gzip.compress(TEXT.encode()))) == ROWS
    long = "".join(f"step {n} d_loss: 0.5 g_loss: 0.{n % 7 + 1}\n" for n in range(20000))
    torn = write(tmp_path / "torn.gz", gzip.compress(long.encode())[:-2000])
    log = logs.read(torn)
    assert 1000 < log.games[0].points < 20000
    assert any("damaged" in note for note in log.notes)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = TEXT.replace("step", "Schritt é step")
    assert read(write(tmp_path / "a.log", text.encode(encoding))) == ROWS


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv(tmp_path: Path, delimiter: str) -> None:
    file = tmp_path / "a.csv"
    with file.open("w", newline="") as out:
        writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([["epoch", "D_loss", "G_loss", "note"], *([n, d, g, "a, b"] for n, (d, g) in enumerate(ROWS))])
    assert read(file) == ROWS and logs.read(file).format == "CSV"


def test_lightning_writes_a_row_for_every_call(tmp_path: Path) -> None:
    lines = ["d_loss,epoch,g_loss,step"]
    for n, (d, g) in enumerate(ROWS):
        lines += [f"{d},0,,{n}", f",0,{g},{n}"]
    file = write(tmp_path / "metrics.csv", "\n".join(lines))
    assert read(file) == ROWS
    assert logs.read(file).games[0].series["g"].steps.tolist() == [0, 1, 2, 3]
    assert csv_file.read(source.Source(file))[0].moments == 4, "rows of one step are one moment"


def test_json_lines(tmp_path: Path) -> None:
    records = [{"step": n, "losses": {"d_loss": d, "g_loss": g}, "lr": 1e-4, "ok": True} for n, (d, g) in enumerate(ROWS)]
    lines = [json.dumps(record) for record in records]
    assert read(write(tmp_path / "a.jsonl", "\n".join(lines))) == ROWS
    broken = write(tmp_path / "b.jsonl", "\n".join([*lines, lines[0][:20]]))
    assert read(broken) == ROWS and any("left out" in note for note in logs.read(broken).notes)


@pytest.mark.parametrize(
    "document",
    [
        {"d_loss": [d for d, _ in ROWS], "g_loss": [g for _, g in ROWS]},
        {"history": {"d_loss": [d for d, _ in ROWS], "g_loss": [g for _, g in ROWS]}, "name": "run"},
        [{"epoch": n, "d_loss": d, "g_loss": g} for n, (d, g) in enumerate(ROWS)],
    ],
)
def test_one_json_document(tmp_path: Path, document: Any) -> None:
    assert read(write(tmp_path / "a.json", json.dumps(document, indent=2))) == ROWS
    assert read(write(tmp_path / "b.json", json.dumps(document))) == ROWS


def notebook(*cells: list[dict[str, Any]]) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": ["x"], "outputs": c} for c in cells], "nbformat": 4}, indent=1)


def test_a_notebook_and_its_longest_run(tmp_path: Path) -> None:
    short = [{"output_type": "stream", "name": "stdout", "text": ["D loss: 1 G loss: 2\n"] * 2}]
    long = [
        {"output_type": "stream", "name": "stderr", "text": TEXT[: len(TEXT) // 2 + 3]},
        {"output_type": "display_data", "data": {"image/png": "iVBOR", "text/plain": ["<Figure size 1 with 2 Axes>"]}},
        {"output_type": "stream", "name": "stderr", "text": [TEXT[len(TEXT) // 2 + 3 :]]},
    ]
    log = logs.read(write(tmp_path / "a.ipynb", notebook(short, long[:1] + long[2:], [])))
    assert log.format == "Jupyter notebook" and log.games[0].series["d"].values.tolist() == [d for d, _ in ROWS]
    assert any("2 runs" in note for note in log.notes)
    with pytest.raises(DataError, match="damaged or cut off"):
        logs.read(write(tmp_path / "b.ipynb", notebook(short, long)[:-40]))


def test_stylegan_stats(tmp_path: Path) -> None:
    lines = []
    for n, (d, g) in enumerate(ROWS):
        stats = {"Loss/D/loss": d, "Loss/G/loss": g, "Loss/scores/real": 1.0, "Loss/scores/fake": -1.0, "Loss/signs/real": 0.4}
        record = {name: {"num": 64, "mean": value, "std": 0.1} for name, value in stats.items()}
        lines.append(json.dumps({"Progress/kimg": {"num": 1, "mean": 4.0 * n, "std": 0.0}, **record, "timestamp": 1.6e9 + n}))
    file = write(tmp_path / "stats.jsonl", "\n".join(lines) + '\n{"Loss/D')
    assert read(file) == ROWS
    game = logs.read(file).games[0]
    assert game.series["sign_real"].values.tolist() == [0.4] * 4
    assert game.series["d"].steps.tolist() == [0, 4, 8, 12] and logs.read(file).format.startswith("StyleGAN")


# ---------------------------------------------------------------------------- TensorBoard, written by hand


def varint(n: int) -> bytes:
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def event(step: int, **scalars: float) -> bytes:
    values = b"".join(
        field(1, field(1, tag.replace("__", "/").encode()) + varint(2 << 3 | 5) + struct.pack("<f", value))
        for tag, value in scalars.items()
    )
    return varint(1 << 3 | 1) + struct.pack("<d", 1.6e9) + varint(2 << 3) + varint(step) + field(5, values)


def record(data: bytes) -> bytes:
    head = struct.pack("<Q", len(data))
    return head + struct.pack("<I", masked_crc(head)) + data + struct.pack("<I", masked_crc(data))


def events() -> bytes:
    start = record(varint(1 << 3 | 1) + struct.pack("<d", 1.6e9) + field(3, b"brain.Event:2"))
    parts = [record(event(n, Loss__D=d)) + record(event(n, Loss__G=g)) for n, (d, g) in enumerate(ROWS)]
    return start + b"".join(parts)


def test_the_checksum_of_the_standard() -> None:
    crc = ((masked_crc(b"123456789") - 0xA282EAD8) & 0xFFFFFFFF) << 15 | (
        (masked_crc(b"123456789") - 0xA282EAD8) & 0xFFFFFFFF
    ) >> 17
    assert crc & 0xFFFFFFFF == 0xE3069283, "RFC 3720, appendix B.4: CRC-32C of '123456789'"


def test_tensorboard_events(tmp_path: Path) -> None:
    file = write(tmp_path / "events.out.tfevents.1", events())
    assert read(file) == ROWS and logs.read(file).format == "TensorBoard events"
    torn = write(tmp_path / "events.out.tfevents.2", events()[:-7])
    assert logs.read(torn).games[0].series["d"].values.tolist() == [d for d, _ in ROWS]
    assert not any("checksum" in note for note in logs.read(torn).notes), "a torn end is what a killed process leaves"
    content = bytearray(events())
    content[-10] ^= 1  # within the last record
    flipped = logs.read(write(tmp_path / "events.out.tfevents.3", bytes(content)))
    assert flipped.games[0].series["g"].values.tolist() == [g for _, g in ROWS[:-1]]
    assert any("checksum" in note for note in flipped.notes)


def test_tensorboard_as_its_own_writer_writes(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs the package tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        for n, (d, g) in enumerate(ROWS):
            writer.add_scalar("Loss/Discriminator", d, n)
            writer.add_scalar("Loss/Generator", g, n)
    assert read(next(tmp_path.glob("events.out.tfevents*"))) == ROWS


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\n \t\n", "is empty"),
        (bytes(range(256)) * 40, "is binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(300), "is binary"),
        (b'{"d_loss": [1, 2', "begins like JSON"),
        (b"hello world", "no named numbers"),
    ],
)
def test_what_is_no_log(tmp_path: Path, content: bytes, words: str) -> None:
    file = write(tmp_path / "a", content)
    with pytest.raises(DataError, match=words) as caught:
        logs.read(file)
    assert str(caught.value).startswith(f"{file}: ") and "\n" not in str(caught.value)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    for path in (tmp_path / "none.log", tmp_path):
        with pytest.raises(DataError):
            logs.read(path)


def test_one_very_long_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LONGEST", 1 << 14)
    monkeypatch.setattr(source, "CHUNK", 1 << 12)
    line = " ".join(f"[{n}] D loss: 0.5 G loss: 0.75" for n in range(20_000))
    game = logs.read(write(tmp_path / "a.log", line)).games[0]
    assert 19_800 <= game.points <= 20_000 and set(game.series["g"].values) == {0.75}, "it is read in pieces, cut at spaces"
