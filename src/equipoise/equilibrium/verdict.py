"""Has it converged, and to what? One answer, its reasons, and every indicator with what it is worth."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from equipoise.equilibrium.coverage import Coverage, coverage
from equipoise.equilibrium.duality_gap import DualityGap, duality_gap
from equipoise.equilibrium.indicators import Indicator, curves, missing
from equipoise.equilibrium.jacobian import Jacobian, jacobian
from equipoise.equilibrium.limits import LIMITS
from equipoise.equilibrium.motion import Motion, apart, motion
from equipoise.equilibrium.path_angle import PathAngle, path_angle
from equipoise.equilibrium.plateau import Plateau, plateau
from equipoise.equilibrium.scene import Scene, outputs
from equipoise.game import Game

Answer = Literal[
    "converged to equilibrium",
    "stationary but collapsed",
    "cycling",
    "settled but exploitable",
    "still improving",
    "diverged",
    "insufficient evidence",
]
LocalNash = Literal["not established", "refuted"]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Budget:
    """How much is spent; the same for the same game, so that an answer can be repeated."""

    steps: int  # of each worst-case player
    rates: tuple[float, ...]  # multiples of the game's own at which it is trained
    play: int  # steps played on
    vectors: int  # of Arnoldi's space
    samples: int  # in the Jacobian's batch

    @classmethod
    def of(cls, game: Game, *, quick: bool = False) -> Budget:
        """Small nets get more steps, since these cost little."""
        size = sum(p.numel() for player in (game.G, game.D) for p in player.module.parameters())
        if size < 200_000:
            return cls(60, (1.0, 5.0), 100, 20, 128) if quick else cls(150, (1.0, 5.0), 200, 60, 512)
        return cls(12, (5.0,), 20, 4, 32) if quick else cls(60, (5.0,), 60, 16, 128)


@dataclass(frozen=True)
class Evidence:
    """All that was measured; None where it could not be."""

    finite: bool
    gap: DualityGap | None = None
    coverage: Coverage | None = None
    motion: Motion | None = None
    plateau: Plateau | None = None
    jacobian: Jacobian | None = None
    path: PathAngle | None = None
    drift: tuple[float, float | None] | None = None  # per 100 steps since the checkpoint before: raw, averaged


@dataclass(frozen=True)
class Verdict:
    """The answer for one checkpoint."""

    answer: Answer
    reasons: tuple[str, ...]
    local_nash: LocalNash
    nash_words: str
    indicators: tuple[Indicator, ...]
    step: int
    seconds: dict[str, float] = field(default_factory=dict)  # what each part took

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


# ------------------------------------------------------------------------------------------------------ the measuring


def examine(
    scene: Scene,
    budget: Budget,
    *,
    earlier: Game | None = None,
    earlier_steps: int | None = None,
    averages: tuple[torch.nn.Module, torch.nn.Module] | None = None,
    evaluations: Sequence[tuple[float, float]] = (),
    modes: Tensor | None = None,
    say: Say = lambda text: None,
    seconds: dict[str, float] | None = None,
) -> Evidence:
    """Measure everything that can be measured of a scene.

    `earlier` is the game some steps before (path angle, drift), `averages` G's averaged weights then and now,
    `evaluations` (step, distance to the data) of the run so far, `modes` the data's centres where they are known.
    """
    clock = Clock(seconds if seconds is not None else {})
    if not finite(scene.game):
        return Evidence(finite=False)
    now = clock("coverage", lambda: covering(scene, modes))
    going = clock("motion", lambda: motion(scene, steps=budget.play, say=say))
    return Evidence(
        finite=True,
        coverage=now,
        motion=going,
        gap=clock("duality_gap", lambda: duality_gap(scene, steps=budget.steps, rates=budget.rates, say=say)),
        jacobian=clock("jacobian", lambda: jacobian(scene, samples=budget.samples, vectors=budget.vectors, say=say)),
        path=None if earlier is None else clock("path_angle", lambda: path_angle(scene, earlier, samples=budget.samples, say=say)),
        drift=None if earlier is None else drift(scene, earlier, averages, earlier_steps),
        plateau=plateau(*zip(*evaluations, strict=True)) if evaluations else None,
    )  # fmt: skip


class Clock:
    """Notes how long each part took."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self.seconds = seconds

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        found = call()
        self.seconds[name] = round(time.perf_counter() - began, 2)
        return found


