"""What a person sees of a run: the classic lines to the letter, and a table that says what the record says."""

import io
import math
from typing import Any

import pytest
from rich.console import Console

from equipoise.progress import Lines, LiveTable, Progress, Quiet, choose, duration, line

PLAN: dict[str, Any] = {
    "name": "fashion-mnist", "run": "runs/a", "samples": 60000, "batch_size": 64, "step": 0, "steps": 46900,
    "d_loss": 0.6881, "g_loss": 0.7985, "epoch": 1, "epochs": 50,
}  # fmt: skip
RECORD: dict[str, Any] = {
    "step": 12345, "steps": 46900, "epoch": 14, "epochs": 50, "batch": 152, "batches": 938, "rate": 12.34, "eta": 2810.3,
    "d_loss": 0.69314718, "g_loss": 0.6931, "d_real": 0.5, "d_fake_before": 0.50004, "d_fake_after": 0.49996,
}  # fmt: skip


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_classic_line_to_the_letter() -> None:
    assert line(RECORD) == "[14/50][152/938] Loss_D: 0.6931 Loss_G: 0.6931 D(x): 0.5000 D(G(z)): 0.5000 / 0.5000"


def test_a_line_says_nan_where_there_is_no_number() -> None:
    record = {k: v for k, v in RECORD.items() if k != "d_real"} | {"g_loss": math.inf}
    assert line(record) == "[14/50][152/938] Loss_D: 0.6931 Loss_G: inf D(x): nan D(G(z)): 0.5000 / 0.5000"


def test_lines_are_written_as_they_come() -> None:
    stream = io.StringIO()
    progress = Lines(stream)
    progress.message("chosen: bursts")
    progress.start(PLAN)
    progress.update(RECORD)
    progress.finish({"text": "done"})
    assert stream.getvalue().splitlines() == ["chosen: bursts", line(RECORD), "done"]


def test_the_kind_follows_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    assert isinstance(choose(True, Terminal()), Quiet)
    assert isinstance(choose(False, io.StringIO()), Lines)
    assert isinstance(choose(False, Terminal()), LiveTable)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(choose(False, Terminal()), Lines)


def seen(table: LiveTable, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(table.table())
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def live() -> LiveTable:
    return LiveTable(Console(file=Terminal(), width=100, force_terminal=True))


def test_the_table_says_where_the_run_stands() -> None:
    table = live()
    table.start(PLAN)
    table.update(RECORD)
    table.message("checkpoint step-0012000 (best so far)")
    text = seen(table)
    table.finish({})
    for part in (
        "fashion-mnist", "runs/a", "step 12,345 of 46,900", "epoch 14 of 50", "12.3 steps/s", "790 samples/s",
        "46 min 50 s left", "0.6931", "at equilibrium 0.6881", "at equilibrium 0.7985", "0.5000",
        "checkpoint step-0012000 (best so far)",
    ):  # fmt: skip
        assert part in text


def test_the_table_says_what_is_on_trial_until_it_is_not() -> None:
    table = live()
    table.start(PLAN)
    assert "treating" not in seen(table)
    table.update({**RECORD, "treating": "R1 [bold] + two rates (on trial until step 900)"})
    assert "treating: R1 [bold] + two rates (on trial until step 900)" in seen(table)
    table.update({**RECORD, "treating": ""})
    assert "treating" not in seen(table)
    table.finish({})


def test_the_table_can_be_drawn_before_the_first_record_and_in_a_narrow_terminal() -> None:
    table = live()
    assert "step 0 of 1" in seen(table)
    table.plan = {"name": "wgan", "d_loss": None}
    assert "equilibrium" not in seen(table, width=40)


def test_only_the_newest_messages_stay() -> None:
    table = live()
    table.start(PLAN)
    for i in range(20):
        table.message(f"message [a{i}]")  # brackets are no markup
    text = seen(table)
    table.finish({})
    assert "message [a19]" in text
    assert "message [a2]" not in text


def test_messages_before_the_start_and_the_last_words_stay_on_the_screen() -> None:
    stream = Terminal()
    table = LiveTable(Console(file=stream, width=100))
    table.message("chosen: [bursts]")
    table.start(PLAN)
    table.finish({"text": "written to [runs/a]"})
    table.finish({})  # twice does no harm
    assert stream.getvalue().startswith("chosen: [bursts]\n")
    assert stream.getvalue().endswith("written to [runs/a]\n")
    assert table.live is None


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    quiet: Progress = Quiet()
    quiet.start(PLAN)
    quiet.update(RECORD)
    quiet.message("anything")
    quiet.finish({"text": "done"})
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "0 s"), (59.6, "1 min 00 s"), (245, "4 min 05 s"), (11220, "3 h 07 min"), (360000, "100 h 00 min")],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said
