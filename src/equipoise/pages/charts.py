"""Which signals a page draws together, and how a person reads them. To add a chart: its entry here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Hue = Literal["d", "g", "after", "third", "fourth", "fifth"]  # blue is D and reals, orange is G and fakes


@dataclass(frozen=True)
class Line:
    """A signal on a chart."""

    signal: str
    label: str
    hue: Hue


@dataclass(frozen=True)
class Mark:
    """A level with a meaning."""

    value: float
    label: str


@dataclass(frozen=True)
class Chart:
    """Lines over time. `span` is the least that the vertical axis shows; `log` how it begins."""

    name: str
    title: str
    about: str  # how to read it, for somebody who never did
    lines: tuple[Line, ...]
    span: tuple[float, float] | None = None
    log: bool = False
    marks: tuple[Mark, ...] = ()
    band: tuple[float, float] | None = None
    band_source: str = ""


CHARTS = (
    Chart(
        "losses",
        "Losses of the two players",
        "D judges, G forges. The dashed lines are where both would stand if fakes were distributed as reals; the shaded "
        "bands, where healthy runs of this objective were found. Losses measure the other player as much as "
        "one's own: low is not good.",
        (Line("d_loss", "D loss", "d"), Line("g_loss", "G loss", "g")),
    ),
    Chart(
        "scores",
        "What D says",
        "D's mean belief that a sample is real: of reals, and of fakes before and after its own step. Both at the "
        "dashed line: D can't tell them apart. Far apart for long: D wins.",
        (
            Line("d_real", "of reals", "d"),
            Line("d_fake_before", "of fakes, before its step", "g"),
            Line("d_fake_after", "of fakes, after", "after"),
        ),
        span=(0, 1),
    ),
    Chart(
        "accuracy",
        "How often D is right",
        "At 0.5 D guesses. Right about reals that it was trained on, but not about held-out ones: it has learnt them by heart. "
        "With smoothed labels D's neutral point is not the middle, and these may part with nothing wrong.",
        (
            Line("accuracy_real", "reals", "d"),
            Line("accuracy_fake", "fakes", "g"),
            Line("accuracy_train_reals", "reals, at exams", "third"),
            Line("accuracy_heldout", "held-out reals", "fourth"),
        ),
        span=(0, 1),
        marks=(Mark(0.5, "guessing"),),
    ),
    Chart(
        "coverage",
        "How much of the data G covers",
        "Share of held-out reals that have a fake among their neighbours, divided by what reals reach. 1 is as good as reals, "
        "near 0 is collapse. In our scouting no other number told healthy from failed runs so well.",
        (Line("coverage", "frozen encoder", "g"), Line("coverage_d", "D's features", "after")),
        span=(0, 1),
        marks=(Mark(1.0, "as reals"),),
    ),
    Chart(
        "diversity",
        "How varied the fakes are",
        "Spread of fakes divided by that of reals: 1 is as varied as the data. Falling while the losses look calm is "
        "how mode collapse shows.",
        (
            Line("diversity_encoder", "frozen encoder", "g"),
            Line("diversity_d", "D's features", "after"),
            Line("diversity_pixels", "pixels", "third"),
            Line("rank_ratio", "rank of features", "fourth"),
        ),
        span=(0, 1),
        marks=(Mark(1.0, "as reals"),),
    ),
    Chart(
        "duplicates",
        "Near-duplicates among the fakes",
        "Share of fakes that nearly repeat another one, less the same share among reals.",
        (Line("duplicates", "fakes beyond reals", "g"),),
        span=(0, 0.2),
    ),
    Chart(
        "overfitting",
        "Does D learn the reals by heart?",
        "r_t near 1: D is sure of its training reals. r_v near 1: it takes held-out reals for fakes. "
        "Only both together mean overfitting.",
        (Line("r_t", "r_t", "third"), Line("r_v", "r_v", "d"), Line("memorised", "fakes nearer to training reals", "g")),
        span=(0, 1),
        marks=(Mark(0.5, "r_v: overfitting above"),),
    ),
    Chart(
        "gradients",
        "How hard the players are pushed",
        "Norms of the gradients. G's at nearly nothing: it learns nothing. Either climbing without end: divergence.",
        (Line("d_grad", "D", "d"), Line("g_grad", "G", "g"), Line("fake_grad", "at G's output", "after")),
        log=True,
    ),
    Chart(
        "updates",
        "How far each step moves the weights",
        "Length of a step divided by the length of the weights, of each player.",
        (Line("d_update", "D", "d"), Line("g_update", "G", "g")),
        log=True,
    ),
    Chart(
        "logits",
        "D's raw scores",
        "Before the sigmoid. Beyond 10 either way D is as good as certain, and a saturating loss gives G nothing to learn "
        "from.",
        (Line("logit_real", "reals", "d"), Line("logit_fake", "fakes", "g"), Line("logit_std", "spread of all", "third")),
        marks=(Mark(0.0, "undecided"),),
    ),
    Chart(
        "saturation",
        "Certain scores",
        "Share of D's raw scores beyond 10 either way.",
        (Line("saturation", "share", "d"),),
        span=(0, 0.1),
    ),
    Chart(
        "motion",
        "Do the samples still move?",
        "How far the samples of fixed noise moved since the last exam, and how far the raw generator is from its running "
        "average. Both should shrink; constant and large means cycling.",
        (Line("drift", "drift of fixed samples", "g"), Line("average_distance", "raw to average", "after")),
    ),
    Chart(
        "certificates",
        "What D proves on held-out reals",
        "Lower bounds of the distance between fakes and reals that hold for any D. High: fakes differ for "
        "certain. Near 0: nothing is proven.",
        (Line("certificate_jsd", "Jensen-Shannon", "d"), Line("certificate_tv", "total variation", "third")),
        span=(0, 0.7),
    ),
    Chart(
        "range",
        "Range of the images",
        "Lowest and highest values that D is shown. Reals and fakes should share a range.",
        (
            Line("real_min", "reals, lowest", "d"),
            Line("real_max", "reals, highest", "d"),
            Line("fake_min", "fakes, lowest", "g"),
            Line("fake_max", "fakes, highest", "g"),
        ),
    ),
    Chart(
        "spread",
        "Contrast of the fakes",
        "Standard deviation of a fake batch divided by that of a real one. 1 is right; far above 1, G diverges.",
        (Line("fake_std_ratio", "fakes to reals", "g"),),
        span=(0, 1.2),
        marks=(Mark(1.0, "as reals"),),
    ),
    Chart(
        "spectra",
        "Largest singular values",
        "Of any layer of each player. Climbing faster and faster comes before a sudden collapse of large networks.",
        (Line("d_sigma", "D", "d"), Line("g_sigma", "G", "g")),
        log=True,
    ),
    Chart(
        "distance",
        "Distance of the samples to the data",
        "Sliced Wasserstein distance of samples to reals at each checkpoint: lower is better. It looks at the samples "
        "themselves, which no loss does.",
        (Line("sliced_wasserstein", "sliced Wasserstein", "g"),),
        span=(0, 0.02),
    ),
    Chart("modes", "Modes that the samples reach", "Counted at each checkpoint.", (Line("modes", "modes", "g"),), span=(0, 1)),
)
CLOCKS = ("epoch", "seconds", "nonfinite")  # signals that no chart shows
HUES: tuple[Hue, ...] = ("third", "fourth", "fifth", "after", "d", "g")


def charts(signals: Iterable[str]) -> list[dict[str, Any]]:
    """The charts that have something to show; terms of tricks and signals that none of them knows come last."""
    have = list(signals)
    shown = [asdict(chart) | {"lines": lines} for chart in CHARTS if (lines := present(chart, have))]
    known = {line.signal for chart in CHARTS for line in chart.lines} | set(CLOCKS)
    rest = [name for name in have if name not in known]
    groups = {
        "terms": (
            "Terms that tricks add",
            "Added to D's loss (d/) or to G's (g/).",
            [n for n in rest if n[:2] in ("d/", "g/")],
        ),
        "more": ("More signals", "Numbers that this run recorded besides.", [n for n in rest if n[:2] not in ("d/", "g/")]),
    }
    for key, (title, about, names) in groups.items():
        for name, part in parts(key, names):
            several = tuple(Line(signal, signal, HUES[i % len(HUES)]) for i, signal in enumerate(part))
            shown.append(asdict(Chart(name, title, about, several)))
    return shown


def present(chart: Chart, have: list[str]) -> list[dict[str, Any]]:
    return [asdict(line) for line in chart.lines if line.signal in have]


def parts(key: str, names: list[str], most: int = 4) -> list[tuple[str, list[str]]]:
    """At most so many lines a chart."""
    return [(f"{key}-{i // most + 1}", names[i : i + most]) for i in range(0, len(names), most)]
