import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from equipoise.data.folder import Folder
from equipoise.errors import DataError, SettingError

RNG = np.random.default_rng(0)
BLUE, GREY = (0, 0, 255), (90, 90, 90)


def save(file, colour=BLUE, size=(32, 32), **more):
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(file, **more)
    return file


def images(folder, n=4, size=(32, 32), suffix=".png", colour=BLUE):
    for i in range(n):
        save(folder / f"{i:03d}{suffix}", colour, size)
    return folder


def load(path, **settings):
    return Folder(**settings).load(path)


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".jpg", ".jpeg", ".webp"])
def test_formats(tmp_path, suffix):
    source = load(images(tmp_path, suffix=suffix))
    assert source.shape == (3, 32, 32)
    assert len(source) == 4
    assert source.values.dtype == torch.uint8
    assert (source.values[0].float().mean((1, 2)) - torch.tensor(BLUE)).abs().max() < 4


def test_pixels_come_as_they_are(tmp_path):
    pixels = RNG.integers(0, 256, (5, 28, 28), np.uint8)
    for i, image in enumerate(pixels):
        Image.fromarray(image).save(tmp_path / f"{i}.png")
    assert torch.equal(load(tmp_path).values[:, 0], torch.from_numpy(pixels))


@pytest.mark.parametrize(
    ("side", "size"), [(20, 28), (28, 28), (31, 28), (33, 32), (127, 64), (128, 128), (200, 128), (300, 256)]
)
def test_size_is_chosen_from_the_shorter_side(tmp_path, side, size):
    assert load(images(tmp_path, 2, (side, side + 9))).shape[1:] == (size, size)


def test_channels_are_chosen_by_the_colour_that_is_there(tmp_path):
    assert load(images(tmp_path / "a", colour=GREY)).shape[0] == 1
    assert load(images(tmp_path / "a", colour=GREY, suffix=".jpg")).shape[0] == 1
    assert load(images(tmp_path / "b")).shape[0] == 3
    assert load(images(tmp_path / "b"), channels=1).values[0, 0, 0, 0] == 29  # 0.114 of 255: the luma of blue
    assert load(tmp_path / "a", channels=3).values[0, :, 0, 0].tolist() == [90, 90, 90]


def striped(file):
    """64 wide, 32 high: left quarter red, the middle green, right quarter blue."""
    pixels = np.zeros((32, 64, 3), np.uint8)
    pixels[:, :16, 0] = pixels[:, 16:48, 1] = pixels[:, 48:, 2] = 255
    Image.fromarray(pixels).save(file)


def test_fit(tmp_path):
    for i in range(2):
        striped(tmp_path / f"{i}.png")
    cropped, padded, stretched = (load(tmp_path, fit=fit, size=32).values[0] for fit in ("crop", "pad", "stretch"))
    assert (cropped[1] == 255).all()
    assert (padded[:, :7] == 0).all()
    assert (padded[:, -7:] == 0).all()
    assert padded[:, 16, 1].tolist() == [255, 0, 0]
    assert stretched[:, 16, 1].tolist() == [255, 0, 0]
    assert stretched[:, 0, 16].tolist() == [0, 255, 0]


def test_sub_folders_are_classes(tmp_path):
    images(tmp_path / "cats", 2)
    images(tmp_path / "dogs", 3)
    source = load(tmp_path)
    assert source.classes == ("cats", "dogs")
    assert source.labels.tolist() == [0, 0, 1, 1, 1]
    images(tmp_path, 1)
    assert load(tmp_path).labels is None  # images beside the folders: those are no classes


def test_hidden_files_and_loops_of_links(tmp_path):
    images(tmp_path / "a", 2)
    images(tmp_path / ".thumbs", 3)
    images(tmp_path / "__MACOSX", 3)
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert len(load(tmp_path)) == 2


