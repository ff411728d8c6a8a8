"""The loop: step, look, show, save. What a step does is in game.py; when things are due is in schedule.py."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field
from typing import Any

import torch

from equipoise import checkpoint, sampling
from equipoise.data.source import Order, Source
from equipoise.errors import DivergedError as DivergedError
from equipoise.errors import RunError
from equipoise.game import Game
from equipoise.history import History
from equipoise.metrics.quality import Yardstick
from equipoise.observe import Observer
from equipoise.pictures.album import Album
from equipoise.progress import Progress
from equipoise.recipe import Recipe
from equipoise.run_folder import RunFolder
from equipoise.schedule import Clock
from equipoise.signals import nonfinite
from equipoise.stop import Stop
from equipoise.treating import FACTS as TREATED
from equipoise.treating import Treatment

FAILED_SAVES = 3  # in a row end a run: it would be training for nothing


@dataclass
class Training:
    """A run under way: the players, the data's order, and the folder that keeps what happens."""

    run: RunFolder
    recipe: Recipe
    source: Source
    game: Game
    progress: Progress
    heldout: Source | None = None  # reals that D never sees, to examine it with
    treatment: Treatment | None = None  # of what is found wrong, where the recipe wants it
    best: float | None = None  # the lowest distance so far
    best_step: int | None = None
    saved: int | None = None  # the newest checkpoint's step
    failed_saves: int = 0
    closed: bool = False  # the last look of this session is done
    seconds_before: float = 0.0  # of the sessions before this one
    clock: Clock = field(init=False)
    stopped_by: signal.Signals | None = None

    def __post_init__(self) -> None:
        self.started, self.first_step = time.monotonic(), self.game.steps
        self.order = Order(len(self.source), self.recipe.batch, self.recipe.seed, self.game.at.device)
        self.clock = Clock.of(self.recipe, self.order.batches, self.game)
        self.evaluations = History(self.run.evaluations)
        self.look_from(0)

    def look_from(self, origin: float) -> None:
        """Eyes on the game as it is since the step `origin`."""
        run, recipe, source, game = self.run, self.recipe, self.source, self.game
        self.observer = Observer(run, recipe, source, self.heldout, game, self.planned, self.progress.message, origin)
        self.yardstick = Yardstick(source, recipe.seed, recipe.checkpoints.best_by)
        self.album = Album(run, recipe, source, game)

    def seat(self, recipe: Recipe, source: Source, game: Game) -> None:
        """Go on with another game: what was found of the one before says nothing of it."""
        self.observer.close()
        self.recipe, self.source, self.game = recipe, source, game
        self.heldout = source.heldout if source.heldout is not None else self.heldout
        self.look_from(self.clock.step)
        self.run.write_facts(self.observer.facts)

    def go_on(self, tensors: dict[str, torch.Tensor], facts: dict[str, Any]) -> None:
        """Take up what a checkpoint keeps besides the game: of the eyes, and of a treatment."""
        if self.treatment is not None and TREATED in facts:
            self.look_from(facts[TREATED]["origin"])
            self.treatment.load(tensors, facts)
            self.run.write_facts(self.observer.facts)
        self.observer.load(tensors, facts)

    def recall(self, step: int | None) -> None:
        """After a resume: which checkpoint was saved last, which was the best so far, how long it took, what was found."""
        self.saved = step
        for record in self.observer.signals.read("seconds"):
            self.seconds_before = record["seconds"]
        self.observer.recall()
        by = self.yardstick.by
        for record in self.evaluations.read("step", by):
            if self.best is None or record[by] < self.best:
                self.best, self.best_step = record[by], record["step"]
        self.prune()  # a process that was killed after its last save could not

    def loop(self) -> None:
        """Train to the end, or until asked to stop; leaves a checkpoint in either case."""
        self.progress.start(self.plan())
        with Stop() as stop:
            while not self.clock.finished and stop.asked is None and not self.given_up:
                self.step()
            self.close_up()
            if self.saved != self.clock.step:
                self.keep()
        self.stopped_by = stop.asked

    def step(self) -> None:
        terms = self.game.step(self.draw)
        self.clock.tick(self.game)
        self.observer.look(terms)
        recipe, clock = self.recipe, self.clock
        log = clock.step % recipe.log_every == 0
        self.look(log, self.observer.due(clock.step))
        if log:
            self.treat()
        if clock.finished:
            self.close_up()
        if clock.due(every_steps=recipe.grids.every_steps, every_epochs=recipe.grids.every_epochs) or clock.finished:
            self.picture()
        if clock.due(every_steps=recipe.checkpoints.every_steps, every_epochs=recipe.checkpoints.every_epochs):
            self.keep()

    def draw(self, position: int) -> torch.Tensor:
        return self.source.batch(self.order.index(position))

    def treat(self) -> bool:
        """Let what is found be treated, where the recipe wants it; True where another game is played now."""
        return self.treatment is not None and self.treatment.visit(self.clock.step)

    @property
    def given_up(self) -> bool:
        """Whether the treatment has nothing left to try."""
        return self.treatment is not None and bool(self.treatment.ended)

    # ------------------------------------------------------------------------------------------------- look

    def close_up(self) -> None:
        """Once, where a session ends: look at what is left of a window, and examine a game that has come to its end."""
        if not self.closed:
            self.closed = True
            clock, observer = self.clock, self.observer
            self.look(observer.ring.filled > 0, clock.finished and not observer.due(clock.step), closing=True)

    def look(self, log: bool, exam: bool, closing: bool = False) -> None:
        """Write down the window of signals (`log`), and what an exam says of the players as they are."""
        if not (log or exam):
            return
        window = self.observer.record(self.when(), log, exam, closing)
        if log:  # an exam alone has no losses to show
            self.progress.update({**window.values, **self.place()})
        if window.first_bad is not None and not self.treat():
            tensor = nonfinite.first(self.game, self.observer.terms)
            where = f" (the first tensor that is no number: {tensor})" if tensor is not None else ""
            raise DivergedError(
                f"step {self.clock.step}: {window.first_bad} is {window.values[window.first_bad]}{where}; training stopped. "
                + self.last_good()
            )

    def when(self) -> dict[str, Any]:
        seconds = round(self.seconds_before + time.monotonic() - self.started, 3)
        return {"step": self.clock.step, "epoch": round(self.clock.epoch, 4), "seconds": seconds}

    @property
    def planned(self) -> int:
        """Steps that the recipe asks for; the same before and after a resume."""
        return self.recipe.steps or (self.recipe.epochs or 0) * self.order.batches

    def place(self) -> dict[str, Any]:
        clock = self.clock
        seconds = time.monotonic() - self.started
        rate = (clock.step - self.first_step) / seconds if seconds else 0.0
        epoch, batch = divmod(max(clock.drawn - 1, 0), clock.batches)
        return {
            "step": clock.step,
            "steps": clock.total_steps,
            "epoch": epoch + 1,
            "epochs": self.recipe.epochs or -(-clock.total_steps // clock.batches),
            "batch": batch + 1,
            "batches": clock.batches,
            "rate": rate,
            "eta": (clock.total_steps - clock.step) / rate if rate else None,
            "treating": self.treatment.words if self.treatment is not None else "",
        }

    def plan(self) -> dict[str, Any]:
        equilibrium = self.game.equilibrium()
        return {
            "run": str(self.run.path),
            "name": self.recipe.name,
            "samples": len(self.source),
            "batch_size": self.recipe.batch,
            "d_loss": equilibrium.d_loss,
            "g_loss": equilibrium.g_loss,
            **self.place(),
        }

    # ------------------------------------------------------------------------------------------------- keep

    def picture(self) -> None:
        """Sample grids from fixed noise and the curves so far."""
        try:
            self.album.grids(self.clock.step)
            self.album.curves(list(self.observer.signals.read("step", "d_loss")), self.game.equilibrium())
        except OSError as error:  # a full disk may have room again; the run can do without a picture
            self.progress.message(f"warning: no pictures of step {self.clock.step} ({error.strerror or error})")

    def keep(self) -> None:
        """Measure the samples, save a checkpoint, and forget the ones that the recipe does not keep."""
        step = self.clock.step
        tensors, facts = self.game.state()
        bad = next((k for k, v in tensors.items() if v.is_floating_point() and not torch.isfinite(v).all()), None)
        if bad is not None:
            self.observer.broken(self.when(), bad, {})
            if self.treat():
                return
            raise DivergedError(f"step {step}: {bad} is not finite; training stopped. " + self.last_good())
        score = self.yardstick.measure(sampling.best_generator(self.game), self.game)
        self.evaluations.append({"step": step, "epoch": round(self.clock.epoch, 4), **score})
        distance = score[self.yardstick.by]
        better = self.best is None or distance < self.best
        seen, about = self.observer.state()
        tensors, facts = tensors | seen, facts | about
        if self.treatment is not None:
            treating, what = self.treatment.state()
            tensors, facts = tensors | treating, facts | what
        facts["data"] = self.source.fingerprint()
        facts["batch"], facts["batches"] = self.recipe.batch, self.clock.batches
        try:
            self.observer.sync()
            self.evaluations.sync()
            checkpoint.save(self.run.checkpoints, step, tensors, facts)
        except RunError as error:
            self.failed_saves += 1
            if self.failed_saves >= FAILED_SAVES or self.clock.finished:
                raise
            self.progress.message(f"warning: {error}. Training goes on; the checkpoint of step {self.saved} stands.")
            return
        self.failed_saves = 0
        self.saved = step
        if better:
            self.best, self.best_step = distance, step
        self.prune()
        self.progress.message(f"checkpoint {checkpoint.name(step)}" + (" (best so far)" if better else ""))

    def prune(self) -> None:
        every = self.recipe.checkpoints.keep_every_epochs
        span = every * self.clock.batches if every else None
        checkpoint.prune(
            self.run.checkpoints,
            keep_last=self.recipe.checkpoints.keep_last,
            keep=lambda step: step == self.best_step or (span is not None and step % span == 0),
        )

    def last_good(self) -> str:
        if self.saved is None:
            return "There is no checkpoint before it."
        return f"The last good checkpoint is {checkpoint.name(self.saved)}."
