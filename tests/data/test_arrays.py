import numpy as np
import pytest
import torch

from equipoise.data.folder import Folder
from equipoise.data.restore import restore
from equipoise.errors import DataError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (6, 32, 32), np.uint8)
COLOUR = RNG.integers(0, 256, (6, 32, 32, 3), np.uint8)


def load(folder, values=None, **settings):
    if values is not None:
        np.save(folder / "a.npy", values)
        folder = folder / "a.npy"
    return Folder(**settings).load(folder)


def test_layouts(tmp_path):
    assert torch.equal(load(tmp_path, GREY).values[:, 0], torch.from_numpy(GREY))
    first = torch.from_numpy(COLOUR).permute(0, 3, 1, 2)
    assert torch.equal(load(tmp_path, COLOUR).values, first)
    assert torch.equal(load(tmp_path, first.numpy()).values, first)
    assert load(tmp_path, GREY[:, :, :, None]).shape == (1, 32, 32)


def test_a_folder_with_one_file_and_npz_with_labels(tmp_path):
    np.savez(tmp_path / "b.npz", other=np.zeros(3), images=GREY, labels=np.array(["x", "y", "x", "x", "z", "y"]))
    source = load(tmp_path)
    assert torch.equal(source.values[:, 0], torch.from_numpy(GREY))
    assert source.classes == ("x", "y", "z")
    assert source.labels.tolist() == [0, 1, 0, 0, 2, 1]
    np.savez(tmp_path / "b.npz", first=GREY[:4], second=GREY)
    assert len(load(tmp_path)) == 4


def test_a_folder_of_samples(tmp_path):
    for i, values in enumerate(GREY):
        (tmp_path / "ab"[i % 2]).mkdir(exist_ok=True)
        np.save(tmp_path / "ab"[i % 2] / f"{i}.npy", values)
    source = load(tmp_path)
    assert torch.equal(source.values[:, 0], torch.from_numpy(GREY[[0, 2, 4, 1, 3, 5]]))
    assert source.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert source.classes == ("a", "b")
    np.save(tmp_path / "b" / "odd.npy", GREY[0, :5])
    with pytest.raises(DataError, match=r"odd\.npy: has the shape \(5, 32\), 0\.npy has \(32, 32\)"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        (RNG.uniform(0, 1, (5, 28, 28)), 0, 1),
        (RNG.uniform(-1, 1, (5, 28, 28)), -1, 1),
        (RNG.uniform(0, 200, (5, 28, 28)), 0, 255),
        (RNG.uniform(-40, 40, (5, 28, 28)).astype(np.float32), None, None),
        (RNG.uniform(-1e200, 1e200, (5, 28, 28)), None, None),
        (RNG.integers(0, 60_000, (5, 28, 28)).astype(np.uint16), None, None),
        (RNG.integers(0, 2, (5, 28, 28)).astype(bool), 0, 1),
    ],
)
def test_numbers_are_scaled_from_a_known_range_or_their_own_and_back(tmp_path, values, low, high):
    source = load(tmp_path, values)
    number = values.astype(np.float64)
    low, high = (number.min(), number.max()) if low is None else (low, high)
    x = source.batch(torch.arange(5))[:, 0]
    assert source.values.dtype == torch.float16
    assert np.abs(x.numpy() - (2 * (number - low) / (high - low) - 1)).max() < 6e-4
    if high < 1e30:  # what float32 holds
        assert np.abs(restore(source.facts, x).numpy() - number).max() < 3e-4 * (high - low)


def test_points(tmp_path):
    points = RNG.normal(size=(50, 2))
    source = load(tmp_path, points)
    assert source.shape == (2,)
    assert source.range is None
    assert np.allclose(source.batch(torch.arange(50)), points, atol=1e-6)


