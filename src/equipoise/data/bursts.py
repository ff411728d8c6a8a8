"""Simulated windows of dynamic spectra with solar radio bursts of types II, III and V: embedded data, no download."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from equipoise.data.checks import at_least, made_not_read
from equipoise.data.restore import facts_to_restore, restore
from equipoise.data.solar.corona import Array
from equipoise.data.solar.emission import Axes, type_2, type_3, type_5
from equipoise.data.solar.receiver import receive
from equipoise.data.source import Source, enough
from equipoise.data.windows import averaging
from equipoise.errors import SettingError
from equipoise.seeds import mix

EMISSION = {"type_2": type_2, "type_3": type_3, "type_5": type_5}
SPAN = {"type_2": 256.0, "type_3": 32.0, "type_5": 256.0}  # s; windows of this length are what real sets are cut into
SAMPLE = 0.25  # s, of e-CALLISTO; longer columns average several
CHANNELS = 200 / 128  # of the receiver, per row of a window
LOW, HIGH = -10.0, 50.0  # digits that become -1 and 1; about 0.5 % of the values of real windows are beyond


@dataclass
class Bursts:
    """Solar radio bursts as an e-CALLISTO station records them, simulated.

    The corona is Newkirk's (1961), 1 to 4 times as dense; see data/solar for what is emitted in it and received.
    A window is drawn from the seed, its type and its number alone: more windows leave the first ones as they are.

    type_2, type_3, type_5: how many windows of each.
    size: rows and columns. A window is always 32 s long (type III) or 256 s (types II and V).
    f_low, f_high: the band, MHz. Row 0 is the highest frequency; time runs along the columns.
    interference: multiplies the number of interfering transmitters and pulses; 0 is a perfectly quiet place.
    """

    type_2: int = 0
    type_3: int = 218
    type_5: int = 0
    size: int = 128
    f_low: float = 20.0
    f_high: float = 90.0
    interference: float = 1.0

    name: ClassVar[str] = "bursts"
    about: ClassVar[str] = "simulated solar radio bursts of types II, III and V in dynamic spectra"

    def __post_init__(self) -> None:
        for kind in EMISSION:
            at_least(kind, self.count(kind), 0)
        at_least("size", self.size, 8)
        if not 10 <= self.f_low <= 100:
            raise SettingError("data.f_low", f"must be from 10 to 100 MHz, where bursts are, not {self.f_low:g}")
        if not 1.5 * self.f_low <= self.f_high <= 1000:
            raise SettingError("data.f_high", f"must be from 1.5 * f_low to 1000 MHz, not {self.f_high:g}")
        if not 0 <= self.interference <= 100:
            raise SettingError("data.interference", f"must be from 0 (none) to 100, not {self.interference:g}")

    def load(self, path: Path | None, seed: int) -> Source:
        """Windows float16 [N, 1, size, size], -10..50 digits as -1..1, those beyond clipped; labels are the types.

        `restore` gives digits (0.39 dB each) above the quiet level of the channel. There is nothing to read: no `path`.
        """
        made_not_read(self.name, path)
        classes = tuple(kind for kind in EMISSION if self.count(kind))
        labels = torch.cat([torch.full((self.count(kind),), k) for k, kind in enumerate(classes)] or [torch.zeros(0)]).long()
        enough("data", len(labels), "window")
        values = torch.empty(len(labels), 1, self.size, self.size, dtype=torch.float16)
        windows = (self.window(kind, seed, i) for kind in classes for i in range(self.count(kind)))
        for value, digits in zip(values, windows, strict=True):
            value[0] = torch.from_numpy(np.clip((digits - LOW) * (2 / (HIGH - LOW)) - 1, -1, 1))
        facts = {**facts_to_restore(LOW, HIGH, log=False, units="digits"), "axes": self.axes(classes)}
        shape = (1, self.size, self.size)
        return Source(
            self.name, shape, len(labels), values, labels=labels, classes=classes, facts=facts, restore=partial(restore, facts)
        )

    def count(self, kind: str) -> int:
        return int(getattr(self, kind))

    def window(self, kind: str, seed: int, number: int) -> Array:
        """The window of that type and number, digits [size, size]."""
        rng = np.random.default_rng(mix(seed, self.name, kind, number))
        channels = round(self.size * CHANNELS)
        averaged = max(1, round(SPAN[kind] / self.size / SAMPLE))
        axes = Axes.of(self.f_low, self.f_high, channels, SPAN[kind], self.size)
        digits = receive(rng, axes, EMISSION[kind](rng, axes), averaged, self.interference)
        return averaging(channels, self.size) @ digits

    def axes(self, classes: tuple[str, ...]) -> dict[str, Any]:
        """What rows and columns are, in the form of the windows' facts."""
        spans = sorted({SPAN[kind] for kind in classes})
        return {
            "rows": {"label": "frequency [MHz]", "first": self.f_high, "last": self.f_low, "differs": False},
            "columns": {"label": "time [s]", "first": 0.0, "last": spans[0], "differs": len(spans) > 1},
        }
