"""The plan of a study: what is asked, which pictures there are, and the rules that decide, all fixed before the first answer.

    FOLDER/  plan.json  items.npy  raters.jsonl  answers.jsonl  report.html

plan.json knows which picture is which and stays on this side of the server; items.npy holds the pixels, uint8 [N, H, W, C],
in the order of their opaque names. plan.json is written last, and a plan is never changed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch

from equipoise import disk, plain_json
from equipoise.errors import DataError, EquipoiseError, RunError, SettingError
from equipoise.judge import items
from equipoise.judge.items import Pixels
from equipoise.judge.staircase import RULES
from equipoise.seeds import mix
from equipoise.settings import typed
from equipoise.sides import Side, Wanted

Mode = Literal["real-or-fake", "timed", "pairwise"]
Use = Literal["test", "tutorial", "catch", "mask"]
FORMAT = 1
NOISE = -1  # the source of what comes from nobody
TUTORIAL = 10
CATCH = 0.05  # obvious trials beside the others
MIRRORED = 0.1  # of pairs, shown again the other way round
LENGTHS: dict[str, tuple[int, int]] = {"real-or-fake": (100, 20), "timed": (150, 50), "pairwise": (60, 20)}  # trials, a block
QUESTIONS = {
    "real-or-fake": "Is this picture real, or was it made by a computer?",
    "timed": "Was the picture real, or was it made by a computer?",
    "pairwise": "Which of the two looks more real?",
}


@dataclass(frozen=True)
class Rules:
    """When a rater's answers are set aside (reports give the numbers with and without them). Fixed before the first answer."""

    catch_missed: int = 1  # more than this many obvious trials wrong
    same_key: int = 12  # this many times the same key in a row
    median_ms: int = 300  # answers quicker than this


@dataclass(frozen=True)
class Source:
    """One origin of pictures."""

    name: str
    real: bool
    about: dict[str, Any]


@dataclass(frozen=True)
class Item:
    """One picture; its row in items.npy is its place in the plan's list."""

    id: str
    source: int  # its place in the plan's sources, or NOISE
    use: Use


@dataclass(frozen=True)
class Design:
    """What is asked of whom. None: the mode's own."""

    mode: Mode = "real-or-fake"
    n: int | None = None  # trials a rater, besides tutorial and obvious ones
    raters: int = 10  # who share no picture; those who come later see them again, in other company
    staircase: str = "weighted"


