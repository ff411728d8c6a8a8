"""An evaluation: both sides are drawn, seen by one encoder, and measured; each number comes with what it depends on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from equipoise import environment
from equipoise.data.source import Source
from equipoise.errors import DataError, SettingError
from equipoise.evaluating import origins, reference
from equipoise.evaluating.asked import INCEPTIONS, MOST, Asked
from equipoise.evaluating.origins import Fakes, Reals, Statistics
from equipoise.metrics import METRICS
from equipoise.metrics.encoders import ENCODERS, Wanted
from equipoise.metrics.encoders.encoder import Encoder
from equipoise.metrics.metric import Material, Metric, Need, Result, Side

Say = Callable[[str], None]
INCEPTION_NAMES = {own: name for name, own in INCEPTIONS.items()} | {"kernel": "kid"}
MOST_TRAIN = 20_000  # training samples that copies are looked for among
OF_SAMPLES: tuple[Need, ...] = ("features", "images", "train")  # what statistics alone do not have


@dataclass(frozen=True)
class Evaluation:
    """All numbers of one evaluation, and what they are about."""

    what: str
    against: str
    split: str
    results: list[Result]
    left_out: dict[str, str]  # metric -> why it was not measured
    facts: dict[str, Any]  # of the encoder: a classifier's accuracy
    step: int | None
    seconds: float
    run: Path | None = None


def evaluate(asked: Asked, say: Say = lambda line: None) -> Evaluation:
    """Measure what is asked. SettingError, DataError or RunError where it can't be, each with what would do."""
    begun = time.monotonic()
    found = origins.fakes(asked.what, asked.step, asked.weights, asked.seed, None)
    known = origins.statistics(Path(asked.against)) if asked.against is not None else None
    if known is None:
        shape = found.side.shape if found.recipe is not None else None
        real = origins.reals(found.recipe, asked.against, asked.split, shape, say)
        if found.recipe is None and found.side.shape != real.source.shape:  # a folder is read as training would read it
            found = origins.fakes(asked.what, asked.step, asked.weights, asked.seed, real.source.shape)
        agree(found, real)
    encoder = encoder_of(asked, found, None if known is not None else real, say)
    n = enough(asked, found, None if known is not None else real)
    if known is not None:
        material, n_real, names = against_statistics(asked, found, known, encoder, n, say), known.moments.n or None, known.name
    else:
        material, n_real, names = against_samples(asked, found, real, encoder, n, say), n, real.name
    results, left_out = measured(asked, material, encoder, n, n_real, say)
    return Evaluation(
        found.name,
        names,
        "statistics" if known is not None else real.split,
        results,
        left_out,
        dict(encoder.facts),
        found.side.about.get("step"),
        round(time.monotonic() - begun, 1),
        found.run,
    )


# ------------------------------------------------------------------------------------------------------ both sides


def agree(found: Fakes, real: Reals) -> None:
    if found.side.shape != real.source.shape:
        shapes = ("x".join(map(str, shape)) for shape in (found.side.shape, real.source.shape))
        raise DataError(found.side.about.get("path", found.name), "holds {}, the data {}: bring both to one".format(*shapes))


def enough(asked: Asked, found: Fakes, real: Reals | None) -> int:
    """Samples a side: as many as asked for, else the most that both have, up to MOST."""
    most = min(found.side.most or MOST, len(real.source) if real is not None else MOST, MOST)
    if asked.n is None:
        return most
    for name, there in ((found.name, found.side.most), ("the reals", None if real is None else len(real.source))):
        if there is not None and asked.n > there:
            raise SettingError("n", f"{asked.n:,} samples a side are asked for, and {name} has {there:,}")
    return asked.n


def encoder_of(asked: Asked, found: Fakes, real: Reals | None, say: Say) -> Encoder:
    """The one that is asked for; else a classifier of the data's labels, where it has any, else random features."""
    if real is None:
        if asked.encoder not in (None, "inception"):
            raise SettingError("encoder", "statistics are taken to be Inception's; give data to compare with another encoder's")
        return ENCODERS["inception"](wanted_of(asked, None, found, say))
    name = asked.encoder or ("inception" if asked.needs_inception else usual_encoder(real))
    return ENCODERS[name](wanted_of(asked, real, found, say))


def usual_encoder(real: Reals) -> str:
    train = real.train or real.source
    if not train.is_image:
        return "pixels"
    return "classifier" if train.labels is not None else "random"


