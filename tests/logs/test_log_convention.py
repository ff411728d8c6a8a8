"""Objective and convention, inferred from losses that are computed here from logits: the truth is known."""

import math
from pathlib import Path

import numpy as np
import pytest

from equipoise import logs
from equipoise.diagnosis.track import Series
from equipoise.logs import convert
from equipoise.logs.convention import Convention, infer
from equipoise.logs.game import Game

LN2 = math.log(2)


def softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, x)


def played(objective: str, seed: int = 0, prints: int = 60, gap: float = 1.0, batch: int = 64) -> dict[str, np.ndarray]:
    """What a log of that objective would show: logits a little apart, batch by batch; D's loss as the sum of its terms."""
    rng = np.random.default_rng(seed)
    apart = gap * rng.uniform(0.1, 1.2, prints)[:, None]
    offset = 0.5 if objective == "least_squares" else 0.0
    scale = 0.3 if objective == "least_squares" else 1.0
    real = offset + scale * (apart + rng.normal(0, 0.7, (prints, batch)))
    fake = offset + scale * (-apart + rng.normal(0, 0.7, (prints, batch)))
    after = fake + scale * rng.normal(0.2, 0.1, (prints, 1))
    d, g = {
        "non_saturating": (softplus(-real) + softplus(fake), softplus(-after)),
        "minimax": (softplus(-real) + softplus(fake), -softplus(after)),
        "least_squares": ((real - 1) ** 2 + fake**2, (after - 1) ** 2),
        "hinge": (np.maximum(0, 1 - real) + np.maximum(0, 1 + fake), -after),
        "wasserstein": (fake - real, -after),
    }[objective]
    return {
        "d": d.mean(1),
        "g": g.mean(1),
        "real": real.mean(1),
        "fake": fake.mean(1),
        "p_real": sigmoid(real),
        "p_fake": sigmoid(fake),
    }


def sigmoid(x: np.ndarray) -> np.ndarray:
    return (1 / (1 + np.exp(-x))).mean(1)


def game(**series: np.ndarray) -> Game:
    return Game(
        {role: Series(np.arange(len(values), dtype=float), values) for role, values in series.items()},
        {role: role for role in series},
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("written", "factor"), [("sum", 1.0), ("mean", 0.5)])
def test_cross_entropy_by_losses_alone(written: str, factor: float, seed: int) -> None:
    shown = played("non_saturating", seed)
    found = infer(game(d=factor * shown["d"], g=shown["g"]))
    assert (found.objective, found.written, found.scale) == ("non_saturating", written, 0.5 / factor)
    assert found.d_equilibrium == pytest.approx(LN2) and found.g_equilibrium == pytest.approx(LN2) and found.d_floor == 0


@pytest.mark.parametrize(("written", "factor"), [("sum", 1.0), ("mean", 0.5)])
@pytest.mark.parametrize("gap", [0.3, 2.0, 4.0])
def test_probabilities_settle_the_convention(written: str, factor: float, gap: float) -> None:
    shown = played("non_saturating", gap=gap)
    found = infer(game(d=factor * shown["d"], g=shown["g"], d_real=shown["p_real"], d_fake_before=shown["p_fake"]))
    assert (found.objective, found.written) == ("non_saturating", written)
    assert found.certainty > 0.9 and found.probabilities


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("objective", ["least_squares", "hinge", "wasserstein", "minimax"])
def test_other_objectives_by_losses_alone(objective: str, seed: int) -> None:
    shown = played(objective, seed)
    assert infer(game(d=shown["d"], g=shown["g"])).objective == objective


def test_a_critic_whose_sign_was_turned() -> None:
    rng = np.random.default_rng(0)
    d = np.linspace(14, 1.8, 100) + rng.normal(0, 0.05, 100)
    assert infer(game(d=d, g=rng.normal(0, 3, 100))).objective == "wasserstein", "a hinge stays near or under 2"


@pytest.mark.parametrize("objective", ["hinge", "wasserstein", "least_squares", "non_saturating"])
def test_logged_outputs_settle_the_objective(objective: str) -> None:
    shown = played(objective, gap=1.5)
    found = infer(game(d=shown["d"], g=shown["g"], d_real=shown["real"], d_fake_before=shown["fake"]))
    assert found.objective == objective and not found.probabilities


@pytest.mark.parametrize(("written", "factor"), [("sum", 1.0), ("mean", 0.5)])
def test_a_total_beside_its_terms(written: str, factor: float) -> None:
    real, fake = np.linspace(0.3, 0.5, 20), np.linspace(0.6, 0.4, 20)
    found = infer(game(d=factor * (real + fake), d_on_real=real, d_on_fake=fake, g=np.full(20, 1.0)))
    assert found.written == written and found.scale == 0.5 / factor


