"""The classifier: learns, is kept, and reads stacked digits as one number."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from equipoise.data.source import Source
from equipoise.errors import DataError
from equipoise.metrics.encoders import classifier as module
from equipoise.metrics.encoders.classifier import Classifier, classify, train_classifier


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
    colour = Source("rgb", (3, 28, 28), 4, torch.zeros(4, 3, 28, 28), labels=torch.zeros(4, dtype=torch.long))
    for source in (plain, colour):
        with pytest.raises(DataError, match="needs grey images with labels"):
            train_classifier(source, folder=tmp_path)
    assert not list(tmp_path.iterdir())
