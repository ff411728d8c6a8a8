import numpy as np
import pytest
import torch
from made_files import write_csv

from equipoise.data.csv_matrix import read_matrix
from equipoise.data.restore import restore
from equipoise.data.windows import Windows, averaging
from equipoise.errors import DataError, SettingError
from equipoise.settings import typed

RNG = np.random.default_rng(0)
TWO = RNG.normal(3, 2, (4, 16, 12)).round(3)
THREE = RNG.normal(9, 5, (6, 16, 12)).round(3)
ALL = np.concatenate([TWO, THREE])


@pytest.fixture
def tree(tmp_path):
    """Four windows of type_2 and six of type_3, 16 x 12, and a list of them."""
    root = tmp_path / "bursts"
    rows = ["file,station,f_low_mhz,f_high_mhz,span_s,twin_of"]
    for name, windows in (("type_2", TWO), ("type_3", THREE)):
        for i, values in enumerate(windows):
            write_csv(root / name / f"{i}.csv", values)
            rows.append(f"{name}/{i}.csv,{'AB'[i % 2]},{20 + i},80,32,{'x' if i == 3 else ''}")
    (root / "windows.csv").write_text("\n".join(rows))
    return root


def load(tree, **settings):
    return Windows(**settings).load(tree)


def everything(source):
    return source.batch(torch.arange(len(source)))[:, 0]


def test_sub_folders_are_classes_and_the_list_is_no_window(tree):
    source = load(tree)
    assert source.shape == (1, 16, 12)
    assert len(source) == 10
    assert source.classes == ("type_2", "type_3")
    assert source.labels.tolist() == [0] * 4 + [1] * 6
    assert source.values.dtype == torch.float16


@pytest.mark.parametrize(
    ("settings", "lows", "highs"),
    [
        ({"normalise": "global"}, ALL.min(), ALL.max()),
        ({"normalise": "file"}, ALL.min((1, 2)), ALL.max((1, 2))),
        ({"low": 2, "high": 97}, np.percentile(ALL, 2), np.percentile(ALL, 97)),
    ],
)
def test_normalisation(tree, settings, lows, highs):
    lows, highs = (np.broadcast_to(v, 10)[:, None, None] for v in (lows, highs))
    wanted = np.clip(2 * (ALL - lows) / (highs - lows) - 1, -1, 1)
    assert (
        np.abs(everything(load(tree, **settings)).numpy() - wanted).max() < 6e-4
    )  # half a step of float16 below 1, and float32


def test_global_normalisation_is_undone_to_the_units_of_the_files(tree):
    source = load(tree, normalise="global")
    assert np.abs(source.restore(everything(source)).numpy() - ALL).max() < 4e-4 * (ALL.max() - ALL.min())


def test_percentiles_are_undone_but_for_what_was_clipped(tree):
    source = load(tree, low=5, high=95)
    wanted = np.clip(ALL, *np.percentile(ALL, [5, 95]))
    assert np.abs(source.restore(everything(source)).numpy() - wanted).max() < 0.01


def test_per_file_normalisation_is_undone_with_the_medians(tree):
    facts = load(tree, normalise="file").facts
    ends = restore(facts, torch.tensor([-1.0, 1.0])).tolist()
    assert ends == pytest.approx([np.median(ALL.min((1, 2))), np.median(ALL.max((1, 2)))], rel=1e-6)


def test_logarithm_and_its_inverse(tmp_path):
    values = 10 ** RNG.uniform(-3, 5, (5, 8, 8))
    for i, window in enumerate(values):
        write_csv(tmp_path / f"{i}.csv", window)
    source = load(tmp_path, log=True, normalise="global")
    logs = np.log10(values)
    wanted = 2 * (logs - logs.min()) / (logs.max() - logs.min()) - 1
    assert np.abs(everything(source).numpy() - wanted).max() < 6e-4
    assert np.abs(np.log10(source.restore(everything(source)).numpy()) - logs).max() < 5e-3


def test_facts_alone_are_enough_to_restore_and_are_json(tree):
    import json

    source = load(tree, units="digits")
    facts = json.loads(json.dumps(source.facts))
    samples = torch.rand(3, 1, 16, 12) * 2 - 1
    assert torch.equal(restore(facts, samples), source.restore(samples))
    assert facts["units"] == "digits"
    assert facts["axes"]["rows"] == {"label": "frequency [MHz]", "first": 80.0, "last": 22.0, "differs": True}
    assert facts["axes"]["columns"] == {"label": "time [s]", "first": 0.0, "last": 32.0, "differs": False}


def test_samples_without_units_are_not_restored():
    with pytest.raises(DataError, match="no other units"):
        restore({}, torch.zeros(1))


def test_axes_of_the_files_where_there_is_no_list(tmp_path):
    for i in range(2):
        rows = [",".join(["f", *map(str, range(0, 40, 5))])]
        rows += [",".join([str(90 - j), *(f"{v:.3f}" for v in RNG.normal(size=8))]) for j in range(9)]
        (tmp_path / f"{i}.csv").write_text("\n".join(rows))
    axes = load(tmp_path).facts["axes"]
    assert axes["rows"] == {"label": "", "first": 90.0, "last": 82.0, "differs": False}
    assert axes["columns"]["last"] == 35.0


def test_choosing_classes(tree):
    source = load(tree, classes=["type_3"])
    assert len(source) == 6
    assert source.classes == ()
    with pytest.raises(SettingError, match=r"data\.classes: .*no sub-folder 'typ_3' \(did you mean 'type_3'"):
        load(tree, classes=["typ_3"])