def test_separate_terms_are_halved() -> None:
    found = infer(game(d_on_real=np.full(9, LN2), d_on_fake=np.full(9, LN2), g=np.full(9, LN2)))
    assert found.scale == 0.5 and found.written == "real and fake terms" and found.certainty > 0.5


@pytest.mark.parametrize(("label", "floor"), [(0.9, 0.1625), (0.8, 0.2502)])
def test_a_floor_of_smoothed_labels(label: float, floor: float) -> None:
    rng = np.random.default_rng(1)
    entropy = -(label * math.log(label) + (1 - label) * math.log(1 - label))
    assert floor == pytest.approx(entropy / 2, abs=1e-4)
    d = entropy / 2 + rng.exponential(0.03, 200)
    found = infer(game(d=d, g=4 + rng.normal(0, 0.3, 200)))
    assert found.objective == "non_saturating" and found.written == "mean"
    assert found.d_floor == pytest.approx(floor, abs=1e-4) and found.g_equilibrium == pytest.approx(-math.log(label / 2))
    assert found.d_equilibrium == pytest.approx({0.9: 0.6881, 0.8: 0.6730}[label], abs=1e-4), "FAILURES.md, convention table"
    assert any("smoothing" in note for note in found.notes)


def test_a_guess_is_doubted_and_knowledge_is_not() -> None:
    rng = np.random.default_rng(0)
    guessed = infer(game(d=0.16 * rng.uniform(0.5, 1.5, 50), g=5 + rng.normal(0, 0.5, 50)))
    assert guessed.written == "sum" and guessed.doubt >= 2, "nothing tells a sum from a mean here"
    shown = played("non_saturating", gap=3.0)
    known = infer(game(d=shown["d"], g=shown["g"], d_real=shown["p_real"], d_fake_before=shown["p_fake"]))
    assert known.doubt == 1


def test_a_g_loss_with_other_terms_shows_in_its_beginning() -> None:
    falling = np.linspace(80, 9, 50)
    found = infer(game(d_on_real=np.linspace(0.7, 0.15, 50), d_on_fake=np.linspace(0.7, 0.15, 50), g=falling))
    assert found.g_equilibrium is None and any("not adversarial" in note for note in found.notes)


def test_levels_of_the_convention_table() -> None:
    def of(objective: str) -> Convention:
        shown = played(objective)
        return infer(game(d=shown["d"], g=shown["g"]))

    assert (of("hinge").d_equilibrium, of("hinge").d_floor, of("hinge").g_equilibrium) == (2.0, 0.0, None)
    assert (of("wasserstein").d_equilibrium, of("wasserstein").d_floor) == (0.0, None)
    assert (of("least_squares").d_equilibrium, of("least_squares").g_equilibrium) == (0.25, 0.25)


def test_words_of_the_log_are_heard(tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    lines = [f"Epoch {n}/50 - Loss D: {1.4 + n / 100:.4f}, Loss G: {0.3:.4f}{n}" for n in range(30)]
    file.write_text("INFO - Using Hinge Loss\n" + "\n".join(lines))
    assert infer(logs.read(file).games[0]).objective == "hinge"


def test_a_track_is_in_the_mean_convention_and_keeps_what_was_written() -> None:
    shown = played("non_saturating")
    track = convert.track(
        game(d=shown["d"], g=shown["g"], accuracy=np.full(60, 75.0), d_real=shown["p_real"], d_fake_before=shown["p_fake"])
    )
    assert np.allclose(track["d_loss"].values, shown["d"] / 2) and np.allclose(track["d_loss_written"].values, shown["d"])
    assert set(track["accuracy"].values) == {0.75}, "percent are shares"
    assert track.has("d_real", "d_fake_before") and track.facts.source == "log" and track.facts.convention == "sum"


def test_logits_are_not_taken_for_probabilities() -> None:
    shown = played("hinge", gap=1.5)
    track = convert.track(game(d=shown["d"], g=shown["g"], d_real=shown["real"], d_fake_before=shown["fake"]))
    assert track.has("logit_real", "logit_fake") and not track.has("d_real")


def test_a_long_log_is_averaged_in_windows_and_nan_stays_nan() -> None:
    d = np.tile([0.25, 0.75], 30_000)
    d[-1] = math.nan
    track = convert.track(game(d=d, g=np.full(60_000, 1.0)))
    assert len(track["d_loss_written"]) == convert.MOST
    assert math.isnan(track["d_loss_written"].values[-1]) and track["d_loss_written"].steps[-1] == 59_999
    assert np.isfinite(track["d_loss_written"].values[:-1]).all()
