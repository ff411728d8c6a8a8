"""Samples as files: PNG, npy or CSV, in physical units where the data has them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from equipoise import disk
from equipoise.data.restore import restore
from equipoise.errors import RunError, SettingError
from equipoise.pictures.grid import grid, write_png


def write(samples: Tensor, folder: Path, format: str | None, facts: dict[str, Any]) -> list[Path]:
    """Write samples [n, *shape] into `folder`; returns the files.

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
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if format == "png":
            return pictures(samples, folder)
        values = restore(facts["facts"], samples).numpy() if units is not None else samples.numpy()
        if format == "npy":
            return [save_npy(folder / "samples.npy", values)]
        return tables(values, folder)
    except OSError as error:
        raise RunError(f"{folder}: can't write samples there ({error.strerror or error})") from None


def pictures(samples: Tensor, folder: Path) -> list[Path]:
    files = [folder / f"{i:06d}.png" for i in range(len(samples))]
    for sample, file in zip(samples, files, strict=True):
        write_png(grid(sample[None], columns=1, scale=1, border=0), file)
    return files


def save_npy(file: Path, values: np.ndarray[Any, Any]) -> Path:
    buffer = io.BytesIO()
    np.save(buffer, values.astype(np.float32), allow_pickle=False)
    disk.atomic_write(file, buffer.getvalue())
    return file


def tables(values: np.ndarray[Any, Any], folder: Path) -> list[Path]:
    if values.ndim == 2:
        return [save_csv(folder / "samples.csv", values)]
    return [save_csv(folder / f"{i:06d}.csv", window[0]) for i, window in enumerate(values)]


def save_csv(file: Path, values: np.ndarray[Any, Any]) -> Path:
    text = io.StringIO()
    np.savetxt(text, values, delimiter=",", fmt="%.6g")
    disk.atomic_write(file, text.getvalue().encode())
    return file
