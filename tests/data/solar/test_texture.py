import numpy as np

from equipoise.data.solar.texture import curve, surface


def test_curves_have_unit_variance_everywhere_and_are_smooth_over_the_scale():
    at = np.linspace(0, 50, 201)
    curves = curve(np.random.default_rng(0), at, 5.0, n=4000)
    assert curves.shape == (4000, 201)
    assert np.abs(curves.std(0) - 1).max() < 0.06
    assert (curves[:, 0] * curves[:, 4]).mean() > 0.9  # 1 apart
    assert abs((curves[:, 0] * curves[:, 120]).mean()) < 0.06  # 30 apart


def test_a_surface_is_as_smooth_as_asked_along_each_axis():
    y, x = np.linspace(0, 100, 200), np.linspace(0, 100, 300)
    field = surface(np.random.default_rng(1), y, x, 1.0, 10.0)
    assert field.shape == (200, 300)
    assert abs(field.std() - 1) < 0.15
    assert np.abs(np.diff(field, axis=0)).mean() > 4 * np.abs(np.diff(field, axis=1)).mean()
