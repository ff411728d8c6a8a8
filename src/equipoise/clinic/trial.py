"""The contracts of the clinic: an arm is one way to treat a ward, an outcome what came of one run, a claim what is on trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Answer = Literal["confirmed", "refuted", "depends"]


@dataclass(frozen=True)
class Arm:
    """One way to play a ward: its recipe with these dotted settings besides (False leaves a piece out).

    Arms of a trial are paired: with the same seed they have the same data, first weights and noise.
    """

    name: str  # 'untreated', 'smoothing', ...
    about: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    treat: bool | tuple[str, ...] = False  # with the autopilot; names: of these remedies alone, in this order
    seed_shift: int = 0  # another seed: the arm 'restart with another seed' has 1000
    alone: bool = False  # each seed by itself, never side by side with others: its curves are recorded and can be read


@dataclass(frozen=True)
class Outcome:
    """What came of one run: measured from its samples with a truth that no rule sees, and read from its signals."""

    ward: str
    arm: str
    seed: int
    healthy: bool  # the ward's own criterion, stated in wards.py
    diverged: bool
    steps: int  # that it took, lost ones included
    seconds: float
    numbers: Mapping[
        str, float
    ]  # 'modes', 'energy', 'frechet' (a distance; lower is better), 'd_loss' and 'g_loss' (last tenth), ...


@dataclass(frozen=True)
class Trial:
    """A ward and its arms; the first arm is the control that every other one is compared with, seed by seed."""

    ward: str  # a name in wards.WARDS
    arms: tuple[Arm, ...]
    seeds: int = 5
    settings: Mapping[str, Any] = field(default_factory=dict)  # dotted, for all arms: a shorter run, say


@dataclass(frozen=True)
class Verdict:
    """What the trials say of a claim."""

    answer: Answer
    words: str  # what was found, with the numbers, in two or three sentences
    table: tuple[tuple[str, ...], ...]  # rows for docs/evidence.md, the first is the heading
    numbers: Mapping[str, Any] = field(default_factory=dict)  # for the committed JSON


@dataclass(frozen=True)
class Claim:
    """A row of the ledger. `decide` is the rule, stated beforehand in `rule`; it sees the outcomes of all its trials."""

    name: str  # 'T12'
    says: str  # the claim, as people write it
    rule: str  # what counts as confirmed, what as refuted; everything else depends
    trials: tuple[Trial, ...]
    decide: Callable[[Sequence[Outcome]], Verdict]
