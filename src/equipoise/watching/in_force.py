"""What a treatment has in force on somebody's loop, read from settings as a recipe has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from equipoise.errors import SettingError
from equipoise.objectives import OBJECTIVES
from equipoise.optimizers import OPTIMIZERS
from equipoise.optimizers.settings import Settings
from equipoise.penalties import PENALTIES
from equipoise.pieces import Objective, Penalty, Trick
from equipoise.settings import typed
from equipoise.tricks import TRICKS

VIEWS = ("instance_noise", "diff_augment")
LABELS = ("label_smoothing", "label_noise", "label_flipping")
TRICKS_KNOWN = {*VIEWS, *LABELS, "clip_gradients", "spectral_norm", "ema"}
PENALTIES_KNOWN = ("r1", "r2", "gradient_penalty", "dragan", "lecam")
APART = ("non_saturating", "minimax", "least_squares", "hinge", "wasserstein")  # objectives of one logit at a time
PAIRED = ("relativistic_paired", "relativistic_average")
RATES = {"g_rate", "d_rate"}  # of two_rates; the schedule is the loop's own
IGNORED = ("network",)  # a network is what it is


@dataclass(frozen=True)
class Loop:
    """What is known of the loop that settings are read for."""

    objective: str  # its own; '' where it is not known
    optimizer: str  # the kind of D's: 'adam', 'rmsprop', ...; '' before its first step
    told: bool  # which samples are fakes is known while D judges them
    together: bool  # D is given reals and fakes in one call
    plain: bool  # D itself is what the loop calls: no wrapper, not compiled
    open: bool  # hooks at D may change what it is given: its call was not compiled with them
    alone: bool  # each player has an optimizer to itself


@dataclass
class InForce:
    """What is done to the loop."""

    settings: dict[str, Any] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)  # by role, 'G' and 'D', where they are ours
    beta1: float | None = None
    optimizer: Settings | None = None  # in place of the loop's own
    objective: Objective | None = None
    g_steps: int = 1  # for each step of D
    pieces: dict[str, Trick] = field(default_factory=dict)  # tricks and penalties, by name
    scale: tuple[float, float] | None = None  # of the reals, that D is shown as -1 to 1

    @property
    def penalties(self) -> list[Penalty]:
        return [piece for piece in self.pieces.values() if isinstance(piece, Penalty)]

    @property
    def labels(self) -> list[Trick]:
        return [self.pieces[name] for name in LABELS if name in self.pieces]

    @property
    def views(self) -> list[Trick]:
        return [self.pieces[name] for name in VIEWS if name in self.pieces]

    @property
    def retells(self) -> bool:
        """Whether what a loss says at D's output is ours."""
        return self.objective is not None or bool(self.labels)


def read(settings: Mapping[str, Any], loop: Loop, now: InForce) -> InForce:
    """What settings mean in a loop; SettingError for one that can't be had from outside.

    Pieces whose settings are those in force stay the same ones, with what they remember.
    """
    wanted = {key: value for key, value in settings.items() if value is not False and key not in IGNORED}
    found = InForce(dict(settings))
    for key, value in wanted.items():
        section, _, name = key.partition(".")
        if key == "optimizer":
            optimizer(found, value, loop)
        elif key == "optimizer.beta1":
            if not loop.optimizer.startswith("adam"):
                raise SettingError(key, f"the loop's own optimizer ({loop.optimizer or 'unknown'}) has no beta1")
            found.beta1 = float(value)
        elif key == "objective":
            objective(found, value, loop)
        elif key == "tricks.cadence":
            cadence(found, value)
        elif section == "penalties" and name in PENALTIES_KNOWN:
            needs_told(key, loop)
            found.pieces[name] = piece(PENALTIES[name], key, value, now)
        elif section == "tricks" and name in TRICKS_KNOWN:
            found.pieces[name] = trick(key, name, value, loop, now)
        elif key not in ("optimizer.lr", "tricks.two_rates"):
            raise SettingError(key, "can't be changed from outside")
    rates(found, wanted)
    return found


def rates(found: InForce, wanted: Mapping[str, Any]) -> None:
    """The learning rates: those of two_rates go before the optimizer's, as in a game of ours."""
    if "optimizer.lr" in wanted:
        found.rates = dict.fromkeys("GD", float(wanted["optimizer.lr"]))
    two = wanted.get("tricks.two_rates")
    if two is not None:
        if set(two) - RATES:
            raise SettingError("tricks.two_rates", "a schedule can't be put on a loop that has one of its own")
        found.rates |= {key[0].upper(): float(value) for key, value in two.items()}


def optimizer(found: InForce, value: Mapping[str, Any], loop: Loop) -> None:
    kind = str(value.get("kind", ""))
    if loop.optimizer.removesuffix("w") == kind:
        found.beta1 = value.get("beta1")
    elif kind == "adam" and loop.alone and loop.optimizer:
        found.optimizer = typed(OPTIMIZERS[kind], {k: v for k, v in value.items() if k != "kind"}, "optimizer")
    else:
        own = loop.optimizer or "not known yet"
        raise SettingError("optimizer", f"the loop's own is {own}, and can't become {kind} from outside")
    if "lr" in value:
        found.rates = dict.fromkeys("GD", float(value["lr"]))


def objective(found: InForce, name: str, loop: Loop) -> None:
    if name == loop.objective:
        return
    if name in PAIRED and not loop.together:
        raise SettingError("objective", f"{name} needs reals and fakes in one loss, which a loop's two calls do not give")
    if name not in (*APART, *PAIRED) or loop.objective not in APART:
        raise SettingError("objective", f"{loop.objective or 'a game that is not known'} can't become {name} from outside")
    needs_told("objective", loop)
    found.objective = OBJECTIVES[name]


def cadence(found: InForce, value: Mapping[str, Any]) -> None:
    if value.get("d_steps", 1) != 1:
        raise SettingError("tricks.cadence", "steps of D can be left out from outside, not added")
    found.g_steps = int(value.get("g_steps", 1))


def trick(key: str, name: str, value: Any, loop: Loop, now: InForce) -> Trick:
    if (name == "spectral_norm" and not loop.plain) or (name in VIEWS and not loop.open):
        raise SettingError(key, "a wrapped or compiled D can't be changed from outside")
    if name in LABELS:
        needs_told(key, loop)
        own = OBJECTIVES.get(loop.objective)
        if own is None or not own.takes_targets or own.paired:
            raise SettingError(key, f"{loop.objective or 'a game that is not known'} has no labels")
    found: Trick = piece(TRICKS[name], key, value, now)
    return found


def needs_told(key: str, loop: Loop) -> None:
    if not loop.told:
        raise SettingError(key, "needs to know which samples are fakes while D judges them, which does not show in this loop")


def piece(cls: type[Any], key: str, value: Any, now: InForce) -> Any:
    name = key.partition(".")[2]
    if name in now.pieces and now.settings.get(key) == value:
        return now.pieces[name]
    found = typed(cls, value if isinstance(value, Mapping) else {}, key)
    found.check()
    return found
