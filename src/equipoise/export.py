"""Samples as files: PNG, npy or CSV, in physical units where the data has them."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from equipoise import disk
from equipoise.data.restore import restore
from equipoise.errors import RunError, SettingError
from equipoise.pictures.grid import grid, write_png

OURS = re.compile(r"\d{6,}\.(png|csv)|samples\.(npy|csv)")  # the names of files that are written here


def older(folder: Path) -> list[Path]:
    """The samples that lie in a folder already."""
    return sorted(path for path in folder.iterdir() if OURS.fullmatch(path.name)) if folder.is_dir() else []


def refuse_used(folder: Path) -> None:
    """Raise RunError for a folder that holds samples: among new ones nobody could tell them apart."""
    found = older(folder)
    if found:
        several = f"{found[0].name} and {len(found) - 1} more" if len(found) > 1 else found[0].name
        raise RunError(f"{folder}: holds samples already ({several}); give another --out, or replace them with --force")


def write(samples: Tensor, folder: Path, format: str | None, facts: dict[str, Any]) -> list[Path]:
    """Write samples [n, *shape] into `folder`, in place of those that it holds; returns the files.

    png: one picture a sample. npy: one file of them all, float32. csv: one file a window (in the units of the data), or
    one file of all points. Without a format: csv for points and for data that came as CSV, png for images.
    """
    image = samples.dim() == 4
    units = facts["facts"].get("units")
    format = format or ("csv" if not image or facts["name"] == "windows" else "png")
    if format == "png" and not image:
        raise SettingError("format", "points are no pictures; use npy or csv")
    if format == "csv" and image and samples.shape[1] != 1:
        raise SettingError("format", f"a CSV file holds one channel, these samples have {samples.shape[1]}; use png or npy")
    values = samples.numpy() if units is None or format == "png" else restore(facts["facts"], samples).numpy()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = older(folder)
        written = {"png": pictures, "npy": arrays, "csv": tables}[format](values, folder)
        for path in set(before) - set(written):
            path.unlink()
        return written
    except OSError as error:
        raise RunError(f"{folder}: can't write samples there ({error.strerror or error})") from None


def pictures(values: np.ndarray[Any, Any], folder: Path) -> list[Path]:
    files = [folder / f"{i:06d}.png" for i in range(len(values))]
    for value, file in zip(values, files, strict=True):
        write_png(grid(torch.from_numpy(value[None]), columns=1, scale=1, border=0), file)
    return files


def arrays(values: np.ndarray[Any, Any], folder: Path) -> list[Path]:
    file, buffer = folder / "samples.npy", io.BytesIO()
    np.save(buffer, values.astype(np.float32), allow_pickle=False)
    disk.atomic_write(file, buffer.getvalue())
    return [file]


def tables(values: np.ndarray[Any, Any], folder: Path) -> list[Path]:
    if values.ndim == 2:
        return [save_csv(folder / "samples.csv", values)]
    return [save_csv(folder / f"{i:06d}.csv", window[0]) for i, window in enumerate(values)]


def save_csv(file: Path, values: np.ndarray[Any, Any]) -> Path:
    text = io.StringIO()
    np.savetxt(text, values, delimiter=",", fmt="%.6g")
    disk.atomic_write(file, text.getvalue().encode())
    return file
