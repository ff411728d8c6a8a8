"""The verdict on a run folder: its checkpoint, its data and its histories, given to the core."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from equipoise import api, build, checkpoint, sampling
from equipoise.api import Run
from equipoise.data.source import Source
from equipoise.equilibrium.evidence import Budget, examine
from equipoise.equilibrium.reals import held_out, kept_apart
from equipoise.equilibrium.scene import Scene, fork
from equipoise.equilibrium.verdict import Verdict, decide
from equipoise.errors import EquipoiseError, RunError
from equipoise.game import Game
from equipoise.run_folder import RunFolder
from equipoise.seeds import generator


def equilibrium(
    run: str | Path | Run,
    *,
    step: int | str | None = None,
    data: str | Path | Source | None = None,
    quick: bool = False,
    seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> Verdict:
    """Has a run converged, and to what? The same as `equipoise equilibrium`.

    `run` is a run folder or a loaded `Run` (needed where networks, objective or tricks are your own), `step` a checkpoint's
    step or 'best' (default: the newest), `data` where the run's data is now, or the Source that was given to `fit`. Writes
    nothing and changes nothing. Raises RunError, DataError or SettingError.
    """
    loaded = run if isinstance(run, Run) else api.load(run, step)
    recipe, game = loaded.recipe, loaded.game
    if isinstance(data, Source):
        source = data.to(game.at.device)
        heldout, index, where = kept_apart(source, seed)
    else:
        source = build.source(recipe, data)
        heldout, index, where = held_out(recipe, source, data, seed)
    if source.shape != game.shape:
        raise RunError(f"{loaded.path}: the data has shape {list(source.shape)}, the run makes {list(game.shape)}")
    say(f"{loaded.path}, step {game.steps}; held out: {len(heldout)} reals, {where}")
    with build.tuned():
        scene = Scene(game, draws(source, index, recipe.batch, seed), heldout, seed)
        earlier, averages = before(loaded)
        records = [r for r in loaded.signals() if r["step"] <= game.steps]
        evaluations = [(r["step"], r["sliced_wasserstein"]) for r in loaded.evaluations() if r["step"] <= game.steps]
        found = examine(
            scene,
            Budget.of(game, quick=quick),
            earlier=earlier,
            averages=averages,
            evaluations=evaluations,
            modes=source.modes,
            say=say,
        )
    return decide(found, game.steps, records, game.equilibrium())


def draws(source: Source, index: Tensor, batch: int, seed: int) -> Callable[[int], Tensor]:
    """Real batches by position, drawn with replacement from what may be learned from."""

    def draw(position: int) -> Tensor:
        places = torch.randint(len(index), (batch,), generator=generator("cpu", seed, "equilibrium reals", position))
        return source.batch(index[places.to(index.device)])

    return draw


def before(run: Run) -> tuple[Game | None, tuple[nn.Module, nn.Module] | None]:
    """The game at the checkpoint before, and G's averages then and now; None where there is none that can be read."""
    folder = RunFolder(run.path).checkpoints
    for step in reversed([s for s in checkpoint.steps(folder) if s < run.game.steps]):
        try:
            found = checkpoint.at(folder, step)
            game = fork(run.game)
            game.load(found.tensors, found.facts)
        except (EquipoiseError, RuntimeError, ValueError, KeyError, IndexError):  # damaged, or other tricks played then
            continue
        then, now = sampling.generators(game).get("ema"), sampling.generators(run.game).get("ema")
        return game, None if then is None or now is None else (then, now)
    return None, None
