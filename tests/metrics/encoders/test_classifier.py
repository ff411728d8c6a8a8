"""The classifier: learns, is kept, and reads stacked digits as one number."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from equipoise.data.source import Source
from equipoise.errors import DataError
from equipoise.metrics.encoders import classifier as module
from equipoise.metrics.encoders.classifier import Classifier, classifier_encoder, classify, train_classifier


def bars(n: int = 400, seed: int = 0) -> Source:
    """Three classes that a look tells apart: a bar at the top, in the middle, at the bottom; noise all over."""
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(3, (n,), generator=rng)
    values = torch.randint(0, 120, (n, 1, 16, 16), generator=rng, dtype=torch.uint8)
    for k in range(3):
        values[labels == k, :, 5 * k : 5 * k + 4] += 100
    return Source("bars", (1, 16, 16), n, values, labels=labels, classes=("top", "middle", "bottom"))


def test_it_learns_and_says_how_well_on_samples_it_has_not_seen(tmp_path: Path) -> None:
    said: list[str] = []
    found = train_classifier(bars(), epochs=8, held_out=bars(200, seed=1), folder=tmp_path, say=said.append)
    assert float(found.accuracy) > 0.95
    test = bars(100, seed=2)
    right = classify(found, test.batch(torch.arange(100))) == test.labels
    assert right.float().mean() > 0.95
    assert not found.training
    assert f"{100 * float(found.accuracy):.2f} % right on 200 held-out images" in said[-1]


def test_without_a_second_set_a_tenth_is_kept_apart(tmp_path: Path) -> None:
    said: list[str] = []
    train_classifier(bars(300), epochs=1, folder=tmp_path, say=said.append)
    assert "on 30 held-out images" in said[-1]


def test_parts_do_not_overlap_and_are_whole() -> None:
    train, test = module.parted(bars(300), None, 0)
    assert sorted([*train.index.tolist(), *test.index.tolist()]) == list(range(300))


def weights(of: nn.Module) -> list[Tensor]:
    return list(of.state_dict().values())


def test_it_is_trained_once_and_then_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = train_classifier(bars(200), epochs=1, folder=tmp_path)
    monkeypatch.setattr(module, "learn", lambda *_: pytest.fail("trained again"))
    second = train_classifier(bars(200), epochs=1, folder=tmp_path)
    assert all(torch.equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))
    assert float(second.accuracy) == float(first.accuracy) > 0


def test_other_data_labels_seed_or_epochs_are_another_file(tmp_path: Path) -> None:
    relabelled = bars(200)
    assert relabelled.labels is not None
    relabelled.labels = relabelled.labels.flip(0)
    train_classifier(bars(200), epochs=1, folder=tmp_path)
    for source, seed, epochs in ((bars(200, seed=9), 0, 1), (relabelled, 0, 1), (bars(200), 1, 1), (bars(200), 0, 2)):
        train_classifier(source, seed, epochs, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 5


def test_a_damaged_file_is_as_good_as_none(tmp_path: Path) -> None:
    first = train_classifier(bars(200), epochs=1, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    for damage in (b"", b"no tensors", file.read_bytes()[:-100]):
        file.write_bytes(damage)
        again = train_classifier(bars(200), epochs=1, folder=tmp_path)
        assert all(torch.equal(a, b) for a, b in zip(weights(first), weights(again), strict=True))


def test_training_it_disturbs_nobodys_random_numbers(tmp_path: Path) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    train_classifier(bars(200), epochs=1, folder=tmp_path)
    assert torch.equal(torch.rand(3), expected)


class FirstPixel(Classifier):
    """Class k where the first pixel is k / 10."""

    def forward(self, x: Tensor) -> Tensor:
        return -(x[:, 0, 0, :1] * 10 - torch.arange(10)).abs()


def test_channels_are_read_as_digits() -> None:
    digits = torch.tensor([[9, 9, 9], [0, 0, 7], [1, 2, 3]])
    images = (digits / 10).view(3, 3, 1, 1).expand(3, 3, 28, 28)
    assert classify(FirstPixel(10), images, batch=4).tolist() == [999, 7, 123]
    assert classify(FirstPixel(10), images[:, :1]).tolist() == [9, 0, 1]


@pytest.mark.parametrize("size", [(8, 8), (28, 28), (32, 48)])
def test_any_size_from_eight_pixels(size: tuple[int, int]) -> None:
    assert Classifier(4, size).eval()(torch.zeros(2, 1, *size)).shape == (2, 4)


def test_what_it_can_not_learn_from_is_refused(tmp_path: Path) -> None:
    plain = bars(20)
    plain.labels = None
    labels = torch.zeros(4, dtype=torch.long)
    points = Source("points", (2,), 4, torch.zeros(4, 2), labels=labels)
    tiny = Source("tiny", (1, 7, 28), 4, torch.zeros(4, 1, 7, 28), labels=labels)
    for source in (plain, points, tiny):
        with pytest.raises(DataError, match="needs images of 8 pixels or more a side, with labels"):
            train_classifier(source, folder=tmp_path)
    with pytest.raises(DataError, match=r"bars: .*this is \[1, 16, 16\] without labels"):
        train_classifier(bars(20), held_out=plain, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def coloured(n: int = 400, seed: int = 0) -> Source:
    """Three classes that only colour tells apart."""
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(3, (n,), generator=rng)
    values = torch.randint(0, 120, (n, 3, 16, 16), generator=rng, dtype=torch.uint8)
    values[torch.arange(n), labels] += 100
    return Source("coloured", (3, 16, 16), n, values, labels=labels, classes=("red", "green", "blue"))


def test_it_learns_colours(tmp_path: Path) -> None:
    found = train_classifier(coloured(), epochs=8, held_out=coloured(200, seed=1), folder=tmp_path)
    assert float(found.accuracy) > 0.95
    test = coloured(100, seed=2)
    assert (classify(found, test.batch(torch.arange(100))) == test.labels).float().mean() > 0.95, "not read as three digits"


# ------------------------------------------------------------------------------------------------------ as an encoder


def test_as_an_encoder_it_gives_what_its_last_layer_sees_and_its_logits(tmp_path: Path) -> None:
    source, test = bars(200), bars(60, seed=1)
    encoder = classifier_encoder(source, test, folder=tmp_path)
    own = train_classifier(source, held_out=test, folder=tmp_path)
    with torch.no_grad():
        features = own.features(test.batch(torch.arange(60)))
        logits = own.head(features)
    found = encoder.encode(test.raw(torch.arange(60)))
    assert found.features.shape == (60, encoder.dim)
    assert torch.allclose(found.features, features, atol=1e-5)
    assert found.logits is not None
    assert torch.allclose(found.logits, logits, atol=1e-5)
    assert encoder.facts == {
        "accuracy": float(own.accuracy),
        "held_out": 60,
        "classes": ["top", "middle", "bottom"],
        "seed": 0,
    }


def test_the_fingerprint_names_the_data_and_changes_with_the_weights(tmp_path: Path) -> None:
    first = classifier_encoder(bars(200), folder=tmp_path)
    again = classifier_encoder(bars(200), folder=tmp_path)
    other = classifier_encoder(bars(200), seed=1, folder=tmp_path)
    assert first.fingerprint == again.fingerprint
    assert first.fingerprint.startswith("classifier:bars-")
    assert other.fingerprint != first.fingerprint
    assert first.protocol == "native"
