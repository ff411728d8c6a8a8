"""What the Sun sends: dynamic spectra of type II, III and V bursts, as power over the quiet background.

Every function takes a random generator and axes, and gives power [frequencies, times], linear, 1 = the background.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from equipoise.data.solar.corona import LIGHT, Array, Exciter
from equipoise.data.solar.texture import curve, surface


@dataclass(frozen=True)
class Axes:
    """Channels by samples: `f` [F, 1] in MHz, falling, and `t` [1, T] in s, both at the middle of the cell."""

    f: Array
    t: Array

    @classmethod
    def of(cls, f_low: float, f_high: float, channels: int, span: float, samples: int) -> Axes:
        f = f_high - (np.arange(channels) + 0.5) * ((f_high - f_low) / channels)
        t = (np.arange(samples) + 0.5) * (span / samples)
        return cls(f.astype(np.float64)[:, None], t.astype(np.float64)[None, :])

    @property
    def span(self) -> float:
        return float(self.t[0, 0] + self.t[0, -1])

    @property
    def low(self) -> float:
        return float(self.f[-1, 0])

    @property
    def high(self) -> float:
        return float(self.f[0, 0])


def decibel(value: Array) -> Array:
    """A power ratio from decibels."""
    power: Array = np.exp((0.1 * math.log(10)) * value)
    return power


def pulse(delay: Array, rise: Array | float, decay: Array | float) -> Array:
    """1 where `delay` is 0, a Gaussian rise before it and an exponential decay after it."""
    return np.exp(-np.where(delay < 0, 0.5 * (delay / rise) ** 2, delay / decay))


def edge(f: Array, corner: float, width: float) -> Array:
    """0 to 1 as f rises through `corner`, softly over `width` (in ln f)."""
    return 1 / (1 + (corner / f) ** (1 / width))


# ------------------------------------------------------------------------------------------------- type III


def decay_time(f: Array) -> Array:
    """The e-folding time of a type III burst at `f` MHz, s: 10^7.71 f^-0.95, f in Hz (Alvarez & Haddock 1973)."""
    time: Array = 10**7.71 * (f * 1e6) ** -0.95
    return time


def beam(axes: Axes, exciter: Exciter, harmonic: int = 1, stretch: float = 1.0, steepness: float = 0.5) -> Array:
    """An electron beam's emission, peak 1: at each frequency a pulse when the beam passes.

    `stretch` multiplies the decay time; `steepness` is the rise time (sigma) over the decay time.
    """
    decay = stretch * decay_time(axes.f)
    return pulse(axes.t - exciter.time(axes.f, harmonic), steepness * decay, decay)


def type_3(rng: np.random.Generator, axes: Axes) -> Array:
    """A group of fast-drifting bursts: electron beams of 0.1 to 0.5 c."""
    first = rng.uniform(0.2, 0.65) * axes.span
    times = first + np.append(0.0, rng.exponential(4.0, rng.poisson(0.9)).cumsum())
    peak = max(1.5, rng.lognormal(math.log(4.5), 0.6))
    return group(rng, axes, times, peak)


def group(rng: np.random.Generator, axes: Axes, times: Array, peak: float) -> Array:
    """Type III bursts at `times`, the first of `peak` dB, the others weaker."""
    peaks = [peak, *(max(1.0, peak - rng.exponential(3.0)) for _ in times[1:])]
    return sum((electrons(rng, axes, time, dB) for time, dB in zip(times, peaks, strict=True)), np.zeros(1))


def electrons(rng: np.random.Generator, axes: Axes, time: float, peak: float) -> Array:
    """One type III burst of `peak` dB that is in the middle of its band at `time`, sometimes with its harmonic."""
    start, stop = limits(rng, axes)
    fold = rng.uniform(1, 4)
    speed = LIGHT * rng.triangular(0.1, 0.22, 0.5)
    harmonic = int(rng.choice([1, 2]))
    middle = np.sqrt(max(stop, axes.low) * min(start, axes.high))
    exciter = Exciter.passing(middle, time, speed, fold, harmonic)
    stretch, steepness = rng.lognormal(-0.4, 0.35), rng.uniform(0.5, 0.9)  # shorter at tens of MHz (Barrow and Achong 1975)
    lanes = [(harmonic, 1.0)]
    if harmonic == 1 and rng.random() < 0.4:
        lanes.append((2, rng.uniform(0.2, 0.8)))
    power = np.zeros(1)
    for n, weight in lanes:  # a harmonic starts and stops where the beam does, so at twice the frequency
        band = between(axes.f, stop * n / harmonic, start * n / harmonic)
        power = power + weight * band * beam(axes, exciter, n, stretch, steepness)
    ln_f = np.log(axes.f[:, 0])
    patches = 1.5 * curve(rng, ln_f, 0.12)[0][:, None] + 1.2 * surface(rng, ln_f, axes.t[0], 0.02, 0.6)
    return power * decibel(peak + patches)


def limits(rng: np.random.Generator, axes: Axes) -> tuple[float, float]:
    """(start, stop) frequency of a type III burst, MHz: it starts below about 300, and the band shows at least a part.

    A beam starts to emit where it becomes unstable and stops where it has spread out: a factor of 1.6 to 10 below.
    """
    start = math.exp(rng.uniform(math.log(1.7 * axes.low), math.log(max(300.0, 2 * axes.low))))
    start = min(start, 3 * axes.high)
    stop = start / math.exp(rng.uniform(math.log(1.6), math.log(10.0)))
    return start, min(stop, 0.7 * axes.high)


def between(f: Array, stop: float, start: float) -> Array:
    """A band with soft edges: a burst fades in at its start frequency faster than it dies away."""
    return edge(f, stop, 0.12) * (1 - edge(f, start, 0.06))


# -------------------------------------------------------------------------------------------------- type II

SPLIT = (1.2, 0.04)  # upper over lower lane of a split band, mean and deviation: 80 % are 1.15 to 1.25 (Du et al. 2015)


def lane(axes: Axes, frequency: Array, width: Array) -> Array:
    """Emission at `frequency` [1, T] with a relative bandwidth (sigma, in ln f) of `width`, peak 1."""
    return np.exp(-0.5 * (np.log(axes.f / frequency) / width) ** 2)


def type_2(rng: np.random.Generator, axes: Axes) -> Array:
    """A shock of 300 to 2000 km/s: slow lanes at the fundamental and the harmonic, mostly split, ragged and patchy."""
    t = axes.t[0]
    harmonic = int(rng.choice([1, 2]))  # which of the two lanes crosses the band for certain
    middle = min(200.0, axes.low * (axes.high / axes.low) ** rng.uniform(0.3, 0.85))  # shocks form above that height
    speed = float(np.clip(rng.lognormal(np.log(700), 0.5), 300, 2000))
    shock = Exciter.passing(middle, 0.5 * axes.span, speed, rng.uniform(1, 4), harmonic)
    ratio = rng.normal(*SPLIT)
    splits = [(1.0, 0.0)] if rng.random() < 0.3 else [(ratio**-0.5, 0.0), (ratio**0.5, rng.normal(0, 2))]
    begin, end = rng.uniform(-0.4, 0.35) * axes.span, rng.uniform(0.7, 1.4) * axes.span
    lifetime = pulse(np.minimum(t - begin, 0) + np.maximum(t - end, 0), rise=4.0, decay=15.0)
    peak = max(4.0, rng.normal(7.5, 3.5))
    power = np.zeros(1)
    for n in (1, 2):
        wander = 0.02 * curve(rng, t, 40.0)[0] + 0.008 * curve(rng, t, 6.0)[0]
        course = shock.frequency(t, n) * np.exp(wander)
        fainter = 0.0 if n == harmonic else rng.exponential(4.0)
        strength = peak - fainter + 2.5 * curve(rng, t, 25.0)[0] + 1.5 * curve(rng, t, 4.0)[0]
        for place, louder in splits:
            width = rng.uniform(0.02, 0.06) * np.exp(0.25 * curve(rng, t, 3.0)[0])
            power = power + lane(axes, place * course, width) * decibel(strength + louder)
    ln_f = np.log(axes.f[:, 0])
    striae = 1.5 * surface(rng, ln_f, t, 0.25, 2.5) + 1.5 * surface(rng, ln_f, t, 0.02, 4.0)
    return power * lifetime * decibel(striae)


# --------------------------------------------------------------------------------------------------- type V


def type_5(rng: np.random.Generator, axes: Axes) -> Array:
    """A group of type III bursts and the broad continuum that follows it for a minute or so, at low frequencies."""
    time, peak = rng.uniform(0.15, 0.45) * axes.span, max(5.0, rng.normal(12, 4))
    members = time + np.append(0.0, rng.exponential(5.0, rng.integers(2, 5)).cumsum())
    power = group(rng, axes, members, peak)
    lasting = rng.uniform(20, 50) * (40 / axes.f) ** 0.5
    onset = members[0] + rng.uniform(2, 8) + 0.1 * lasting
    corner = axes.low + (min(axes.high, 150.0) - axes.low) * rng.uniform(0.4, 0.9)  # type V is low in frequency
    ln_f, t = np.log(axes.f[:, 0]), axes.t[0]
    patches = 1.5 * surface(rng, ln_f, t, 0.3, 12.0) + 1.0 * surface(rng, ln_f, t, 0.2, 3.0)
    continuum = pulse(axes.t - onset, 0.2 * lasting, lasting) * (1 - edge(axes.f, corner, 0.08))
    return power + continuum * decibel(peak - rng.uniform(0, 4) + patches)
