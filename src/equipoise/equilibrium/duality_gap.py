"""The duality gap: how much each player could still gain if the other stood still, measured by letting it try.

Grnarova et al. 2019: DG(D, G) = max_D' M(D', G) - min_G' M(D, G'), zero at an equilibrium of the zero-sum value M and
positive elsewhere. The worst-case players are copies that are trained from where the game stands; the best of their
training is chosen on one half of the held-out reals and judged on the other. What they find is a lower bound: a large gap
is certain, a small one is as good as the search.

Good GANs need not be at a Nash equilibrium (Farnia and Ozdaglar 2020), so the proximal gap stands beside it (Sidheekh et
al. 2021): there G's deviation is answered by a D that may move a little,
V(G) = max_D' M(D', G) - lambda / 2 E_x ||grad D'(x) - grad D(x)||^2.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from equipoise.equilibrium.indicators import Indicator, Standing
from equipoise.equilibrium.limits import limit
from equipoise.equilibrium.scene import Scene, balanced_value, fork, logits, outputs, penalties, posed, seen, undisturbed, value
from equipoise.game import Game
from equipoise.pieces import frozen
from equipoise.seeds import generator
from equipoise.tricks.weight_clipping import WeightClipping

LOOKS = 4  # at the held-out reals while a worst-case player trains
CHOOSING = 512  # reals to choose the best weights by, at most
RESAMPLES = 200
SLOWEST = 2e-4  # Radford et al. 2016
PROXIMITY = 0.1  # lambda
INNER = 2  # steps of the answering D for each of the deviating G


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class DualityGap:
    """All in units of M. The intervals are of the held-out samples; the search for the worst case is not in them."""

    value: Estimate  # M as the game stands
    max_d: Estimate  # M with the worst-case D
    min_g: Estimate  # M with the worst-case G
    gap: Estimate  # max_d - min_g
    d_gain: Estimate  # max_d - M
    g_gain: Estimate  # M - min_g
    proximal_gap: Estimate  # max_d - the least proximal value
    divergence: Estimate | None  # (max_d - balanced) / |balanced|: at least this share of the distance that D can see
    unit: float  # |balanced|; of a critic, which has none, the standard deviation of the worst-case D's outputs
    steps: int  # of each worst-case player
    rise: float = 0.0  # what the last quarter of the search still added to the gap

    @property
    def relative(self) -> float:
        return self.gap.value / self.unit

    @property
    def small(self) -> bool:
        """Whether worst-case players gain little, and the worst-case D sees little."""
        return self.within(limit("gap"), limit("divergence")) and not self.unfinished

    @property
    def unfinished(self) -> bool:
        """Whether the search found no large gap but was still finding more when it ended."""
        return limit("no_gap") < self.relative <= limit("gap") and self.rise > limit("rise") * self.gap.value

    @property
    def none(self) -> bool:
        """Whether they gain next to nothing."""
        return self.within(limit("no_gap"), limit("no_divergence"))

    def within(self, gap: float, divergence: float) -> bool:
        return self.relative <= gap and (self.divergence is None or self.divergence.value <= divergence)

    @property
    def words(self) -> str:
        gap, d, g = self.gap, self.d_gain, self.g_gain
        seen = "" if self.divergence is None else f"; a D sees {self.divergence.value:.0%} of the distance that it could see"
        answered = f"with D's answer to it, {self.proximal_gap.value:.3g} (proximal gap)"
        return (
            f"duality gap {gap.value:.3g} [{gap.low:.3g}, {gap.high:.3g}]: D can gain {d.value:.3g}, G {g.value:.3g}; "
            f"{answered}{seen}"
        )

    def indicators(self) -> list[Indicator]:
        search = f"at least so much, found in {self.steps} steps, the last quarter of which added {self.rise:.2g} to the gap"
        proximal = "as the gap, but D may answer G's deviation within its proximity: good GANs need be no Nash equilibrium"
        held = "on held-out reals: so far, at least, are fakes from reals, of what D could see at most"
        rows = [
            self.row("duality_gap", "Duality gap, max_D M - min_G M", self.gap, search),
            self.row("d_gain", "What a better D gains, max_D M - M", self.d_gain, search),
            self.row("g_gain", "What a better G gains, M - min_G M", self.g_gain, search),
            self.row("proximal_gap", "Proximal duality gap", self.proximal_gap, proximal),
        ]
        if self.divergence is not None:
            rows.append(
                bounded("divergence", "Certified distance of fakes and reals", self.divergence, limit("divergence"), held)
            )
        return rows

    def row(self, name: str, title: str, number: Estimate, words: str) -> Indicator:
        return bounded(name, title, number, limit("gap") * self.unit, words)


def bounded(name: str, title: str, number: Estimate, most: float, words: str) -> Indicator:
    """A line that says nothing where the limit lies within the interval."""
    standing: Standing = "supports" if number.high <= most else "contradicts" if number.low > most else "proves nothing"
    return Indicator(name, title, number.value, f"0 (limit {most:.3g})", standing, words, number.low, number.high)


def duality_gap(
    scene: Scene,
    *,
    steps: int = 100,
    rates: tuple[float, ...] = (1.0, 5.0),
    proximity: float = PROXIMITY,
    say: Callable[[str], None] = lambda text: None,
) -> DualityGap:
    """The gap of the scene's game. Each worst-case player is trained `steps` steps with Adam at each of `rates`, which are
    multiples of the game's own (the faster player's); the best one counts.

    A worst-case D is bound as the game's own is (penalties, spectral norm, clipping), or a critic's gain had no end.
    """
    with undisturbed(scene.game):
        base = max(rate(scene.game.G.optimizer), rate(scene.game.D.optimizer))
        choose, judge = scene.halves()
        choose = choose[:CHOOSING]
        say("worst-case D")
        d_worst = best([worst_d(scene, steps, base * r, choose) for r in rates], largest=True)
        say("worst-case G")
        g_worst = best([worst_g(scene, steps, base * r, choose) for r in rates], largest=False)
        say("proximal worst-case G")
        answers = [proximal_g(scene, steps, base * rates[-1], proximity, choose)]
        answers.append(answered(scene, fork(scene.game), steps, base * rates[-1], proximity, choose))
        return judged(scene, judge, d_worst, g_worst, min(answers, key=lambda a: a.value), steps)


@dataclass
class Found:
    """A game with one player replaced by a worst case, and M on the half that chooses."""

    game: Game
    value: float
    rise: float = 0.0  # what the last quarter of the search still gained
    distance: float = 0.0  # lambda / 2 times the squared distance of D' from D


def rate(optimizer: torch.optim.Optimizer) -> float:
    """An optimizer's learning rate; SLOWEST where it is below that, or a player that hardly learns would find nothing."""
    return max(SLOWEST, *(float(group["lr"]) for group in optimizer.param_groups))


