"""Where in the corona a frequency is emitted, and when a moving exciter is there.

Emission is at the plasma frequency (fundamental) or at twice it (harmonic), and the density falls with height: so an
exciter that moves outwards drifts to low frequencies, and the drift rate tells its speed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

RADIUS = 6.957e5  # of the Sun, km
LIGHT = 299_792.458  # km/s
PLASMA = 8.98e-3  # MHz per sqrt(cm^-3)
DENSITY, SCALE = 4.2e4, 4.32  # Newkirk 1961: n_e = fold * 4.2e4 * 10^(4.32 / r) cm^-3, r in solar radii from the centre


def plasma_frequency(height: Array, fold: float = 1.0) -> Array:
    """f_p in MHz at `height` (solar radii from the centre) in a corona `fold` times as dense as Newkirk's quiet one."""
    return floor(fold) * 10 ** (SCALE / 2 / height)


def emission_height(frequency: Array, fold: float = 1.0) -> Array:
    """The height (solar radii) where f_p is `frequency` (MHz, above `floor`): the inverse of `plasma_frequency`."""
    return SCALE / 2 / np.log10(frequency / floor(fold))


def floor(fold: float = 1.0) -> float:
    """The plasma frequency infinitely far out, MHz: the model holds above it."""
    return PLASMA * math.sqrt(fold * DENSITY)


def drift_rate(frequency: Array, speed: float, fold: float = 1.0, harmonic: int = 1) -> Array:
    """df/dt in MHz/s at the observed `frequency` (MHz) for an exciter that rises radially with `speed` (km/s).

    -f ln(10) 2.16 / r^2 * v / R, where r is the height at which f / harmonic is the plasma frequency.
    """
    height = emission_height(frequency / harmonic, fold)
    return -frequency * math.log(10) * SCALE / 2 / height**2 * speed / RADIUS


@dataclass(frozen=True)
class Exciter:
    """An electron beam or a shock at `height` (solar radii) at time `start` (s), which rises with an apparent `speed` (km/s).

    The apparent speed holds the light travel time: v / (1 - v / c * cos(angle to the observer)).
    """

    speed: float
    height: float
    start: float
    fold: float = 1.0

    @classmethod
    def passing(cls, frequency: float, time: float, speed: float, fold: float, harmonic: int = 1) -> Exciter:
        """The exciter that emits `frequency` (MHz) at `time` (s) as the given harmonic."""
        return cls(speed, float(emission_height(np.array(frequency / harmonic), fold)), time, fold)

    def time(self, frequency: Array, harmonic: int = 1) -> Array:
        """When it emits `frequency` as that harmonic, s."""
        return self.start + (emission_height(frequency / harmonic, self.fold) - self.height) * (RADIUS / self.speed)

    def frequency(self, time: Array, harmonic: int = 1) -> Array:
        """What it emits at `time` as that harmonic, MHz."""
        return harmonic * plasma_frequency(self.height + (time - self.start) * (self.speed / RADIUS), self.fold)
