"""Properties: the same numbers come back from any rendering, and no bytes whatever do more than raise DataError."""

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from equipoise import logs
from equipoise.diagnosing import diagnose
from equipoise.errors import DataError

Rows = Sequence[tuple[float, float]]
numbers = st.floats(0, 50, allow_nan=False).map(lambda x: round(x, 6))
rows = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=40)


def lines(template: str) -> Callable[[Rows], bytes]:
    return lambda records: "".join(
        template.format(n=n, d=f"{d:.6f}", g=f"{g:.6f}") for n, (d, g) in enumerate(records)
    ).encode()


def as_json_lines(records: Rows) -> bytes:
    return b"".join(json.dumps({"step": n, "loss_D": d, "loss_G": g}).encode() + b"\n" for n, (d, g) in enumerate(records))


def as_notebook(records: Rows) -> bytes:
    text = lines("{n}: D loss {d}, G loss {g}\n")(records).decode()
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "outputs": [{"text": text}]}]}).encode()


RENDERINGS: dict[str, Callable[[Rows], bytes]] = {
    "dcgan": lines("[{n}/9][0/5]\tLoss_D: {d}\tLoss_G: {g}\tD(x): 0.5\tD(G(z)): 0.5 / 0.5\n"),
    "g first": lines("epoch {n} | g_loss: {g} | d_loss: {d}\n"),
    "several lines": lines("Iteration {n}\nDiscriminator Loss = {d}\nGenerator Loss = {g}\n\n"),
    "bars": lines("\r 50%|###  | {n}/100 [00:01<00:01, 3.2it/s, critic=1, d_loss={d}, g_loss={g}]".replace(", critic=1", "")),
    "windows": lines("step {n} netD: {d} netG: {g}\r\n"),
    "csv": lambda records: b"n,D_loss,G_loss\n" + lines("{n},{d},{g}\n")(records),
    "json lines": as_json_lines,
    "notebook": as_notebook,
    "gzip": lambda records: gzip.compress(lines("{n} [D loss: {d}] [G loss: {g}]\n")(records)),
    "utf-16": lambda records: lines("{n} [D loss: {d}] [G loss: {g}]\n")(records).decode().encode("utf-16"),
}


@pytest.mark.parametrize("name", RENDERINGS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=rows)
def test_the_same_numbers_come_back(name: str, records: Rows, tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    file.write_bytes(RENDERINGS[name](records))
    game = logs.read(file).games[0]
    assert list(zip(game.series["d"].values, game.series["g"].values, strict=True)) == list(records)


WORDS = [
    "D loss: ",
    "G loss: ",
    "0.5",
    "nan",
    "1e999",
    "\r",
    "\n",
    "\x1b[A",
    "\x08",
    " / ",
    "[",
    "|",
    "10/10 [===] - ",
    ",",
    "e",
    "-",
]
MARKS = [b'{"d_loss": ', b"}", b"Epoch 1/2", b"D(G(z)): ", b"tensor(", b"\xff\xfe", b"\x00", b"\x1f\x8b", b"acc: 50%"]
PIECES = st.sampled_from([*(word.encode() for word in WORDS), *MARKS])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(st.binary(max_size=400), st.lists(st.one_of(PIECES, st.binary(max_size=4)), max_size=80).map(b"".join))
)
def test_no_bytes_raise_anything_but_data_error(content: bytes, tmp_path: Path) -> None:
    for name in ("a.log", "a.ipynb"):
        file = tmp_path / name
        file.write_bytes(content)
        try:
            diagnose(file)
        except DataError as error:
            assert "\n" not in str(error)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(st.tuples(*[st.floats(width=32)] * 2), min_size=1, max_size=30), cut=st.integers(0, 200))
def test_any_losses_and_any_cut_are_judged(records: Rows, cut: int, tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    content = "".join(f"D loss: {d} G loss: {g}\n" for d, g in records).encode()
    file.write_bytes(content[: max(20, len(content) - cut)])
    try:
        found = diagnose(file)
    except DataError:
        return
    assert all(0 <= finding.confidence <= 1 for finding in found.findings)
