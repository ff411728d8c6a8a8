"""The eyes of a run: signals at every step, exams once in a while, and the doctor's findings. It never changes the game."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from equipoise import sampling
from equipoise.data.source import Source
from equipoise.diagnosis import RULES
from equipoise.diagnosis.doctor import Change
from equipoise.diagnosis.track import Facts
from equipoise.diagnosis.visits import BROKEN, EXAM, Visits
from equipoise.game import Game
from equipoise.history import CLOSING, History
from equipoise.metrics.encoders.random_conv import Encoder
from equipoise.pieces import Terms
from equipoise.recipe import Recipe
from equipoise.run_folder import RunFolder
from equipoise.seeds import generator
from equipoise.signals import EXAMINATIONS, nonfinite, watched
from equipoise.signals.examiner import Examiner
from equipoise.signals.ring import Ring, Window
from equipoise.signals.updates import Updates

FIXED = 64  # latents whose fakes are compared from exam to exam
STANDING = 128  # latents for the standing statistics of batch normalisation, in an exam
EXAMS, LOOKS = 20, 100  # in a short run: at least so many exams, and looks of the doctor
MOST_BATCHES, LEAST = 8, 64  # batches of samples in an exam; samples, however small the batch
RAREST, OFTENEST = 500, 20  # steps between exams; the latter for each batch of an exam's samples, to keep the price low
LOOK_RAREST, LOOK_OFTENEST = 100, 10  # steps between looks
STATE, RING = "exam/fixed", "ring/"  # in a checkpoint
DIVERGENCE = "divergence"  # the rule that is told which tensor was the first
NOTHING = Window(0, {}, {}, None)


def samples(recipe: Recipe, source: Source) -> int:
    """How many samples an exam looks at: whole batches."""
    most = max(MOST_BATCHES, -(-LEAST // recipe.batch))
    batches = min(most, max(1, recipe.exams.samples // recipe.batch), len(source) // recipe.batch)
    return batches * recipe.batch


def cadence(recipe: Recipe, source: Source, steps: int) -> int:
    """Steps from one exam to the next, 0 for none: as the recipe says or, where it does not, enough of them at a low price."""
    if recipe.exams.every_steps is not None:
        return recipe.exams.every_steps
    dearest = OFTENEST * samples(recipe, source) // recipe.batch
    return max(dearest, min(RAREST, steps // EXAMS))


def looks(steps: int) -> int:
    """Steps from one look of the doctor to the next in a run of so many steps."""
    return max(LOOK_OFTENEST, min(LOOK_RAREST, steps // LOOKS))


def facts_of(game: Game, recipe: Recipe, source: Source, steps: int, origin: float = 0) -> Facts:
    """What rules may know of a run besides its signals."""
    at_equilibrium = game.equilibrium()
    name = game.objective.card.name
    return Facts(
        objective=name,
        convention="mean",
        d_equilibrium=at_equilibrium.d_loss,
        g_equilibrium=at_equilibrium.g_loss,
        d_floor=game.floor(),
        logits=at_equilibrium.logit is not None and game.objective.takes_targets,
        batch=recipe.batch,
        samples=len(source),
        steps_planned=max(1, steps - int(origin)),
        origin=origin,
    )


@dataclass
class Observer:
    """Watches a game, writes signals.jsonl and findings.jsonl, and says what the doctor finds."""

    run: RunFolder
    recipe: Recipe
    source: Source
    heldout: Source | None
    game: Game
    steps: int  # planned
    say: Callable[[str], None]
    origin: float = 0  # the step since which this game is played
    signals: History = field(init=False)
    findings: History = field(init=False)

    def __post_init__(self) -> None:
        self.updates = Updates()
        self.ring = Ring(watched(self.updates), self.recipe.log_every, self.game.at.device)
        self.signals, self.findings = History(self.run.signals), History(self.run.findings)
        self.facts = facts_of(self.game, self.recipe, self.source, self.steps, self.origin)
        self.visits = Visits(RULES, self.facts, looks(self.steps))
        self.every = cadence(self.recipe, self.source, self.steps)
        self.examiner = self._examiner() if self.every else None
        self.terms: Terms | None = None

    def recall(self) -> None:
        """After a resume: what the doctor knew."""
        self.visits.replay(self.signals.read("step"))
        self.updates.remember(self.game)

    # ------------------------------------------------------------------------------------------- each step

    def look(self, terms: Terms) -> None:
        """After each step; never waits for the device."""
        self.ring.look(self.game, terms)
        self.terms = terms

    def record(self, place: dict[str, Any], log: bool, exam: bool, closing: bool = False) -> Window:
        """Write one line at `place` (step, epoch, seconds): the window of signals, an exam, or both; tell what is found.

        `closing`: the session ends here, amid a window; the run may go on later, and then as if it had not been asked.
        """
        window = self.ring.read(keep=closing) if log else NOTHING
        if window.first_bad is not None:
            self.broken(place, nonfinite.first(self.game, self.terms) or window.first_bad, window.values)
        else:
            numbers = self.exam() if exam else {}
            self.write({**place, **({CLOSING: True} if closing else {}), **window.values, **numbers})
        return window

    def broken(self, place: dict[str, Any], tensor: str, values: dict[str, float]) -> None:
        """Write down that a number is none any more, and which tensor was the first."""
        self.write({**place, **values, "nonfinite": 1.0, BROKEN: tensor})

    def write(self, record: dict[str, Any]) -> None:
        self.signals.append(record)
        for change in self.visits.take(record):
            self.tell(change, record)

    def tell(self, change: Change, record: dict[str, Any]) -> None:
        """Write a finding down, and say it once."""
        finding = change.finding
        if finding.name == DIVERGENCE and BROKEN in record:
            finding = replace(finding, words=f"{finding.words} The first tensor that held one: {record[BROKEN]}.")
        place = {key: record[key] for key in ("step", CLOSING) if key in record}
        self.findings.append({**place, "what": change.what, "finding": finding.as_json()})
        title = RULES[finding.name].card.title
        self.say(f"finding: {title}. {finding.words}" if change.what == "raised" else f"passed: {title}")

    # ------------------------------------------------------------------------------------------- exams

    def due(self, step: int) -> bool:
        return bool(self.every) and step % self.every == 0

    def exam(self) -> dict[str, Any]:
        """What an exam of the players as they are says; {} where the recipe wants none."""
        if self.examiner is None:
            return {}
        game, device = self.game, self.game.at.device
        rng = generator(device, game.at.seed, game.steps, "exam")
        z = torch.randn(len(self.examiner.reals), game.latent_size, generator=rng, device=device)
        found = {name: self.settled(module) for name, module in sampling.generators(game).items()}
        fixed = sampling.fixed_noise(game, FIXED, "exam")
        with undisturbed(game):
            numbers = self.examiner.examine(
                game.steps,
                game.D.module,
                lambda x: game.view(x, real=True),
                self.fakes(found.get("ema", found["raw"]), z),  # the samples that a person gets
                {"G": game.G.module, "D": game.D.module},
                self.fakes(found["raw"], fixed),
                self.fakes(found["ema"], fixed) if "ema" in found else None,
                remember=self.due(game.steps),  # one more at the end of a run must not change those of a longer run
            )
        return {EXAM: True, **numbers}

    def settled(self, module: nn.Module) -> nn.Module:
        """A copy in evaluation mode with standing statistics."""
        return sampling.standing(module, sampling.fixed_noise(self.game, STANDING, "standing"))

    @torch.no_grad()
    def fakes(self, module: nn.Module, z: Tensor) -> Tensor:
        return torch.cat([module(part).float() for part in torch.split(z, self.recipe.batch)])

    def _examiner(self) -> Examiner:
        n = samples(self.recipe, self.source)
        reals = some(self.source, n, self.recipe.seed)
        heldout = None
        if self.heldout is not None and len(self.heldout) >= self.recipe.batch:
            heldout = some(self.heldout, min(n, len(self.heldout) // self.recipe.batch * self.recipe.batch), self.recipe.seed)
        encoder = Encoder(reals if heldout is None else heldout)
        return Examiner(EXAMINATIONS, reals, heldout, encoder, self.recipe.batch)

    # ------------------------------------------------------------------------------- what a checkpoint keeps

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        rows, names = self.ring.state()
        tensors, facts = {RING + key: value for key, value in rows.items()}, {"ring": names}
        if self.examiner is None or self.examiner.before is None:
            return tensors, facts
        return {**tensors, STATE: self.examiner.before}, {**facts, "exam": self.examiner.step}

    def load(self, tensors: dict[str, Tensor], facts: dict[str, Any]) -> None:
        rows = {key: tensors[RING + key] for key in ("rows", "came") if RING + key in tensors}
        if len(rows) == 2 and isinstance(facts.get("ring"), list):
            self.ring.load(rows, facts["ring"])
        if self.examiner is not None and STATE in tensors and isinstance(facts.get("exam"), int):
            self.examiner.before, self.examiner.step = tensors[STATE].to(self.game.at.device), facts["exam"]

    def sync(self) -> None:
        self.signals.sync()
        self.findings.sync()

    def close(self) -> None:
        self.signals.close()
        self.findings.close()


@contextmanager
def undisturbed(game: Game) -> Iterator[None]:
    """After the context the tricks that change what D sees are as they were before it."""
    kept = [(trick, {name: value.clone() for name, value in trick.state().items()}) for trick in game.having("view")]
    try:
        yield
    finally:
        for trick, state in kept:
            trick.load_state(state)


def some(source: Source, n: int, seed: int) -> Tensor:
    """The same n samples for the whole run."""
    order = torch.randperm(len(source), generator=generator("cpu", seed, "exam"))[:n]
    return source.batch(order.to(source.device))