def finite(game: Game) -> bool:
    weights = [*game.G.module.parameters(), *game.D.module.parameters()]
    return all(bool(torch.isfinite(w).all()) for w in weights)


def covering(scene: Scene, modes: Tensor | None) -> Coverage:
    n = len(scene.heldout) // 2
    return coverage(scene.heldout, scene.fakes(scene.game.G.module, n, "coverage"), modes=modes, seed=scene.seed)


def drift(
    scene: Scene, earlier: Game, averages: tuple[torch.nn.Module, torch.nn.Module] | None, earlier_steps: int | None
) -> tuple[float, float | None] | None:
    """How far samples of fixed latents moved per 100 steps since `earlier`, raw and averaged, in spreads of the data."""
    steps = scene.game.steps - (earlier.steps if earlier_steps is None else earlier_steps)
    if steps <= 0:
        return None
    z = scene.latents(256, "drift")

    def moved(a: torch.nn.Module, b: torch.nn.Module) -> float:
        return apart(outputs(a, z, 256), outputs(b, z, 256)) / scene.scale * 100 / steps

    raw = moved(earlier.G.module, scene.game.G.module)
    return raw, None if averages is None else moved(*averages)


# ------------------------------------------------------------------------------------------------------- the judging


def judge(found: Evidence) -> tuple[Answer, tuple[str, ...]]:
    """The answer and its reasons, from numbers alone."""
    if not found.finite:
        return "diverged", ("weights are infinite or no numbers",)
    assert found.motion is not None and found.coverage is not None and found.gap is not None
    going = found.motion
    if not going.finite or going.spread > limit("spread") or going.distances[-1] > limit("spread"):
        return "diverged", (f"the samples are {max(going.spread, going.distances[-1]):.3g} spreads of the data wide or away",)
    reaches, reach_words = reach(found)
    turns, turn_words = turning(going)
    better, trend_words = improving(found)
    near, gap_words = near_equilibrium(found.gap)
    if turns and not (reaches and near):
        return "cycling", (turn_words, reach_words, gap_words)
    if better:
        return "still improving", (trend_words, reach_words)
    if reaches and near:
        return "converged to equilibrium", (gap_words, reach_words, trend_words, turn_words)
    if turns:
        return "insufficient evidence", (gap_words, reach_words, trend_words, turn_words)
    if not reaches:
        return "stationary but collapsed", (reach_words, turn_words, gap_words)
    return "settled but exploitable", (gap_words, reach_words, trend_words, turn_words)


def limit(name: str) -> float:
    return float(LIMITS[name])


def reach(found: Evidence) -> tuple[bool, str]:
    """Whether the samples are where the data is, all of it."""
    assert found.coverage is not None and found.motion is not None
    seen = found.coverage
    if seen.clusters is None:  # the data is a point
        away = found.motion.distances[0]
        return away <= limit("away"), f"the samples are {away:.3g} away from the data"
    words = f"the samples reach {round(seen.clusters * seen.of)} of {seen.of} clusters of held-out reals"
    return seen.clusters >= limit("clusters"), words


def turning(going: Motion) -> tuple[bool, str]:
    """Whether it moves on without getting anywhere: fast, and far from its own average."""
    words = (
        f"in {going.steps} steps played on the samples of fixed latents roam {going.roam:.3g} spreads of the data, "
        f"{going.average_distance:.3g} away from those of the mean weights"
    )
    return going.roam >= limit("roam") and going.average_distance >= limit("average"), words


def improving(found: Evidence) -> tuple[bool, str]:
    """Whether the distance to the data still falls, by more than a small part of itself."""
    assert found.motion is not None
    trend = found.plateau
    if trend is None:
        trend = plateau([float(i) for i in range(len(found.motion.distances))], found.motion.distances)
        where = f"in {found.motion.steps} steps played on"
    else:
        where = "over the last third of the evaluations"
    if trend is None:
        return False, "no trend of the quality is known"
    words = f"the distance to the data changes by {trend.change:+.1%} [{trend.low:+.1%}, {trend.high:+.1%}] {where}"
    return trend.trend == "better" and trend.change <= -limit("change"), words