def test_choosing_by_the_list(tree):
    assert len(load(tree, where={"twin_of": ""})) == 8
    assert len(load(tree, where={"station": "A", "f_low_mhz": "<22.5"}, classes=["type_3"])) == 2
    assert len(load(tree, where={"f_low_mhz": ">23"})) == 2
    with pytest.raises(SettingError, match=r"data\.where\.statoin: .*did you mean 'station'"):
        load(tree, where={"statoin": "A"})
    with pytest.raises(SettingError, match="no window of"):
        load(tree, where={"station": "Z"})
    (tree / "windows.csv").unlink()
    with pytest.raises(SettingError, match="has no list of windows"):
        load(tree, where={"station": "A"})


def test_averaging_over_areas():
    assert np.allclose(averaging(4, 2), [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]])
    assert np.allclose(averaging(3, 2), [[2 / 3, 1 / 3, 0], [0, 1 / 3, 2 / 3]])
    for n, size in ((200, 128), (7, 7), (3, 8)):
        assert np.allclose(averaging(n, size).sum(1), 1)
        assert np.allclose(averaging(n, size).sum(0), size / n)  # the mean is kept


def test_size_averages_and_makes_one_size_of_several(tree):
    source = load(tree, size=4, normalise="global")
    means = ALL.reshape(10, 4, 4, 4, 3).mean((2, 4))
    assert source.shape == (1, 4, 4)
    assert np.abs(source.restore(everything(source)).numpy() - means).max() < 0.01
    write_csv(tree / "type_3" / "odd.csv", RNG.normal(size=(20, 8)))
    with pytest.raises(
        DataError, match=r"odd.csv: .*several sizes: 16 x 12 \(10, as 0.csv\), 20 x 8 \(1, as odd.csv\); .*data.size"
    ):
        load(tree)
    assert len(load(tree, size=8)) == 11


@pytest.mark.parametrize("normalise", ["global", "file", "percentile"])
def test_what_does_not_fit_streams_and_is_the_same(tree, normalise):
    held = load(tree, normalise=normalise, low=0, high=100)
    streamed = load(tree, normalise=normalise, low=0, high=100, memory_mb=11 * 16 * 12 * 2 / 2**20 / 2)
    assert streamed.values is None
    index = torch.tensor([9, 0, 4])
    if normalise != "percentile":  # those are of a part of the windows then
        assert torch.equal(streamed.batch(index), held.batch(index))
    assert streamed.batch(index).shape == (3, 1, 16, 12)


def test_bad_files_are_named(tree):
    (tree / "type_3" / "2.csv").write_text("1,2\n3,x\n")
    (tree / "type_3" / "4.csv").write_text("")
    with pytest.raises(DataError, match=r"type_3/2\.csv: line 2, column 2: 'x' is not a number \(and 1 more files: 4\.csv\)"):
        load(tree)


def test_a_logarithm_of_what_has_none(tree):
    with pytest.raises(DataError, match=r"type_2/\d\.csv: line \d+: -.* has no logarithm"):
        load(tree, log=True)


def test_paths_and_settings_that_are_wrong(tree, tmp_path):
    with pytest.raises(DataError, match="is not there"):
        load(tree / "none")
    with pytest.raises(DataError, match="--data PATH"):
        Windows().load(None)
    with pytest.raises(DataError, match="is one file"):
        load(tree / "type_2" / "0.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no window"):
        load(tmp_path / "empty")
    write_csv(tmp_path / "one" / "a.csv", TWO[0])
    with pytest.raises(DataError, match="holds 1 window; a GAN needs at least 2"):
        load(tmp_path / "one")
    with pytest.raises(SettingError, match="percentiles must rise"):
        Windows(low=60, high=40)
    with pytest.raises(SettingError, match=r"data\.normalise: 'globl' is unknown \(did you mean 'global'"):
        typed(Windows, {"normalise": "globl"}, "data")


def test_windows_that_averaging_or_32_bits_make_constant(tmp_path):
    checkers = np.indices((8, 8)).sum(0) % 2
    for i, values in enumerate((checkers, 1e10 + checkers, 1e300 * (1 + checkers))):
        write_csv(tmp_path / str(i) / "a.csv", values)
        write_csv(tmp_path / str(i) / "b.csv", TWO[0, :8, :8])
    for folder, settings in (("0", {"size": 4}), ("1", {}), ("2", {})):
        with pytest.raises(DataError, match=r"a\.csv: its values from .* can't be told apart"):
            load(tmp_path / folder, **settings)
    assert len(load(tmp_path / "0")) == 2


def test_mostly_constant_data_has_no_percentiles(tmp_path):
    for i in range(3):
        values = np.zeros((8, 8))
        values[0, i] = 1
        write_csv(tmp_path / f"{i}.csv", values)
    with pytest.raises(DataError, match=r"are both 0; use data\.normalise=global"):
        load(tmp_path, low=5, high=90)
    assert len(load(tmp_path, normalise="global")) == 3


def test_real_windows(real):
    root = real("solar-bursts")
    source = load(root, classes=["type_3"], normalise="global")
    assert source.shape == (1, 128, 128)
    assert len(source) == 152
    assert len(load(root, classes=["type_3"], where={"twin_of": ""})) == 130
    values = read_matrix(sorted((root / "type_3").iterdir())[17]).values
    assert np.abs(source.restore(source.batch(torch.tensor([17])))[0, 0].numpy() - values).max() < 0.04
