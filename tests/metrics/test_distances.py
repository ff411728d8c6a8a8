"""Tiled distances against the plain definition, across tile borders."""

import pytest
import torch

from equipoise.metrics import distances
from equipoise.metrics.distances import nearest, nearest_cosine, nearest_other, several, tiles
from equipoise.seeds import generator


@pytest.fixture(params=[(1024, 4096), (7, 5), (5, 16)])
def small_tiles(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distances, "ROWS", request.param[0])
    monkeypatch.setattr(distances, "COLUMNS", request.param[1])


def rows(n: int, d: int = 3, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=generator("cpu", seed, "rows", n)) + 100


def plain(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (x.double()[:, None] - y.double()[None]).norm(dim=2)


@pytest.mark.usefixtures("small_tiles")
def test_tiles_make_up_the_whole_matrix() -> None:
    x, y = rows(23), rows(17)
    found = torch.full((23, 17), -1.0, dtype=torch.float64)
    for i, j, part in tiles(x, y):
        found[i, j] = part
    torch.testing.assert_close(found, plain(x, y), rtol=1e-6, atol=1e-6)


@pytest.mark.usefixtures("small_tiles")
def test_among_rows_a_row_is_not_its_own_neighbour() -> None:
    x = rows(23)
    found = torch.full((23, 23), -1.0, dtype=torch.float64)
    for i, j, part in tiles(x):
        found[i, j] = part
    torch.testing.assert_close(found, plain(x, x).fill_diagonal_(torch.inf), rtol=1e-6, atol=1e-6)


@pytest.mark.usefixtures("small_tiles")
def test_nearest_is_exact_also_for_copies() -> None:
    x, y = rows(23), rows(17)
    y[16] = x[22]
    distance, index = nearest(x, y)
    least = plain(x, y).min(1)
    assert index.tolist() == least.indices.tolist()
    assert torch.equal(distance, least.values)
    assert distance[22] == 0
    own, _ = nearest(torch.cat([x, x[:1]]))
    assert own[0] == own[-1] == 0
    assert own[1:-1].min() > 0


@pytest.mark.usefixtures("small_tiles")
def test_of_equals_the_first_is_the_nearest() -> None:
    y = rows(17)
    assert nearest(y[:3], y.repeat(3, 1))[1].tolist() == [0, 1, 2]


@pytest.mark.usefixtures("small_tiles")
def test_the_nearest_ones_in_order() -> None:
    x, y = rows(23), rows(17)
    distance, index = several(x, y, 4)
    least = plain(x, y).topk(4, largest=False)
    assert torch.equal(index, least.indices)
    assert torch.equal(distance, least.values)


@pytest.mark.usefixtures("small_tiles")
def test_the_nearest_other_of_some_rows() -> None:
    x = rows(23)
    x[20] = x[3]
    index = torch.tensor([22, 3, 7])
    assert torch.equal(nearest_other(x, index), nearest(x)[0][index])
    assert nearest_other(x, index)[1] == 0


@pytest.mark.usefixtures("small_tiles")
def test_nearest_by_angle() -> None:
    x, y = rows(23) - 100, rows(17) - 100
    cosine = torch.nn.functional.cosine_similarity(x.double()[:, None], y.double()[None], dim=2)
    torch.testing.assert_close(nearest_cosine(x, y), 1 - cosine.abs().max(1).values)
    assert nearest_cosine(-3 * y, y).max() < 1e-12  # opposite directions are one
    torch.testing.assert_close(nearest_cosine(x, y, 3), 1 - cosine.abs().topk(3).values[:, 2])
    assert nearest_cosine(torch.zeros(1, 3), y).tolist() == [1.0]
