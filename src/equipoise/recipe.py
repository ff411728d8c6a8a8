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
from equipoise.settings import join, override, typed
from equipoise.tricks import TRICKS


@dataclass
class Grids:
    """Sample grids and the curves: every so many epochs or steps, `samples` pictures from fixed noise."""

    every_epochs: int | None = None
    every_steps: int | None = None
    samples: int = 64
    colour: Literal["grey", "viridis"] = "grey"


@dataclass
class Checkpoints:
    """When to save, and which checkpoints stay: the last few, every n-th epoch's, and the best."""

    every_epochs: int | None = None
    every_steps: int | None = None
    keep_last: int = 3
    keep_every_epochs: int | None = None


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
    batch: int = 64
    latent: int = 100
    epochs: int | None = None  # passes of D over the data
    steps: int | None = None  # steps of the game; one of the two is set
    order: Literal["alternating", "simultaneous"] = "alternating"
    precision: Literal["float32", "bf16"] = "float32"
    seed: int = 0
    device: str = "auto"
    log_every: int = 10  # steps of one record in signals.jsonl: the mean over them
    grids: Grids = field(default_factory=Grids)
    checkpoints: Checkpoints = field(default_factory=Checkpoints)

    def __post_init__(self) -> None:
        for name in ("batch", "latent", "log_every", "epochs", "steps"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise SettingError(name, f"must be 1 or more, not {value}")
        if (self.epochs is None) == (self.steps is None):
            raise SettingError("epochs", "give either epochs or steps")
        if self.objective not in OBJECTIVES:
            raise SettingError("objective", unknown(self.objective, OBJECTIVES))

    def to_yaml(self) -> str:
        """The recipe as a file that `equipoise train` reads; settings at their default are left out."""
        return yaml.safe_dump(without_defaults(self), sort_keys=False, width=110)


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
    except yaml.YAMLError as error:
        raise SettingError("", f"{path}: is not YAML: {' '.join(str(error).split())}") from None
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
    for section in ("tricks", "penalties"):  # 'ema:' with nothing behind it is ema with its defaults
        if isinstance(mapping.get(section), dict):
            mapping[section] = {k: {} if v is None or v is True else v for k, v in mapping[section].items()}
    recipe = typed(Recipe, mapping)
    data_kind(recipe)
    if recipe.network.get("kind") != "custom":
        chosen(NETWORKS, recipe.network, "network")
    chosen(OPTIMIZERS, recipe.optimizer, "optimizer")
    tricks(recipe)
    return recipe


def data_kind(recipe: Recipe) -> Kind:
    """The kind of data that the recipe asks for; where it lies (`path`) is given apart."""
    kind: Kind = chosen(KINDS, {k: v for k, v in recipe.data.items() if k != "path"}, "data")
    return kind


def chosen(registry: dict[str, Any], choice: dict[str, Any], where: str) -> Any:
    """The piece that {kind: name, setting: value, ...} asks for."""
    settings = dict(choice)
    kind = settings.pop("kind", None)
    if kind is None:
        raise SettingError(join(where, "kind"), f"is needed; known: {', '.join(sorted(registry))}")
    if kind not in registry:
        raise SettingError(join(where, "kind"), unknown(kind, registry))
    return typed(registry[kind], settings, where)


def tricks(recipe: Recipe) -> list[Trick]:
    """The recipe's tricks and penalties, fresh, checked one by one and against objective."""
    found: list[Trick] = []
    for section, registry in (("tricks", TRICKS), ("penalties", PENALTIES)):
        for name, knobs in getattr(recipe, section).items():
            if name not in registry:
                raise SettingError(join(section, name), unknown(name, registry))
            found.append(typed(registry[name], knobs, join(section, name)))
    return found