def test_modes_of_pixels(tmp_path):
    """16 bits, alpha, palette, CMYK, one bit, EXIF orientation, animation: each as the docstring says."""
    for name in ("deep", "alpha", "palette", "cmyk", "bit", "turned", "moving"):
        (tmp_path / name).mkdir()
        save(tmp_path / name / "z.png")
    Image.fromarray(np.full((32, 32), 257 * 200, np.uint16)).save(tmp_path / "deep/a.png")
    Image.new("RGBA", (32, 32), (200, 100, 50, 128)).save(tmp_path / "alpha/a.png")
    Image.new("RGB", (32, 32), (7, 8, 9)).quantize(4).save(tmp_path / "palette/a.png")
    Image.new("CMYK", (32, 32), (0, 0, 0, 255)).save(tmp_path / "cmyk/a.jpg")
    Image.new("1", (32, 32), 1).save(tmp_path / "bit/a.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be seen turned by a quarter, clockwise
    upper = Image.new("RGB", (32, 32), (0, 0, 0))
    upper.paste((255, 255, 255), (0, 0, 32, 16))
    upper.save(tmp_path / "turned/a.png", exif=exif)
    frames = [Image.new("RGB", (32, 32), c) for c in ((10, 20, 30), (200, 200, 200))]
    frames[0].save(tmp_path / "moving/a.webp", save_all=True, append_images=frames[1:], lossless=True)

    def pixel(name, x=0, y=0):
        return load(tmp_path / name, channels=3, size=32).values[0, :, y, x].tolist()

    assert pixel("deep") == [200, 200, 200]
    assert pixel("alpha") == [100, 50, 25]
    assert pixel("palette") == [7, 8, 9]
    assert max(pixel("cmyk")) < 5
    assert pixel("bit") == [255, 255, 255]
    assert pixel("turned", x=31) == [255, 255, 255]
    assert pixel("turned", x=0) == [0, 0, 0]
    assert pixel("moving") == [10, 20, 30]


def bomb(file, side=20_000):
    """A PNG whose header promises side x side pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))


@pytest.fixture
def spoilt(tmp_path):
    """Ten good images and six bad ones."""
    images(tmp_path, 10)
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("no image")
    noise = tmp_path / "cut.jpg"
    Image.fromarray(RNG.integers(0, 256, (64, 64, 3), np.uint8)).save(noise)
    noise.write_bytes(noise.read_bytes()[:-900])
    bomb(tmp_path / "bomb.png")
    bomb(tmp_path / "large.png", side=11_000)
    save(tmp_path / "tiny.png", size=(1, 1))
    return tmp_path


REASONS = {
    "empty.png": "0 bytes",
    "text.png": "no PNG, JPEG, WEBP image",
    "cut.jpg": "cut off or damaged: ",
    "bomb.png": "more than 100,000,000 pixels",
    "large.png": "11000 x 11000 pixels, more than 100,000,000",
    "tiny.png": "1 x 1 pixels, fewer than 8 on a side",
}


@pytest.mark.filterwarnings("error")
def test_bad_files_are_all_named_in_one_line(spoilt):
    with pytest.raises(DataError, match="6 of 16 images can't be used") as caught:
        load(spoilt)
    message = str(caught.value)
    assert all(f"{name} ({reason}" in message for name, reason in REASONS.items()), message
    assert "\n" not in message


@pytest.mark.filterwarnings("error")
def test_a_share_of_bad_files_is_left_out_and_said(spoilt, caplog):
    source = load(spoilt, skip=0.4)
    assert len(source) == 10
    assert (source.values[:, 2] == 255).all()
    assert set(source.facts["skipped"]) == set(REASONS)
    assert "6 of 16 images can't be used" in caplog.text
    with pytest.raises(DataError, match="6 of 16"):
        load(spoilt, skip=0.37)


def test_one_in_a_hundred_is_left_out_by_default(tmp_path):
    images(tmp_path, 99)
    (tmp_path / "bad.png").write_bytes(b"")
    assert len(load(tmp_path)) == 99
    (tmp_path / "worse.png").write_bytes(b"")
    with pytest.raises(DataError, match="2 of 101"):
        load(tmp_path)


def test_labels_stay_with_their_images_when_some_are_left_out(tmp_path):
    images(tmp_path / "a", 3)
    images(tmp_path / "b", 3, colour=(255, 0, 0))
    (tmp_path / "a" / "000.png").write_bytes(b"")
    source = load(tmp_path, skip=0.5)
    assert source.labels.tolist() == [0, 0, 1, 1, 1]
    assert source.values[:, 0, 0, 0].tolist() == [0, 0, 255, 255, 255]


def test_what_does_not_fit_streams_and_is_the_same(tmp_path):
    for i in range(9):
        Image.fromarray(RNG.integers(0, 256, (32, 32, 3), np.uint8)).save(tmp_path / f"{i}.png")
    (tmp_path / "bad.png").write_text("no image")
    held, streamed = load(tmp_path, skip=0.1), load(tmp_path, skip=0.1, memory_mb=0.01)
    assert streamed.values is None
    assert held.fingerprint() == streamed.fingerprint()
    index = torch.tensor([8, 0, 3, 3])
    assert torch.equal(held.batch(index), streamed.batch(index))
    (tmp_path / "3.png").write_bytes((tmp_path / "3.png").read_bytes()[:500])
    with pytest.raises(DataError, match=r"3\.png: cut off or damaged"):
        streamed.batch(index)


def test_paths_and_settings_that_are_wrong(tmp_path):
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(DataError, match=r"holds no image: found 1 \.txt, expected \.png"):
        load(tmp_path)
    with pytest.raises(DataError, match="is not there"):
        load(tmp_path / "none")
    with pytest.raises(DataError, match="--data PATH"):
        load(None)
    images(tmp_path, 1)
    with pytest.raises(DataError, match="holds 1 image; a GAN needs at least 2"):
        load(tmp_path)
    with pytest.raises(DataError, match=r"give the folder"):
        load(tmp_path / "000.png")
    for wrong in ({"size": 4}, {"skip": 1.0}, {"memory_mb": 0.0}):
        with pytest.raises(SettingError, match=f"data.{next(iter(wrong))}"):
            Folder(**wrong)
