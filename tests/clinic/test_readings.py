"""What is read off the curves of a run."""

import math
from typing import Any

import pytest

from equipoise.clinic.readings import summary


def curve(name: str, values: list[float]) -> list[dict[str, Any]]:
    return [{"step": 10 * i + 10, name: value} for i, value in enumerate(values)]


def exam(step: int, **values: float) -> dict[str, Any]:
    return {"step": step, "exam": True, **values}


def test_means_of_the_first_and_the_last_tenth() -> None:
    found = summary(curve("d_loss", [float(i) for i in range(100)]))
    assert found["d_loss_start"] == 0
    assert found["d_loss_first"] == 4.5
    assert found["d_loss"] == 94.5
    assert (found["d_loss_least"], found["d_loss_most"]) == (0, 99)


def test_trends_have_the_sign_of_the_curve() -> None:
    up, down = ([float(i * sign) for i in range(100)] for sign in (1, -1))
    rising, falling, flat = (summary(curve("g_loss", values)) for values in (up, down, [0.5] * 100))
    assert rising["g_loss_slope"] > 0.5 and falling["g_loss_slope"] < -0.5 and flat["g_loss_slope"] == 0
    assert (rising["g_loss_falls"], falling["g_loss_falls"], flat["g_loss_falls"]) == (0, 1, 0)
    assert flat["g_loss_std"] == 0 < rising["g_loss_std"]


def test_jumps_count_in_the_second_half_only() -> None:
    quiet = [0.01 * (i % 2) for i in range(200)]
    early, late = list(quiet), list(quiet)
    early[20], late[180] = 5.0, 5.0
    assert summary(curve("d_loss", early))["d_loss_jumps"] == 0
    assert summary(curve("d_loss", late))["d_loss_jumps"] == pytest.approx(2 / 99, rel=1e-4)


def test_exams_are_read_from_the_newest_three() -> None:
    records = [exam(100 * (i + 1), coverage=value) for i, value in enumerate([0.1, 0.2, 0.9, 0.5, 0.6])]
    found = summary(records)
    assert (found["coverage"], found["coverage_first"]) == (0.6, 0.1)
    assert found["coverage_range"] == pytest.approx(0.4)


def test_samples_move_from_exam_to_exam_however_far_these_are_apart() -> None:
    dense = [exam(40 * (i + 1), drift=0.5) for i in range(4)]
    sparse = [exam(200 * (i + 1), drift=0.5) for i in range(4)]
    assert summary(dense)["moved"] == pytest.approx(0.2)
    assert summary(sparse)["moved"] == pytest.approx(1.0)


def test_what_was_not_recorded_is_left_out() -> None:
    assert summary([]) == {}
    found = summary(curve("d_loss", [0.5, 0.4]))
    assert "g_loss" not in found and "moved" not in found


def test_all_readings_are_finite_whatever_the_curve() -> None:
    wild = [math.inf, math.nan, 1e308, -1e308, 1e-300, 1e308, 0.5, -math.inf]
    found = summary([*curve("d_loss", wild), *curve("g_loss", [math.nan] * 5), {"step": 99, "d_loss": None}])
    assert all(math.isfinite(value) for value in found.values())
    assert found["d_loss_least"] == -1e308 and "g_loss" not in found


def test_small_numbers_stay_numbers() -> None:
    assert summary(curve("fake_grad", [4.5e-14] * 10))["fake_grad"] == 4.5e-14


def test_a_run_of_one_record_can_be_read() -> None:
    found = summary(curve("d_loss", [0.7]))
    assert found["d_loss"] == found["d_loss_first"] == 0.7
    assert found["d_loss_falls"] == found["d_loss_jumps"] == 0
