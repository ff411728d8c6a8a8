"""The curves' lines: right numbers, and no say."""

import math
from typing import Any

import numpy as np
import pytest

from equipoise.equilibrium.indicators import curves, jumps, line, steady
from equipoise.objectives import OBJECTIVES

BALANCE = OBJECTIVES["non_saturating"].equilibrium()


def records(d: Any, g: Any) -> list[dict[str, float]]:
    return [{"step": float(i), "d_loss": float(a), "g_loss": float(b)} for i, (a, b) in enumerate(zip(d, g, strict=True))]


def test_losses_of_every_kind_prove_nothing() -> None:
    """A Dirac-GAN that cycles, a perfect run, a collapse: the lines differ, their standing does not."""
    t = np.arange(200)
    cycling = records(0.69 + 0.1 * np.sin(t / 5), 0.7 + 0.3 * np.cos(t / 5))
    perfect = records(np.full(200, 0.6931), np.full(200, 0.6931))
    collapsed = records(np.full(200, 0.196), np.full(200, 2.2))
    for rows in (cycling, perfect, collapsed):
        assert {row.standing for row in curves(rows, BALANCE)} == {"proves nothing"}


def test_the_numbers_are_those_of_the_claims() -> None:
    d = np.concatenate([np.linspace(0.05, 0.6, 90), np.full(5, 0.5), np.full(5, 0.7)])
    g = np.linspace(3, 1, 100)
    found = {row.name: row.value for row in curves(records(d, g), BALANCE)}
    assert found["d_loss"] == pytest.approx(0.6)
    assert found["d_loss_settled"] == pytest.approx(0.1 / 0.6)
    assert found["d_loss_least"] == pytest.approx(0.05)
    assert found["g_loss_lower"] == pytest.approx(g[-10:].mean() - g[:10].mean())
    assert "0.693 at equilibrium" in next(r.expected for r in curves(records(d, g), BALANCE) if r.name == "d_loss")


def test_jumps_are_counted_against_the_usual_step() -> None:
    rng = np.random.default_rng(0)
    smooth = rng.normal(0, 1, 1000).cumsum()
    assert jumps(smooth) == 0
    smooth[500:] += 100
    assert jumps(smooth) == pytest.approx(1 / 999)
    assert jumps(np.ones(10)) == 0


def test_a_shift_between_the_last_two_tenths_is_in_their_own_spread() -> None:
    values = np.concatenate([np.zeros(80), np.tile([0.0, 2.0], 5), np.tile([3.0, 5.0], 5)])
    assert steady(values) == pytest.approx(3.0)
    assert steady(np.ones(100)) == 0


def test_short_or_broken_histories_are_not_assessed() -> None:
    for rows in ([], records(np.ones(5), np.ones(5)), records(np.full(50, math.nan), np.ones(50))):
        (found,) = curves(rows, BALANCE)
        assert found.standing == "not assessed" and "20 records" in found.words


def test_objectives_without_a_value_at_equilibrium_have_none_in_the_line() -> None:
    rows = curves(records(np.ones(50), np.ones(50)), OBJECTIVES["relativistic_paired"].equilibrium())
    assert "0.693" in rows[0].expected
    assert line("x", "x", None, "1", True, "needs y").standing == "not assessed"
