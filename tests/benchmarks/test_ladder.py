"""The ladder of damaged copies: the copies, the rule, the table; and on small made-up images which way each number moves."""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor

from equipoise import plain_json
from equipoise.metrics import METRICS
from equipoise.metrics.metric import Material, Side
from equipoise.metrics.ndb import NDB
from equipoise.seeds import generator

ROOT = Path(__file__).resolve().parents[2]
N, CLASSES, SIZE = 400, 10, 14


@pytest.fixture(scope="module")
def ladder() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        found = importlib.util.spec_from_file_location("ladder_of_damages", ROOT / "benchmarks" / "ladder.py")
        assert found is not None and found.loader is not None
        module = importlib.util.module_from_spec(found)
        patch.setitem(sys.modules, found.name, module)
        found.loader.exec_module(module)
        yield module


# ----------------------------------------------------------------------------------------------- made-up images


def smooth(n: int, cells: int, seed: int) -> Tensor:
    coarse = torch.randn(n, 1, cells, cells, generator=generator("cpu", seed, "smooth", cells))
    return torch.nn.functional.interpolate(coarse, size=(SIZE, SIZE), mode="bicubic", align_corners=False)


TEMPLATES = smooth(CLASSES, 4, 0)


def clothes(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Ten kinds of images, each in its own variations, uint8; and which kind each is."""
    labels = torch.randint(CLASSES, (n,), generator=generator("cpu", seed, "labels"))
    x = (TEMPLATES[labels] + 0.5 * smooth(n, 5, 1 + seed)).mul(0.5).tanh()
    return (x * 127.5 + 127.5).round().to(torch.uint8), labels


def side(images: Tensor) -> Side:
    pixels = images.float().flatten(1) / 127.5 - 1
    logits = -torch.cdist(pixels, TEMPLATES.mul(0.5).tanh().flatten(1))
    return Side(len(images), features=pixels, logits=logits, images=images)


TRAIN, REAL = clothes(600, 1)[0], clothes(N, 2)[0]


def numbers(ladder: ModuleType, damage: str, strength: float, draw: int) -> dict[str, float]:
    images, labels = clothes(3 * N, 10 + draw)
    made = ladder.damages.DAMAGES.get(damage, ladder.damages.UNTOUCHED)
    reals = ladder.damages.Reals(images, labels, TRAIN)
    fake = made.make(reals, N, strength, generator("cpu", draw, "made up"))
    material = Material(side(fake), side(REAL), side(TRAIN), seed=draw)
    metrics = {**METRICS, "ndb": NDB(bins=20)}
    mine = ("ms_ssim", "mean_distance", "vendi", "birthday_paradox", "ndb", "class_coverage", "memorisation")
    return {name: value.value for one in mine for name, value in metrics[one].measure(material).items()}


@pytest.fixture(scope="module")
def floor(ladder: ModuleType) -> list[dict[str, float]]:
    return [numbers(ladder, ladder.NONE, 0.0, draw) for draw in range(10)]


SEEN = {  # which way each number moves at the strongest damage; 0: it stays within the floor
    "blur": {"mean_distance": -1, "vendi": -1},
    "noise": {"ms_ssim": -1, "mean_distance": 1, "vendi": 1, "train_distance": 1, "mifd": 1},
    "dropped": {"classes": -1, "class_coverage": -1, "class_kl": 1, "ndb": 1, "ndb_js": 1, "vendi": -1, "copies": 0},
    "duplicated": {"birthday_support": -1, "copies": 0, "authenticity": 0, "class_coverage": 0},
    "memorised": {
        "copies": 1,
        "authenticity": -1,
        "train_distance": -1,
        "train_cosine": -1,
        "mifd": 1,
        "vendi": 0,
        "classes": 0,
    },
    "collapsed": {"birthday_support": -1, "vendi": -1, "ndb": 1, "ndb_js": 1, "class_kl": 1, "mifd": 1},
}


@pytest.mark.parametrize("damage", SEEN)
def test_which_way_each_number_moves(ladder: ModuleType, floor: list[dict[str, float]], damage: str) -> None:
    strongest = ladder.damages.DAMAGES[damage].strengths[-1]
    found = numbers(ladder, damage, strongest, 0)
    moves = {name: ladder.sign([found[name]], *ladder.interval([one[name] for one in floor])) for name in SEEN[damage]}
    assert moves == SEEN[damage]


# -------------------------------------------------------------------------------------------------- the copies


def test_copies_are_damaged_as_said(ladder: ModuleType) -> None:
    images, labels = clothes(3 * N, 3)
    reals = ladder.damages.Reals(images, labels, TRAIN)

    def made(damage: str, strength: float) -> Tensor:
        found = ladder.damages.DAMAGES[damage].make(reals, N, strength, generator("cpu", 0, "copies"))
        assert found.shape == (N, 1, SIZE, SIZE) and found.dtype == torch.uint8
        return found.flatten(1).float()

    own, known = images[:N].flatten(1).float(), TRAIN.flatten(1).float()
    assert (made("noise", 0.1) - own).std() == pytest.approx(12.75, rel=0.15)  # clipped at black and white
    assert made("blur", 1.0).diff(dim=1).abs().mean() < 0.85 * own.diff(dim=1).abs().mean()
    assert (made("blur", 1e-3) - own).abs().max() == 0
    assert len(made("collapsed", 10).unique(dim=0)) == 10
    assert len(made("duplicated", 0.3).unique(dim=0)) == round(0.7 * N)
    assert int((torch.cdist(made("memorised", 0.25), known).min(1).values < 1e-3).sum()) == N // 4
    kept = ladder.damages.dropped(reals, N, 3, generator("cpu", 0, "copies"))
    whole = {row.numpy().tobytes(): int(label) for row, label in zip(images, labels, strict=True)}
    assert len({whole[row.numpy().tobytes()] for row in kept}) == CLASSES - 3


def test_draws_share_no_image_between_reals_and_fakes(ladder: ModuleType) -> None:
    rungs = list(ladder.rungs())
    assert len(rungs) == len(set(rungs)) == ladder.FLOORS + 3 * len(ladder.damages.DAMAGES) * ladder.DRAWS
    assert rungs[0] == (ladder.NONE, 0.0, 0)


# ---------------------------------------------------------------------------------------------------- the rule


def test_the_interval_is_the_one_for_one_more_value(ladder: ModuleType) -> None:
    floor = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    half = 4.781 * 3.02765 * (1 + 1 / 10) ** 0.5  # t(9) at 0.9995, the sample's standard deviation
    assert ladder.interval(floor) == (pytest.approx(4.5 - half, rel=1e-3), pytest.approx(4.5 + half, rel=1e-3))
    above = [math.exp(value) for value in floor]  # the plain interval reaches below 0
    assert ladder.interval(above)[0] == pytest.approx(math.exp(4.5 - half), rel=0.02)
    assert ladder.interval(above)[1] > max(above)
    assert ladder.interval([10.0] * 10) == (pytest.approx(10), pytest.approx(10))


def test_all_values_have_to_lie_on_one_side(ladder: ModuleType) -> None:
    assert ladder.sign([3.0, 4.0], 0.0, 2.0) == 1
    assert ladder.sign([3.0, 1.0], 0.0, 2.0) == 0
    assert ladder.sign([3.0, -1.0], 0.0, 2.0) == 0
    assert ladder.sign([-3.0, -1.0], 0.0, 2.0) == -1
    assert ladder.sign([10.0, 10.0], *ladder.interval([10.0] * 10)) == 0


def test_arrows_tell_worse_from_fooled(ladder: ModuleType) -> None:
    lower, higher, neither = ({"better": better} for better in ("lower", "higher", "neither"))
    assert [ladder.mark(lower, s) for s in (-1, 0, 1)] == ["▽", "·", "▲"]
    assert [ladder.mark(higher, s) for s in (-1, 0, 1)] == ["▼", "·", "△"]
    assert [ladder.mark(neither, s) for s in (-1, 0, 1)] == ["▼", "·", "▲"]


def test_a_metric_that_refuses_is_left_out_with_its_reason(ladder: ModuleType) -> None:
    few = side(REAL[:99])
    refused = ladder.measured(METRICS["ndb"], Material(few, few, few))
    assert "at least 500" in refused["refused"]
    blind = Material(Side(N, features=torch.zeros(N, 2)), side(REAL))
    assert "logits" in ladder.measured(METRICS["class_coverage"], blind)["refused"]


def record_of(ladder: ModuleType, encoder: str = "eyes") -> dict[Any, dict[str, Any]]:
    """Of one metric with one number: 0 to 9 on the floor, 100 times the strength elsewhere."""
    return {
        (encoder, damage, strength, draw, "m"): {
            "values": {"number": draw if damage == ladder.NONE else 100 * strength},
            "better": {"number": "lower"},
        }
        for damage, strength, draw in ladder.rungs()
    }


def test_the_table_says_from_which_strength_on(ladder: ModuleType) -> None:
    rows = ladder.judged(record_of(ladder), "eyes", "m")
    found = {"numbers": {"eyes": rows}, "encoders": {"eyes": {"fingerprint": "eyes:0"}}, "damages": ladder.damages.DAMAGES}
    line = next(line for line in ladder.table(found).splitlines() if line.startswith("| `number`"))
    # floor 0 to 9, so up to 20 is chance; blur 50, 100, 200; noise 5, 15, 40; duplicated 10, 30, 60; memorised 10, 50, 100
    assert line == "| `number` | 4.5 | ▲▲▲ | ··▲ | ▲▲▲ | ·▲▲ | ·▲▲ | ▲▲▲ |"


def test_what_was_measured_is_kept(ladder: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    file.write_text('["eyes", "blur", 0.5, 1, "m", {"values": {"number": "Infinity"}}]\n')
    assert ladder.recall(file) == {("eyes", "blur", 0.5, 1, "m"): {"values": {"number": float("inf")}}}
    assert ladder.recall(tmp_path / "none.jsonl") == {}


# ---------------------------------------------------------------------------------------------------- the page


def test_the_page_holds_the_table_of_the_results(ladder: ModuleType) -> None:
    page = ladder.PAGE.read_text("utf-8")
    found = plain_json.loads((ROOT / "docs/results/ladder.json").read_text())
    written = page[page.index(ladder.BEGIN) + len(ladder.BEGIN) : page.index(ladder.END)]
    assert written.strip() == ladder.table(found), "run: python benchmarks/ladder.py --table"
    for name, damage in found["damages"].items():
        assert f"| {name} | " + " | ".join(f"{s:g}" for s in damage["strengths"]) + " |" in page


def test_the_results_are_judged_by_the_rule_that_stands(ladder: ModuleType) -> None:
    found = plain_json.loads((ROOT / "docs/results/ladder.json").read_text())
    assert found["rule"] in " ".join(ladder.__doc__.split())
    for rows in found["numbers"].values():
        for row in rows.values():
            interval = ladder.interval(row["floor"])
            assert row["interval"] == pytest.approx(interval)
            for cell in (cell for cells in row["damages"].values() for cell in cells):
                assert cell["seen"] == ladder.sign(cell["values"], *interval)
