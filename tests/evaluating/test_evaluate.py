"""Evaluations: what stands on either side, which encoder sees it, what is refused; and comparisons of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import equipoise
from equipoise.errors import DataError, RunError, SettingError
from equipoise.evaluating import compare, reference, told
from equipoise.evaluating.asked import Asked
from equipoise.evaluating.evaluate import Evaluation, evaluate
from equipoise.metrics.encoders.pixels import pixel_encoder
from equipoise.metrics.metric import Result, Value


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "ring"
    equipoise.fit("ring", out=out, steps=40, seed=1)
    return out


def digits(n: int, seed: int = 0, size: int = 12) -> Any:
    """Squares of two kinds."""
    rng = np.random.default_rng(seed)
    found = rng.integers(0, 60, (n, size, size)).astype(np.uint8)
    labels = np.arange(n) % 2
    found[labels == 1, 2:9, 2:9] += 150
    return found, labels.astype(np.int64)


def save(path: Path, n: int, seed: int = 0, labels: bool = True) -> Path:
    images, kinds = digits(n, seed)
    np.savez(path, images=images, **({"labels": kinds} if labels else {}))
    return path


def values(found: Evaluation) -> dict[str, float]:
    return {told.short(result.name): result.value.value for result in found.results}


def test_a_run_against_its_own_data(ring: Path) -> None:
    found = evaluate(Asked(str(ring), n=300, metrics=("frechet", "prdc", "kid")))
    assert set(values(found)) == {"frechet", "precision", "recall", "density", "coverage", "kernel"}
    assert found.step == 40 and found.split == "heldout" and found.run == ring
    for result in found.results:
        assert result.n_real == result.n_fake == 300 and result.encoder.startswith("pixels:") and result.protocol == "native"
        assert result.name.endswith(f"[{result.encoder}]") and result.versions["torch"] == torch.__version__
    again = evaluate(Asked(str(ring), n=300, metrics=("frechet", "prdc", "kid")))
    assert again.results == found.results, "the same seed gives the same numbers"
    assert evaluate(Asked(str(ring), n=300, metrics=("kid",), seed=1)).results != found.results[-1:]


def test_the_data_against_itself_and_against_something_else(tmp_path: Path) -> None:
    real, other = save(tmp_path / "real.npz", 80), tmp_path / "noise.npz"
    np.savez(other, images=np.random.default_rng(0).integers(0, 255, (80, 12, 12)).astype(np.uint8))
    near = values(evaluate(Asked(str(real), against=str(real), encoder="random", metrics=("frechet", "prdc"))))
    far = values(evaluate(Asked(str(other), against=str(real), encoder="random", metrics=("frechet", "prdc"))))
    assert near["frechet"] < 1e-6 < far["frechet"] and near["precision"] == near["recall"] == 1
    assert far["coverage"] < 0.1 and far["precision"] < 0.1


def test_a_folder_of_pictures_is_read_as_the_data_is(tmp_path: Path) -> None:
    from PIL import Image

    folder = tmp_path / "pictures"
    folder.mkdir()
    for i, image in enumerate(digits(30)[0]):
        Image.fromarray(image).resize((24, 24)).save(folder / f"{i}.png")
    found = evaluate(Asked(str(folder), against=str(save(tmp_path / "real.npz", 60)), encoder="random", metrics=("frechet",)))
    assert found.results[0].n_fake == 30 and found.results[0].value.value >= 0


def test_statistics_alone_are_compared_with(tmp_path: Path) -> None:
    np.savez(tmp_path / "stats.npz", mu=np.zeros(2048), sigma=np.eye(2048))
    samples = save(tmp_path / "s.npz", 10)
    with pytest.raises(SettingError, match="statistics are taken to be Inception's"):
        evaluate(Asked(str(samples), against=str(tmp_path / "stats.npz"), encoder="random"))
    np.savez(tmp_path / "odd.npz", mu=np.zeros(3), sigma=np.eye(4))
    with pytest.raises(DataError, match="a mean \\[d\\] and a covariance"):
        evaluate(Asked(str(samples), against=str(tmp_path / "odd.npz")))


def test_labels_give_a_classifier_whose_accuracy_is_told(tmp_path: Path) -> None:
    found = evaluate(Asked(str(save(tmp_path / "s.npz", 64, 1)), against=str(save(tmp_path / "d.npz", 3000))))
    assert found.results[0].encoder.startswith("classifier:") and found.facts["accuracy"] > 0.9
    assert values(found)["classes"] == 2 and values(found)["class_coverage"] > 0.9
    assert "right about" in told.table(found) and found.results[0].encoder in told.table(found)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"metrics": ("frechett",)}, "there is no 'frechett'"),
        ({"metrics": ("fid",), "encoder": "random"}, "fid is the name of what Inception sees"),
        ({"encoder": "vgg"}, "there is no 'vgg'"),
        ({"split": "test"}, "heldout or train"),
        ({"n": 1}, "at least 2"),
    ],
)
def test_settings_that_make_no_sense_say_what_would(more: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingError, match=says):
        Asked("somewhere", **more)


def test_what_can_not_be_measured_says_why(ring: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="an encoder that classifies"):
        evaluate(Asked(str(ring), n=20, metrics=("class_coverage",)))
    with pytest.raises(SettingError, match="5,000 samples a side are asked for, and"):
        small = save(tmp_path / "a.npz", 30)
        evaluate(Asked(str(small), against=str(small), n=5000, encoder="random"))
    with pytest.raises(DataError, match="is neither there nor a recipe"):
        evaluate(Asked(str(ring), against="fashion-mnits"))
    with pytest.raises(SettingError, match="against: is needed"):
        evaluate(Asked(str(save(tmp_path / "b.npz", 30))))


def test_what_the_reals_look_like_is_kept_under_all_that_matters(cache: Path) -> None:
    encoder, x = pixel_encoder((1, 4, 4)), torch.rand(20, 1, 4, 4) * 2 - 1
    first = reference.encoded(x, encoder, cache)
    files = list(cache.glob("*.safetensors"))
    assert len(files) == 1 and torch.equal(reference.encoded(x, encoder, cache).features, first.features)
    y = x.clone()
    y[3, 0, 1, 1] += 1e-3
    assert reference.key(y, encoder) != reference.key(x, encoder) != reference.key(x.flip(0), encoder)
    files[0].write_bytes(b"damaged")
    assert torch.equal(reference.encoded(x, encoder, cache).features, first.features)
    assert files[0].stat().st_size > 100, "a damaged file is made anew"


# ------------------------------------------------------------------------------------------------------- compare


def measured(name: str, value: float, **more: Any) -> compare.Measured:
    about = {"n_real": 100, "n_fake": 100, "encoder": "random:a", "protocol": "native", "seed": 0, "dtype": "float32"} | more
    return compare.Measured(name, "mnist", "heldout", {"frechet": Result("frechet", Value(value), **about)})


def test_several_seeds_a_side_give_an_effect_with_its_interval() -> None:
    here, there = ([measured(str(v), v) for v in side] for side in ((5.0, 5.2, 4.9), (3.0, 3.3, 2.9)))
    (effect,) = compare.effects(here, there)
    assert effect.difference == pytest.approx(-1.9667, abs=1e-3) and effect.better == "second"
    assert effect.low is not None and effect.high is not None and effect.low < -1.9667 < effect.high < 0
    # Welch: variances .0233 and .0433 over 3, 3.67 degrees of freedom, taken as 3: t = 3.182
    assert effect.high - effect.low == pytest.approx(2 * 3.182 * (0.02333 / 3 + 0.04333 / 3) ** 0.5, rel=1e-3)
    assert compare.effects(here, [*here])[0].better == "not told apart"


def test_one_run_a_side_tells_nothing_apart() -> None:
    (effect,) = compare.effects([measured("a", 5.0)], [measured("b", 1.0)])
    assert effect.low is None and effect.better == "not told apart"
    assert "one run a side" in compare.table([measured("a", 5.0)], [measured("b", 1.0)], [effect])


@pytest.mark.parametrize("other", [{"n_fake": 200}, {"encoder": "random:b"}, {"protocol": "clean"}, {"n_real": 50}])
def test_what_was_measured_otherwise_is_not_compared(other: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="no comparison"):
        compare.effects([measured("a", 1.0)], [measured("b", 1.0, **other)])


def test_the_command_line(ring: Path, tmp_path: Path, cache: Path) -> None:
    def call(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "equipoise", *words], capture_output=True, text=True, timeout=120)

    asked = ("evaluate", str(ring), "-n", "100", "--metrics", "frechet,prdc")
    shown, as_json = call(*asked), call(*asked, "--json")  # and twice into the run's own record
    assert shown.returncode == as_json.returncode == 0, shown.stderr
    assert "lower is better" in shown.stdout and "100 fakes, 100 reals" in shown.stdout
    document = json.loads(as_json.stdout)
    assert {told.short(one["name"]) for one in document["results"]} == {"frechet", "precision", "recall", "density", "coverage"}
    assert len((ring / compare.KEPT).read_text().splitlines()) == 2
    (tmp_path / "one.json").write_text(as_json.stdout)
    both = call("compare", str(ring), "--with", str(tmp_path / "one.json"))
    assert both.returncode == 0 and "one run a side" in both.stdout, both.stderr
    wrong = call("compare", str(ring), "--with", str(tmp_path / "none.json"))
    assert wrong.returncode == 2 and wrong.stderr.startswith("equipoise: ") and wrong.stderr.count("\n") == 1
    assert call("evaluate", str(tmp_path / "nothing")).returncode == 2
    with pytest.raises(RunError, match="is no evaluation"):
        (tmp_path / "bad.json").write_text("{}")
        compare.read(str(tmp_path / "bad.json"))
