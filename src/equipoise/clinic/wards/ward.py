"""What a ward is: a game that fails on purpose, or a healthy one, with a truth that no rule ever sees.

A ward says what was done (its `cause`, planted and never inferred) and what findings would be right. What came of it is
measured from the samples alone, by known centres of modes or by a classifier. The two are kept apart: a planted failure that
came to no harm is reported as such.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from equipoise.clinic.wards.data import BASES, ENOUGH, IMAGES
from equipoise.game import Game


@dataclass(frozen=True)
class Ward:
    """`right` are findings of which one at least is due; `beside` are true as well, and count neither for nor against."""

    name: str
    data: str  # a name in BASES
    about: str
    right: frozenset[str] = frozenset()  # empty: a healthy recipe, for which every finding is a false alarm
    beside: frozenset[str] = frozenset()
    changes: dict[str, Any] = field(default_factory=dict)
    plant: Callable[[Ward, int], dict[str, Any]] | None = None  # what fit is given besides
    certain: bool = False  # harm by construction, whatever the samples look like
    sound: Callable[[Mapping[str, float]], bool] | None = None  # what the readings have to be besides, for a healthy run
    measure: Callable[[Game], dict[str, Any]] | None = None  # instead of the samples, where the players themselves are known
    curable: bool = True  # False where the failure is built into the user's own G, which no treatment of a game can change

    @property
    def healthy(self) -> bool:
        return not self.right

    @property
    def base(self) -> dict[str, Any]:
        return BASES[self.data]

    @property
    def image(self) -> bool:
        return self.data in IMAGES

    @property
    def twin(self) -> str:
        """The healthy ward of the same data, with which a treated run is compared."""
        return f"{self.data}/r1"

    def well(self, found: int, energy: float) -> bool:
        """Whether samples that cover so many modes, at such a distance, are those of a run that came to no harm."""
        modes, distance = ENOUGH[self.data]
        return found >= modes and energy <= distance

    def came_well(self, numbers: Mapping[str, float]) -> bool:
        """Whether a run with these numbers (what was measured of its samples, and its readings) came to no harm."""
        return self.well(int(numbers["found"]), numbers["energy"]) and (self.sound is None or self.sound(numbers))

    def given(self, seed: int) -> dict[str, Any]:
        """The arguments of `equipoise.fit`."""
        torch.manual_seed(seed)
        planted = self.plant(self, seed) if self.plant is not None else {}
        recipe = {"name": f"{self.data}-{self.name}", **self.base, **self.changes}
        if "generator" in planted:
            recipe.pop("network", None)
        return {"recipe": recipe, "seed": seed, **planted}
