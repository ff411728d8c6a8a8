"""What a plan promises: both sides alike but for what is on the pictures, and nothing to learn from order, names or counts."""

import io
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from studies import kept, made, side

from equipoise.errors import DataError, RunError, SettingError
from equipoise.judge import plan as plans
from equipoise.judge.items import masks, noise, png
from equipoise.judge.plan import NOISE, Design
from equipoise.judge.schedule import dealt, keys, trials
from equipoise.sides import Wanted

# ---------------------------------------------------------------------------------------------------------- pictures


@pytest.mark.parametrize("channels", [1, 3])
def test_every_picture_is_one_size_without_a_history(channels: int) -> None:
    """A flat picture, a photograph and noise can't be told apart by bytes, and carry nothing but pixels."""
    rng = np.random.default_rng(0)
    flat = np.zeros((1, 28, 28, channels), np.uint8)
    smooth = np.broadcast_to(np.arange(28, dtype=np.uint8)[:, None, None], (1, 28, 28, channels))
    every = [png(one) for one in np.concatenate([flat, smooth, noise(3, (28, 28, channels), rng)])]
    assert len({len(one) for one in every}) == 1
    for one, pixels in zip(every[:2], (flat, smooth), strict=True):
        image = Image.open(io.BytesIO(one))
        assert image.info == {} and image.mode == ("L" if channels == 1 else "RGB")
        assert np.array_equal(np.asarray(image).reshape(28, 28, channels), pixels[0])
    for one in every:
        names, at = [], 8
        while at < len(one):
            names.append(one[at + 4 : at + 8])
            at += 12 + int.from_bytes(one[at : at + 4], "big")
        assert set(names) == {b"IHDR", b"IDAT", b"IEND"}


def test_masks_are_made_of_pieces_of_the_pictures() -> None:
    pictures = np.stack([np.full((28, 28, 1), value, np.uint8) for value in (10, 200)])
    found = masks(pictures, 5, np.random.default_rng(0))
    assert set(np.unique(found)) == {10, 200} and len({mask.tobytes() for mask in found}) == 5
    assert all((mask[:4, :4] == mask[0, 0]).all() for mask in found), "a patch is of one picture"


def test_both_sides_are_rounded_alike() -> None:
    plan, pixels = made(n=8, raters=1)
    assert plan.shape == (12, 12, 1) and pixels.dtype == np.uint8
    real, fake = (side(name, real=name == "real").take(14).numpy() for name in ("real", "model-0"))
    rows = {item.id: row for row, item in enumerate(plan.items)}
    for source, x in ((0, real), (1, fake)):
        expected = {np.round((one[0] + 1) * 127.5).astype(np.uint8).tobytes() for one in x}
        assert {pixels[rows[name]].tobytes() for name in plan.pool(source, "test") + plan.pool(source, "tutorial")} == expected


# ------------------------------------------------------------------------------------------------------- names, order


def test_names_and_rows_say_nothing() -> None:
    """Real and fake are mixed in the order of their names, which are 16 digits each and all different."""
    plan, _ = made(n=100, raters=4)
    names = [item.id for item in plan.items]
    assert names == sorted(set(names)) and all(len(name) == 16 and set(name) <= set("0123456789abcdef") for name in names)
    real = np.array([item.source == 0 for item in plan.items if item.source != NOISE and item.use == "test"])
    runs = 1 + (real[1:] != real[:-1]).sum()
    n = len(real)
    assert abs(runs - (n / 2 + 1)) < 4 * np.sqrt(n / 4), "as many runs as a shuffle has (Wald and Wolfowitz)"


