"""Each examination on a constructed exam."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from equipoise.pieces import Exam, Judged
from equipoise.signals import EXAMINATIONS, generalisation, motion, spectra


def judged(values: Tensor, logits: Tensor | None = None) -> Judged:
    n = len(values)
    return Judged(values, values.flatten(1), torch.zeros(n) if logits is None else logits, values.flatten(1))


def normal(n: int, seed: int, width: int = 2) -> Tensor:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(seed))


def exam(**given: Any) -> Exam:
    fixed: dict[str, Any] = {
        "real": judged(normal(64, 0)),
        "fake": judged(normal(64, 1)),
        "heldout": None,
        "groups": torch.zeros(64, dtype=torch.int64),
        "fixed": None,
        "fixed_before": None,
        "averaged": None,
        "steps_between": 100,
        "modules": {"G": nn.Linear(2, 2), "D": nn.Linear(2, 1)},
    }
    return Exam(**{**fixed, **given})


def measured(name: str, of: Exam) -> dict[str, float]:
    return {key: float(value) for key, value in EXAMINATIONS[name].measure(of).items()}


def test_each_gives_numbers_of_its_names() -> None:
    whole = exam(heldout=judged(normal(64, 2)), fixed=normal(8, 3), fixed_before=normal(8, 4), averaged=normal(8, 5))
    for key, examination in EXAMINATIONS.items():
        assert key == examination.card.name
        for of in (whole, exam()):
            found = examination.measure(of)
            assert set(found) <= set(examination.names)
            assert all(value.dim() == 0 and math.isfinite(value) for value in found.values())
    names = [name for examination in EXAMINATIONS.values() for name in examination.names]
    assert len(set(names)) == len(names)


def test_a_d_that_knows_its_samples_by_heart() -> None:
    """It calls each of its own real, and what it never saw fake like the fakes: r_v is 1."""
    by_heart = exam(
        real=judged(normal(64, 0), torch.full((64,), 3.0)),
        fake=judged(normal(64, 1), torch.full((64,), -1.0)),
        heldout=judged(normal(64, 2), torch.full((64,), -1.0)),
    )
    found = measured("generalisation", by_heart)
    assert found["r_v"] == pytest.approx(1.0)
    assert (found["accuracy_train_reals"], found["accuracy_heldout"], found["r_t"]) == (1.0, 0.0, 1.0)
    assert found["certificate_tv"] == pytest.approx(0.0)  # right about fakes, wrong about all held-out reals


def test_a_d_that_knows_the_data() -> None:
    logits = torch.linspace(1, 3, 64)
    knows = exam(
        real=judged(normal(64, 0), logits),
        fake=judged(normal(64, 1), torch.full((64,), -1.0)),
        heldout=judged(normal(64, 2), logits.flip(0)),
    )
    found = measured("generalisation", knows)
    assert found["r_v"] == pytest.approx(0.0, abs=1e-6)
    loss = (float(torch.log1p(torch.exp(-logits)).mean()) + math.log1p(math.exp(-1))) / 2
    assert found["certificate_jsd"] == pytest.approx(math.log(2) - loss, rel=1e-5)
    assert found["certificate_tv"] == 1.0


def test_r_v_says_nothing_where_d_tells_nothing() -> None:
    noise = normal(64, 3)[:, 0]
    assert float(generalisation.r_v(noise, noise + 1, noise)) == 0.0


def test_without_held_out_reals_only_d_on_its_own_is_told() -> None:
    assert set(measured("generalisation", exam())) == {"accuracy_train_reals", "r_t"}


def test_samples_that_are_copied_are_memorised() -> None:
    train, heldout = normal(64, 0), normal(64, 2)
    copied = exam(real=judged(train), heldout=judged(heldout), fake=judged(train + 1e-3))
    assert measured("generalisation", copied)["memorised"] == 1.0
    seen_neither = [generalisation.memorised(normal(256, 9 + s), normal(256, 90 + s), normal(256, 900 + s)) for s in range(5)]
    assert float(torch.stack(seen_neither).mean()) == pytest.approx(0.5, abs=0.05)


def test_drift_of_a_known_shift_is_per_100_steps_and_per_the_datas_scale() -> None:
    real = torch.tensor([[0.0, 0.0], [2.0, 0.0]])  # two reals, 2 apart
    before = normal(8, 1)
    shifted = exam(real=judged(real), fixed=before + torch.tensor([3.0, 4.0]), fixed_before=before, steps_between=50)
    assert measured("motion", shifted)["drift"] == pytest.approx(5.0 / 2.0 * 2)
    averaged = exam(real=judged(real), fixed=before, averaged=before + torch.tensor([0.0, 1.0]))
    assert measured("motion", averaged) == {"average_distance": pytest.approx(0.5)}


def test_there_is_no_drift_between_exams_that_are_too_close() -> None:
    close = exam(fixed=normal(8, 1), fixed_before=normal(8, 2), steps_between=motion.SHORTEST - 1)
    assert measured("motion", close) == {}


@pytest.mark.parametrize("shape", [(5, 7), (8, 3, 4, 4), (64, 10)])
def test_power_iteration_finds_the_largest_singular_value(shape: tuple[int, ...]) -> None:
    for seed in range(3):
        weight = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
        exact = float(torch.linalg.svdvals(weight.flatten(1))[0])
        found = float(spectra.largest(weight))
        assert 0.93 * exact < found < 1.001 * exact
    known = torch.zeros(6, 9)
    known[2, 3], known[4, 4] = 7.0, 1.0
    assert float(spectra.largest(known)) == pytest.approx(7.0, rel=1e-4)


def test_sigma_is_that_of_the_largest_layer() -> None:
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    with torch.no_grad():
        net[0].weight.copy_(torch.diag(torch.tensor([1.0, 9.0, 2.0])))
        net[1].weight.copy_(torch.eye(3))
    found = spectra.of(net)
    assert found is not None
    assert float(found) == pytest.approx(9.0, rel=1e-4)
    assert spectra.of(nn.ReLU()) is None
