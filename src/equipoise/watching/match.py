"""One discriminator and the generators it plays against: what a window of steps says, and what the doctor makes of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from equipoise.diagnosis import RULES
from equipoise.diagnosis.doctor import Change, Doctor, diagnose
from equipoise.diagnosis.finding import Diagnosis
from equipoise.diagnosis.track import Facts, Track
from equipoise.watching import account
from equipoise.watching.call import Arrival, Effort
from equipoise.watching.exam import MOST, Exams
from equipoise.watching.objective import Fit, Guess, choose, fits, saturating
from equipoise.watching.referee import MOST_PENDING, Batch, Measured, Move, Read, Umpire, part

D_ONLY = 20  # D steps in place of one of G: a window ends also where G never moves
FITS = 12  # steps that the objective is told from


Examine = Callable[["Match"], dict[str, float]]


class Match:
    """What is known of one D's game. `every` steps of G make a window, of which `look_every`-th steps are noted in full."""

    def __init__(self, name: str, D: nn.Module, every: int, look_every: int, objective: str | None, exams: Exams) -> None:
        self.name, self.D, self.every, self.look_every, self.given = name, D, every, look_every, objective
        self.exams = exams
        self.calls = 0  # since a player moved
        self.pending: list[Arrival] = []
        self.reached: set[str] = set()  # players that a gradient of a step that is not noted may have been for
        self.partners: set[str | None] = set()  # the generators that this D has pushed
        self.counted = {"D": 0, "G": 0}  # steps of the window, noted or not
        self.d_moves: list[Move] = []
        self.g_moves: list[Move] = []
        self.d_steps = self.g_steps = self.recorded_at = 0
        self.d_umpire, self.g_umpire = Umpire(), Umpire()
        self.fits: deque[dict[str, Fit]] = deque(maxlen=FITS)
        self.guess = Guess()
        self.track = Track()
        self.doctor = Doctor(RULES)
        self.penalised = False
        self.by_labels = 0
        self.batch: int | None = None
        self.notes: list[str] = []
        self.records: list[dict[str, float]] = []
        self.origin = 0.0  # the step since which the game is played as it is
        self.sources: dict[str, Tensor] = {}  # what each generator's fakes of the step before were made from
        self.looking = True  # the step that is under way is noted in full
        self.noting = True  # ... is noted at all: in the first window, where the game is told, each one is
        self.comparing = True  # what G makes, and from what, is remembered: in steps that are noted, and in those before them
        self.weighing = True  # ... and everything of it: how far the players move, and samples reach, once in a window
        self.leaky = False  # a step of D was pushed through fakes that reach G
        self.played: str | None = None  # the objective that a treatment plays in place of the loop's own
        self.asked = False  # somebody needs to see every call
        self.gathering = False  # the exam that comes next wants samples
        self.settle()

    # ------------------------------------------------------------------------------------------------ while it runs

    def settle(self) -> None:
        """What is wanted of the step that begins: told once, since every hook asks."""
        step = self.g_steps
        self.gathering = self.exams.gathering(step, self.every, self.batch or self.every)
        small = (self.batch or 0) * (self.every // self.look_every) < MOST  # batches of looks alone would not make an exam
        self.looking = step % self.look_every == 0
        self.noting = self.looking or not self.records or (self.gathering and small) or self.asked
        self.comparing = self.noting or (step + 1) % self.look_every == 0
        self.weighing = step % self.every == 0

    def moved(self, mover: str, measured: Measured) -> Move | None:
        """An optimizer has stepped; None where this game had no part in it, or the step was only counted."""
        self.calls = 0
        mine: list[Arrival] = []
        if self.pending:
            mine, self.pending = part(self.pending, mover)
        if not mine and mover not in self.reached:
            return None
        self.reached.discard(mover)
        self.counted[mover] += 1
        if mover == "D":
            self.d_steps += 1
        else:
            self.g_steps += 1
            self.settle()
        if not mine:
            return None
        move = Move(mine, measured)
        (self.d_moves if mover == "D" else self.g_moves).append(move)
        return move

    def moves_with(self, makers: set[str]) -> bool:
        """Whether a step of these generators is a move of this game: a gradient has gone through D to them."""
        noted = {a.call.reaches for a in self.pending if a.call.reaches in makers}
        if noted:
            self.partners |= noted
        return bool(noted) or ("G" in self.reached and bool(self.partners & makers))

    def called(self) -> None:
        """D is called.

        Gradients that waited for the other player's step wait no longer: where both are stepped at once no call lies between.
        Otherwise nobody was moved by them (a saliency map, a gradient that is just printed).
        """
        if self.calls == 0:
            self.pending.clear()
            self.reached.clear()
        self.calls += 1

    def effort(self) -> Effort:
        """How much is asked of the call that is being made."""
        return Effort(self.weighing, self.calls not in self.d_umpire.strangers, self.gathering)

    def passed(self, said: Tensor) -> None:
        """D is called in a step that is not noted; it still counts, if a gradient comes back."""
        self.called()
        if said.grad_fn is not None:
            said.grad_fn.register_prehook(self.touched)  # a node's hook costs a third of a tensor's

    def touched(self, grads: object) -> None:
        if not torch.is_grad_enabled():
            self.reached = {"D", "G"}

    def arrived(self, arrival: Arrival) -> None:
        """A gradient came back to one of D's calls; of too many that no optimizer takes, the older half is forgotten."""
        self.pending.append(arrival)
        if len(self.pending) > MOST_PENDING:
            del self.pending[: MOST_PENDING // 2]

    @property
    def full(self) -> bool:
        return self.counted["G"] >= self.every or self.counted["D"] >= D_ONLY * self.every

    # --------------------------------------------------------------------------------------------- when a window ends

    def record(self, examine: Examine) -> dict[str, float] | None:
        """The window's signals, and a new window; None where nothing can be told of it."""
        d_moves, g_moves = self.d_moves, self.g_moves
        self.d_moves, self.g_moves = [], []
        self.counted = {"D": 0, "G": 0}
        read = Read([*d_moves, *g_moves])
        d_batches, g_batches = self.d_umpire.batches(d_moves, read), self.g_umpire.batches(g_moves, read)
        told = [batch for batch in d_batches if batch is not None and len(batch.real) and len(batch.fake)]
        self.by_labels += sum(batch.by_labels for batch in told)
        self.penalised |= any(a.call.penalised for move in d_moves for a in move.arrivals)
        self.learn(told, [batch for batch in g_batches if batch is not None and len(batch.fake)])
        rows = account.of_steps(self.guess, paired(told, g_batches))
        for move, g in zip(g_moves, g_batches, strict=True):
            pushes = [push for a in move.arrivals if (push := read.push(a.call)) is not None]
            rows.append(read.measured(move) | (account.fake_grad(self.guess, g, pushes) if g is not None else {}))
        rows += [read.measured(move) for move in d_moves]
        if d_moves:
            self.batch = max(arrival.call.n for arrival in d_moves[-1].arrivals)
        self.exams.gather(d_moves, self.d_umpire.place)
        values = account.means(rows) | examine(self)
        if not values:
            return None
        step = max(self.g_steps, self.recorded_at + 1)
        self.recorded_at = step
        if self.guess.name:
            values |= {"target_real": self.guess.real, "target_fake": self.guess.fake}
        self.track.facts = self.facts()
        record = {"step": step, "d_steps": self.d_steps, **values}
        self.track.add(record)
        self.records.append(record)
        self.settle()
        return record

    def learn(self, d: list[Batch], g: list[Batch]) -> None:
        """Which game it is, from the newest steps."""
        sure = self.guess.certainty > 0.9 and len(self.fits) == FITS
        for batch in d[-1 if sure else -4 :]:
            if not batch.by_labels or not self.fits:
                self.fits.append(fits(batch.real, batch.fake))
        steps = [step for step in self.fits if step]
        given = self.played or self.given
        if given is not None:
            name = "non_saturating" if given == "minimax" else given  # D's loss is the same
            own = [step[name] for step in steps if name in step]
            fit = own[-1] if own else None
            self.guess = Guess(given, 1.0, fit.scale, fit.real, fit.fake) if fit else Guess(given, 1.0)
            return
        guess = choose(steps, self.penalised)
        if guess.name == "non_saturating" and g and saturating(g[-1].fake):
            guess = replace(guess, name="minimax")
        if guess.name:
            self.guess = guess

    def facts(self) -> Facts:
        notes = list(self.notes)
        if self.by_labels:
            notes.append("reals and fakes were told by what D was asked to say, since no fake that D saw could be traced to G")
        return replace(
            account.facts(self.guess, (self.played or self.given) is not None, self.batch, tuple(notes)), origin=self.origin
        )

    def restart(self) -> None:
        """The game is another one from here on: what was found of it before says nothing."""
        self.origin = float(max(self.g_steps, self.recorded_at))
        self.fits.clear()
        self.track, self.doctor = Track(self.facts()), Doctor(RULES)

    def look(self) -> list[Change]:
        return self.doctor.look(self.track)

    def diagnosis(self) -> Diagnosis:
        return diagnose(self.track, RULES)


def paired(d: list[Batch], g: list[Batch | None]) -> list[account.Pair]:
    """Each of G's steps with D's last step before it; where G did not move, D's steps alone."""
    moves = [batch for batch in g if batch is not None]
    if not d:
        return []
    if not moves:
        return [(batch, None) for batch in d]
    found: list[account.Pair] = []
    place = 0
    for partner in moves:
        while place + 1 < len(d) and d[place + 1].order < partner.order:
            place += 1
        found.append((d[place], partner))
    return found
