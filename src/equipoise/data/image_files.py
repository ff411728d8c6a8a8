"""One image file as 8-bit pixels of a wanted size."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

T = TypeVar("T")
Fit = Literal["crop", "stretch", "pad"]
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 100_000_000  # more than any picture that somebody trains on: a decompression bomb
LEAST_SIDE = 8


class BadImageError(Exception):
    """An image file can't be used; the message says why, without the file's name."""


@contextmanager
def opened(file: Path) -> Iterator[Image.Image]:
    """An image whose header has been read; BadImageError in the context for whatever is wrong with the file."""
    if file.stat().st_size == 0:
        raise BadImageError("0 bytes")
    try:
        with Image.open(file, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise BadImageError(f"{width} x {height} pixels, more than {MOST_PIXELS:,}")
            if min(width, height) < LEAST_SIDE:
                raise BadImageError(f"{width} x {height} pixels, fewer than {LEAST_SIDE} on a side")
            yield image
    except BadImageError:
        raise
    except Image.DecompressionBombError:
        raise BadImageError(f"more than {MOST_PIXELS:,} pixels") from None
    except UnidentifiedImageError:
        raise BadImageError(f"no {', '.join(FORMATS)} image") from None
    except Exception as error:  # a damaged file makes Pillow raise many kinds
        if isinstance(error, OSError) and error.errno is not None:
            raise BadImageError(f"can't be read: {error.strerror}") from None
        raise BadImageError(f"cut off or damaged: {error}") from None


@contextmanager
def no_bomb_warnings() -> Iterator[None]:
    """Pillow warns of large images; here they are judged by MOST_PIXELS."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def size_of(file: Path) -> tuple[int, int]:
    """(width, height) from the header, as the image is to be seen."""
    with opened(file) as image:
        turned = image.getexif().get(0x0112, 1) >= 5  # EXIF orientation: a quarter turn
        return (image.height, image.width) if turned else image.size


def is_grey(file: Path) -> bool:
    """Whether an image has no colour, even if it is saved with three channels."""
    with opened(file) as image:
        pixels = np.asarray(eight_bit(image))
    return pixels.ndim == 2 or bool((pixels == pixels[..., :1]).all())


def decode(file: Path, size: int, channels: int, fit: Fit) -> npt.NDArray[np.uint8]:
    """Pixels uint8 [channels, size, size]."""
    with opened(file) as image:
        found = fitted(eight_bit(image).convert("L" if channels == 1 else "RGB"), size, fit)
        pixels: npt.NDArray[Any] = np.array(found)  # a copy, because that of Pillow can't be written to
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)


def eight_bit(image: Image.Image) -> Image.Image:
    """An image in mode L or RGB, turned as its EXIF data says: 16 bits are divided by 257, alpha is composited over black,
    palettes and CMYK are converted. Of an animation it is the first frame.
    """
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16-bit grey
        return Image.fromarray(((np.asarray(image).astype(np.uint32) + 128) // 257).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, image.convert("RGBA")).convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def fitted(image: Image.Image, size: int, fit: Fit) -> Image.Image:
    """An image of size x size; see Folder for what `fit` does."""
    if image.size == (size, size):
        return image
    resize: dict[Fit, Callable[..., Image.Image]] = {
        "crop": ImageOps.fit,
        "pad": ImageOps.pad,
        "stretch": lambda image, size, method: image.resize(size, method),
    }
    return resize[fit](image, (size, size), method=Image.Resampling.LANCZOS)
