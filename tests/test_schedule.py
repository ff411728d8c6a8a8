from types import SimpleNamespace
from typing import Any

from equipoise.schedule import Clock


def run(clock: Clock, d_steps: int) -> list[tuple[int, bool, bool]]:
    """(step, due every 2 epochs, due every 3 steps) to the end of the run."""
    game: Any = SimpleNamespace(steps=0, drawn=0)
    found = []
    while not clock.finished:
        game.steps += 1
        game.drawn += d_steps
        clock.tick(game)
        found.append((clock.step, clock.due(every_epochs=2), clock.due(every_steps=3)))
    return found


def test_epochs_end_where_the_data_was_passed_so_often() -> None:
    found = run(Clock(batches=938, epochs=50), d_steps=1)
    assert found[-1][0] == 46_900
    assert [step for step, every_two, _ in found if every_two] == [1876 * k for k in range(1, 26)]
    assert [step for step, _, every_three in found if every_three][:3] == [3, 6, 9]


def test_five_d_steps_for_one_g_step_pass_an_epoch_in_a_fifth_of_the_steps() -> None:
    found = run(Clock(batches=10, epochs=4), d_steps=5)
    assert [(step, due) for step, due, _ in found] == [
        (1, False),
        (2, False),
        (3, False),
        (4, True),
        (5, False),
        (6, False),
        (7, False),
        (8, True),
    ]


def test_the_end_in_steps() -> None:
    clock = Clock(batches=10, steps=7)
    assert clock.total_steps == 7
    assert len(run(clock, d_steps=1)) == 7
