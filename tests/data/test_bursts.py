import json
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from equipoise.data import KINDS
from equipoise.data.bursts import EMISSION, Bursts
from equipoise.data.restore import restore
from equipoise.errors import DataError, SettingError

FEW = {"type_2": 3, "type_3": 4, "type_5": 2, "size": 32}


def test_the_default_is_218_windows_of_type_3_made_in_no_time():
    begin = time.process_time()
    source = Bursts().load(None, 0)
    assert time.process_time() - begin < 4  # about 0.8 s of one core
    assert source.shape == (1, 128, 128)
    assert source.values.shape == (218, 1, 128, 128)
    assert source.values.dtype == torch.float16
    assert source.classes == ("type_3",)
    assert source.values.isfinite().all()
    assert source.values.abs().max() <= 1
    assert KINDS["bursts"] is Bursts


def test_types_are_the_labels():
    source = Bursts(**FEW).load(None, 0)
    assert source.classes == ("type_2", "type_3", "type_5")
    assert source.labels.tolist() == [0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert len(source) == 9


def test_windows_are_a_function_of_seed_type_and_number():
    one, other = Bursts(**FEW).load(None, 3), Bursts(**FEW).load(None, 4)
    assert torch.equal(one.values, Bursts(**FEW).load(None, 3).values)
    assert one.fingerprint() != other.fingerprint()
    more = Bursts(**{**FEW, "type_2": 1, "type_3": 9}).load(None, 3)
    assert torch.equal(more.values[1:5], one.values[3:7])
    assert not torch.equal(one.values[3], one.values[4])


@pytest.mark.parametrize("size", [8, 28, 64, 200])
def test_any_size(size):
    source = Bursts(type_2=1, type_3=2, type_5=1, size=size).load(None, 0)
    assert source.batch(torch.arange(4)).shape == (4, 1, size, size)
    assert source.values.isfinite().all()


def test_the_same_sky_at_every_size():
    """A coarser receiver sees the same burst: its picture is that of the finer one, averaged, but for noise and lines."""
    fine, coarse = (Bursts(size=size, interference=0.0) for size in (128, 64))
    alike = []
    for number in range(12):
        big = fine.window("type_3", 0, number).reshape(64, 2, 64, 2).mean((1, 3))
        alike.append(np.corrcoef(big.max(0), coarse.window("type_3", 0, number).max(0))[0, 1])
    assert np.median(alike) > 0.9


def test_digits_come_back():
    kind = Bursts(type_3=6, size=64)
    source = kind.load(None, 0)
    back = source.restore(source.batch(torch.arange(6)))
    assert torch.equal(back, restore(json.loads(json.dumps(source.facts)), source.batch(torch.arange(6))))
    digits = np.stack([kind.window("type_3", 0, i) for i in range(6)])[:, None]
    inside = (digits > -10) & (digits < 50)
    assert inside.mean() > 0.98
    assert np.abs(back.numpy() - digits)[inside].max() < 30 * 2**-11 + 1e-4  # float16: half a step below 1, of 30 digits
    assert back.min() >= -10
    assert back.max() <= 50


def test_axes_are_stated():
    facts = Bursts(type_2=1, type_3=1, size=16, f_low=45, f_high=81).load(None, 0).facts
    assert facts["units"] == "digits"
    assert facts["axes"]["rows"] == {"label": "frequency [MHz]", "first": 81, "last": 45, "differs": False}
    assert facts["axes"]["columns"] == {"label": "time [s]", "first": 0.0, "last": 32.0, "differs": True}


@pytest.mark.parametrize(("kind", "span"), [("type_2", 256.0), ("type_3", 32.0), ("type_5", 256.0)])
def test_the_sky_is_seen_on_the_stated_axes(kind, span, monkeypatch):
    seen = []
    monkeypatch.setitem(EMISSION, kind, lambda rng, axes: seen.append(axes) or np.zeros((100, 64)))
    Bursts(size=64, f_low=30, f_high=80).window(kind, 0, 0)
    t, f = seen[0].t[0], seen[0].f[:, 0]
    assert (t[0], t[-1]) == pytest.approx((span / 128, span - span / 128))
    assert (f[0], f[-1]) == pytest.approx((79.75, 30.25))  # 100 channels of 0.5 MHz


def test_a_type_3_reaches_low_frequencies_later():
    """Row 0 is the highest frequency: over many windows the light's centre moves right on the way down."""
    later = []
    for number in range(40):
        window = np.clip(Bursts(interference=0.0).window("type_3", 5, number) - 4, 0, None)
        top, bottom = window[10:50].sum(0), window[70:120].sum(0)
        if min(top.sum(), bottom.sum()) > 500:
            columns = np.arange(128)
            later.append((bottom @ columns) / bottom.sum() - (top @ columns) / top.sum())
    assert len(later) > 10
    assert np.mean(np.array(later) > 0) > 0.8
    assert 3 < np.median(later) < 60


def test_values_are_distributed_as_those_of_real_windows(real):
    """Percentiles of all pixels, within a factor of two or two digits of the 152 type III windows of e-CALLISTO."""
    files = sorted((real("solar-bursts") / "type_3").glob("*.csv"))[::5]
    measured = np.concatenate([np.loadtxt(file, delimiter=",").ravel() for file in files])
    simulated = np.concatenate([Bursts().window("type_3", 0, i).ravel() for i in range(40)])
    for percent in (5, 25, 50, 75, 90, 95, 99):
        a, b = np.percentile(measured, percent), np.percentile(simulated, percent)
        assert abs(a - b) < 2 + 0.5 * abs(a), percent


def test_bad_settings():
    for wrong in (
        {"size": 4},
        {"type_2": -1},
        {"f_low": 5.0},
        {"f_high": 25.0},
        {"interference": -1.0},
        {"f_high": float("nan")},
    ):
        with pytest.raises(SettingError, match=f"data.{next(iter(wrong))}"):
            Bursts(**wrong)
    for count in (0, 1):
        with pytest.raises(DataError, match="at least 2"):
            Bursts(type_3=count).load(None, 0)
    with pytest.raises(DataError, match="made from the seed"):
        Bursts().load(Path("x"), 0)
