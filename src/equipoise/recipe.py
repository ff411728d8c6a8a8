"""A recipe is everything that defines a run: typed settings <-> YAML. The named ones are recipes/*.yaml."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml

from equipoise.data import KINDS
from equipoise.data.source import Kind
from equipoise.errors import SettingError, did_you_mean
from equipoise.networks import NETWORKS
from equipoise.objectives import OBJECTIVES
from equipoise.optimizers import OPTIMIZERS
from equipoise.penalties import PENALTIES
from equipoise.pieces import Trick
from equipoise.remedies import REMEDIES
from equipoise.settings import convert, join, override, typed
from equipoise.tricks import TRICKS

CUSTOM = "custom"  # a network or an objective that is the user's own: given in Python, and held by no file


LONGEST_WINDOW = 100_000  # steps whose signals are kept on the device


PIECES: dict[str, dict[str, type[Trick]]] = {"tricks": TRICKS, "penalties": dict(PENALTIES)}
SECTIONS = (*PIECES, "grids", "checkpoints", "exams")


@dataclass
class Grids:
    """Sample grids and the curves: every so many epochs or steps, `samples` pictures from fixed noise."""

    every_epochs: int | None = None
    every_steps: int | None = None
    samples: int = 64
    colour: Literal["grey", "viridis"] = "grey"

    def __post_init__(self) -> None:
        at_least_1(self, "grids.", "every_epochs", "every_steps", "samples")


@dataclass
class Checkpoints:
    """When to save, and which checkpoints stay: the last few, every n-th epoch's, and the best.

    best_by: the distance by which a checkpoint is the best: of the pixels or points themselves (sliced_wasserstein), or in a
    frozen random encoder (frechet, kernel). Each is measured at every checkpoint, on at most 1024 fixed reals.
    """

    every_epochs: int | None = None
    every_steps: int | None = None
    keep_last: int = 3
    keep_every_epochs: int | None = None
    best_by: Literal["sliced_wasserstein", "frechet", "kernel"] = "sliced_wasserstein"

    def __post_init__(self) -> None:
        at_least_1(self, "checkpoints.", "every_epochs", "every_steps", "keep_last", "keep_every_epochs")


@dataclass
class Exams:
    """Costlier signals: every so many steps (0: never; by default about twenty in a short run, each 500 steps in a long one),
    on `samples` reals and as many fakes.
    """

    every_steps: int | None = None
    samples: int = 256

    def __post_init__(self) -> None:
        at_least_1(self, "exams.", "samples")
        if self.every_steps is not None and self.every_steps < 0:
            raise SettingError("exams.every_steps", f"must be 0 (never) or more, not {self.every_steps}")


@dataclass
class Recipe:
    """Everything that defines a run. `data`, `network` and `optimizer` name a kind and give its settings."""

    name: str
    data: dict[str, Any]
    about: str = ""
    network: dict[str, Any] = field(default_factory=lambda: {"kind": "dcgan"})
    objective: str = "non_saturating"
    optimizer: dict[str, Any] = field(default_factory=lambda: {"kind": "adam"})
    penalties: dict[str, dict[str, Any]] = field(default_factory=dict)
    tricks: dict[str, dict[str, Any]] = field(default_factory=dict)
    own_tricks: list[str] = field(default_factory=list)  # that were given in Python, and have to be given again
    batch: int = 64
    latent: int = 100
    epochs: int | None = None  # passes of D over the data
    steps: int | None = None  # steps of the game; one of the two is set
    order: Literal["alternating", "simultaneous"] = "alternating"
    precision: Literal["float32", "bf16"] = "float32"
    seed: int = 0
    device: str = "auto"
    treat: bool | list[str] = False  # what is found wrong while it trains; names: with these remedies alone, in this order
    log_every: int = 10  # steps of one record in signals.jsonl: the mean over them
    grids: Grids = field(default_factory=Grids)
    checkpoints: Checkpoints = field(default_factory=Checkpoints)
    exams: Exams = field(default_factory=Exams)

    def __post_init__(self) -> None:
        at_least_1(self, "", "batch", "latent", "log_every", "epochs", "steps")
        if self.log_every > LONGEST_WINDOW:
            raise SettingError("log_every", f"must be {LONGEST_WINDOW:,} or less, not {self.log_every:,}")
        if (self.epochs is None) == (self.steps is None):
            raise SettingError("epochs", "give either epochs or steps")
        for name in self.treat if isinstance(self.treat, list) else ():
            if name not in REMEDIES:
                raise SettingError("treat", unknown(name, REMEDIES))
        if self.objective not in (*OBJECTIVES, CUSTOM):
            raise SettingError("objective", unknown(self.objective, OBJECTIVES))

    def to_yaml(self) -> str:
        """The recipe as a file that `equipoise train` reads; settings at their default are left out."""
        return yaml.safe_dump(without_defaults(self), sort_keys=False, width=110)


def at_least_1(settings: Any, where: str, *names: str) -> None:
    """Raise SettingError for the first of these settings that is given and below 1."""
    for name in names:
        value = getattr(settings, name)
        if value is not None and value < 1:
            raise SettingError(where + name, f"must be 1 or more, not {value}")


def unknown(name: object, known: Any) -> str:
    return f"{name!r} is unknown ({did_you_mean(str(name), known)})"


def without_defaults(settings: Any) -> dict[str, Any]:
    kept = {}
    for f in dataclasses.fields(settings):
        value = getattr(settings, f.name)
        default = f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default
        if value != default:
            kept[f.name] = without_defaults(value) if dataclasses.is_dataclass(value) else value
    return kept


# ------------------------------------------------------------------------------------------------- the named ones


def names() -> list[str]:
    """The recipes that come with the package."""
    return sorted(f.name.removesuffix(".yaml") for f in files("equipoise").joinpath("recipes").iterdir())


def read(name_or_path: str | Path) -> dict[str, Any]:
    """A recipe's mapping, by its name or from a YAML file."""
    path = Path(name_or_path)
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise SettingError("", f"{path}: there is no such recipe file")
        text, name = read_text(path), path.stem
    elif str(name_or_path) in names():
        text = files("equipoise").joinpath(f"recipes/{name_or_path}.yaml").read_text("utf-8")
        name = str(name_or_path)
    else:
        raise SettingError("", f"there is no recipe {str(name_or_path)!r} ({did_you_mean(str(name_or_path), names())})")
    try:
        mapping = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        raise SettingError("", f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise SettingError("", f"{path}: is nested too deeply for a recipe") from None
    if not isinstance(mapping, dict):
        raise SettingError("", f"{path}: must hold settings as 'key: value' lines")
    mapping.setdefault("name", name)
    return mapping


def read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError("", f"{path}: can't be read as text ({error})") from None


def resolve(mapping: dict[str, Any], overrides: dict[str, Any] | None = None) -> Recipe:
    """A checked recipe from a mapping and dotted overrides; every piece is built once to check its settings."""
    mapping = copy.deepcopy(mapping)
    for key, value in (overrides or {}).items():
        override(mapping, key, value)
        if key in ("epochs", "steps") and value is not None:  # the later one counts
            mapping["steps" if key == "epochs" else "epochs"] = None
    for section in SECTIONS:  # 'tricks:' with nothing behind it is a section of defaults
        if section in mapping and (mapping[section] is None or mapping[section] is False):
            del mapping[section]
    for section in PIECES:  # so is 'ema:'
        if isinstance(mapping.get(section), dict):
            given = {k: {} if v is None or v is True else v for k, v in mapping[section].items()}
            mapping[section] = {k: v for k, v in given.items() if v is not False}
    recipe = typed(Recipe, mapping)
    data_kind(recipe)
    if recipe.network.get("kind") != CUSTOM:
        chosen(NETWORKS, recipe.network, "network")
    chosen(OPTIMIZERS, recipe.optimizer, "optimizer")
    tricks(recipe)
    return recipe


def data_kind(recipe: Recipe) -> Kind:
    """The kind of data that the recipe asks for; where it lies (`path`) is given apart."""
    convert(recipe.data.get("path"), str | None, "data.path")
    kind: Kind = chosen(KINDS, {k: v for k, v in recipe.data.items() if k != "path"}, "data")
    return kind


def chosen(registry: dict[str, Any], choice: dict[str, Any], where: str) -> Any:
    """The piece that {kind: name, setting: value, ...} asks for."""
    settings = dict(choice)
    kind = settings.pop("kind", None)
    if kind is None:
        raise SettingError(join(where, "kind"), f"is needed; known: {', '.join(sorted(registry))}")
    if not isinstance(kind, str) or kind not in registry:
        raise SettingError(join(where, "kind"), unknown(kind, registry))
    return typed(registry[kind], settings, where)


def tricks(recipe: Recipe) -> list[Trick]:
    """The recipe's tricks and penalties, fresh, each checked by itself."""
    found: list[Trick] = []
    for section, registry in PIECES.items():
        for name, knobs in getattr(recipe, section).items():
            key = join(section, name)
            if name not in registry:
                home = next((other for other in PIECES if name in PIECES[other]), None)
                raise SettingError(key, f"belongs to {home}: write {home}.{name}" if home else unknown(name, registry))
            trick = typed(registry[name], knobs, key)
            try:
                trick.check()
            except SettingError as error:
                raise error.within(key) from None
            found.append(trick)
    return found
