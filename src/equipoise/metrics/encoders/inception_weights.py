"""Where the weights of the FID Inception come from: a file that was named, a folder that may have it, or the internet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from equipoise.data.download import digest, fetch
from equipoise.data.locate import cache, places
from equipoise.errors import DataError
from equipoise.metrics.encoders.inception_network import blank

FILE = "pt_inception-2015-12-05-6726825d.pth"  # the last digits are the first of its SHA-256
SHA256 = "6726825d"
MIRRORS = ("https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/",)
ALSO = "weights-inception-2015-12-05-6726825d.pth"  # as torch-fidelity names it
OPTION = "--weights-file"
UNCOUNTED = "num_batches_tracked"  # which no evaluation reads, and older files do not have


@dataclass(frozen=True)
class Weights:
    """A state dict that fits the network; `published` where it is the file that everybody's FID is computed with."""

    state: dict[str, Tensor]
    published: bool


def find(file: Path | None = None) -> Weights:
    """The weights in `file` (.pth or .safetensors), or the published ones: from this machine, else downloaded to the cache.

    Of the files that nobody named, only one with the published SHA-256 is taken. Raises DataError where there is none and
    no internet, and for a file that is damaged, of another network, or can't be read without running code.
    """
    if file is None:
        file = next((f for f in known() if f.is_file() and is_published(f)), None)
    if file is None:
        file = fetch(cache() / "inception" / FILE, MIRRORS, SHA256, algorithm="sha256", option=OPTION)
    return Weights(complete(read(file), file), is_published(file))


def known() -> Iterator[Path]:
    """Where the published file may be: the folders of data, the cache, and where PyTorch's packages keep what they load."""
    yield from (place / "inception" / FILE for place in places())
    yield from (Path(torch.hub.get_dir()) / "checkpoints" / name for name in (FILE, ALSO))


def is_published(file: Path) -> bool:
    return digest(file, "sha256").startswith(SHA256)


def read(file: Path) -> dict[str, Tensor]:
    """The tensors of a file by name; nothing in it is ever run."""
    if not file.is_file():
        raise DataError(file, "is not there" if not file.exists() else "is no file")
    try:
        found = load_file(file) if file.suffix == ".safetensors" else torch.load(file, map_location="cpu", weights_only=True)
    except (SafetensorError, OSError) as error:
        raise DataError(file, f"can't be read ({error})") from None
    except Exception:  # whatever torch raises for a file that is damaged, or holds more than tensors
        raise DataError(file, "holds no plain state dict of tensors, which is all that is read") from None
    if not isinstance(found, dict) or not all(isinstance(v, Tensor) for v in found.values()):
        raise DataError(file, "holds no plain state dict of tensors, which is all that is read")
    return dict(found)


def complete(state: dict[str, Tensor], file: Path) -> dict[str, Tensor]:
    """The state in the order of the network; DataError where a name is missing, unknown, or of another shape."""
    expected = blank().state_dict()
    missing = [name for name in expected if name not in state and not name.endswith(UNCOUNTED)]
    unknown = [name for name in state if name not in expected]
    if missing or unknown:
        name, what = (missing[0], "has no") if missing else (unknown[0], "has a strange")
        raise DataError(
            file, f"is not of the FID Inception: it {what} {name!r} ({len(missing)} missing, {len(unknown)} strange)"
        )
    for name, tensor in state.items():
        if tensor.shape != expected[name].shape:
            shapes = f"is {list(tensor.shape)}, expected {list(expected[name].shape)}"
            raise DataError(file, f"is not of the FID Inception: {name!r} {shapes}")
    zero = torch.zeros((), dtype=torch.long)
    return {name: state.get(name, zero) if name.endswith(UNCOUNTED) else state[name].float() for name in expected}
