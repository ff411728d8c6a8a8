"""What a receiver on the ground makes of it: logarithmic digits above the quiet level of each channel, as e-CALLISTO's.

The logarithmic detector gives 0.39 dB a digit: 25.4 mV a dB into 8 bits over 2.5 V (Benz, Monstein and Meyer 2005). The
quiet level of a channel is the median over a quarter of an hour, of which a window is a small part: so it is known here,
not taken from the window.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from equipoise.data.solar.corona import Array
from equipoise.data.solar.emission import Axes, decibel
from equipoise.data.solar.texture import curve, surface

DIGIT = 0.39  # dB
NOISE = 0.25 / DIGIT  # digits, one sample: 10 / ln 10 / sqrt(bandwidth * time), 300 kHz and 1 ms
FULL_SCALE = 255.0  # digits


def receive(rng: np.random.Generator, axes: Axes, power: Array, averaged: int, interference: float) -> Array:
    """Digits above the quiet level [F, T] of `power` [F, T] (1 = the background).

    `averaged` samples were averaged to one column. `interference` multiplies the number of lines and pulses.
    """
    sky = power * decibel(response(rng, axes)) + lightning(rng, axes, interference)
    carriers, usual = lines(rng, axes, interference)
    quiet = background(rng, axes)
    limit = min(FULL_SCALE, float(quiet.max()) + rng.uniform(45, 80))  # the front end compresses before the detector ends
    noise = rng.uniform(0.8, 1.4) * NOISE / np.sqrt(averaged) * rng.standard_normal(power.shape)
    raw = np.minimum(quiet + 10 / DIGIT * np.log10(1 + carriers + sky) + wander(rng, axes), limit) + noise
    digits = np.clip(np.round(raw * averaged) / averaged, 0, FULL_SCALE)
    reference = np.round(np.minimum(quiet + 10 / DIGIT * np.log10(1 + usual), limit))
    above: Array = digits - reference
    return above


def background(rng: np.random.Generator, axes: Axes) -> Array:
    """The quiet level of each channel [F, 1], digits: the sky falls with frequency, the gain ripples by standing waves."""
    f = axes.f[:, 0]
    slope = rng.uniform(0, 12) / DIGIT * np.log10(f[-1] / f)
    ripple = rng.uniform(0, 8) * np.sin(2 * np.pi * (f / rng.uniform(5, 30) + rng.random()))
    level: Array = rng.uniform(110, 150) + slope + ripple + 4 * curve(rng, f, 4.0)[0]
    return level[:, None]


def response(rng: np.random.Generator, axes: Axes) -> Array:
    """How much more or less a burst stands out of the background at each channel [F, 1], dB: antenna and sky."""
    ln_f = np.log(axes.f[:, 0])
    depth = (ln_f[0] - ln_f) / (ln_f[0] - ln_f[-1])  # 0 at the top of the band, 1 at its bottom
    uneven = 1.5 * curve(rng, ln_f, 0.05)[0] + 0.7 * rng.standard_normal(len(ln_f))
    gain: Array = uneven - rng.uniform(0, 6) * depth
    return gain[:, None]


def wander(rng: np.random.Generator, axes: Axes) -> Array:
    """How the level of the channels differs from its median over the quarter of an hour [F, T], digits: mostly little."""
    f, t = axes.f[:, 0], axes.t[0]
    strength = min(3.0, 0.4 * rng.lognormal(0, 1.1))
    slow = surface(rng, np.log(f), t, 0.12, max(60.0, axes.span / 2))
    offsets = curve(rng, f, 1.0)[0][:, None]
    waves = rng.exponential(0.25) * np.sin(2 * np.pi * (axes.f / rng.uniform(2, 6) + axes.t / rng.uniform(20, 300)))
    total: Array = strength * (slow + 0.5 * offsets) + waves
    return total


# --------------------------------------------------------------------------------------------- interference


def lines(rng: np.random.Generator, axes: Axes, interference: float) -> tuple[Array, Array]:
    """(power [F, T], its usual value [F, 1]) of transmitters: constant, fading, modulated, or keyed on and off.

    They crowd below 26 MHz (short wave) and above 87.5 MHz (FM); the usual value is that of more than half of the time.
    """
    f, t = axes.f[:, 0], axes.t[0]
    crowd = 0.04 + 0.25 * (f < 26) + 0.10 * (f > 87.5)
    where = np.flatnonzero(rng.random(len(f)) < np.clip(interference * rng.lognormal(-0.1, 0.8) * crowd, 0, 0.8))
    power, usual = np.zeros((len(f), len(t))), np.zeros((len(f), 1))
    if n := len(where):
        strength = np.minimum(2 + rng.exponential(7.0, (n, 1)), 30.0)  # dB
        level, on, often = np.repeat(strength, len(t), axis=1), np.ones((n, len(t)), bool), np.ones((n, 1), bool)
        _, fading, speech, keyed = np.split(rng.permutation(n), [int(0.4 * n), int(0.55 * n), int(0.75 * n)])
        level[fading] += 2.0 * curve(rng, t, axes.span / 30, len(fading))
        level[speech] += rng.uniform(0.5, 2.5, (len(speech), 1)) * rng.standard_normal((len(speech), len(t)))
        often[keyed] = rng.random((len(keyed), 1)) < 0.2
        on[keyed] = keying(rng, t, axes.span, len(keyed)) == often[keyed]
        power[where] = decibel(level) * on
        usual[where] = decibel(strength) * often
    return power, usual


def keying(rng: np.random.Generator, t: Array, span: float, n: int) -> npt.NDArray[np.bool_]:
    """Which of `n` keyed transmitters [n, T] are in their usual state: most of the time, with breaks at random or regular."""
    step = span / len(t)
    dwell = span * 10 ** rng.uniform(-1.7, -0.3, (n, 1))
    changes = np.cumsum(rng.random((n, len(t))) < step / dwell, axis=1) + rng.integers(0, 3, (n, 1))
    period = span * 10 ** rng.uniform(-1.3, -0.5, (n, 1))
    regular = (t / period + rng.random((n, 1))) % 1 < rng.uniform(0.55, 0.8, (n, 1))
    return np.where(rng.random((n, 1)) < 0.3, regular, changes % 3 != 0)


def lightning(rng: np.random.Generator, axes: Axes, interference: float) -> Array:
    """Broadband pulses of a sample or two, stronger at low frequencies, power [F, T]."""
    f, t = axes.f, axes.t
    power = np.zeros((len(f), t.shape[1]))
    step = axes.span / t.shape[1]
    for _ in range(rng.poisson(0.2 * interference)):
        comb = curve(rng, f[:, 0], 3.0)[0][:, None]
        strength = rng.uniform(-4, 6) + 12 * np.log10(axes.low / f) * rng.uniform(0, 1) + 5 * comb
        moment = rng.uniform(0, axes.span)
        power += decibel(strength) * (np.abs(t - moment) < step * rng.uniform(0.5, 1.2))
    return power
