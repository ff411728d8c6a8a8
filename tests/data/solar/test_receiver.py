import numpy as np
import pytest

from equipoise.data.solar.emission import Axes
from equipoise.data.solar.receiver import DIGIT, FULL_SCALE, lines, receive

AXES = Axes.of(30.0, 80.0, 200, 32.0, 128)
QUIET = np.zeros((200, 128))


def digits(power, seed=0, averaged=1, interference=0.0):
    return receive(np.random.default_rng(seed), AXES, power, averaged, interference)


def test_a_quiet_sky_is_around_zero_with_the_noise_of_a_radiometer():
    noise = [np.median(np.abs(np.diff(digits(QUIET, seed)))) / 0.6745 / 2**0.5 for seed in range(30)]
    assert 0.4 < np.median(noise) < 1.1  # 0.25 dB is 0.64 digits, and whole digits of 0.29
    assert abs(np.median([digits(QUIET, seed).mean() for seed in range(30)])) < 0.5


def test_digits_are_logarithmic_and_whole():
    values = digits(QUIET)
    assert np.array_equal(values, np.round(values))
    # a burst of the same shape, ten times as strong, is 10 dB above the other where both are far above the background
    weak, strong = (digits(QUIET + power).mean() for power in (9.0, 99.0))
    assert strong - weak == pytest.approx(10 / DIGIT, abs=1)


def test_averaged_samples_have_finer_steps_and_less_noise():
    values = digits(QUIET, averaged=8)
    assert np.array_equal(values * 8, np.round(values * 8))
    assert np.diff(values).std() < 0.6 * np.diff(digits(QUIET)).std()


def test_it_saturates():
    strong = digits(QUIET + 1e30)
    assert strong.max() < FULL_SCALE
    assert np.abs(strong - digits(QUIET + 1e33)).max() == 0


def test_interference_is_as_much_as_asked_for():
    none, some, many = (
        np.mean([(lines(np.random.default_rng(s), AXES, k)[1] + lines(np.random.default_rng(s), AXES, k)[0] > 0).any(1).mean()
                 for s in range(40)])
        for k in (0.0, 1.0, 4.0)
    )  # fmt: skip
    assert none == 0
    assert 0.01 < some < 0.12
    assert many == pytest.approx(4 * some, rel=0.35)


def test_a_strong_carrier_hides_the_burst_on_its_channel():
    """Its level is the usual one, so the channel shows neither the carrier nor the burst."""
    for seed in range(200):
        power, usual = lines(np.random.default_rng(seed), AXES, 1.0)
        steady = (power.std(1) < 1e-9 * power.mean(1)) & (usual[:, 0] > 50)
        if steady.any():
            break
    gain = 10 * np.log10((1 + power + 1) / (1 + power)) / DIGIT
    assert gain[steady].max() < 0.3 < gain[power.max(1) == 0].min()
