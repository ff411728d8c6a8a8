"""Real, simulated and generated windows of solar radio bursts side by side, in physical units; and their statistics.

    python benchmarks/bursts_pictures.py [--generated DIR [DIR ...]] [--out docs/results/bursts-real-simulated.png]

Real windows are those of `solar-bursts` ($EQUIPOISE_DATA or ../shared/data; the first rows are without them if it is missing).
A DIR holds what `equipoise sample` wrote: *.csv or samples.npy in digits, and, where the axes are not those of the
simulator, a facts.json (the source's facts, or a run's data.json). The numbers go to a JSON file beside the picture.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt

mpl.use("Agg")
import matplotlib.pyplot as plt

from equipoise.data.bursts import SPAN, Bursts
from equipoise.data.locate import locate

COLUMNS = 5
COLOURS: dict[str, Any] = {"vmin": -5, "vmax": 40, "cmap": mpl.colormaps["viridis"].resampled(45), "interpolation": "nearest"}
ROMAN = {"type_2": "II", "type_3": "III", "type_5": "V"}
REAL = {  # looked at: clear, of several stations and bands
    "type_3": ["BLENSW", "GREENLAND", "DARO", "BIR", "ESSEN"],
    "type_2": ["BIR", "GREENLAND", "GLASGOW", "BLENSW", "KASI"],
    "type_5": ["ROSWELL-NM", "ALASKA"],
}


@dataclass
class Picture:
    title: str
    digits: npt.NDArray[Any]
    high: float  # MHz, upper edge
    low: float
    span: float  # s


# ------------------------------------------------------------------------------------------------ what is shown


def solar_bursts() -> Path | None:
    return locate(None, ("solar-bursts",), lambda folder: (folder / "windows.csv").is_file(), "windows.csv")


def real(root: Path, kind: str) -> list[Picture]:
    """The clearest window of each station in the list: the one whose brightest percent stands out most from the rest."""
    with (root / "windows.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["file"].startswith(kind) and not row["twin_of"]]
    pictures = []
    for station in REAL[kind]:
        found = [(row, np.loadtxt(root / row["file"], delimiter=",")) for row in rows if row["station"] == station]
        row, digits = max(found, key=lambda pair: clarity(pair[1]))
        title = f"real, {station} {row['date']}"
        pictures.append(Picture(title, digits, float(row["f_high_mhz"]), float(row["f_low_mhz"]), float(row["span_s"])))
    return pictures


def clarity(digits: npt.NDArray[Any]) -> float:
    """How far the brightest twentieth is above the median, over how far channels stray when there is no burst."""
    stray = np.abs(np.median(digits, axis=1)).mean() + 2
    return float((np.percentile(digits, 95) - np.median(digits)) / stray)


def simulated(kind: str, seed: int) -> list[Picture]:
    """The first windows of the seed, not chosen."""
    made = Bursts()
    return [
        Picture(f"simulated, number {i}", made.window(kind, seed, i), made.f_high, made.f_low, SPAN[kind])
        for i in range(COLUMNS)
    ]


def generated(folder: Path) -> list[Picture]:
    files = sorted(folder.glob("*.csv"))[:COLUMNS]
    if files:
        windows = [np.loadtxt(file, delimiter=",") for file in files]
    else:
        windows = list(np.load(folder / "samples.npy", allow_pickle=False)[:COLUMNS, 0])
    high, low, span = axes(folder)
    return [Picture(f"generated, {folder.name} {i}", window, high, low, span) for i, window in enumerate(windows)]


def axes(folder: Path) -> tuple[float, float, float]:
    """(highest MHz, lowest MHz, seconds) from facts.json or data.json in the folder or above it, else the simulator's."""
    for file in (folder / "facts.json", folder / "data.json", folder.parent / "data.json"):
        if file.is_file():
            facts = json.loads(file.read_text())
            found = facts.get("facts", facts).get("axes", {})
            if "rows" in found and "columns" in found:
                return found["rows"]["first"], found["rows"]["last"], found["columns"]["last"]
    return Bursts().f_high, Bursts().f_low, SPAN["type_3"]


# ---------------------------------------------------------------------------------------------------- the picture


