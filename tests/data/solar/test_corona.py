import numpy as np
import pytest

from equipoise.data.solar.corona import Exciter, drift_rate, emission_height, plasma_frequency


def test_plasma_frequency_of_newkirks_corona():
    # n_e(2 R) = 4.2e4 * 10^2.16 = 6.07e6 cm^-3, and 8.98 kHz * sqrt of that is 22.12 MHz
    assert plasma_frequency(np.array(2.0)) == pytest.approx(22.125, abs=0.01)
    assert plasma_frequency(np.array(2.0), fold=4) == pytest.approx(2 * 22.125, abs=0.02)


@pytest.mark.parametrize("fold", [1.0, 2.5])
def test_height_is_the_inverse_of_frequency(fold):
    heights = np.linspace(1.05, 3, 40)
    assert np.allclose(emission_height(plasma_frequency(heights, fold), fold), heights)


@pytest.mark.parametrize("harmonic", [1, 2])
def test_drift_rate_is_the_derivative_of_the_course(harmonic):
    exciter = Exciter.passing(60.0, 10.0, 66_000.0, 2.0, harmonic)
    t = np.linspace(9, 14, 11)
    f = exciter.frequency(t, harmonic)
    h = 1e-4
    slope = (exciter.frequency(t + h, harmonic) - exciter.frequency(t - h, harmonic)) / (2 * h)
    assert np.allclose(slope, drift_rate(f, 66_000.0, 2.0, harmonic), rtol=1e-6)
    assert np.allclose(exciter.time(f, harmonic), t)
    assert exciter.frequency(np.array(10.0), harmonic) == pytest.approx(60.0)


def test_drift_is_proportional_to_speed_and_the_harmonic_drifts_twice_as_fast():
    f = np.array([30.0, 60.0])
    assert np.allclose(drift_rate(f, 60_000.0), 100 * drift_rate(f, 600.0))
    assert np.allclose(drift_rate(2 * f, 600.0, harmonic=2), 2 * drift_rate(f, 600.0))


def test_a_beam_of_a_third_of_light_drifts_as_metre_wave_bursts_do():
    # Alvarez and Haddock 1973: df/dt = -0.01 f^1.84, -18.7 MHz/s at 60 MHz; Newkirk's corona is steeper by less than 2
    assert -40 < drift_rate(np.array(60.0), 1e5) < -15