def near_equilibrium(gap: DualityGap) -> tuple[bool, str]:
    """Whether worst-case players gain little."""
    words = f"duality gap {gap.gap.value:.3g} [{gap.gap.low:.3g}, {gap.gap.high:.3g}]: D can gain {gap.d_gain.value:.3g}, G {gap.g_gain.value:.3g}"
    return gap.relative is not None and gap.relative <= limit("gap"), words


def local_nash(found: Jacobian | None) -> tuple[LocalNash, str]:
    """Negative curvature of either player's own loss, seen on two batches, refutes a local Nash equilibrium."""
    if found is None:
        return "not established", "the players' curvature was not measured"
    for name, hessian, again in (
        ("G", found.g_hessian, found.g_curvature),
        ("D", found.d_hessian, found.d_curvature),
    ):
        if min(-hessian.least_real, -again) > max(limit("curvature") * hessian.radius, hessian.least_real_residual):
            return (
                "refuted",
                f"{name}'s Hessian has negative curvature ({hessian.least_real:.3g}; {again:.3g} on another batch)",
            )
    return "not established", "no negative curvature was found, which is no proof that there is none"


# ------------------------------------------------------------------------------------------------------- the lines


def lines(found: Evidence) -> list[Indicator]:
    """The measured indicators, each with its standing."""
    rows: list[Indicator] = []
    if found.gap is not None:
        rows += gap_lines(found.gap)
    if found.coverage is not None:
        rows += coverage_lines(found)
    if found.motion is not None:
        rows += motion_lines(found.motion)
    rows += drift_lines(found.drift)
    rows += plateau_lines(found.plateau)
    if found.jacobian is not None:
        rows += jacobian_lines(found.jacobian)
    rows += path_lines(found.path)
    return rows


def gap_lines(gap: DualityGap) -> list[Indicator]:
    near = gap.relative is not None and gap.relative <= limit("gap")
    search = f"a lower bound, found in {gap.steps} steps: a large one is certain, a small one is as good as the search"
    rows = [
        bounded("duality_gap", "Duality gap, max_D M - min_G M", gap.gap, "0", near, search),
        bounded("d_gain", "What a better D gains, max_D M - M", gap.d_gain, "0", small(gap, gap.d_gain.value), search),
        bounded("g_gain", "What a better G gains, M - min_G M", gap.g_gain, "0", small(gap, gap.g_gain.value), search),
        bounded("proximal_gap", "Proximal duality gap", gap.proximal_gap, "0", small(gap, gap.proximal_gap.value), search),
    ]
    if gap.divergence is not None:
        words = "held out; D at the worst case proves at least this much difference, whatever else is so"
        rows.append(bounded("divergence", "Proven distance of fakes and reals, of what D could see at most", gap.divergence, "0", gap.divergence.value <= limit("gap"), words))  # fmt: skip
    return rows


def small(gap: DualityGap, gain: float) -> bool:
    if gap.relative is None or gap.gap.value == 0:
        return gain <= 0
    return gain * gap.relative / gap.gap.value <= limit("gap")


def bounded(name: str, title: str, number: Any, expected: str, good: bool, words: str) -> Indicator:
    standing: Any = "supports" if good else "contradicts"
    return Indicator(name, title, number.value, expected, standing, words, number.low, number.high)


def plain(name: str, title: str, number: float | None, expected: str, good: bool, words: str) -> Indicator:
    standing: Any = "not assessed" if number is None else "supports" if good else "contradicts"
    return Indicator(name, title, number, expected, standing, words)


def coverage_lines(found: Evidence) -> list[Indicator]:
    seen = found.coverage
    assert seen is not None
    good, _ = reach(found)
    same = "reals that are all the same have none"
    return [
        plain("clusters", f"Clusters of held-out reals that fakes reach, of {seen.of}", seen.clusters, "1", good, "several classes among the samples: needed, not sufficient" if seen.clusters is not None else same),
        plain("coverage", "Coverage of held-out reals, of what reals reach", seen.ratio, "1", seen.ratio is not None and seen.ratio >= limit("covered"), "in pixels or coordinates; strict for images, where good samples are no neighbours" if seen.ratio is not None else same),
        plain("diversity", "Mean distance between fakes, of that between reals", seen.diversity, "1", seen.diversity is not None and abs(seen.diversity - 1) <= 0.2, "blind to few but distant samples" if seen.diversity is not None else same),
    ]  # fmt: skip


