import math

import pytest

from equipoise.diagnosis.track import Facts
from equipoise.pages.anchors import anchors, mirrored


def facts(objective: str, d: float | None, g: float | None, floor: float | None) -> Facts:
    return Facts(objective=objective, d_equilibrium=d, g_equilibrium=g, d_floor=floor)


def test_cross_entropy_with_hard_labels() -> None:
    found = anchors(facts("non_saturating", math.log(2), math.log(2), 0.0))
    assert found["d_loss"]["equilibrium"] == pytest.approx(math.log(2), abs=1e-6)
    assert found["d_loss"]["band"] == [pytest.approx(0.43 * math.log(2), abs=1e-4), pytest.approx(1.08 * math.log(2), abs=1e-4)]
    assert found["d_real"]["equilibrium"] == found["d_fake_after"]["equilibrium"] == 0.5
    low, high = found["g_loss"]["band"]
    assert low < math.log(2) < high


def test_smoothed_labels_move_floor_band_and_what_d_says() -> None:
    found = anchors(facts("non_saturating", 0.6881, 0.7985, 0.1625))
    low, high = found["d_loss"]["band"]
    assert low == pytest.approx(0.1625 + 0.43 * (0.6881 - 0.1625), abs=1e-4) and low > 0.3 and high > 0.6881
    assert found["d_real"]["equilibrium"] == pytest.approx(0.45, abs=1e-3)
    assert found["g_loss"]["band"][0] == pytest.approx(mirrored(1.08 * math.log(2)) + 0.7985 - math.log(2), abs=1e-4)


def test_saturating_g() -> None:
    assert anchors(facts("minimax", math.log(2), -math.log(2), 0.0))["d_real"]["equilibrium"] == 0.5


def test_a_critic_has_an_equilibrium_and_no_band() -> None:
    assert anchors(facts("wasserstein", 0.0, None, None)) == {"d_loss": {"equilibrium": 0.0}}


def test_nothing_known_nothing_drawn() -> None:
    assert anchors(Facts()) == {}


def test_g_is_at_log_2_where_d_is() -> None:
    assert mirrored(math.log(2)) == pytest.approx(math.log(2))
