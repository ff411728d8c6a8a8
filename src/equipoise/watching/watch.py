"""Eyes on somebody else's loop: `equipoise.watch(G, D)`, one line, through hooks only.

watch = equipoise.watch(G, D)              # before the loop; or: with equipoise.watch(G, D) as watch: ...
for real in loader: ...                    # the loop as it is
watch.findings                             # what is wrong, with evidence
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

from equipoise.diagnosis.finding import Diagnosis, Finding
from equipoise.errors import RunError, SettingError, did_you_mean
from equipoise.objectives import OBJECTIVES
from equipoise.watching import words
from equipoise.watching.call import Arrival, Call, Listener, Push, look_at, sample_of
from equipoise.watching.exam import Exams
from equipoise.watching.folder import Notes, name_of_script
from equipoise.watching.lineage import Fake, Fakes, beginning
from equipoise.watching.match import Match
from equipoise.watching.players import Player, named
from equipoise.watching.referee import Measured
from equipoise.watching.tensors import squashed, tensors_in, verdict_in
from equipoise.watching.treating import Treatment

LOOKS = 5  # steps of a window that are noted in full
Players = nn.Module | Mapping[str, nn.Module]
log = logging.getLogger("equipoise")


def watch(
    G: Players,
    D: Players,
    optimizers: Optimizer | Iterable[Optimizer] | None = None,
    *,
    objective: str | None = None,
    heldout: Tensor | None = None,
    every: int = 50,
    exam_every: int = 1000,
    out: str | Path | Literal[False] | None = None,
    print: bool | Callable[[str], None] = True,
    treat: bool = False,
) -> Watch:
    """Watch a GAN's loop from here on, or within a `with` block; nothing in the loop changes, and no result, unless it is
    allowed to `treat` what it finds.

    G, D: the modules that the loop calls (wrappers included), or dicts of them by name where there are several.
    optimizers: need not be given, every torch optimizer announces its steps; given ones are checked to hold weights of G or D.
    objective: one of `equipoise.objectives.OBJECTIVES`; told from the gradients at D's output where it is not given.
    heldout: reals [N, ...] that the loop never trains on, in the form in which D gets reals: for overfitting.
    every: steps of G between records; exam_every: steps between the costlier exams, 0 for none.
    treat: act on findings, through hooks alone: one remedy at a time, on trial, kept or undone, written to actions.jsonl.
    out: a folder (default: runs/watch-SCRIPT), False for none. print: findings go to stderr, to a function, or nowhere.

    Raises SettingError for what are no modules, RunError for an `out` that is not empty.
    """
    return Watch(G, D, optimizers, objective, heldout, every, exam_every, out, print, treat)


class Watch:
    """What `watch` returns. It lasts as long as the modules do, or until `close`."""

    def __init__(
        self,
        G: Players,
        D: Players,
        optimizers: Optimizer | Iterable[Optimizer] | None,
        objective: str | None,
        heldout: Tensor | None,
        every: int,
        exam_every: int,
        out: str | Path | Literal[False] | None,
        say: bool | Callable[[str], None],
        treat: bool = False,
    ) -> None:
        self.generators = {name: Player(name, module) for name, module in named(G, "G").items()}
        self.discriminators = {name: Player(name, module) for name, module in named(D, "D").items()}
        check(self.generators, self.discriminators, objective, every, exam_every)
        check_optimizers(optimizers, [*self.generators.values(), *self.discriminators.values()])
        self.out = out
        self.first = first_process()
        self.say = say if callable(say) else on_stderr if say and self.first else lambda text: None
        self.fakes = Fakes(list(self.generators))
        self.matches = {
            name: Match(name, player.network, every, max(1, every // LOOKS), objective, Exams(exam_every, heldout))
            for name, player in self.discriminators.items()
        }
        self.notes: dict[str, Notes] = {}
        self.movers: weakref.WeakKeyDictionary[Optimizer, tuple[int, list[Player]]] = weakref.WeakKeyDictionary()
        self.weights: dict[str, list[Tensor]] = {}
        self.measured: dict[str, Measured] = {}
        self.sources: dict[str, Tensor] = {}
        self.leaking: set[str] = set()  # generators that a step of D has pushed, until their own backward begins
        self.left: set[str] = set()  # discriminators that a step of G has pushed, until their own backward begins
        self.leaks: dict[str, Tensor] = {}
        self.saying: dict[str, tuple[int, bool]] = {}
        self.orders = 0
        self.begun, self.process = time.monotonic(), os.getpid()
        self.closed, self.trouble = False, ""
        if out not in (None, False):
            self.open()
        self.handles: list[Any] = []
        self.treatment = self.treated(every, exam_every) if treat else None
        self.attach()

    # --------------------------------------------------------------------------------------------- for whoever asks

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What stands: raised and not cleared, all games together."""
        return tuple(finding for match in self.matches.values() for finding in match.doctor.standing.values())

    def diagnosis(self, name: str | None = None) -> Diagnosis:
        """What the rules say of everything so far: of the only discriminator, or of the one named."""
        self.flush()
        return self.match(name).diagnosis()

    def signals(self, name: str | None = None) -> list[dict[str, float]]:
        """The records so far, one for each window: `step` and numbers by name."""
        self.flush()
        return list(self.match(name).records)

    @property
    def actions(self) -> tuple[dict[str, Any], ...]:
        """What was done about findings, and what came of it."""
        return tuple(self.treatment.actions) if self.treatment is not None else ()

    @property
    def average(self) -> nn.Module | None:
        """The average of G's weights that a treatment keeps beside G; None where none does."""
        return self.treatment.average if self.treatment is not None else None

    @property
    def folder(self) -> Path | None:
        """Where the records are written; None before the first one, or with out=False."""
        notes = list(self.notes.values())
        if not notes:
            return None
        return notes[0].run.path if len(self.matches) == 1 else notes[0].run.path.parent

    def match(self, name: str | None) -> Match:
        if name is None and len(self.matches) == 1:
            return next(iter(self.matches.values()))
        if name not in self.matches:
            raise SettingError("name", f"must name a discriminator ({did_you_mean(str(name), self.matches)})")
        return self.matches[name]

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the loop: the last window is recorded, every hook removed. May be called again."""
        if self.closed:
            return
        self.detach()
        if self.process != os.getpid():
            return
        self.guarded(self.flush)
        if not any(match.records for match in self.matches.values()) and not self.trouble:
            self.say(f"equipoise: nothing was seen: {self.missing()}")
        for notes in self.notes.values():
            try:
                notes.close()
            except RunError as error:
                self.say(f"equipoise: {error}")
        self.fakes.clear()

    def missing(self) -> str:
        """What a loop lacks of which nothing could be recorded."""
        if not self.orders:
            return "D gave nothing with a gradient; give watch the very modules that the loop calls, before it begins"
        return "no torch optimizer that holds weights of G or D has stepped"

    # ------------------------------------------------------------------------------------------------------- hooks

    def treated(self, every: int, exam_every: int) -> Treatment:
        """Hands on the loop; SettingError where it has several games, or runs in several processes."""
        distributed = torch.distributed
        if distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1:
            raise SettingError("treat", "can't keep several processes alike; with them watch says what it finds")
        if len(self.generators) != 1 or len(self.discriminators) != 1:
            raise SettingError("treat", "needs one G and one D; with several players watch says what it finds")
        (G,), (D,) = self.generators.values(), self.discriminators.values()
        return Treatment(G, D, self.matches[D.name], self.acted, max(20 * every, 5 * exam_every))

    def acted(self, action: dict[str, Any]) -> None:
        """Say and write down what the treatment does."""
        self.say(f"equipoise: step {action['step']}: {action['words']}")
        for notes in self.notes.values():
            notes.did(action)

    def attach(self) -> None:
        for player in self.generators.values():
            self.handles.append(player.hook(partial(self.made, player)))
        for player in self.discriminators.values():
            self.handles.append(player.hook(partial(self.heard, player, self.matches[player.name])))
        handles = self.handles
        me = weakref.ref(self, lambda _: remove(handles))
        self.handles.append(register_optimizer_step_pre_hook(partial(relay, me, "stepping")))
        self.handles.append(register_optimizer_step_post_hook(partial(relay, me, "stepped")))
        OPEN.add(self)

    def detach(self) -> None:
        self.closed = True
        if self.treatment is not None:
            self.treatment.close()
        remove(self.handles)
        OPEN.discard(self)

    def guarded(self, call: Callable[..., Any], *arguments: Any) -> None:
        """What goes wrong in here must not end somebody's training."""
        if self.closed and call != self.flush:
            return
        try:
            call(*arguments)
        except Exception as error:
            log.debug("watch stopped", exc_info=True)
            self.trouble = f"{type(error).__name__}: {error}"
            self.detach()
            self.say(f"equipoise: stopped watching, the loop goes on ({self.trouble}); please report this")

    def made(self, player: Player, *seen: Any) -> None:
        """A generator has been called. In steps that are not noted every microsecond counts, and nothing is done."""
        for match in self.matches.values():
            if match.comparing:
                self.guarded(self.generated, player, *seen)
                return

    def heard(self, player: Player, match: Match, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """A discriminator has been called."""
        if self.treatment is not None:
            if self.treatment.busy:
                return
            args, kwargs = self.treatment.given(args, kwargs)
        if match.noting or not isinstance(output, Tensor):
            self.guarded(self.judged, player, match, args, kwargs, output)
        elif output.requires_grad:
            self.orders += 1
            match.passed(output)

    @torch.no_grad()
    def generated(self, player: Player, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """A generator has made something."""
        given = next((t for t in (*tensors_in(args), *tensors_in(kwargs)) if t.dim()), None)
        source = beginning(given) if given is not None else None
        for x in tensors_in(output):
            if x.dim() > 1:
                self.fakes.add(Fake(player.name, x.detach(), source, (args, kwargs), player.evaluating), x)

    @torch.no_grad()
    def judged(self, player: Player, match: Match, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """A discriminator has said something; only what gets a gradient counts."""
        x = next((t for t in (*tensors_in(args), *tensors_in(kwargs)) if t.dim()), None)
        said = verdict_in(output, len(x)) if x is not None else None
        if said is None or not said.requires_grad:
            return
        self.orders += 1
        if not match.noting:
            match.passed(said)
            return
        match.called()
        effort = match.effort()
        order = self.orders, match.calls
        call = look_at(args, kwargs, said, self.fakes, order, self.squashes(player, said), effort)
        call.evaluating = player.evaluating
        if self.treatment is not None:
            self.show(self.treatment, call, args, kwargs, said)
        hook(said, Listener(call, partial(self.arrived, match)))
        if match.looking and call.reaches is not None:
            sample, _, _ = sample_of([t for t in (*tensors_in(args), *tensors_in(kwargs)) if t.dim()], self.fakes)
            if sample is not None and not sample.is_leaf:
                hook(sample, Push(call))

    def show(self, treatment: Treatment, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any], said: Tensor) -> None:
        """Tell the treatment what D was given, and let it put another gradient at what D says."""
        x, _, _ = sample_of([t for t in (*tensors_in(args), *tensors_in(kwargs)) if t.dim()], self.fakes)
        wanted = treatment.heard(call, args, kwargs, x, said) if x is not None else None
        if wanted is not None:
            hook(said, wanted)

    def squashes(self, player: Player, said: Tensor) -> bool:
        """Whether D says probabilities; asked a few times, then known."""
        times, known = self.saying.get(player.name, (0, False))
        if times < 3:
            known = squashed(said, player.network)
            self.saying[player.name] = times + 1, known
        return known

    def arrived(self, match: Match, arrival: Arrival) -> None:
        """A gradient has come back to D's output."""
        maker = arrival.call.reaches
        if maker in self.leaking:
            self.leaking.discard(maker)
            self.leak(self.generators[maker])
        elif maker is None and match.name in self.left:
            self.left.discard(match.name)
            self.leak(self.discriminators[match.name])
        match.arrived(arrival)

    def leak(self, player: Player) -> None:
        """What of another player's backward is still in a player's gradients as its own backward begins."""
        norm = player.grad_norm()
        if norm is not None:
            self.leaks[player.name] = norm

    # -------------------------------------------------------------------------------------------------- optimizers

    def moves(self, optimizer: Optimizer) -> list[Player]:
        """Whom an optimizer moves, D before G."""
        size = sum(len(group["params"]) for group in optimizer.param_groups)
        if self.movers.get(optimizer, (-1, []))[0] != size:
            everybody = [*self.discriminators.values(), *self.generators.values()]
            self.movers[optimizer] = size, [player for player in everybody if player.held_by(optimizer)]
        return self.movers[optimizer][1]

    @property
    def before_steps(self) -> bool:
        """Whether there is anything to do before an optimizer steps."""
        if self.treatment is not None:
            return True
        return any(match.looking for match in self.matches.values())

    def looking(self, player: Player) -> bool:
        own = self.matches.get(player.name)  # generators have other names
        return own.looking if own is not None else any(match.looking for match in self.matches.values())

    def weighing(self, player: Player) -> bool:
        own = self.matches.get(player.name)
        return own.weighing if own is not None else any(match.weighing for match in self.matches.values())

    def stepping(self, optimizer: Optimizer) -> None:
        players, treatment = self.moves(optimizer), self.treatment
        if treatment is not None and treatment.busy:
            return
        if treatment is not None:
            treatment.pushing(optimizer, players)
        for player in players:
            if self.looking(player):
                norm = player.grad_norm(getattr(optimizer, "grad_scale", None))
                self.measured[player.name] = {} if norm is None else {"grad": norm}
                if self.weighing(player):
                    self.weights[player.name] = player.weights()
        if treatment is not None:
            treatment.stepping(optimizer, players)

    def stepped(self, optimizer: Optimizer) -> None:
        players = self.moves(optimizer)
        if self.treatment is not None:
            if self.treatment.busy:
                return
            self.treatment.stepped(optimizer, players)
        if self.weights:
            self.weigh(players)
        makers = []
        for player in players:
            if player.name in self.matches:
                self.d_moved(player, self.measured.pop(player.name, {}))
            else:
                makers.append(player)
        if makers:
            self.g_moved(makers, {name: value for p in makers for name, value in self.measured.pop(p.name, {}).items()})

    def weigh(self, players: list[Player]) -> None:
        """How far the players have moved."""
        for player in players:
            if player.name in self.weights:
                ratio = player.update_ratio(self.weights.pop(player.name))
                if ratio is not None:
                    self.measured[player.name]["update"] = ratio

    def d_moved(self, player: Player, measured: Measured) -> None:
        match = self.matches[player.name]
        move = match.moved("D", {f"d_{name}": value for name, value in measured.items()})
        if move is not None:
            move.measured["d_grad_in_g_step"] = self.leaks.pop(player.name, 0.0)
            move.measured["d_eval_mode"] = float(move.arrivals[-1].call.evaluating)
            reached = {a.call.reaches for a in move.arrivals if a.call.reaches is not None}
            self.leaking |= reached
            match.leaky |= bool(reached)
        self.finish(match)

    def g_moved(self, movers: list[Player], measured: Measured) -> None:
        names = {player.name for player in movers}
        for match in self.matches.values():
            if not match.moves_with(names):
                continue
            move = match.moved("G", {f"g_{name}": value for name, value in measured.items()})
            if move is not None:
                for name in names & {a.call.reaches for a in move.arrivals}:
                    move.measured |= self.wiring(match, name, move.arrivals)
            if match.looking:
                self.left.add(match.name)
            self.finish(match)

    def wiring(self, match: Match, maker: str, arrivals: list[Arrival]) -> Measured:
        """What shows how the loop is put together: leftovers of D's step, noise that comes again, modes."""
        found: Measured = {"g_grad_in_d_step": self.leaks.pop(maker, 0.0)}
        limits = self.generators[maker].limits if not match.records else None
        if limits is not None:
            found |= dict(zip(("g_low", "g_high"), limits, strict=True))
        fake = arrivals[-1].call.fake
        if fake is not None:
            match.exams.keep(fake)
            found["g_eval_mode"] = float(fake.evaluating)
            before = match.sources.pop(maker, None)
            if fake.source is not None:
                if before is not None and before.shape == fake.source.shape:
                    found["latent_repeats"] = (before == fake.source).all()
                match.sources[maker] = fake.source
        return found

    # ------------------------------------------------------------------------------------------- windows that end

    def finish(self, match: Match) -> None:
        if match.full:
            self.record(match)
            if self.treatment is not None:  # only here: who asks for a diagnosis must not set off a treatment
                self.treatment.visit()

    def flush(self) -> None:
        """Record what the windows under way hold."""
        for match in self.matches.values():
            if match.g_moves or match.d_moves:
                self.record(match)

    @torch.no_grad()
    def record(self, match: Match) -> None:
        found = match.record(self.examined)
        if found is None:
            return
        found["seconds"] = round(time.monotonic() - self.begun, 3)
        if self.out is not False and not self.notes and self.first:
            self.open()
        if match.name in self.notes:
            self.notes[match.name].add(found, match.track.facts)
        for change in match.look():
            where = f" of {match.name}" if len(self.matches) > 1 else ""
            self.say(words.told(change, where))
            if match.name in self.notes:
                self.notes[match.name].found(change)

    def examined(self, match: Match) -> dict[str, float]:
        """The exam's numbers where one is due. A network that can't be copied is not examined, and that is said."""
        exams, squashes = match.exams, self.saying.get(match.name, (0, False))[1]
        try:
            return exams.examine(match.g_steps, self.discriminators[match.name], self.generators.get(exams.maker), squashes)
        except Exception as error:
            log.debug("no exam", exc_info=True)
            exams.every = 0
            match.notes.append(f"no exams: {type(error).__name__}: {error}")
            return {}

    def open(self) -> None:
        """Make the run folder; of several discriminators each has one in it."""
        if not self.first:
            return
        try:
            if len(self.matches) == 1:
                name, match = next(iter(self.matches.items()))
                self.notes[name] = Notes.new(self.out or None, name_of_script(), match.track.facts)
            else:
                from equipoise.run_folder import RunFolder

                outer = RunFolder.new(self.out or None, name_of_script()).path
                for name, match in self.matches.items():
                    self.notes[name] = Notes.new(outer / name, name, match.track.facts)
        except RunError as error:
            if self.out is not None:
                raise
            self.out = False
            self.say(f"equipoise: {error}; the findings are printed only")
            return
        self.say(f"equipoise: watching; signals and findings go to {self.folder}")


def check(
    generators: Mapping[str, Player], discriminators: Mapping[str, Player], objective: str | None, every: int, exam_every: int
) -> None:
    """Raise SettingError for what can't be watched."""
    twice = set(generators) & set(discriminators)
    if twice:
        raise SettingError("D", f"{twice.pop()!r} names a generator and a discriminator; names must differ")
    modules = [p.network for p in (*generators.values(), *discriminators.values())]
    if len({id(m) for m in modules}) < len(modules):
        raise SettingError("D", "is a module that is given twice; every player must be one of its own")
    if objective is not None and objective not in OBJECTIVES:
        raise SettingError("objective", f"there is no {objective!r} ({did_you_mean(objective, OBJECTIVES)})")
    if every < 1:
        raise SettingError("every", f"must be 1 or more, not {every}")
    if exam_every < 0:
        raise SettingError("exam_every", f"must be 0 or more, not {exam_every}")


def check_optimizers(optimizers: Optimizer | Iterable[Optimizer] | None, players: list[Player]) -> None:
    """Raise SettingError for an optimizer that moves none of the players: made for other weights, it would do so for ever."""
    given = [optimizers] if isinstance(optimizers, Optimizer) else [] if optimizers is None else list(optimizers)
    for number, optimizer in enumerate(given, start=1):
        if not isinstance(optimizer, Optimizer):
            raise SettingError("optimizers", f"must be torch.optim.Optimizers, not {type(optimizer).__name__}")
        if not any(player.held_by(optimizer) for player in players):
            raise SettingError("optimizers", f"the {number}. ({type(optimizer).__name__}) holds no weights of G or D")


def first_process() -> bool:
    """Of several processes that train together only the first one prints and writes."""
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank() == 0
    rank, processes = (os.environ.get(name, "") for name in ("RANK", "WORLD_SIZE"))  # torchrun's, before they have met
    return not (rank.isdecimal() and processes.isdecimal() and int(processes) > 1 and int(rank) > 0)


def on_stderr(text: str) -> None:
    print(text, file=sys.stderr)


def hook(x: Tensor, listener: Callable[[Tensor], None]) -> None:
    x.register_hook(listener)  # type: ignore[no-untyped-call]


def remove(handles: list[Any]) -> None:
    while handles:
        handles.pop().remove()


def relay(me: weakref.ref[Watch], method: str, optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """From a hook on all optimizers to a watch, which must not live just because of it."""
    watching = me()
    if watching is not None and (method == "stepped" or watching.before_steps):
        watching.guarded(getattr(watching, method), optimizer)


OPEN: weakref.WeakSet[Watch] = weakref.WeakSet()


@atexit.register
def close_all() -> None:
    """A loop that ended without saying so: its last window is recorded."""
    for watching in list(OPEN):
        watching.close()