def motion_lines(going: Motion) -> list[Indicator]:
    turns, _ = turning(going)
    return [
        plain("roam", f"Longest way of fixed latents' samples in {going.steps} steps played on", going.roam, "small", going.roam < limit("roam"), f"a constant rate leaves some trembling: all small moves add up to {going.per_100:.3g} in 100 steps"),
        plain("from_average", "From samples of the last weights to those of the mean weights", going.average_distance, "small", not turns, "large where a game goes round: its average stands still, it does not"),
        plain("straight", "Net way over whole way", going.straight, "any", True, "1: going somewhere; near 0: trembling or going round"),
    ]  # fmt: skip


def drift_lines(found: tuple[float, float | None] | None) -> list[Indicator]:
    titles = ("Drift of raw samples since the checkpoint before, per 100 steps", "The same of the averaged weights")
    if found is None:
        return [missing("checkpoint_drift", titles[0], "small", "needs an earlier checkpoint")]
    words = "samples that keep changing have not settled; small over a long way also where it goes round"
    rows = [Indicator("checkpoint_drift", titles[0], found[0], "small", "proves nothing", words)]
    if found[1] is not None:
        words = "an average moves little whether the game rests or cycles"
        rows.append(Indicator("checkpoint_drift_average", titles[1], found[1], "small", "proves nothing", words))
    return rows


def plateau_lines(found: Plateau | None) -> list[Indicator]:
    title = "Change of the distance to the data over the last third of the evaluations"
    if found is None:
        return [missing("plateau", title, "0", "needs at least 4 evaluations (one a checkpoint)")]
    flat = abs(found.change) <= limit("change") or found.trend == "none"
    words = "a plateau is needed, and a collapsed game has one too"
    better = found.last < found.first
    return [
        Indicator("plateau", title, found.change, "0", "supports" if flat else "contradicts", words, found.low, found.high),
        plain("improved", "Last distance to the data over the first", found.last / found.first if found.first else math.inf, "below 1", better, "samples better than early in the run: needed, not sufficient"),
    ]  # fmt: skip


def jacobian_lines(found: Jacobian) -> list[Indicator]:
    whole = found.game
    stable = whole.least_real > -limit("curvature") * whole.radius
    how = "exact" if whole.exact else f"Arnoldi, {len(whole.values)} of {whole.size:,}"
    still = found.gradient <= 2 * found.gradient_elsewhere + 1e-6
    return [
        plain("gradient", "Norm of the game's gradient", found.gradient, f"about the noise of a batch, {found.gradient_elsewhere:.3g}", still, "eigenvalues speak of stability only where this is near 0"),
        plain("least_real_part", f"Least real part of the game's eigenvalues ({how})", whole.least_real, "0 or more (LSSP)", stable, f"largest absolute value {whole.radius:.3g}; leading: {leading(whole.values)}"),
        Indicator("rotation", "|Im| / |lambda| of the most rotating one", whole.rotation, "any", "proves nothing", "1 turns only: extragradient, averaging or a penalty on D damp what plain descent does not"),
    ]  # fmt: skip


def leading(values: Any) -> str:
    return ", ".join(f"{v.real:.3g}{v.imag:+.3g}i" if abs(v.imag) > 1e-9 else f"{v.real:.3g}" for v in values[:4])


def path_lines(found: PathAngle | None) -> list[Indicator]:
    title = "Path angle: rise of the cosine past the last place"
    if found is None:
        return [missing("path_angle", title, "1", "needs an earlier checkpoint with other weights")]
    words = f"1 attracts, 0 turns, below 0 repels; bump {found.bump:.2f}; little is said where all cosines are near 0"
    standing: Any = "supports" if found.attraction > 0.5 else "contradicts" if found.attraction < -0.5 else "proves nothing"
    return [Indicator("path_angle", title, found.attraction, "1", standing, words)]


def decided(
    found: Evidence,
    *,
    step: int,
    records: Sequence[Mapping[str, Any]] = (),
    game: Game | None = None,
    seconds: dict[str, float] | None = None,
) -> Verdict:
    """The verdict on what was measured, with the indicators of the curves where there are `records`."""
    answer, reasons = judge(found)
    nash, words = local_nash(found.jacobian)
    rows = lines(found)
    if records and game is not None:
        rows += curves(records, game.equilibrium())
    return Verdict(answer, reasons, nash, words, tuple(rows), step, seconds or {})
