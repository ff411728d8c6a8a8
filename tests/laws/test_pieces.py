"""The laws that every registered trick and penalty keeps, alone and in pairs. A new piece is under them by its registration."""

import dataclasses
import json
import typing
import warnings
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
import torch
from games import IMAGES, POINTS, draws, play, same, tiny_game

from equipoise.errors import SettingError
from equipoise.game import Game
from equipoise.objectives import OBJECTIVES
from equipoise.penalties import PENALTIES
from equipoise.pieces import Card, Penalty, Trick
from equipoise.tricks import TRICKS
from equipoise.tricks.structural import Structural

PIECES: dict[str, type[Trick]] = {**TRICKS, **PENALTIES}

# Knobs under which three steps are enough to see a piece at work, and its rarer branches
BUSY: dict[str, dict[str, Any]] = {
    "adaptive_cadence": {"every": 2, "low": 0.3, "high": 0.4},
    "replay": {"size": 6, "every": 2, "share": 0.5},
    "label_flipping": {"p": 0.4},
    "instance_noise": {"decay_steps": 5},
    "two_rates": {"g_rate": 0.02, "d_schedule": "cosine", "warmup": 2, "steps": 8},
    "cadence": {"d_steps": 2, "g_steps": 2},
    "unrolled": {"steps": 2},
    "clip_gradients": {"norm": 0.1},
    "lecam": {"start": 1},
    "lookahead": {"k": 2},
    "adaptive_augment": {"start": 0.5, "ramp_images": 100},
}


@pytest.fixture(autouse=True)
def calm() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="instance_noise on reals only")
        yield


def piece(name: str) -> Trick:
    return PIECES[name](**BUSY.get(name, {}))


def fit(name: str, objective: str, shape: tuple[int, ...]) -> bool:
    try:
        piece(name).fits(OBJECTIVES[objective], shape)
    except SettingError:
        return False
    return True


def settings(*names: str) -> list[tuple[str, tuple[int, ...]]]:
    """Every objective and shape that all of the pieces fit."""
    return [(o, s) for o in OBJECTIVES for s in (POINTS, IMAGES) if all(fit(n, o, s) for n in names)]


def games(name: str, count: int) -> Iterator[list[Game]]:
    """Equal games of a piece, for the first objective that it fits with each shape."""
    seen = set()
    for objective, shape in settings(name):
        if shape not in seen:
            seen.add(shape)
            yield [tiny_game(piece(name), objective=objective, shape=shape) for _ in range(count)]


def onlooker(*_: object) -> None:
    """Something that watches a step and draws numbers of its own meanwhile."""
    torch.rand(3)


def healthy(game: Game, steps: int = 2) -> bool:
    terms = play(game, steps)
    numbers = [terms.d_loss, terms.g_loss, *terms.extra.values()]
    weights = [*game.G.module.parameters(), *game.D.module.parameters()]
    return all(bool(torch.isfinite(t).all()) for t in [*numbers, *weights])


@pytest.mark.parametrize("name", PIECES)
def test_the_card_is_complete_and_the_file_has_its_name(name: str) -> None:
    cls = PIECES[name]
    assert cls.card.name == name == cls.__module__.rpartition(".")[2]
    assert all(isinstance(v, str) and v.strip() == v != "" for v in dataclasses.asdict(cls.card).values())
    assert {f.name for f in dataclasses.fields(Card)} == vars(cls.card).keys()
    assert dataclasses.is_dataclass(cls) and cls.__doc__ and not cls.__doc__.startswith(f"{cls.__name__}(")
    assert issubclass(cls, Penalty) == (name in PENALTIES)
    cls().check()


@pytest.mark.parametrize("name", PIECES)
def test_a_resumed_run_ends_as_an_unbroken_one_whatever_else_draws_numbers(name: str) -> None:
    for unbroken, first, second in games(name, 3):
        draw = draws(unbroken)
        for _ in range(6):
            unbroken.step(draw)
        for player in (first.G, first.D):
            player.module.register_forward_pre_hook(onlooker)
        for _ in range(3):
            torch.manual_seed(1)
            first.step(draw)
        tensors, facts = first.state()
        kept = {k: v.clone(memory_format=torch.contiguous_format) for k, v in tensors.items()}  # as a file would
        second.load(kept, json.loads(json.dumps(facts)))
        for _ in range(3):
            torch.rand(3)
            second.step(draw)
        assert same(unbroken.state()[0], second.state()[0])
        assert unbroken.state()[1] == second.state()[1]
        assert not same(unbroken.state()[0], first.state()[0]), "the state is a live thing"


@pytest.mark.parametrize("name", PIECES)
def test_it_runs_with_every_objective_and_shape_that_it_fits(name: str) -> None:
    assert settings(name)
    for objective, shape in settings(name):
        assert healthy(tiny_game(piece(name), objective=objective, shape=shape)), (objective, shape)


@pytest.mark.parametrize("name", PIECES)
def test_it_goes_with_every_other_piece(name: str) -> None:
    for a, b in combinations(PIECES, 2):
        if a == name:
            objective, shape = settings(a, b)[0]
            assert healthy(tiny_game(piece(a), piece(b), objective=objective, shape=shape)), (a, b)


@pytest.mark.parametrize("name", PIECES)
def test_it_runs_in_bf16(name: str) -> None:
    objective, shape = settings(name)[-1]
    assert healthy(tiny_game(piece(name), objective=objective, shape=shape, precision="bf16"))


def another(value: Any, hint: Any) -> Any:
    """A legal value of a knob that is not the one it has."""
    if typing.get_origin(hint) is typing.Literal:
        return next(v for v in typing.get_args(hint) if v != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return 0.9 * value or 0.05
    if value is None:
        return 0.05
    if value == "color,translation,cutout":  # a policy of augmentation
        return "translation"
    raise AssertionError(f"say here what else a knob of type {hint} can be")


@pytest.mark.parametrize("name", PIECES)
def test_every_knob_can_be_turned_while_training_and_is_saved(name: str) -> None:
    hints = typing.get_type_hints(PIECES[name])
    knobs = piece(name).knobs()
    assert json.loads(json.dumps(knobs)) == knobs
    objective, shape = settings(name)[0]
    for knob, value in knobs.items():
        game, twin = (tiny_game(piece(name), objective=objective, shape=shape) for _ in range(2))
        play(game, 1)
        turned = another(value, hints[knob])
        if isinstance(game.trick(name), Structural) and knob in game.trick(name).built_in:  # type: ignore[attr-defined]
            with pytest.raises(SettingError, match=f"{knob}: is built into the network as {value!r}"):
                game.turn(name, **{knob: turned})
            assert game.trick(name).knobs() == knobs
            continue
        game.turn(name, **{knob: turned})
        assert healthy(game, 1)
        twin.load(*game.state())
        assert twin.trick(name).knobs() == game.trick(name).knobs() == {**knobs, knob: turned}
        draw = draws(game)
        game.step(draw)
        twin.step(draw)
        assert same(game.state()[0], twin.state()[0]), knob


def test_all_pieces_of_one_table_at_once() -> None:
    objective, shape = settings(*PIECES)[0]
    unbroken, first, second = (tiny_game(*map(piece, PIECES), objective=objective, shape=shape) for _ in range(3))
    assert healthy(unbroken, 4)
    play(first, 2)
    second.load(*first.state())
    play(second, 2)
    assert same(unbroken.state()[0], second.state()[0])