def best(found: list[Found], *, largest: bool) -> Found:
    return (max if largest else min)(found, key=lambda f: f.value)


def measured(scene: Scene, game: Game, real: Tensor, purpose: str) -> float:
    """M of a game on some reals and as many fresh fakes; NaN counts as no gain."""
    with torch.no_grad():
        fake = scene.fakes(game.G.module, len(real), purpose)
        return float(value(game, logits(game, real, scene.batch, real=True), logits(game, fake, scene.batch, real=False)))


def adam(module: nn.Module, lr: float) -> torch.optim.Optimizer:
    return torch.optim.Adam([p for p in module.parameters() if p.requires_grad], lr=lr, betas=(0.5, 0.999))


def step_of(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def searched(
    scene: Scene, game: Game, player: nn.Module, steps: int, move: Callable[[int], None], choose: Tensor, *, largest: bool
) -> Found:
    """Train with `move`, look at the choosing half now and then, keep the best weights; the first ones are in the race."""
    sign = 1 if largest else -1
    kept, score = copy.deepcopy(player.state_dict()), measured(scene, game, choose, "choose")
    before = score = score if math.isfinite(score) else -sign * math.inf
    for look in range(LOOKS):
        before = score
        for step in range(steps * look // LOOKS, steps * (look + 1) // LOOKS):
            move(step)
        now = measured(scene, game, choose, "choose")
        if math.isfinite(now) and sign * now > sign * score:
            kept, score = copy.deepcopy(player.state_dict()), now
    player.load_state_dict(kept)
    return Found(game, score, abs(score - before) if math.isfinite(before) else math.inf)


def worst_d(scene: Scene, steps: int, lr: float, choose: Tensor) -> Found:
    """D against a G that stands still."""
    game = fork(scene.game)
    posed(game.G.module)
    game.D.module.train()
    optimizer, clip = adam(game.D.module, lr), game.find(WeightClipping)

    def move(step: int) -> None:
        game.at.begin(step)
        with frozen(game.G.module):
            look = seen(game, scene.draw(step), scene.latents(scene.batch, "d", step), plain=True)
            step_of(optimizer, look.loss + penalties(look))
        if clip is not None:
            clip.moved(game.D, game)

    return searched(scene, game, game.D.module, steps, move, choose, largest=True)


def worst_g(scene: Scene, steps: int, lr: float, choose: Tensor) -> Found:
    """G against a D that stands still, by the objective's own loss for G, which is the one that has gradients everywhere."""
    game = fork(scene.game)
    posed(game.D.module)
    game.G.module.train()
    optimizer = adam(game.G.module, lr)

    def move(step: int) -> None:
        game.at.begin(step)
        with frozen(game.D.module):
            look = seen(game, scene.draw(step), scene.latents(scene.batch, "g", step), plain=True)
            step_of(optimizer, game.objective.g_loss(look.d_fake, look.d_real if game.objective.paired else None))

    return searched(scene, game, game.G.module, steps, move, choose, largest=False)


# ----------------------------------------------------------------------------------------------- the proximal form


def sobolev(D: Callable[[Tensor], Tensor], before: Callable[[Tensor], Tensor], x: Tensor, *, graph: bool = True) -> Tensor:
    """E ||grad D(x) - grad before(x)||^2 over x [B, ...]."""
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        difference = (D(x) - before(x)).sum()
        (gradient,) = torch.autograd.grad(difference, x, create_graph=graph)
    return gradient.square().flatten(1).sum(1).mean()


def answer(scene: Scene, game: Game, before: Game, optimizer: torch.optim.Optimizer, proximity: float, step: int) -> None:
    """A step of the D' that answers: up in M, but near to the D that stood there."""
    game.at.begin(step)
    with frozen(game.G.module):
        look = seen(game, scene.draw(step), scene.latents(scene.batch, "answer", step), plain=True)
        assert look.x is not None
        far = sobolev(game.discriminate, before.discriminate, look.x)
        step_of(optimizer, look.loss + penalties(look) + proximity / 2 * far)


def answered(scene: Scene, game: Game, steps: int, lr: float, proximity: float, choose: Tensor) -> Found:
    """The proximal value of the game's G: D' starts at the scene's D and answers for `steps` steps."""
    before = fork(scene.game)
    game.D = fork(scene.game).D
    posed(before.D.module), posed(game.D.module), posed(game.G.module)
    optimizer = adam(game.D.module, lr)
    unmoved = copy.deepcopy(game.D.module.state_dict())
    start = measured(scene, game, choose, "choose")
    for step in range(steps):
        answer(scene, game, before, optimizer, proximity, step)
    part = choose[: scene.batch]
    far = proximity / 2 * float(sobolev(game.discriminate, before.discriminate, game.view(part, real=True), graph=False))
    found = Found(game, measured(scene, game, choose, "choose") - far, distance=far)
    if not found.value > start:  # D itself is the best answer that was found
        game.D.module.load_state_dict(unmoved)
        found = Found(game, start)
    return found


def proximal_g(scene: Scene, steps: int, lr: float, proximity: float, choose: Tensor) -> Found:
    """G against a D that may answer within its proximity: INNER steps of D' for each of G."""
    game, before = fork(scene.game), fork(scene.game)
    posed(before.D.module), posed(game.D.module)
    game.G.module.train()
    g_optimizer, d_optimizer = adam(game.G.module, lr), adam(game.D.module, lr)
    for step in range(max(1, steps // INNER)):
        for i in range(INNER):
            answer(scene, game, before, d_optimizer, proximity, INNER * step + i)
        game.at.begin(step)
        with frozen(game.D.module):
            look = seen(game, scene.draw(step), scene.latents(scene.batch, "proximal", step), plain=True)
            step_of(g_optimizer, game.objective.g_loss(look.d_fake, look.d_real if game.objective.paired else None))
    found = answered(scene, game, steps, lr, proximity, choose)
    return found if math.isfinite(found.value) else Found(game, math.inf)


# ------------------------------------------------------------------------------------------------------ the judging


def judged(scene: Scene, real: Tensor, d_worst: Found, g_worst: Found, proximal: Found, steps: int) -> DualityGap:
    """Everything on the half that chose nothing, with bootstrap intervals: reals and latents are drawn again, the same ones
    for all players.
    """
    game, batch = scene.game, scene.batch
    z = scene.latents(len(real), "judge")

    def pair(found: Game) -> tuple[Tensor, Tensor]:
        fake = outputs(found.G.module, z, batch)
        return logits(found, real, batch, real=True), logits(found, fake, batch, real=False)

    players = {"value": pair(game), "max_d": pair(d_worst.game), "min_g": pair(g_worst.game), "proximal": pair(proximal.game)}

    def all_of(real_index: Tensor | slice, fake_index: Tensor | slice) -> dict[str, float]:
        m = {k: float(value(game, r[real_index], f[fake_index])) for k, (r, f) in players.items()}
        m["proximal"] -= proximal.distance
        return {**derived(m), **m}

    balanced = balanced_value(game)

    def derived(m: dict[str, float]) -> dict[str, float]:
        found = {"gap": m["max_d"] - m["min_g"], "d_gain": m["max_d"] - m["value"], "g_gain": m["value"] - m["min_g"]}
        found["proximal_gap"] = m["max_d"] - m["proximal"]
        if balanced:
            found["divergence"] = (m["max_d"] - balanced) / abs(balanced)
        return found

    whole = all_of(slice(None), slice(None))
    reals, fakes = (len(t) for t in players["value"])
    rng = generator("cpu", scene.seed, "bootstrap")
    draws = [
        all_of(torch.randint(reals, (reals,), generator=rng), torch.randint(fakes, (fakes,), generator=rng))
        for _ in range(RESAMPLES)
    ]
    found = {name: Estimate(whole[name], *interval([d[name] for d in draws])) for name in whole}
    critic = torch.cat(players["max_d"]).std()
    return DualityGap(
        value=found["value"],
        max_d=found["max_d"],
        min_g=found["min_g"],
        gap=found["gap"],
        d_gain=found["d_gain"],
        g_gain=found["g_gain"],
        proximal_gap=found["proximal_gap"],
        divergence=found.get("divergence"),
        unit=abs(balanced) if balanced else max(float(critic), 1e-12),
        steps=steps,
        rise=d_worst.rise + g_worst.rise,
    )


def interval(values: list[float]) -> tuple[float, float]:
    """The middle 95 % of bootstrap values."""
    ordered = sorted(values)
    cut = round(0.025 * len(ordered))
    return ordered[cut], ordered[-1 - cut]
