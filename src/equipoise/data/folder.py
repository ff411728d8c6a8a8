"""Somebody's own images: a folder of PNG, JPEG or WebP files, or of NumPy arrays, or one NumPy file."""

from __future__ import annotations

import logging
import os
import statistics
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from equipoise.data import arrays, image_files
from equipoise.data.checks import a_share, at_least, existing, listed, positive
from equipoise.data.image_files import BadImageError, Fit
from equipoise.data.restore import facts_to_restore, restore
from equipoise.data.source import Source, enough
from equipoise.data.tree import class_of, described, files_under, labelled, relative
from equipoise.errors import DataError

log = logging.getLogger("equipoise")

T = TypeVar("T")
Array = npt.NDArray[Any]
SIZES = (28, 32, 64, 128, 256)  # that the networks are made for
WORKERS = min(8, os.cpu_count() or 1)
LOOKED_AT = 1000  # images whose header decides about the size
LOOKED_INTO = 64  # images whose pixels decide about colour

Bad = list[tuple[Path, str]]


@dataclass
class Folder:
    """Images of a folder tree (sub-folder = class), or arrays.

    size: images become size x size. auto: the largest of 28, 32, 64, 128, 256 that the median image's shorter side has.
    channels: 1 (grey) or 3. auto: 1 where the images that are looked at have no colour, even if saved with three channels.
    fit: what happens to images of another shape. crop: the shorter side is resized, then the centre is cut out. pad: the
        longer side is resized, the rest is black. stretch: both sides are resized. Image files are resized with Pillow's
        Lanczos filter, arrays bilinearly, both antialiased.
    skip: the share of image files that may be bad and are left out, with a message; more are an error that names them.
    memory_mb: more data than this is read from its files when it is needed.
    holdout: the share of samples that is never trained on, to examine D with; drawn from the seed.

    Image files: 16 bits are reduced to 8, alpha is composited over black, EXIF orientation is followed, CMYK and palettes are
    converted; of an animation the first frame counts. Arrays: .npy, .npz (`images` or the first array, and `labels`), or a
    folder of .npy files of one sample each; N x H x W, N x H x W x C or N x C x H x W. uint8 is taken as it is; other
    numbers are scaled to [-1, 1] from [0, 1], [-1, 1] or [0, 255], the first that holds all values, else from their lowest and
    highest, and samples can be written back in their units. An array N x 2 is points of the plane.
    """

    size: int | Literal["auto"] = "auto"
    channels: Literal[1, 3, "auto"] = "auto"
    fit: Fit = "crop"
    skip: float = 0.01
    memory_mb: float = 2048
    holdout: float = 0.0

    name: ClassVar[str] = "folder"
    about: ClassVar[str] = "your own images (PNG, JPEG, WebP) or arrays (.npy, .npz)"

    def __post_init__(self) -> None:
        if self.size != "auto":
            at_least("size", self.size, image_files.LEAST_SIDE)
        a_share("skip", self.skip)
        a_share("holdout", self.holdout)
        positive("memory_mb", self.memory_mb)

    def load(self, path: Path | None, seed: int = 0) -> Source:
        """Images uint8 (or float16) [N, C, size, size]. Raises DataError that names what can't be read and why."""
        return self.everything(existing(path, self.name)).holding_out(self.holdout, seed)

    def everything(self, root: Path) -> Source:
        """All samples, none held out."""
        if not root.is_dir():
            if root.suffix.lower() not in arrays.SUFFIXES:
                raise DataError(root, f"is no {' or '.join(arrays.SUFFIXES)} file; give the folder that holds the images")
            return self.of_array(root, *arrays.read_array(root, self.memory))
        images = files_under(root, image_files.SUFFIXES)
        if images:
            with image_files.no_bomb_warnings(), ThreadPoolExecutor(WORKERS) as pool:
                return self.of_images(root, images, pool)
        found = files_under(root, arrays.SUFFIXES)
        if len(found) == 1:
            return self.of_array(found[0], *arrays.read_array(found[0], self.memory))
        if found:
            return self.of_array(root, self.stacked(root, found), folders(root, found))
        kinds = ", ".join((*image_files.SUFFIXES, *arrays.SUFFIXES))
        raise DataError(root, f"holds no image: found {described(files_under(root))}, expected {kinds}")

    @property
    def memory(self) -> float:
        return self.memory_mb * 2**20

    def side(self, shorter: Iterable[int]) -> int:
        """The size of all images, from the shorter sides of some."""
        if self.size != "auto":
            return self.size
        median = statistics.median(shorter)
        return max((size for size in SIZES if size <= median), default=SIZES[0])

    # ------------------------------------------------------------------------------------------ image files

    def of_images(self, root: Path, files: list[Path], pool: ThreadPoolExecutor) -> Source:
        size, channels = self.look(root, files, pool)
        decode = partial(image_files.decode, size=size, channels=channels, fit=self.fit)
        fits = len(files) * channels * size * size <= self.memory
        bad: Bad = []
        values = torch.empty(len(files) if fits else 0, channels, size, size, dtype=torch.uint8)
        if fits:
            good = [i for i, pixels in enumerate(judged(decode, files, pool, bad)) if keep(values, i, pixels)]
        else:  # only headers: an image that is damaged further on is found when it is needed
            good = [i for i, found in enumerate(judged(image_files.size_of, files, pool, bad)) if found is not None]
        facts = {"size": size, "channels": channels, "fit": self.fit, "skipped": self.skipped(root, len(files), bad)}
        if bad:
            files = [files[i] for i in good]
            values = values[good] if fits else values
        enough(root, len(files), "image")
        labels, classes = labelled(root, files)
        source = Source(self.name, (channels, size, size), len(files), labels=labels, classes=classes, facts=facts)
        if fits:
            source.values = values
        else:
            source.read = Streamed(files, decode)
        return source

    def look(self, root: Path, files: list[Path], pool: ThreadPoolExecutor) -> tuple[int, int]:
        """(size, channels) that suit the images, from some of them spread over the folder."""
        bad: Bad = []
        size = self.size
        if size == "auto":
            sizes = [min(found) for found in judged(image_files.size_of, spread(files, LOOKED_AT), pool, bad) if found]
            if not sizes:
                self.skipped(root, len(bad), bad)
            size = self.side(sizes)
        channels = self.channels
        if channels == "auto":
            grey = [found for found in judged(image_files.is_grey, spread(files, LOOKED_INTO), pool, bad) if found is not None]
            channels = 1 if grey and all(grey) else 3
        return size, channels

    def skipped(self, root: Path, total: int, bad: Bad) -> dict[str, str]:
        """The bad files and their reasons, JSON; DataError where they are too many."""
        if not bad:
            return {}
        found = {relative(root, file): reason for file, reason in bad}
        named = listed((f"{name} ({reason})" for name, reason in found.items()), most=10)
        report = f"{len(bad)} of {total} images can't be used: {named}"
        if len(bad) > self.skip * total:
            raise DataError(root, f"{report}; mend or remove them, or allow more with data.skip")
        log.warning("%s: %s; they are left out", root, report)
        return found

    # ----------------------------------------------------------------------------------------------- arrays

    def of_array(self, file: Path, found: Array, labels: Array | None) -> Source:
        """A source of an array of images or points; `labels` are numbers or words, one a sample."""
        if found.dtype.kind not in "buif":
            raise DataError(file, f"holds {found.dtype} values, expected numbers")
        enough(file, len(found) if found.ndim else 0)
        if found.ndim == 2 and found.shape[1] == 2:
            arrays.values_range(file, found)
            source = Source(self.name, (2,), len(found), torch.from_numpy(found.astype(np.float32)), range=None)
        else:
            source = self.of_image_array(file, arrays.channels_first(file, found))
        if labels is not None:
            classes = np.unique(labels)
            source.classes = tuple(map(str, classes.tolist()))
            source.labels = torch.from_numpy(np.searchsorted(classes, labels))
        return source

    def of_image_array(self, file: Path, images: Array) -> Source:
        size = self.side([min(images.shape[2:])])
        channels = images.shape[1] if self.channels == "auto" else self.channels
        facts: dict[str, Any] = {"size": size, "channels": channels, "fit": self.fit}
        source = Source(self.name, (channels, size, size), len(images), facts=facts)
        low, high = 0.0, 255.0
        if images.dtype != np.uint8:
            low, high = arrays.known_range(*arrays.values_range(file, images))
            facts.update(facts_to_restore(low, high, log=False, units="as in the file"))
            source.restore = partial(restore, facts)
        read = partial(arrays.read_images, images, low, high, channels, size, self.fit)
        bytes_each = (1 if images.dtype == np.uint8 else 2) * channels * size * size
        if len(images) * bytes_each <= self.memory:
            source.values = torch.cat([read(part) for part in arrays.parts(images)])
        else:
            source.read = read
        return source

    def stacked(self, root: Path, files: list[Path]) -> Array:
        """Arrays of one sample each as one array."""
        samples = [arrays.read_array(file, self.memory)[0] for file in files]
        for file, sample in zip(files, samples, strict=True):
            if sample.shape != samples[0].shape:
                raise DataError(
                    file, f"has the shape {sample.shape}, {files[0].name} has {samples[0].shape}; all must have one shape"
                )
        if sum(sample.nbytes for sample in samples) > self.memory:
            raise DataError(root, "holds more than data.memory_mb; save the arrays as one .npy, which is read when needed")
        return np.stack(samples)