def wanted_of(asked: Asked, real: Reals | None, found: Fakes, say: Say) -> Wanted:
    data = Source(found.name, found.side.shape, 0) if real is None else real.train or real.source
    heldout = None if real is None else real.heldout
    file = None if asked.weights_file is None else Path(asked.weights_file)
    return Wanted(data, heldout, file, asked.protocol, say=say)


def seen(images: Tensor, encoder: Encoder, asked: Asked, keep: bool) -> Side:
    one = reference.encoded(images, encoder, fresh=asked.fresh) if keep else encoder.encode(images)
    wants = any("images" in METRICS[name].needs for name in asked.wanted)
    return Side(len(images), one.features, one.logits, images if wants else None)


def against_samples(asked: Asked, found: Fakes, real: Reals, encoder: Encoder, n: int, say: Say) -> Material:
    say(f"{n:,} fakes of {found.name}, {n:,} reals of {real.name} ({real.split}), seen by {encoder.fingerprint}")
    fake = seen(found.images(n), encoder, asked, keep=False)
    there = seen(real.images(n, asked.seed), encoder, asked, keep=True)
    train = None
    if any("train" in METRICS[name].needs for name in asked.wanted) and real.train is not None:
        among = min(len(real.train), MOST_TRAIN)
        if among < len(real.train):
            say(f"copies are looked for among {among:,} of {len(real.train):,} training samples")
        train = seen(origins.drawn(real.train, among, asked.seed), encoder, asked, keep=True)
    return Material(fake, there, train, asked.seed)


def against_statistics(asked: Asked, found: Fakes, known: Statistics, encoder: Encoder, n: int, say: Say) -> Material:
    if len(known.moments.mean) != encoder.dim:
        raise DataError(known.name, f"is of {len(known.moments.mean)} features; {encoder.fingerprint} gives {encoder.dim}")
    say(f"{n:,} fakes of {found.name} against statistics ({known.name}), seen by {encoder.fingerprint}")
    return Material(
        seen(found.images(n), encoder, asked, keep=False), Side(known.moments.n, moments=known.moments), None, asked.seed
    )


# --------------------------------------------------------------------------------------------------------- numbers


def measured(
    asked: Asked, material: Material, encoder: Encoder, n: int, n_real: int | None, say: Say
) -> tuple[list[Result], dict[str, str]]:
    results: list[Result] = []
    left_out: dict[str, str] = {}
    features = material.fake.features
    dtype = str(features.dtype if features is not None else torch.float32).removeprefix("torch.")
    versions = {name: str(value) for name, value in environment.describe().items() if name in ("equipoise", "torch", "numpy")}
    for name in asked.wanted:
        lacks = missing(METRICS[name], material)
        if lacks:
            left_out[name] = lacks
            if asked.metrics is not None:
                raise SettingError("metrics", f"{name} can't be measured here: {lacks}")
            continue
        begun = time.monotonic()
        try:
            values = METRICS[name].measure(material)
        except SettingError as error:
            if asked.metrics is not None:
                raise
            left_out[name] = str(error)
            continue
        say(f"{name}: {time.monotonic() - begun:.1f} s")
        about = (n_real, n, encoder.fingerprint, encoder.protocol, asked.seed, dtype, versions)
        results += [Result(named(key, encoder), value, *about) for key, value in values.items()]
    return results, left_out


def missing(metric: Metric, material: Material) -> str:
    """Why this can't be measured; '' where it can."""
    needs = metric.needs
    if "train" in needs and material.train is None:
        return "it needs the training samples"
    if "logits" in needs and material.fake.logits is None:
        return "it needs an encoder that classifies (inception, or a classifier of the data's labels)"
    only_statistics = material.real is not None and material.real.features is None
    if only_statistics and (set(needs) & set(OF_SAMPLES)):
        return "it needs samples of the reals, not statistics of them"
    images = material.fake.images
    if "images" in needs and (images is None or images.dim() != 4):
        return "it needs images"
    return ""


def named(key: str, encoder: Encoder) -> str:
    """'frechet[random:...]'; with Inception's published weights what the field calls it."""
    if encoder.facts.get("published_weights") and key in INCEPTION_NAMES:
        return INCEPTION_NAMES[key]
    return f"{key}[{encoder.fingerprint}]"