@pytest.mark.parametrize("mode, models, n", [("real-or-fake", 1, 100), ("real-or-fake", 3, 60), ("timed", 1, 150)])
def test_each_rater_sees_half_reals_and_nothing_twice(mode: str, models: int, n: int) -> None:
    plan, _ = made(mode, models, n=n, raters=3)
    for rater in range(5):
        shown = trials(plan, rater)
        test = [trial for trial in shown if trial.kind == "test"]
        counts = Counter(trial.sources[0] for trial in test)
        assert counts == {0: n // 2, **dict.fromkeys(plan.models, n // 2 // models)}
        assert len({trial.items for trial in shown}) == len(shown), "no picture comes twice"
        assert all(trial.truth == ("real" if trial.sources[0] == 0 else "fake") for trial in shown)


def test_blocks_are_nearly_balanced_but_tell_nothing_to_who_counts() -> None:
    plan, _ = made(n=100, raters=40)
    counts = []
    for rater in range(40):
        test = [trial for trial in trials(plan, rater) if trial.kind == "test"]
        blocks = [[t.truth for t in test if t.block == block] for block in range(5)]
        assert [len(block) for block in blocks] == [20] * 5
        counts += [block.count("real") for block in blocks]
    assert min(counts) >= 7 and max(counts) <= 13
    assert len(set(counts)) >= 5, "not ten of twenty each time"
    firsts = Counter(next(t for t in trials(plan, r) if t.kind == "test").truth for r in range(40))
    assert 8 <= firsts["real"] <= 32


def test_raters_of_a_round_share_no_picture_and_all_are_used_alike() -> None:
    plan, _ = made(n=20, raters=3)
    for source in (0, 1):
        first = [set(dealt(plan, source, rater)) for rater in range(3)]
        assert set.union(*first) == set(plan.pool(source, "test")) and sum(map(len, first)) == 30
        second = [set(dealt(plan, source, rater)) for rater in range(3, 6)]
        assert set.union(*second) == set.union(*first) and second != first, "again, in other company"


def test_a_plan_is_a_function_of_what_is_asked() -> None:
    one, pixels = made(n=20, raters=2, seed=3)
    other, same = made(n=20, raters=2, seed=3)
    assert one == other and one.digest == other.digest and np.array_equal(pixels, same)
    assert trials(one, 1) == trials(other, 1) and trials(one, 1) != trials(one, 0)
    assert made(n=20, raters=2, seed=4)[0].digest != one.digest


def test_keys_change_from_rater_to_rater() -> None:
    plan, _ = made(n=8, raters=1)
    assert [keys(plan, rater)["left"] for rater in range(4)] == ["real", "fake", "real", "fake"]
    assert keys(made("pairwise", 2, n=4, raters=1)[0], 1) == {"left": "left", "right": "right"}


def test_obvious_trials_come_beside_the_others() -> None:
    plan, _ = made(n=100, raters=2)
    shown = [trial for trial in trials(plan, 0) if trial.kind != "tutorial"]
    at = [i for i, trial in enumerate(shown) if trial.kind == "catch"]
    assert len(at) == 5 and at[0] >= 4 and len(shown) == 105
    assert all(shown[i].sources == (NOISE,) and shown[i].truth == "fake" for i in at)
    blocks = [trial.block for trial in shown]
    assert blocks == sorted(blocks), "each in a block of its neighbours"
    elsewhere = [i for i, trial in enumerate(t for t in trials(plan, 1) if t.kind != "tutorial") if trial.kind == "catch"]
    assert at != elsewhere


# ------------------------------------------------------------------------------------------------------------- pairs


def test_pairs_meet_alike_with_sides_by_chance_and_some_mirrored() -> None:
    plan, _ = made("pairwise", models=2, n=30, raters=2)  # with the reals three sources, three pairs
    shown = trials(plan, 0)
    test = [trial for trial in shown if trial.kind == "test"]
    assert Counter(tuple(sorted(trial.sources)) for trial in test) == {(0, 1): 10, (0, 2): 10, (1, 2): 10}
    for pair in ((0, 1), (0, 2), (1, 2)):
        assert Counter(t.sources for t in test if tuple(sorted(t.sources)) == pair) == {pair: 5, pair[::-1]: 5}
    once = [item for trial in test for item in trial.items]
    assert len(set(once)) == 60, "no picture in two pairs"
    mirrored = [trial for trial in shown if trial.kind == "mirror"]
    assert len(mirrored) == 3
    for trial in mirrored:
        first = next(i for i, other in enumerate(shown) if other.items == trial.items[::-1])
        assert shown.index(trial) - first > 5 and shown[first].sources == trial.sources[::-1]
        assert {shown[first].truth, trial.truth} in ({"left", "right"}, {""})
    assert {t.truth for t in test if 0 not in t.sources} == {""}, "between models nobody knows"
    assert all(t.sources[("left", "right").index(t.truth)] == 0 for t in test if 0 in t.sources)
    blocks = [trial.block for trial in shown if trial.kind != "tutorial"]
    assert blocks == sorted(blocks)


def test_pairs_without_reals_have_a_tutorial_all_the_same() -> None:
    plan, _ = made("pairwise", models=2, reals=False, n=10, raters=1)
    tutorial = [trial for trial in trials(plan, 0) if trial.kind == "tutorial"]
    assert len(tutorial) == 10 and all(NOISE in trial.sources for trial in tutorial)
    assert all(trial.sources[("left", "right").index(trial.truth)] != NOISE for trial in tutorial)


# -------------------------------------------------------------------------------------------------- shares, mistakes


def test_trials_are_rounded_up_to_equal_shares() -> None:
    said: list[str] = []
    every = [side("real", real=True), side("a"), side("b"), side("c")]
    plan, _ = plans.make(every, Design(n=100, raters=1), Wanted(("a", "b", "c")), said.append)
    assert plan.n == 102 and said == ["102 trials instead of 100, so that 4 sources have equal shares"]


def test_too_few_pictures_are_said() -> None:
    every = [side("real", real=True, most=300), side("model")]
    with pytest.raises(
        SettingError, match=r"raters: 10 raters and 100 trials need 510 pictures of real \(real\), which has 300"
    ):
        plans.make(every, Design(), Wanted(("model",)))


@pytest.mark.parametrize("bad", [{"mode": "yes-no"}, {"staircase": "steep"}, {"n": 0}, {"raters": 0}])
def test_bad_designs(bad: dict[str, object]) -> None:
    with pytest.raises(SettingError, match=next(iter(bad))):
        made(**{"mode": "timed", "n": 6, **bad})


# ------------------------------------------------------------------------------------------------------- on the disk


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    plan, pixels = made("timed", n=12, raters=2)
    plans.write(tmp_path / "judge", plan, pixels)
    again, same = plans.read(tmp_path / "judge")
    assert again == plan and np.array_equal(same, pixels) and again.digest == plan.digest
    assert sorted(path.name for path in (tmp_path / "judge").iterdir()) == ["items.npy", "plan.json"]


def test_a_changed_plan_is_refused(tmp_path: Path) -> None:
    kept(tmp_path, n=8, raters=1)
    file, items = tmp_path / "plan.json", tmp_path / "items.npy"
    text, pixels = file.read_text(), items.read_bytes()
    file.write_text(text.replace('"same_key": 12', '"same_key": 99'))
    with pytest.raises(DataError, match=r"plan\.json: was changed"):
        plans.read(tmp_path)
    file.write_text(text)
    items.write_bytes(pixels[:-1] + bytes([pixels[-1] ^ 1]))
    with pytest.raises(DataError, match=r"items\.npy: was changed"):
        plans.read(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"digest": 1}', '{"digest": 1, "format": 2}'])
def test_what_is_no_plan_is_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(RunError, match="holds no plan"):
        plans.read(tmp_path)
    kept(tmp_path, n=8, raters=1)
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(DataError, match="is not what equipoise writes"):
        plans.read(tmp_path)


def test_a_plan_with_foreign_keys_is_refused(tmp_path: Path) -> None:
    kept(tmp_path, n=8, raters=1)
    found = json.loads((tmp_path / "plan.json").read_text())
    (tmp_path / "plan.json").write_text(json.dumps({**found, "more": 1}))
    with pytest.raises(DataError, match="holds other keys: more"):
        plans.read(tmp_path)
