"""Train, resume and sample from Python; the command line calls these and nothing else."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from equipoise import build, checkpoint, sampling
from equipoise import recipe as recipes
from equipoise.choose import choose, located
from equipoise.data.source import Source
from equipoise.errors import RunError, SettingError, did_you_mean
from equipoise.game import Game
from equipoise.history import CLOSING, History
from equipoise.own import Own
from equipoise.pieces import Objective, Trick
from equipoise.progress import Progress, Quiet
from equipoise.rebuild import remaining
from equipoise.recipe import Recipe
from equipoise.run_folder import RunFolder
from equipoise.train import Training
from equipoise.treating import Treatment, resumed

MOST_SAMPLES = 10_000_000  # drawn at once
DATA_FACTS = {"name": str, "shape": list, "length": int, "facts": dict}  # without which no samples can be drawn


@dataclass
class Run:
    """A run folder with its players, as trained so far."""

    path: Path
    recipe: Recipe
    game: Game
    facts: dict[str, Any]  # what data.json says: name, shape, classes, and how samples are written back
    stopped_by: signal.Signals | None = None
    given_up: str = ""  # why the treatment ended it

    @property
    def generator(self) -> nn.Module:
        """A copy of G to draw samples from, in evaluation mode: of its average where the recipe keeps one."""
        return sampling.settled(self.game, sampling.best_generator(self.game))

    def sample(self, n: int, seed: int = 0, weights: str | None = None) -> Tensor:
        """n samples, float32 [n, *shape] on the host, images in [-1, 1]; `weights`: 'raw' or 'ema' (default: the average)."""
        if not 1 <= n <= MOST_SAMPLES:
            raise SettingError("n", f"must be from 1 to {MOST_SAMPLES:,}, not {n:,}")
        found = sampling.generators(self.game)
        if weights is not None and weights not in found:
            raise SettingError("weights", f"{weights!r} is not kept by this run; it has {' and '.join(found)}")
        module = found[weights] if weights is not None else sampling.best_generator(self.game)
        return sampling.draw(self.game, module, sampling.fresh_noise(self.game, n, seed))

    def signals(self) -> list[dict[str, Any]]:
        """The records of signals.jsonl."""
        return list(History(RunFolder(self.path).signals).read("step", "epoch", "d_loss", "g_loss"))

    def findings(self) -> list[dict[str, Any]]:
        """The records of findings.jsonl: what was found, and what has passed, at which step."""
        return list(History(RunFolder(self.path).findings).read("step"))

    def actions(self) -> list[dict[str, Any]]:
        """The records of actions.jsonl: what was done about findings, and what came of it."""
        return list(History(RunFolder(self.path).actions).read("step"))

    def evaluations(self) -> list[dict[str, Any]]:
        """The records of evaluations.jsonl: the distance at each checkpoint."""
        return list(History(RunFolder(self.path).evaluations).read("step", "sliced_wasserstein"))


def find_recipe(
    what: str | Path | Mapping[str, Any] | Recipe, overrides: Mapping[str, Any] | None = None, data: str | Path | None = None
) -> tuple[Recipe, str]:
    """The recipe that a name, a YAML file, a mapping or a path to data stands for; and a sentence where it was chosen."""
    said = ""
    if isinstance(what, Recipe):
        mapping: dict[str, Any] = {"name": what.name, **recipes.without_defaults(what)}
    elif isinstance(what, Mapping):
        mapping = {"name": "custom", **what}
    elif str(what) in recipes.names() or str(what).endswith((".yaml", ".yml")):
        mapping = recipes.read(what)
    elif Path(what).exists():
        mapping, said = choose(Path(what), overrides or {})
    else:
        raise SettingError(
            "", f"{str(what)!r} is neither a recipe ({did_you_mean(str(what), recipes.names())}) nor a path to data"
        )
    if data is not None:
        mapping["data"] = located(mapping.get("data", {}), Path(data))
    return recipes.resolve(mapping, dict(overrides or {})), said


@build.tuned()
def fit(
    recipe: str | Path | Mapping[str, Any] | Recipe,
    *,
    data: str | Path | Source | None = None,
    out: str | Path | None = None,
    generator: nn.Module | None = None,
    discriminator: nn.Module | None = None,
    objective: Objective | str | None = None,
    tricks: Sequence[Trick] | Mapping[str, Any] = (),
    overrides: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    **settings: Any,
) -> Run:
    """Train a GAN: the same as `equipoise train`.

    `recipe` is a name (see `equipoise.recipe.names()`), a YAML file, a mapping, or a path to data. `settings` are the
    recipe's own (epochs=, steps=, seed=, batch=, ...), `overrides` dotted ones ({'optimizer.lr': 1e-4}). A pair of your
    own networks (z [B, latent] -> [B, *shape]; [B, *shape] -> logits) takes the place of the recipe's, and so do an
    `objective` and a `Source` of data; `tricks` of your own play after the recipe's. To resume or load the run, give
    them again. Raises SettingError, DataError or RunError, each with one line that says what would be right.
    """
    if isinstance(objective, str):
        settings["objective"], objective = objective, None
    if isinstance(tricks, Mapping):
        settings["tricks"], tricks = tricks, ()
    own = Own(generator, discriminator, objective, tricks)
    given = data if isinstance(data, Source) else None
    found, said = find_recipe(recipe, {**(overrides or {}), **settings}, None if isinstance(data, Source) else data)
    own.noted_in(found)
    progress = progress if progress is not None else Quiet()
    if said:
        progress.message(said)
    source = given.to(build.device(found.device)) if given is not None else build.source(found)
    heldout = build.heldout(found, given=source) if given is None else source.heldout
    spare = remaining(own, found) if found.treat else own
    game = build.game(found, source, own)
    run = RunFolder.new(out, found.name)
    with run.created(found.to_yaml(), source_facts(source)):
        training = Training(run, found, source, game, progress, heldout)
        if found.treat:
            training.treatment = Treatment(training, found, source, spare)
        run.write_facts(training.observer.facts)
    with run.locked():
        try:
            return finish(training)
        except BaseException:
            if not game.steps:  # what can't be played shows in the first step, and leaves no run behind
                run.unmake()
            raise


@build.tuned()
def resume(
    path: str | Path,
    *,
    epochs: int | None = None,
    steps: int | None = None,
    data: str | Path | Source | None = None,
    generator: nn.Module | None = None,
    discriminator: nn.Module | None = None,
    objective: Objective | None = None,
    tricks: Sequence[Trick] = (),
    accept_changed_data: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Go on with a run from its newest good checkpoint, to its end or to more `epochs` or `steps`.

    On the same machine the result is bitwise that of a run that never stopped. What was given to `fit` as Python objects
    (networks, an objective, tricks, a Source) is asked for again; tricks go on from their saved knobs and state.
    """
    own = Own(generator, discriminator, objective, tricks)
    progress = progress if progress is not None else Quiet()
    run = RunFolder.open(path)
    with run.locked():
        end = {name: value for name, value in (("epochs", epochs), ("steps", steps)) if value is not None}
        recipe, _ = find_recipe(run.recipe, end)
        source = data.to(build.device(recipe.device)) if isinstance(data, Source) else build.source(recipe, data)
        found = checkpoint.newest(run.checkpoints)
        given = recipe, source, remaining(own, recipe)
        if found is None:
            progress.message("no checkpoint yet: the run starts anew from its recipe")
            game = build.game(recipe, source, own)
        else:
            for sentence in (*found.damaged, *found.differences):
                progress.message(f"warning: {sentence}")
            changed = found.facts["data"] != source.fingerprint()
            if changed and not accept_changed_data:
                raise RunError(
                    f"{run.path}: the data is not what this run was trained on ({source.name}: {len(source)} samples, "
                    "other content); give the old data with --data, or go on all the same with --accept-changed-data"
                )
            batch = found.facts.get("batch", recipe.batch)
            if batch != recipe.batch:
                raise RunError(
                    f"{run.recipe}: batch is {recipe.batch}, but this run was trained with {batch} up to here, and its place "
                    f"in the data is counted in them; set it back to {batch}, or begin a new run: equipoise train {run.recipe}"
                )
            recipe, source, own = resumed(recipe, source, own, found.facts)
            game = build.restored(recipe, source, found.tensors, found.facts, own)
            progress.message(f"resumed from {checkpoint.name(found.step)}")
        step = game.steps
        heldout = source.heldout if isinstance(data, Source) else build.heldout(recipe, data, source)
        training = Training(run, recipe, source, game, progress, heldout)
        if recipe.treat:
            training.treatment = Treatment(training, *given)
        if found is not None:
            training.go_on(found.tensors, found.facts)
        if training.clock.overdue:
            raise RunError(f"{run.path}: {step:,} steps ({training.clock.epoch:g} epochs) are done already; give a later end")
        if end:
            run.write_recipe(recipe.to_yaml())  # so that a later resume knows it
        if training.clock.finished:
            progress.message(f"{run.path}: is at its end, step {step:,}; go further with --epochs or --steps")
            if any(record.get(CLOSING) and record["step"] == step for record in History(run.signals).read("step")):
                return Run(run.path, recipe, game, source_facts(source))  # its last words are written
        for history in (run.signals, run.findings, run.evaluations, run.actions):
            History(history).truncate_after(step)
        training.recall(None if found is None else step)
        return finish(training)


