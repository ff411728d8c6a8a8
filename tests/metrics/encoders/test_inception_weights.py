"""The weights are found where they may be, and nothing else is taken for them."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from equipoise.data.download import digest
from equipoise.errors import DataError
from equipoise.metrics.encoders import inception_weights as weights
from equipoise.metrics.encoders.inception_network import unlearnt

Found = tuple[Path, dict[str, Tensor]]


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return unlearnt()


@pytest.fixture(scope="module")
def pth(state: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("weights") / "w.pth"
    torch.save(state, file)
    return file


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No folder of this machine has the weights, and there is no internet."""
    monkeypatch.setattr(weights, "places", lambda: iter([tmp_path / "data", tmp_path / "cache"]))
    monkeypatch.setattr(weights, "cache", lambda: tmp_path / "cache")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(weights, "MIRRORS", ("http://127.0.0.1:9/",))
    return tmp_path


def test_a_file_of_either_format_is_read(state: dict[str, Tensor], pth: Path, tmp_path: Path) -> None:
    save_file(state, tmp_path / "w.safetensors")
    for file in (pth, tmp_path / "w.safetensors"):
        found = weights.find(file)
        assert found.state.keys() == state.keys()
        assert all(torch.equal(found.state[name], state[name]) for name in state)
        assert not found.published, "random weights give no FID"


def test_older_files_count_no_batches(state: dict[str, Tensor]) -> None:
    old = {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
    assert len(old) == 566 - 94
    assert list(weights.complete(old, Path("old.pth"))) == list(state)


def test_without_the_file_and_without_internet_it_says_where_to_put_it(nowhere: Path) -> None:
    place = nowhere / "cache" / "inception"
    with pytest.raises(
        DataError, match=rf"pt_inception-2015-12-05-6726825d\.pth: can't be .* put the file into {place}.*--weights-file"
    ):
        weights.find()


@pytest.mark.parametrize("place", ["data/inception", "cache/inception", "hub/checkpoints"])
def test_the_published_file_is_found_wherever_it_may_be(
    nowhere: Path, pth: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(weights, "SHA256", digest(pth, "sha256")[:8])  # as if this were it
    (nowhere / place).mkdir(parents=True)
    (nowhere / place / weights.FILE).symlink_to(pth)
    assert weights.find().published


def test_another_file_of_that_name_is_not_taken_for_it(nowhere: Path, pth: Path) -> None:
    (nowhere / "hub" / "checkpoints").mkdir(parents=True)
    (nowhere / "hub" / "checkpoints" / weights.FILE).symlink_to(pth)
    with pytest.raises(DataError, match="can't be downloaded"):
        weights.find()


def test_a_download_is_checked_by_its_sha256(nowhere: Path, pth: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = nowhere / "mirror"
    mirror.mkdir()
    (mirror / weights.FILE).symlink_to(pth)
    monkeypatch.setattr(weights, "MIRRORS", (mirror.as_uri() + "/",))
    with pytest.raises(DataError, match=r"its sha256 is [0-9a-f]{64}, expected 6726825d"):
        weights.find()
    monkeypatch.setattr(weights, "SHA256", digest(pth, "sha256")[:8])
    assert weights.find().published
    assert (nowhere / "cache" / "inception" / weights.FILE).is_file()


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("ran"),)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("nothing", "is not there"),
        (b"", "no plain state dict"),
        (b"GIF89a, say", "no plain state dict"),
        ([torch.zeros(1)], "no plain state dict"),
        ({"state_dict": {"a": torch.zeros(1)}}, "no plain state dict"),
        ({"a": Harmful()}, "no plain state dict"),
        (
            {"conv.weight": torch.zeros(1)},
            r"not of the FID Inception: it has no 'Conv2d_1a_3x3.conv.weight' \(472 missing, 1 strange\)",
        ),
    ],
)
def test_what_is_no_such_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: object, problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "w.pth"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content != "nothing":
        torch.save(content, file)
    with pytest.raises(DataError, match=problem):
        weights.find(file)
    assert not (tmp_path / "ran").exists()


def test_damaged_safetensors_and_other_networks_are_refused(state: dict[str, Tensor], tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"no tensors")
    with pytest.raises(DataError, match="can't be read"):
        weights.find(tmp_path / "w.safetensors")
    with pytest.raises(DataError, match=r"'fc.weight' is \[1000, 2048\], expected \[1008, 2048\]"):
        weights.complete(state | {"fc.weight": torch.zeros(1000, 2048)}, Path("w.pth"))
    with pytest.raises(DataError, match=r"strange 'AuxLogits.fc' \(0 missing, 1 strange\)"):
        weights.complete(state | {"AuxLogits.fc": torch.zeros(1)}, Path("w.pth"))
