import numpy as np
import pytest

from equipoise.data.solar.corona import Exciter, drift_rate
from equipoise.data.solar.emission import Axes, beam, decay_time, lane, type_2, type_3, type_5

BAND = Axes.of(20.0, 90.0, 200, 32.0, 640)
SLOW = Axes.of(20.0, 90.0, 400, 256.0, 128)


def ridge(axes, power):
    """The time of the maximum at each frequency."""
    return axes.t[0][power.argmax(1)]


@pytest.mark.parametrize(("speed", "fold", "harmonic"), [(6e4, 1.0, 1), (6e4, 3.0, 2), (1e5, 2.0, 1)])
def test_the_ridge_of_a_type_3_drifts_as_the_corona_says(speed, fold, harmonic):
    power = beam(BAND, Exciter.passing(60.0, 6.0, speed, fold, harmonic), harmonic)
    f = BAND.f[20:180:16, 0]
    measured = np.gradient(BAND.f[:, 0][20:180:16], ridge(BAND, power)[20:180:16])
    assert np.allclose(measured[1:-1], drift_rate(f, speed, fold, harmonic)[1:-1], rtol=0.12)  # cells of 0.05 s


def test_a_type_3_rises_fast_and_decays_exponentially_longer_at_low_frequencies():
    power = beam(BAND, Exciter.passing(60.0, 5.0, 1e5, 1.0), stretch=0.5)
    for row in (40, 160):
        peak = power[row].argmax()
        after = np.log(power[row, peak + 5 : peak + 25])
        assert np.diff(after) == pytest.approx(-0.05 / (0.5 * decay_time(BAND.f[row, 0])))
        assert (power[row, :peak] > 0.5).sum() < (power[row, peak:] > 0.5).sum()
    assert (power[160] > 0.5).sum() > 1.5 * (power[40] > 0.5).sum()


def test_lanes_of_a_type_2_are_harmonics_and_drift_slower_by_the_ratio_of_the_speeds():
    shock = Exciter.passing(30.0, 128.0, 800.0, 2.0)
    centres = []
    for n in (1, 2):
        power = lane(SLOW, shock.frequency(SLOW.t, n), np.array(0.02))
        centres.append(SLOW.f[power.argmax(0), 0])
    inside = centres[1] < 85
    assert np.allclose(centres[1][inside] / centres[0][inside], 2, rtol=0.02)
    slope = np.polyfit(SLOW.t[0][60:68], centres[0][60:68], 1)[0]
    assert slope == pytest.approx(float(drift_rate(np.array(30.0), 800.0, 2.0)), rel=0.3)  # cells of 0.175 MHz and 2 s
    long = np.polyfit(SLOW.t[0][32:96], centres[0][32:96], 1)[0]
    fast = beam(BAND, Exciter.passing(30.0, 10.0, 8e4, 2.0))
    at = np.abs(BAND.f[:, 0] - 30) < 3
    steep = np.polyfit(ridge(BAND, fast)[at], BAND.f[at, 0], 1)[0]
    assert steep / long == pytest.approx(100, rel=0.15)


@pytest.mark.parametrize("draw", [type_2, type_3, type_5])
@pytest.mark.parametrize("axes", [BAND, SLOW, Axes.of(45.0, 870.0, 50, 256.0, 32), Axes.of(10.0, 15.0, 12, 32.0, 8)])
def test_every_burst_is_finite_and_seen(draw, axes):
    peaks = []
    for seed in range(25):
        power = draw(np.random.default_rng(seed), axes)
        assert power.shape == (len(axes.f), axes.t.shape[1])
        assert np.isfinite(power).all()
        assert (power >= 0).all()
        peaks.append(power.max())
    assert np.median(peaks) > 1  # as strong as the background, at least
    assert np.mean(np.array(peaks) > 0.3) > 0.8


def test_a_type_5_outlasts_type_3_bursts():
    """A minute after its start, a type V's low frequencies still shine; a type III is over."""

    def lasting(draw, seed):
        power = draw(np.random.default_rng(seed), SLOW)
        band = power[200:].mean(0)  # below 55 MHz
        return (band > 0.1 * band.max()).sum() * 2.0

    assert 30 < np.median([lasting(type_5, seed) for seed in range(30)]) < 180
    assert np.median([lasting(type_3, seed) for seed in range(30)]) < 30
