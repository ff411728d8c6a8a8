"""When things are due: every so many steps, or epochs of the data that D is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass

from equipoise.game import Game
from equipoise.recipe import Recipe


@dataclass
class Clock:
    """Where a run stands. An epoch is one pass of D over the data (`batches` batches); with several D steps for one
    G step it is fewer steps of the game.
    """

    batches: int
    epochs: int | None = None
    steps: int | None = None
    step: int = 0
    drawn: int = 0
    drawn_before: int = 0
    stretch: float = 0.0  # by what share of its planned length the run goes on longer

    @classmethod
    def of(cls, recipe: Recipe, batches: int, game: Game) -> Clock:
        return cls(batches, recipe.epochs, recipe.steps, game.steps, game.drawn, game.drawn)

    def tick(self, game: Game) -> None:
        self.step, self.drawn_before, self.drawn = game.steps, self.drawn, game.drawn

    @property
    def finished(self) -> bool:
        if self.steps is not None:
            return self.step >= self.end(self.steps)
        assert self.epochs is not None
        return self.drawn >= self.end(self.epochs * self.batches)

    def end(self, planned: int) -> int:
        """The planned end, in steps or batches, as it is after all."""
        return math.ceil(planned * (1 + self.stretch))

    @property
    def overdue(self) -> bool:
        """True where the end is a step, or a whole epoch, that lies behind."""
        if self.steps is not None:
            return self.step > self.end(self.steps)
        assert self.epochs is not None
        return self.drawn >= self.end(self.epochs * self.batches) + self.batches

    @property
    def epoch(self) -> float:
        """Passes over the data so far."""
        return self.drawn / self.batches

    @property
    def total_steps(self) -> int:
        """Steps at the end of the run; an estimate where D and G do not move in turn."""
        if self.steps is not None:
            return self.end(self.steps)
        assert self.epochs is not None
        planned = self.end(self.epochs * self.batches)
        if not self.step:
            return planned
        left = planned - self.drawn
        return self.step + max(0, round(left * self.step / self.drawn))

    def due(self, *, every_steps: int | None = None, every_epochs: int | None = None) -> bool:
        """True where the step just done is a multiple of `every_steps`, or completed an `every_epochs`-th epoch."""
        if every_steps is not None and self.step % every_steps == 0:
            return True
        if every_epochs is None:
            return False
        span = every_epochs * self.batches
        return self.drawn // span > self.drawn_before // span