def finish(training: Training) -> Run:
    try:
        training.loop()
    finally:
        training.progress.finish({})
        training.observer.close()
        if training.treatment is not None:
            training.treatment.close()
        training.evaluations.close()
    facts = source_facts(training.source)
    ended = training.treatment.ended if training.treatment is not None else ""
    return Run(training.run.path, training.recipe, training.game, facts, training.stopped_by, ended)


def load(
    path: str | Path,
    step: int | str | None = None,
    generator: nn.Module | None = None,
    discriminator: nn.Module | None = None,
    objective: Objective | None = None,
    tricks: Sequence[Trick] = (),
) -> Run:
    """A run as it was at a checkpoint (a step, 'best', or None for the newest good one); its data is not needed.

    Networks, objective and tricks of your own have to be given again, as to `resume`.
    """
    own = Own(generator, discriminator, objective, tricks)
    run = RunFolder.open(path)
    recipe, _ = find_recipe(run.recipe)
    facts = run.data_facts()
    if not all(isinstance(facts.get(key), kind) for key, kind in DATA_FACTS.items()):
        raise RunError(f"{run.data}: is not what equipoise writes")
    by = recipe.checkpoints.best_by
    found = checkpoint.newest(run.checkpoints) if step is None else checkpoint.at(run.checkpoints, step_of(run, step, by))
    if found is None:
        raise RunError(f"{run.path}: there is no checkpoint to draw samples from; go on with: equipoise resume {run.path}")
    shape_only = Source(facts["name"], tuple(facts["shape"]), facts["length"], device=build.device(recipe.device))
    recipe, _, own = resumed(recipe, shape_only, own, found.facts)
    game = build.restored(recipe, shape_only, found.tensors, found.facts, own)
    return Run(run.path, recipe, game, facts)


def step_of(run: RunFolder, step: int | str, by: str) -> int:
    """The step that is meant; of 'best' the one of the least distance `by`."""
    if step != "best":
        try:
            return int(step)
        except ValueError:
            raise SettingError("step", f"must be a checkpoint's step or 'best', not {step!r}") from None
    records = list(History(run.evaluations).read("step", by))
    if not records:
        raise RunError(f"{run.path}: no checkpoint was measured yet, so none is the best")
    return int(min(records, key=lambda r: float(r[by]))["step"])


def source_facts(source: Source) -> dict[str, Any]:
    """What data.json keeps: enough to draw samples and write them back in their units without the data."""
    return {
        "name": source.name,
        "shape": list(source.shape),
        "length": len(source),
        "range": source.range,
        "classes": list(source.classes),
        "fingerprint": source.fingerprint(),
        "facts": source.facts,
    }
