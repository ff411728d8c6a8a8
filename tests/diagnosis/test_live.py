"""What rules ask of live signals, against numbers worked out by hand."""

import math

import numpy as np
import pytest
from diagnosis.tracks import run
from hypothesis import given
from hypothesis import strategies as st

from equipoise.diagnosis import RULES
from equipoise.diagnosis.doctor import diagnose
from equipoise.diagnosis.live import (
    accuracy,
    course,
    equivalent,
    exams,
    narrowness,
    onset,
    recent,
    separation,
    standing,
    sureness,
)
from equipoise.diagnosis.track import Facts, Series, Track


def series(values: list[float]) -> Series:
    return Series(np.arange(len(values), dtype=float) * 10, np.array(values, dtype=float))


def test_separation_is_the_correlation_of_logits_with_the_label() -> None:
    rng = np.random.default_rng(0)
    real, fake = rng.normal(3.0, 2.0, 50_000), rng.normal(-1.0, 2.0, 50_000)
    logits = np.concatenate([real, fake])
    track = Track.of([{"step": 1, "logit_real": real.mean(), "logit_fake": fake.mean(), "logit_std": logits.std()}])
    label = np.repeat([1.0, -1.0], 50_000)
    assert separation(track).values[0] == pytest.approx(np.corrcoef(label, logits)[0, 1], abs=1e-3)


@pytest.mark.parametrize(("apart", "right"), [(0.0, 0.5), (1.0, 0.8413), (1.645, 0.95), (-1.0, 0.1587)])
def test_equivalent_is_the_accuracy_of_two_gaussians(apart: float, right: float) -> None:
    r = apart / math.sqrt(1 + apart**2)  # means at +-apart, both of width 1
    assert equivalent(series([r])).values[0] == pytest.approx(right, abs=0.01)


@given(st.floats(0.1, 100), st.floats(-50, 50))
def test_what_d_can_tell_has_no_scale_and_no_offset(scale: float, offset: float) -> None:
    plain = {"step": 1, "logit_real": 2.0, "logit_fake": -1.0, "logit_std": 2.5}
    moved = {"step": 1, "logit_real": 2 * scale + offset, "logit_fake": -scale + offset, "logit_std": 2.5 * scale}
    assert separation(Track.of([moved])).values == pytest.approx(separation(Track.of([plain])).values)


def test_zero_is_no_boundary_of_a_critic() -> None:
    records = [{"step": i, "accuracy_real": 1.0, "accuracy_fake": 0.0} for i in range(5)]
    assert accuracy(Track.of(records)).values.tolist() == [0.5] * 5
    assert not len(accuracy(Track.of(records, Facts(objective="wasserstein"))))


def test_a_critic_that_wins_is_told_by_its_separation() -> None:
    garbage = {"coverage": 0.0, "coverage_wide": 0.02, "coverage_least": 0.0, "precision_wide": 0.0}
    track = run("wasserstein", logit_real=50.0, logit_fake=-30.0, logit_std=40.4, accuracy_real=0.5, **garbage)
    assert diagnose(track, RULES).verdict == "discriminator_dominance"


def test_a_window_is_a_fifth_within_bounds() -> None:
    assert [len(recent(series([1.0] * n))) for n in (3, 20, 100, 1000)] == [3, 5, 20, 50]
    assert len(recent(series([math.nan, math.inf, 1.0]))) == 1


def test_exams_speak_together() -> None:
    track = Track.of({"step": i, "coverage": value} for i, value in enumerate([0.9, 0.1, 0.8, 0.3]))
    assert exams(track, "coverage").values.tolist() == [0.1, 0.8, 0.3]
    assert standing(track, "coverage") == 0.3
    assert math.isnan(standing(track, "drift"))


def covered(*values: float, planned: int | None = None) -> Track:
    return Track.of(({"step": 100 * (i + 1), "coverage": v} for i, v in enumerate(values)), Facts(steps_planned=planned))


def test_it_is_too_early_before_the_fourth_exam_and_the_twentieth_part() -> None:
    assert course(covered(0, 0, 0), "coverage") is None
    assert course(covered(0, 0, 0, 0), "coverage") is not None
    assert course(covered(0, 0, 0, 0, planned=10_000), "coverage") is None
    assert course(covered(0, 0, 0, 0, planned=8000), "coverage") is not None


@pytest.mark.parametrize(
    ("values", "improving"),
    [
        ([0, 0, 0, 0, 0, 0], False),
        ([0.02, 0.0, 0.05, 0.03, 0.07, 0.05], False),  # the noise of small numbers
        ([0, 0.1, 0.15, 0.2, 0.25, 0.3], True),
        ([0, 0, 0, 0.3], True),  # the newest alone
        ([0.8, 0.7, 0.6, 0.5, 0.4, 0.3], False),
        ([0.9, 0.9, 0.9, 0.2, 0.2, 0.2, 0.4], False),  # better than before, not than its best
    ],
)
def test_improving(values: list[float], improving: bool) -> None:
    found = course(covered(*values), "coverage")
    assert found is not None and found.improving is improving


def test_the_share_of_its_best() -> None:
    found = course(covered(0.1, 0.8, 0.8, 0.8, 0.2, 0.2, 0.2), "coverage")
    assert found is not None
    assert (found.now, found.best, found.before) == (0.2, 0.8, 0.8)
    assert found.share_of_best == pytest.approx(0.25)


def test_onset_is_the_first_step_after_the_last_break() -> None:
    values = series([0, 1, 1, 0, 1, 1])
    assert onset(values, values.values > 0.5) == 40
    assert onset(values, values.values > -1) == 0
    assert onset(values, values.values > 2) == 50


@given(st.floats(allow_nan=False))
def test_sureness_is_a_probability_and_grows_with_the_margin(value: float) -> None:
    assert 0.55 <= sureness(value, "variety_lost") <= 0.95 + 1e-9
    assert sureness(0.2, "variety_lost") > sureness(0.4, "variety_lost") > sureness(0.49, "variety_lost")


def test_the_narrowest_measure_of_variety_speaks() -> None:
    name, found, value = narrowness(run(noise=0.0, diversity_pixels=0.3, diversity_encoder=0.6))
    assert (name, value, len(found)) == ("diversity_pixels", pytest.approx(0.3), 3)