@dataclass(frozen=True)
class Plan:
    """All of a study but the answers."""

    mode: Mode
    asked: dict[str, Any]  # as it was asked for, to know the same request again
    n: int
    block: int
    tutorial: int
    catch: int
    mirrored: int
    raters: int
    seed: int
    staircase: str
    shape: tuple[int, ...]  # of a picture: H, W, C
    sources: list[Source]
    items: list[Item]
    pixels_sha256: str
    rules: Rules = field(default_factory=Rules)
    format: int = FORMAT
    versions: dict[str, str] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """Of everything that the plan says, the pixels' own included; each answer carries it."""
        return hashlib.sha256(plain_json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    @property
    def real(self) -> int | None:
        """The real source's place."""
        return next((i for i, source in enumerate(self.sources) if source.real), None)

    @property
    def models(self) -> list[int]:
        """The other sources' places."""
        return [i for i, source in enumerate(self.sources) if not source.real]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Which sources meet, for pairwise plans."""
        return list(combinations(range(len(self.sources)), 2))

    @property
    def question(self) -> str:
        return QUESTIONS[self.mode]

    def pool(self, source: int, use: Use) -> list[str]:
        """The names of a source's pictures for one use."""
        return [item.id for item in self.items if item.source == source and item.use == use]

    def share(self, source: int) -> int:
        """How many of a source's pictures one rater sees."""
        return share(self.mode, self.n, len(self.sources), self.sources[source].real)


# ------------------------------------------------------------------------------------------------------- making one


def share(mode: Mode, n: int, sources: int, real: bool) -> int:
    """Of n trials: half the pictures are real, the other half from the models alike; in pairs each source meets each other."""
    if mode == "pairwise":
        return n // (sources * (sources - 1) // 2) * (sources - 1)
    return n // 2 if real else n // 2 // (sources - 1)


def fitting(n: int, mode: Mode, sources: int) -> int:
    """The least number of trials, n or more, in which all sources have their equal share."""
    step = sources * (sources - 1) // 2 if mode == "pairwise" else 2 * (sources - 1)
    return -(-n // step) * step


def needs_reals(mode: Mode, what: int) -> bool:
    """Whether there is nothing to compare with but real ones."""
    return mode != "pairwise" or what == 1


def make(sides: list[Side], design: Design, wanted: Wanted, say: Callable[[str], None] = lambda _: None) -> tuple[Plan, Pixels]:
    """A plan and its pixels [N, H, W, C]; a function of what is asked for. SettingError where a side has too few pictures."""
    check(design)
    mode, count = design.mode, len(sides)
    length, block = LENGTHS[mode]
    n = fitting(design.n or length, mode, count)
    if n != (design.n or length):
        say(f"{n} trials instead of {design.n or length}, so that {count} sources have equal shares")
    catch = max(2, round(CATCH * n))
    rng = np.random.default_rng(mix(wanted.seed, "judge", "items"))
    sources, parts = [], []
    for place, side in enumerate(sides):
        uses: list[tuple[Use, int]] = [
            ("test", design.raters * share(mode, n, count, side.real)),
            ("tutorial", TUTORIAL),
            ("catch", catch if mode == "pairwise" else 0),
        ]
        total = sum(many for _, many in uses)
        if side.most is not None and side.most < total:
            raise SettingError(
                "raters" if design.raters > 1 else "n",
                f"{design.raters} raters and {n} trials need {total} pictures of {side.name} ({side.about['path']}), which has "
                f"{side.most}; ask for fewer",
            )
        pictures = items.pixels(side.take(total))
        about = {**side.about, "seed": wanted.seed, "pictures": total}
        sources.append(Source(side.name, side.real, about))
        uses_of = [use for use, many in uses for _ in range(many)]
        parts += [(place, use, picture) for use, picture in zip(uses_of, pictures, strict=True)]
    every = np.stack([picture for *_, picture in parts])
    extra = [("catch", picture) for picture in items.noise(catch + TUTORIAL, every.shape[1:], rng)]
    extra += [("mask", picture) for picture in items.masks(every, items.MASKS, rng)] if mode == "timed" else []
    parts += [(NOISE, use, picture) for use, picture in extra]  # type: ignore[misc]
    order = rng.permutation(len(parts))
    pixels = np.stack([parts[i][2] for i in order])
    named = zip(items.names(len(parts), rng), order, strict=True)
    plan = Plan(
        mode=mode,
        asked=asked(design, wanted),
        n=n,
        block=min(block, n),
        tutorial=TUTORIAL,
        catch=catch,
        mirrored=round(MIRRORED * n) if mode == "pairwise" else 0,
        raters=design.raters,
        seed=wanted.seed,
        staircase=design.staircase if mode == "timed" else "",
        shape=tuple(pixels.shape[1:]),
        sources=sources,
        items=[Item(name, parts[i][0], parts[i][1]) for name, i in named],
        pixels_sha256=hashlib.sha256(pixels.tobytes()).hexdigest(),
        versions={"torch": torch.__version__, "numpy": np.__version__},
    )
    return plan, pixels


def check(design: Design) -> None:
    if design.mode not in get_args(Mode):
        raise SettingError("mode", f"must be {', '.join(get_args(Mode))}, not {design.mode!r}")
    if design.staircase not in RULES:
        raise SettingError("staircase", f"must be {' or '.join(RULES)}, not {design.staircase!r}")
    for name, value in (("n", design.n), ("raters", design.raters)):
        if value is not None and value < 1:
            raise SettingError(name, f"must be 1 or more, not {value}")


def asked(design: Design, wanted: Wanted) -> dict[str, Any]:
    """A request in the form in which two can be compared."""
    return {**asdict(design), **asdict(wanted), "what": list(wanted.what)}


# ----------------------------------------------------------------------------------------------------- on the disk


def write(folder: Path, plan: Plan, pixels: Pixels) -> None:
    """Keep a plan in a folder that holds none; RunError where it can't be written."""
    buffer = io.BytesIO()
    np.save(buffer, pixels, allow_pickle=False)
    try:
        disk.make_folder(folder)
        disk.atomic_write(folder / "items.npy", buffer.getvalue())
        text = plain_json.dumps({**asdict(plan), "digest": plan.digest}, indent=1)
        disk.atomic_write(folder / "plan.json", f"{text}\n".encode())
    except OSError as error:
        raise RunError(f"{folder}: can't be written ({error.strerror or error})") from None


def is_plan(folder: Path) -> bool:
    return (folder / "plan.json").is_file()


def read(folder: Path) -> tuple[Plan, Pixels]:
    """The plan of a folder and its pixels; RunError where there is none, DataError where it was changed or damaged."""
    file = folder / "plan.json"
    if not file.is_file():
        raise RunError(f"{folder}: holds no plan (plan.json); make one with: equipoise judge RUN")
    try:
        found = plain_json.loads(file.read_bytes())
        digest = found.pop("digest")
        plan = of_json(found)
        pixels = np.load(folder / "items.npy", mmap_mode="r", allow_pickle=False)
        same = pixels.dtype == np.uint8 and pixels.shape == (len(plan.items), *plan.shape)
        same = same and hashlib.sha256(pixels.tobytes()).hexdigest() == plan.pixels_sha256
    except OSError as error:
        raise RunError(f"{error.filename or folder}: can't be read ({error.strerror or error})") from None
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, EquipoiseError) as error:
        raise DataError(
            file, f"is not what equipoise writes ({str(error).splitlines()[0] if str(error) else 'damaged'})"
        ) from None
    if digest != plan.digest or not same:
        changed = "items.npy" if not same else "plan.json"
        raise DataError(folder / changed, "was changed after the plan was made; answers to another plan can't be counted")
    return plan, pixels


def of_json(found: dict[str, Any]) -> Plan:
    """A plan from what `write` wrote, checked; EquipoiseError or a built-in error where it is something else."""
    if found.get("format") != FORMAT:
        raise ValueError(f"format {found.get('format')}, this version reads {FORMAT}")
    found = {**found, "shape": tuple(found["shape"])}
    found["sources"] = [typed(Source, one) for one in found["sources"]]
    found["items"] = [typed(Item, one) for one in found["items"]]
    found["rules"] = typed(Rules, found["rules"])
    names = {one.name for one in dataclasses.fields(Plan)}
    if found.keys() != names:
        raise ValueError(f"holds other keys: {', '.join(sorted(found.keys() ^ names))}")
    return Plan(**found)
