"""The ring: means over windows, terms that come and go, and no waiting for the device."""

import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from games import draws, tiny_game
from torch import Tensor, nn

from equipoise.pieces import Signal, Terms
from equipoise.signals import SIGNALS
from equipoise.signals.losses import CARD
from equipoise.signals.ring import Ring


def step(loss: float, **extra: float) -> Terms:
    blank = torch.zeros(1)
    added = {f"d/{k}": torch.tensor(v) for k, v in extra.items()}
    return Terms(blank, blank, blank, blank, blank, torch.tensor(loss), torch.tensor(10 * loss), added)


def measure(game: Any, terms: Terms) -> tuple[Tensor, ...]:
    return terms.d_loss, terms.g_loss


LOSSES = {"losses": Signal(CARD, ("d_loss", "g_loss"), measure)}
NO_GAME: Any = SimpleNamespace(steps=0)


def test_read_gives_the_mean_and_the_last_of_the_window_and_begins_a_new_one() -> None:
    ring = Ring(LOSSES, every=4)
    for loss in (1.0, 2.0, 6.0):
        ring.look(NO_GAME, step(loss))
    assert ring.filled == 3
    window = ring.read()
    assert window.values == {"d_loss": 3.0, "g_loss": 30.0}
    assert window.last == {"d_loss": 6.0, "g_loss": 60.0}
    assert (window.steps, window.first_bad, ring.filled) == (3, None, 0)
    ring.look(NO_GAME, step(8.0))
    assert ring.read().values["d_loss"] == 8.0


def test_a_term_is_averaged_over_the_steps_in_which_it_came() -> None:
    ring = Ring(LOSSES, every=8)
    for terms in (step(1.0), step(1.0, r1=4.0), step(1.0), step(1.0, r1=8.0, lecam=1.0), step(1.0)):
        ring.look(NO_GAME, terms)
    window = ring.read()
    assert window.values == {"d_loss": 1.0, "g_loss": 10.0, "d/r1": 6.0, "d/lecam": 1.0}
    assert window.last["d/r1"] == 8.0


def test_a_term_that_did_not_come_in_a_window_is_not_in_it() -> None:
    ring = Ring(LOSSES, every=2)
    ring.look(NO_GAME, step(1.0, r1=4.0))
    ring.read()
    ring.look(NO_GAME, step(1.0))
    assert ring.read().values == {"d_loss": 1.0, "g_loss": 10.0}


def test_unread_rows_are_overwritten_from_the_oldest() -> None:
    ring = Ring(LOSSES, every=2)
    for loss in (100.0, 1.0, 3.0):
        ring.look(NO_GAME, step(loss))
    window = ring.read()
    assert (window.steps, window.values["d_loss"], window.last["d_loss"]) == (2, 2.0, 3.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_first_was_no_number_is_named(bad: float) -> None:
    ring = Ring(LOSSES, every=8)
    for terms in (step(1.0), step(1.0, r1=bad), step(bad)):
        ring.look(NO_GAME, terms)
    window = ring.read()
    assert window.first_bad == "d/r1"
    assert not math.isfinite(window.values["d/r1"])


def test_opposite_infinities_stay_bad() -> None:
    ring = Ring(LOSSES, every=8)
    ring.look(NO_GAME, step(math.inf))
    ring.look(NO_GAME, step(-math.inf))
    window = ring.read()
    assert window.first_bad == "d_loss"
    assert math.isnan(window.values["d_loss"])


def test_a_row_is_a_copy_of_what_the_step_left() -> None:
    ring = Ring(LOSSES, every=2)
    terms = step(1.0, r1=2.0)
    ring.look(NO_GAME, terms)
    terms.d_loss.fill_(7.0)
    terms.extra["d/r1"].fill_(7.0)
    assert ring.read().values == {"d_loss": 1.0, "g_loss": 10.0, "d/r1": 2.0}


def test_reading_nothing_gives_nothing() -> None:
    window = Ring(LOSSES, every=2).read()
    assert (window.steps, window.values, window.last, window.first_bad) == (0, {}, {}, None)


def test_looking_never_waits_for_the_device() -> None:
    # a meta tensor has no content: whatever would fetch a number of it for the host raises
    def player() -> Any:
        module = nn.Linear(2, 2, device="meta")
        for parameter in module.parameters():
            parameter.grad = torch.ones_like(parameter)
        return SimpleNamespace(module=module)

    game: Any = SimpleNamespace(D=player(), G=player(), steps=0)
    logits, loss = torch.ones(4, device="meta"), torch.ones((), device="meta")
    terms = Terms(logits, logits, logits, logits, logits, loss, loss, {"d/r1": loss})
    ring = Ring(SIGNALS, 4, "meta")
    ring.look(game, terms)
    ring.look(game, terms)
    assert ring.filled == 2
    with pytest.raises(NotImplementedError, match="no data"):  # reading does wait
        ring.read()


def test_looking_changes_nothing() -> None:
    watched, alone = tiny_game(), tiny_game()
    ring = Ring(SIGNALS, every=4)
    draw = draws(alone)
    for _ in range(5):
        ring.look(watched, watched.step(draw))
        alone.step(draw)
    assert all(torch.equal(a, b) for a, b in zip(watched.state()[0].values(), alone.state()[0].values(), strict=True))