def draw(rows: list[tuple[str, list[Picture]]], out: Path) -> None:
    figure, grid = plt.subplots(
        len(rows), COLUMNS, figsize=(2.3 * COLUMNS, 1.75 * len(rows)), layout="constrained", squeeze=False
    )
    for line, (label, pictures) in zip(grid, rows, strict=True):
        for place, picture in zip(line, pictures, strict=False):
            image = place.imshow(
                picture.digits,
                extent=(0, picture.span, picture.low, picture.high),
                aspect="auto",
                **COLOURS,
            )
            place.set_title(picture.title, fontsize=7)
            place.tick_params(labelsize=6)
        for place in line[len(pictures) :]:
            place.axis("off")
        line[0].set_ylabel(f"{label}\nMHz", fontsize=8)
    for place in grid[-1]:
        place.set_xlabel("s", fontsize=8)
    bar = figure.colorbar(image, ax=grid, shrink=0.5, extend="both")
    bar.set_label("digits above the channel's median (0.39 dB each)", fontsize=8)
    bar.ax.tick_params(labelsize=6)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=90)
    shrink(out)


def shrink(file: Path) -> None:
    """The same picture in 256 colours, which are all that it has but for smoothed letters."""
    from PIL import Image

    with Image.open(file) as picture:
        small = picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    small.save(file, optimize=True)


# ------------------------------------------------------------------------------------------------- the numbers

PERCENTS = [0.5, 1, 5, 25, 50, 75, 90, 95, 99, 99.5]
LAGS = [1, 2, 4, 8, 16, 32]


def statistics(windows: npt.NDArray[Any]) -> dict[str, Any]:
    """Of all pixels: percentiles. Of each window, and then the median window: noise and autocorrelations."""
    noise = np.median(np.abs(np.diff(windows, axis=2)), axis=(1, 2)) / 0.6745 / 2**0.5
    return {
        "windows": len(windows),
        "percentiles": rounded(dict(zip(map(str, PERCENTS), np.percentile(windows, PERCENTS), strict=True))),
        "99th percentile of a window (5, 50, 95 % of windows)": [
            round(float(p), 2) for p in np.percentile(np.percentile(windows, 99, axis=(1, 2)), [5, 50, 95])
        ],
        "noise": round(float(np.median(noise)), 3),
        "autocorrelation in time": rounded({str(k): correlation(windows, k, 2) for k in LAGS}),
        "autocorrelation in frequency": rounded({str(k): correlation(windows, k, 1) for k in LAGS}),
    }


def correlation(windows: npt.NDArray[Any], lag: int, axis: int) -> float:
    x = windows - windows.mean(axis=(1, 2), keepdims=True)
    n = x.shape[axis]
    product = np.take(x, range(n - lag), axis) * np.take(x, range(lag, n), axis)
    return float(np.median(product.mean((1, 2)) / (x**2).mean((1, 2))))


def rounded(numbers: dict[str, float]) -> dict[str, float]:
    return {key: round(float(value), 3) for key, value in numbers.items()}


def compare(root: Path | None, seed: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind, n in {"type_3": 218, "type_2": 107}.items():
        made = np.stack([Bursts().window(kind, seed, i) for i in range(n)])
        found[kind] = {"simulated": statistics(made)}
        if root is not None:
            files = sorted((root / kind).glob("*.csv"))
            found[kind]["real"] = statistics(np.stack([np.loadtxt(file, delimiter=",") for file in files]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generated", type=Path, nargs="+", action="extend", default=[], metavar="DIR")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("docs/results/bursts-real-simulated.png"))
    options = parser.parse_args()
    root = solar_bursts()
    rows = []
    for kind, numeral in ROMAN.items():
        if root is not None:
            rows.append((f"type {numeral}, real", real(root, kind)))
        rows.append((f"type {numeral}, simulated", simulated(kind, options.seed)))
    rows += [(f"generated: {folder.name}", generated(folder)) for folder in options.generated]
    draw(rows, options.out)
    numbers = {"command": f"python benchmarks/bursts_pictures.py --seed {options.seed}", **compare(root, options.seed)}
    options.out.with_suffix(".json").write_text(json.dumps(numbers, indent=1) + "\n")
    print(f"{options.out} ({options.out.stat().st_size // 1000} kB) and {options.out.with_suffix('.json').name}")


if __name__ == "__main__":
    main()
