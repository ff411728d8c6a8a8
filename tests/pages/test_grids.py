import os
from itertools import pairwise
from pathlib import Path

from folders import run_folder
from PIL import Image

from equipoise.pages.grids import Moment, affordable, chosen, moments, uri


def test_moments_of_a_folder(tmp_path: Path) -> None:
    run_folder(tmp_path / "run", [], grids=(200, 100))
    (tmp_path / "run/samples/raw-0000300.png.txt").write_text("no picture")
    (tmp_path / "run/samples/notes.png").write_text("no grid")
    found = moments(tmp_path / "run/samples")
    assert [moment.step for moment in found] == [100, 200]
    assert set(found[0].pictures) == {"raw", "ema"}
    assert moments(tmp_path / "nowhere") == []


def test_few_moments_are_all_kept() -> None:
    few = [Moment(step) for step in range(40)]
    assert chosen(few, near=[]) == few


def test_many_are_spread_with_those_nearest_to_findings() -> None:
    many = [Moment(10 * i) for i in range(1000)]
    kept = [moment.step for moment in chosen(many, near=[4444.0])]
    assert len(kept) in (40, 41)
    assert kept[0] == 0 and kept[-1] == 9990 and 4440 in kept
    assert kept == sorted(kept)
    assert max(b - a for a, b in pairwise(kept)) <= 260


def test_large_pictures_are_fewer(tmp_path: Path) -> None:
    run_folder(tmp_path / "run", [], grids=tuple(range(1, 101)))
    found = moments(tmp_path / "run/samples")
    assert affordable(found) == 40
    for moment in found:
        os.truncate(moment.pictures["raw"], 600_000)
    assert 15 <= affordable(found) <= 20
    for moment in found:
        os.truncate(moment.pictures["raw"], 6_000_000)
    assert affordable(found) == 8
    assert affordable([]) == 8


def test_the_address_is_the_picture(tmp_path: Path) -> None:
    import base64
    import io

    Image.new("L", (3, 2), 7).save(tmp_path / "a.png")
    kind, _, content = uri(tmp_path / "a.png").partition(",")
    assert kind == "data:image/png;base64"
    assert Image.open(io.BytesIO(base64.b64decode(content))).getpixel((2, 1)) == 7