def folders(root: Path, files: list[Path]) -> Array | None:
    """The class of each file as a word, where sub-folders are classes."""
    return np.array([class_of(root, file) for file in files]) if labelled(root, files)[1] else None


def keep(values: Tensor, i: int, pixels: Array | None) -> bool:
    """Put decoded pixels in their place, where there are any."""
    if pixels is not None:
        values[i] = torch.from_numpy(pixels)
    return pixels is not None


def judged(look: Callable[[Path], T], files: list[Path], pool: ThreadPoolExecutor, bad: Bad) -> Iterator[T | None]:
    """`look` of each file in order, by several threads; None for a bad one, which is added to `bad`."""

    def one(file: Path) -> T | BadImageError:
        try:
            return look(file)
        except BadImageError as error:
            return error
        except OSError as error:
            return BadImageError(f"can't be read: {error.strerror or error}")

    for file, found in zip(files, pool.map(one, files), strict=True):
        if isinstance(found, BadImageError):
            bad.append((file, str(found)))
            yield None
        else:
            yield found


def spread(files: list[Path], n: int) -> list[Path]:
    """Up to n files, evenly spread."""
    return files[:: max(1, len(files) // n)]


class Streamed:
    """Images by index, decoded when they are needed."""

    def __init__(self, files: list[Path], decode: Callable[[Path], Array]) -> None:
        self.files, self.decode = files, decode
        self.pool = ThreadPoolExecutor(WORKERS)

    def __call__(self, index: Array) -> Tensor:
        bad: Bad = []
        with image_files.no_bomb_warnings():
            found = list(judged(self.decode, [self.files[i] for i in index], self.pool, bad))
        if bad:
            raise DataError(bad[0][0], f"{bad[0][1]}; mend or remove it")
        return torch.from_numpy(np.stack([pixels for pixels in found if pixels is not None]))
