"""A small classifier of images: what counts the modes of stacked digits, and an encoder where Inception has no meaning."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from equipoise import disk
from equipoise.data.locate import cache
from equipoise.data.source import Order, Source
from equipoise.errors import DataError
from equipoise.metrics.encoders.encoder import Encoded, unit
from equipoise.metrics.encoders.seeing import Seeing, digest
from equipoise.seeds import generator, mix

BATCH, RATE = 128, 4e-3
SMALLEST = 8  # pixels a side: three times halved
HELD_OUT = 0.1  # of the samples, where no other set is given
VERSION = 1  # of the network and its training: a change makes old caches invalid


class Classifier(nn.Module):
    """Logits [N, classes] of images [N, channels, H, W] in [-1, 1], H and W at least 8."""

    def __init__(self, classes: int, size: tuple[int, int] = (28, 28), width: int = 16, channels: int = 1) -> None:
        super().__init__()
        widths = (channels, width, 3 * width, 6 * width)
        blocks = [block(i, o) for i, o in pairwise(widths)]
        self.body = nn.Sequential(*blocks, nn.Flatten(), nn.Dropout(0.25))
        self.head = nn.Linear(widths[-1] * (size[0] // SMALLEST) * (size[1] // SMALLEST), classes)
        self.classes, self.channels = classes, channels
        self.register_buffer("accuracy", torch.zeros((), dtype=torch.float64))  # on the held-out samples
        self.accuracy: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))  # type: ignore[no-any-return]

    def features(self, x: Tensor) -> Tensor:
        """What the last layer sees, [N, d]."""
        return self.body(x)  # type: ignore[no-any-return]


def block(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.MaxPool2d(2), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


@torch.no_grad()
def classify(classifier: Classifier, images: Tensor, batch: int = 1000) -> Tensor:
    """The most likely class of images [N, C, H, W] in [-1, 1], int64 [N], on the host.

    A classifier of grey images reads the channels of colour ones as the digits of one number: with ten classes the image of
    the digits r, g, b is 100 r + 10 g + b (stacked MNIST, Metz et al. 2017).
    """
    device = classifier.head.weight.device
    digits = images.shape[1] // classifier.channels
    single = images.reshape(-1, classifier.channels, *images.shape[2:])
    found = torch.cat([classifier(part.float().to(device)).argmax(1).cpu() for part in torch.split(single, batch)])
    places = classifier.classes ** torch.arange(digits - 1, -1, -1)
    return (found.view(-1, digits) * places).sum(1)


def train_classifier(
    source: Source,
    seed: int = 0,
    epochs: int = 4,
    *,
    held_out: Source | None = None,
    folder: Path | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Classifier:
    """A classifier of a source of images with labels, in evaluation mode; its `accuracy` is on `held_out` samples.

    Without `held_out`, a tenth of the source is kept apart. Trained once: kept in `folder` (default: the user's cache)
    under a name that stands for data, labels, seed and epochs. DataError where the source has no labels or no images.
    """
    for part in (source, source if held_out is None else held_out):
        if part.labels is None or not part.is_image or min(part.shape[1:]) < SMALLEST:
            problem = f"this is {list(part.shape)}" + (" without labels" if part.labels is None else "")
            raise DataError(part.name, f"a classifier needs images of {SMALLEST} pixels or more a side, with labels; {problem}")
    file = (folder or cache() / "classifiers") / f"{name(source, seed, epochs, held_out)}.safetensors"
    kept = recall(fresh(source, seed), file)
    if kept is not None:
        return kept.to(source.device)
    classifier = fresh(source, seed)
    train, test = parted(source, held_out, seed)
    classifier.to(source.device)
    learn(classifier, train, seed, epochs, say)
    classifier.accuracy.fill_(accuracy(classifier, test))
    say(f"classifier of {source.name}: {100 * float(classifier.accuracy):.2f} % right on {len(test)} held-out images")
    file.parent.mkdir(parents=True, exist_ok=True)
    disk.atomic_write(file, save({k: v.cpu().contiguous() for k, v in classifier.state_dict().items()}))
    return classifier


def classifier_encoder(
    source: Source,
    held_out: Source | None = None,
    seed: int = 0,
    *,
    folder: Path | None = None,
    say: Callable[[str], None] = lambda text: None,
    device: torch.device | str = "cpu",
) -> Seeing:
    """What a classifier of the source's own labels sees before its last layer, and its logits [N, classes].

    Trained or recalled as `train_classifier` does it, so with its errors. `facts` has its accuracy on the samples held out.
    """
    classifier = train_classifier(source, seed, held_out=held_out, folder=folder, say=say).cpu()
    mark = digest(classifier.state_dict(), "classifier", source.shape)
    classifier.requires_grad_(False).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def see(x: Tensor) -> Encoded:
        features = classifier.features(unit(x).float())
        return Encoded(features, classifier.head(features))

    _, test = parted(source, held_out, seed)
    facts = {
        "accuracy": float(classifier.accuracy),
        "held_out": len(test),
        "classes": list(source.classes) or classifier.classes,
        "seed": seed,
    }
    dim = classifier.head.in_features
    return Seeing("classifier", source.name, mark, dim, see, source.shape, device=torch.device(device), facts=facts)


def fresh(source: Source, seed: int) -> Classifier:
    """An untrained one with weights from the seed; nobody else's random numbers are touched."""
    assert source.labels is not None
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(mix(seed, "classifier"))
        classes = max(len(source.classes), int(source.labels.max()) + 1)
        return Classifier(classes, (source.shape[1], source.shape[2]), channels=source.shape[0]).eval()


def name(source: Source, seed: int, epochs: int, held_out: Source | None) -> str:
    """A file name that changes with everything that the weights depend on."""
    digest = hashlib.sha256()
    for part in (source, held_out):
        if part is not None:
            assert part.labels is not None
            digest.update(part.fingerprint().encode() + part.labels.cpu().numpy().tobytes())
    return f"{source.name}-{digest.hexdigest()[:16]}-seed{seed}-epochs{epochs}-v{VERSION}"


def recall(classifier: Classifier, file: Path) -> Classifier | None:
    """The classifier with the file's weights; None where there are none, or damaged ones."""
    try:
        classifier.load_state_dict(load(file.read_bytes()))
    except (OSError, SafetensorError, RuntimeError, KeyError):
        return None
    return classifier


def parted(source: Source, held_out: Source | None, seed: int) -> tuple[Samples, Samples]:
    """What is learned from and what is held out."""
    everything = torch.arange(len(source))
    if held_out is not None:
        return Samples(source, everything), Samples(held_out, torch.arange(len(held_out)))
    order = everything[torch.randperm(len(source), generator=generator("cpu", seed, "held out"))]
    n = max(1, round(HELD_OUT * len(source)))
    return Samples(source, order[n:]), Samples(source, order[:n])


class Samples:
    """A part of a source, as images and labels."""

    def __init__(self, source: Source, index: Tensor) -> None:
        assert source.labels is not None
        self.source, self.index, self.labels = source, index.to(source.device), source.labels.to(source.device)

    def __len__(self) -> int:
        return len(self.index)

    def batch(self, places: Tensor) -> tuple[Tensor, Tensor]:
        index = self.index[places]
        return self.source.batch(index), self.labels[index]


def learn(classifier: Classifier, train: Samples, seed: int, epochs: int, say: Callable[[str], None]) -> None:
    """Adam with one rise and fall of the rate (Smith and Topin 2019) on the cross-entropy."""
    order = Order(len(train), min(BATCH, len(train)), seed, train.index.device)
    steps = epochs * order.batches
    classifier.train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.Adam(classifier.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=max(steps, 2))
    with torch.random.fork_rng(devices=devices(train.index.device)):
        torch.manual_seed(mix(seed, "classifier", "dropout"))
        for step in range(steps):
            images, labels = train.batch(order.index(step))
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(classifier(images), labels)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            if (step + 1) % order.batches == 0:
                say(f"classifier: epoch {(step + 1) // order.batches} of {epochs}, loss {float(loss.detach()):.4f}")
    classifier.eval()


def devices(device: torch.device) -> list[Any]:
    """The accelerators whose random numbers have to be put back."""
    return [] if device.type == "cpu" else [device]


@torch.no_grad()
def accuracy(classifier: Classifier, test: Samples) -> float:
    """The share of samples whose most likely class is theirs."""
    right = 0
    for places in torch.split(torch.arange(len(test), device=test.index.device), 1000):
        images, labels = test.batch(places)
        right += int((classifier(images).argmax(1) == labels).sum())
    return right / len(test)
