"""Which metric sees what: real images against damaged copies of real images, under every metric and two encoders.

    python benchmarks/ladder.py [--metrics a,b] [--work FOLDER]      writes docs/results/ladder.{json,png}
    python benchmarks/ladder.py --table                              writes the table of docs/metrics.md from ladder.json

Fashion-MNIST. A draw splits the 10,000 test images into 2,000 reals and 8,000 of which the fakes are made; the training
samples are 5,000 of the 60,000 training images. Fakes that nobody touched give the floor: ten draws. Each damage (damages.py)
has three strengths, each measured in the first two draws; the kernel distance is over 20 subsets instead of 100. What was
measured is kept in --work and not measured again.

The rule, stated before the ladder was judged: a metric sees a damage at a strength where both values lie on the same
side of the 99.9 % prediction interval of the ten floor values, mean +- t(9) sd sqrt(1 + 1/10). Where that reaches below 0
though all of the ten lie above, its lower end is that of their logarithms. It is fooled where that side is the better one.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import damages
import record
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from equipoise import build, metrics, plain_json
from equipoise.clinic.intervals import student
from equipoise.data.fashion_mnist import FashionMNIST
from equipoise.data.locate import cache
from equipoise.data.source import Source
from equipoise.errors import SettingError
from equipoise.metrics.encoders import ENCODERS, Wanted
from equipoise.metrics.encoders.encoder import Encoder, unit
from equipoise.metrics.frechet import Frechet
from equipoise.metrics.kernel import Kernel
from equipoise.metrics.metric import Material, Metric, Side
from equipoise.pictures import paper
from equipoise.pictures.grid import grid
from equipoise.seeds import generator

SAMPLES, TRAIN = 2000, 5000
FLOORS, DRAWS = 10, 2
SURE = 0.9995  # of Student's t: 99.9 % on both sides
METRICS: dict[str, Metric] = {
    **metrics.METRICS,
    "frechet": Frechet(rounds=0),
    "kernel": Kernel(subsets=20),
}  # no intervals: quicker
EYES = ("classifier", "random")
PAGE = Path(__file__).resolve().parents[1] / "docs" / "metrics.md"
BEGIN, END = "<!-- from docs/results/ladder.json: python benchmarks/ladder.py --table -->", "<!-- end of the ladder -->"
SAME = 1e-9  # relative: values that differ by less are the same number
NONE = "untouched"

Key = tuple[str, str, float, int, str]  # encoder, damage, strength, draw, metric


# ------------------------------------------------------------------------------------------------ measuring


def rungs() -> Iterator[tuple[str, float, int]]:
    """(damage, strength, draw), the floor first."""
    yield from ((NONE, 0.0, draw) for draw in range(FLOORS))
    for name, damage in damages.DAMAGES.items():
        yield from ((name, strength, draw) for strength in damage.strengths for draw in range(DRAWS))


def split(train: Source, test: Source, draw: int) -> tuple[Tensor, damages.Reals]:
    """(reals [SAMPLES, ...], what fakes are made of) of a draw; the training samples are the same in all of them."""
    order = torch.randperm(len(test), generator=generator("cpu", draw, "ladder"))
    learnt = torch.randperm(len(train), generator=generator("cpu", 0, "ladder", "train"))[:TRAIN]
    rest = order[SAMPLES:]
    assert test.labels is not None
    return test.raw(order[:SAMPLES]), damages.Reals(test.raw(rest), test.labels[rest], train.raw(learnt))


def fakes(reals: damages.Reals, damage: str, strength: float, draw: int) -> Tensor:
    made = damages.DAMAGES.get(damage, damages.UNTOUCHED)
    return made.make(reals, SAMPLES, strength, generator("cpu", draw, "ladder", damage, strength))


def side(encoder: Encoder, images: Tensor) -> Side:
    seen = encoder.encode(images)
    return Side(len(images), features=seen.features, logits=seen.logits, images=images)


def measurable(metric: Metric, material: Material) -> bool:
    """Whether everything is there that it needs (statistics come from features, labels nobody brings)."""
    return all(
        need in ("moments", "train") or (need != "labels" and getattr(material.fake, need) is not None) for need in metric.needs
    )


def measure(encoder: str, chosen: list[str], kept: dict[Key, dict[str, Any]], log: Path) -> None:
    """Everything that is not yet among `kept`, which grows, as does the file."""
    train, test = FashionMNIST().load(None, 0), FashionMNIST(split="test").load(None, 0)
    eyes = ENCODERS[encoder](Wanted(train, test, say=print))
    learnt: Side | None = None
    with log.open("a") as file:
        for damage, strength, draw in rungs():
            missing = [m for m in chosen if (encoder, damage, strength, draw, m) not in kept]
            if not missing:
                continue
            real, rest = split(train, test, draw)
            learnt = learnt or side(eyes, rest.train)
            material = Material(side(eyes, fakes(rest, damage, strength, draw)), side(eyes, real), learnt, seed=draw)
            for name in missing:
                found = measured(METRICS[name], material)
                kept[encoder, damage, strength, draw, name] = found
                file.write(plain_json.dumps([encoder, damage, strength, draw, name, found]) + "\n")
                file.flush()
            seconds = {name: kept[encoder, damage, strength, draw, name].get("seconds") for name in missing}
            print(encoder, damage, strength, draw, seconds, flush=True)


def measured(metric: Metric, material: Material) -> dict[str, Any]:
    """{'values': {name: number}, 'better': {name: ...}, 'seconds': s}, or {'refused': why}."""
    if not measurable(metric, material):
        return {"refused": "needs " + ", ".join(sorted(metric.needs))}
    begun = time.perf_counter()
    try:
        found = metric.measure(material)
    except SettingError as error:
        return {"refused": str(error)}
    values = {name: value for name, value in found.items() if not name.endswith("_real")}  # those do not know the fakes
    return {
        "values": {name: value.value for name, value in values.items()},
        "better": {name: value.better for name, value in values.items()},
        "seconds": round(time.perf_counter() - begun, 2),
    }


def recall(log: Path) -> dict[Key, dict[str, Any]]:
    lines = log.read_text().splitlines() if log.exists() else []
    return {(e, d, s, n, m): found for e, d, s, n, m, found in map(plain_json.loads, lines)}


# ------------------------------------------------------------------------------------------------- judging


def interval(floor: list[float]) -> tuple[float, float]:
    """Where one more value of the floor lies with 99.9 %, were they normal; below log-normal where that keeps it above 0."""
    low, high = around(floor)
    return (math.exp(around([math.log(value) for value in floor])[0]) if low <= 0 < min(floor) else low), high


def around(values: list[float]) -> tuple[float, float]:
    mean, n = statistics.fmean(values), len(values)
    half = student(SURE, n - 1) * statistics.stdev(values) * math.sqrt(1 + 1 / n) + SAME * abs(mean)
    return mean - half, mean + half


def sign(values: list[float], low: float, high: float) -> int:
    """1 where all lie above, -1 where all lie below, else 0."""
    return int(all(v > high for v in values)) - int(all(v < low for v in values))


def judged(kept: dict[Key, dict[str, Any]], encoder: str, name: str) -> dict[str, Any]:
    """By number that the metric `name` gives: its floor, and at each rung the values, how far out, and what is seen."""
    floors = [kept[encoder, NONE, 0.0, draw, name] for draw in range(FLOORS)]
    if any("refused" in one for one in floors):
        return {}
    found: dict[str, Any] = {}
    for number, better in floors[0]["better"].items():
        floor = [one["values"][number] for one in floors]
        low, high = interval(floor)
        row: dict[str, Any] = {"metric": name, "better": better, "floor": floor, "interval": [low, high], "damages": {}}
        for damage, made in damages.DAMAGES.items():
            cells = []
            for strength in made.strengths:
                values = [kept[encoder, damage, strength, draw, name]["values"][number] for draw in range(DRAWS)]
                cells.append({"strength": strength, "values": values, "seen": sign(values, low, high)})
            row["damages"][damage] = cells
        found[number] = row
    return found


# -------------------------------------------------------------------------------------------------- showing


def fooled(row: dict[str, Any], seen: int) -> bool:
    """Whether the side on which the values lie is the better one."""
    return seen == {"higher": 1, "lower": -1}.get(row["better"], 2)


def mark(row: dict[str, Any], seen: int) -> str:
    """An arrow as the number moves, hollow where it is fooled; a dot where nothing is seen."""
    if not seen:
        return "·"
    return ("△" if seen > 0 else "▽") if fooled(row, seen) else ("▲" if seen > 0 else "▼")


def table(found: dict[str, Any]) -> str:
    """The part of docs/metrics.md: a table an encoder."""
    parts = []
    for encoder in found["numbers"]:
        head = "| number | reals | " + " | ".join(found["damages"]) + " |"
        lines = [f"### Seen through `{found['encoders'][encoder]['fingerprint']}`", "", head]
        lines.append("|---|---|" + "---|" * len(found["damages"]))
        for number, row in found["numbers"][encoder].items():
            cells = ["".join(mark(row, cell["seen"]) for cell in row["damages"][damage]) for damage in found["damages"]]
            lines.append(f"| `{number}` | {statistics.fmean(row['floor']):.4g} | " + " | ".join(cells) + " |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def write_table(found: dict[str, Any]) -> None:
    """Put the table between its marks in docs/metrics.md."""
    page = PAGE.read_text("utf-8")
    before, after = page.index(BEGIN) + len(BEGIN), page.index(END)
    PAGE.write_text(page[:before] + "\n\n" + table(found) + "\n\n" + page[after:], "utf-8")


EXAMPLES, SMALL = 8, 28
WIDE = 800  # pixels that the legend needs
COLOURS = {"worse": "#d9662b", "fooled": "#2563a8", "either": "#e9a23b", "none": "#eef0f2"}
LEGEND = {
    "worse": "seen: worse than reals",
    "fooled": "fooled: better than reals",
    "either": "seen; neither side is better",
    "none": "within the floor",
}


def picture(found: dict[str, Any], examples: dict[tuple[str, float], Tensor], encoder: str) -> Image.Image:
    """Left the damaged images, a row a strength; right what each number says of them."""
    rows, numbers = list(examples), found["numbers"][encoder]
    left, cell, high, top = 108 + EXAMPLES * (SMALL + 2) + 14, 24, SMALL + 4, 132
    image, draw = paper.blank(max(left + cell * len(numbers) + 20, WIDE), top + high * len(rows) + 40)
    fine = paper.FINE
    for j, number in enumerate(numbers):
        turned(image, number, (left + j * cell + 5, top - 6))
    for i, (damage, strength) in enumerate(rows):
        y = top + i * high
        draw.text((10 * fine, (y + 8) * fine), f"{damage} {strength:g}" if strength else "reals", paper.INK, paper.font(11))
        strip = grid(examples[damage, strength], columns=EXAMPLES, scale=fine, border=2 * fine).convert("RGB")
        image.paste(strip, (106 * fine, y * fine))
        for j, row in enumerate(numbers.values()):
            kind = "none" if damage == NONE else kind_of(row, seen(row, damage, strength))
            x = left + j * cell
            draw.rectangle([x * fine, (y + 2) * fine, (x + cell - 2) * fine, (y + high - 2) * fine], COLOURS[kind])
    legend(draw, top + high * len(rows) + 14)
    return paper.finished(image)


def seen(row: dict[str, Any], damage: str, strength: float) -> int:
    return next(int(c["seen"]) for c in row["damages"][damage] if c["strength"] == strength)


def kind_of(row: dict[str, Any], seen: int) -> str:
    if not seen:
        return "none"
    return "fooled" if fooled(row, seen) else ("either" if row["better"] == "neither" else "worse")


def turned(image: Image.Image, text: str, place: tuple[int, int]) -> None:
    """Write upwards from `place`."""
    size = (120 * paper.FINE, 16 * paper.FINE)
    label = Image.new("RGB", size, paper.PAPER)
    ImageDraw.Draw(label).text((0, 0), text, paper.INK, paper.font(10))
    image.paste(label.transpose(Image.Transpose.ROTATE_90), (place[0] * paper.FINE, place[1] * paper.FINE - size[0]))


def legend(draw: ImageDraw.ImageDraw, y: int) -> None:
    x, fine = 106, paper.FINE
    for kind, text in LEGEND.items():
        draw.rectangle([x * fine, y * fine, (x + 12) * fine, (y + 12) * fine], COLOURS[kind])
        draw.text(((x + 17) * fine, (y - 1) * fine), text, paper.FAINT, paper.font(10))
        x += 190


def shown() -> dict[tuple[str, float], Tensor]:
    """The first images of each rung in the first draw, in [-1, 1]."""
    _, rest = split(FashionMNIST().load(None, 0), FashionMNIST(split="test").load(None, 0), 0)
    rows = dict.fromkeys((damage, strength) for damage, strength, _ in rungs())
    return {row: unit(fakes(rest, *row, 0)[:EXAMPLES]) for row in rows}


def facts(encoder: str) -> dict[str, Any]:
    train, test = FashionMNIST().load(None, 0), FashionMNIST(split="test").load(None, 0)
    eyes = ENCODERS[encoder](Wanted(train, test))
    return {"fingerprint": eyes.fingerprint, "protocol": eyes.protocol, **getattr(eyes, "facts", {})}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--metrics", help="these alone, separated by commas")
    options.add_argument("--encoders", default=",".join(EYES), help="these alone")
    options.add_argument("--work", type=Path, default=cache() / "ladder")
    options.add_argument("--table", action="store_true")
    given = options.parse_args()
    file = record.RESULTS / "ladder.json"
    if given.table:
        write_table(plain_json.loads(file.read_text()))
        return
    build.tune_process()
    chosen = given.metrics.split(",") if given.metrics else list(METRICS)
    eyes = given.encoders.split(",")
    given.work.mkdir(parents=True, exist_ok=True)
    log = given.work / f"n{SAMPLES}-train{TRAIN}.jsonl"
    kept = recall(log)
    for encoder in eyes:
        measure(encoder, chosen, kept, log)
    found: dict[str, Any] = {
        "samples": SAMPLES,
        "training_samples": TRAIN,
        "floor_draws": FLOORS,
        "draws": DRAWS,
        "rule": " ".join((__doc__ or "").split("The rule, ")[1].split()),
        "encoders": {encoder: facts(encoder) for encoder in eyes},
        "damages": {name: {"what": made.what, "strengths": made.strengths} for name, made in damages.DAMAGES.items()},
        "numbers": {e: {n: row for m in chosen for n, row in judged(kept, e, m).items()} for e in eyes},
        "refused": {e: {m: why for m in chosen if (why := kept[e, NONE, 0.0, 0, m].get("refused"))} for e in eyes},
    }
    record.write("ladder", json.loads(plain_json.dumps(found)))
    picture(found, shown(), eyes[0]).quantize(64).save(record.RESULTS / "ladder.png", optimize=True)


if __name__ == "__main__":
    main()