def test_size_fit_and_channels(tmp_path):
    wide = np.zeros((3, 32, 64), np.uint8)
    wide[:, :, :16], wide[:, :, 16:48] = 50, 200
    assert (load(tmp_path, wide).values == 200).all()
    padded = load(tmp_path, wide, fit="pad").values[0, 0]
    assert padded[[0, 6, 9, 22, 25, 31], 2].tolist() == [0, 0, 50, 50, 0, 0]
    assert load(tmp_path, wide, fit="stretch").values[0, 0, 0, [2, 16, 30]].tolist() == [50, 200, 0]
    floats = load(tmp_path, wide / 255, fit="pad").values
    assert floats[0, 0, 0, 0] == -1  # black
    assert load(tmp_path, GREY, channels=3).values[2, :, 3, 4].tolist() == [GREY[2, 3, 4]] * 3
    luma = (COLOUR[0, 0, 0] * [0.299, 0.587, 0.114]).sum()
    assert abs(load(tmp_path, COLOUR, channels=1).values[0, 0, 0, 0].item() - luma) <= 0.51
    assert load(tmp_path, RNG.integers(0, 256, (3, 100, 90), np.uint8)).shape == (1, 64, 64)


def test_reducing_averages(tmp_path):
    checkers = np.indices((64, 64)).sum(0) % 2 * np.ones((2, 1, 1)) * 200
    small = load(tmp_path, checkers.astype(np.uint8), size=32).values
    assert (small.float() - 100).abs().max() <= 2


@pytest.mark.parametrize("values", [COLOUR, RNG.normal(size=(6, 40, 30))])
def test_what_does_not_fit_is_read_when_needed_and_is_the_same(tmp_path, values):
    held, streamed = load(tmp_path, values), load(tmp_path, values, memory_mb=0.001)
    assert streamed.values is None
    index = torch.tensor([5, 0, 0, 3])
    assert torch.equal(held.batch(index), streamed.batch(index))
    assert held.fingerprint() == streamed.fingerprint()


def test_data_is_looked_at_in_parts_without_a_seam(tmp_path, monkeypatch):
    values = RNG.normal(size=(11, 28, 28))
    whole = load(tmp_path, values).values
    monkeypatch.setattr("equipoise.data.arrays.CHUNK", 3 * 28 * 28 * 8)
    assert torch.equal(load(tmp_path, values).values, whole)


class Evil:
    def __reduce__(self):
        raise AssertionError("unpickled")


def nan(values):
    values = values.astype(np.float32)
    values[4, 3, 3] = np.nan
    return values


BAD = {
    "NaN": (nan(GREY), "sample 4 holds nan, expected finite numbers"),
    "constant": (np.full((3, 28, 28), 0.5), "is constant: every value is 0.5"),
    "words": (np.array([["a", "b"]] * 4), "holds <U1 values, expected numbers"),
    "objects": (np.array([{}, {}], dtype=object), "holds Python objects, which are not loaded"),
    "one sample": (GREY[:1], "holds 1 sample; a GAN needs at least 2"),
    "no sample": (GREY[:0], "holds no samples"),
    "a number": (np.array(5), "holds no samples"),
    "shape": (np.zeros((4, 5)), "holds an array 4 x 5, expected N x H x W"),
    "channels": (np.zeros((2, 28, 28, 4)), "holds an array 2 x 28 x 28 x 4"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_array_is_named_with_its_reason(tmp_path, what):
    values, words = BAD[what]
    with pytest.raises(DataError, match=words) as caught:
        load(tmp_path, values)
    assert str(caught.value).startswith(str(tmp_path / "a.npy"))


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("keep", [0, 5, 70, 1000])
def test_a_file_that_is_cut_off(tmp_path, suffix, keep):
    file = tmp_path / f"a{suffix}"
    np.save(file, GREY) if suffix == ".npy" else np.savez(file, GREY)
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"0 bytes" if keep == 0 else f"cut off or no {suffix} file"):
        load(file)


def test_an_npz_that_is_damaged_does_not_fit_or_does_not_match(tmp_path):
    file = tmp_path / "a.npz"
    np.savez(file, images=GREY, labels=np.zeros(5))
    with pytest.raises(DataError, match=r"labels of shape \(5,\) for 6 images"):
        load(file)
    np.savez_compressed(file, images=np.zeros((2000, 28, 28)))
    assert file.stat().st_size < 20_000
    with pytest.raises(DataError, match=r"takes 12 MB, more than data\.memory_mb; save the array as \.npy"):
        load(file, memory_mb=10)
    np.savez(file, images=GREY)
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    with pytest.raises(DataError, match=r"cut off or no \.npz file"):
        load(file)
