"""What a person sees while a run trains: a live table in a terminal, the classic lines in a file, or nothing.

A record is what `train.place` and a window of signals say together: step, steps, epoch, epochs, batch, batches, rate
(steps/s), eta (s), d_loss, g_loss, d_real, d_fake_before, d_fake_after, treating (the remedy on trial, or kept). What is
missing is shown as a dash.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

Record = Mapping[str, Any]
MESSAGES = 6  # the newest that stay in view
DASH = "-"


class Progress(Protocol):
    """Somebody who is told how a run goes. `message` may come at any time, also before `start`."""

    def start(self, plan: Record) -> None:
        """The run, before its first step: name, run (folder), samples, batch_size, steps, d_loss and g_loss at equilibrium."""

    def update(self, record: Record) -> None: ...

    def message(self, text: str) -> None: ...

    def finish(self, summary: Record) -> None:
        """The run has ended, well or badly; `summary` may hold a `text` to leave behind."""


def choose(quiet: bool, stream: TextIO) -> Progress:
    """A live table where `stream` is a terminal, lines where it is not, nothing where it is to be quiet."""
    if quiet:
        return Quiet()
    console = Console(file=stream)
    if stream.isatty() and not console.is_dumb_terminal:
        return LiveTable(console)
    return Lines(stream)


class Quiet:
    """Says nothing."""

    def start(self, plan: Record) -> None:
        pass

    def update(self, record: Record) -> None:
        pass

    def message(self, text: str) -> None:
        pass

    def finish(self, summary: Record) -> None:
        pass


class Lines:
    """The lines of the DCGAN tutorials, one a record, so that tools that read those read these."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def start(self, plan: Record) -> None:
        pass

    def update(self, record: Record) -> None:
        self.message(line(record))

    def message(self, text: str) -> None:
        with suppress(OSError):  # nobody reads any more: no reason to stop a run of hours
            print(text, file=self.stream, flush=True)

    def finish(self, summary: Record) -> None:
        if summary.get("text"):
            self.message(summary["text"])


def line(record: Record) -> str:
    """'[e/E][i/N] Loss_D: 0.6931 Loss_G: 0.6931 D(x): 0.5000 D(G(z)): 0.5000 / 0.5000'."""
    place = f"[{record['epoch']}/{record['epochs']}][{record['batch']}/{record['batches']}]"
    d_loss, g_loss, real, before, after = (
        f"{record.get(key, math.nan):.4f}" for key in ("d_loss", "g_loss", "d_real", "d_fake_before", "d_fake_after")
    )
    return f"{place} Loss_D: {d_loss} Loss_G: {g_loss} D(x): {real} D(G(z)): {before} / {after}"


class LiveTable:
    """One table that is drawn anew in place: where the run stands, its losses beside their equilibrium, what was said."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.plan: Record = {}
        self.record: Record = {}
        self.messages: deque[str] = deque(maxlen=MESSAGES)
        self.live: Live | None = None

    def start(self, plan: Record) -> None:
        self.plan = plan
        self.live = Live(self.table(), console=self.console, refresh_per_second=4, redirect_stderr=False)
        self.live.start()

    def update(self, record: Record) -> None:
        self.record = record
        self._draw()

    def message(self, text: str) -> None:
        if self.live is None:
            self.console.print(text, markup=False, highlight=False)
            return
        self.messages.append(text)
        self._draw()

    def finish(self, summary: Record) -> None:
        if self.live is not None:
            self._draw()
            with suppress(OSError):
                self.live.stop()
            self.live = None
        if summary.get("text"):
            self.console.print(summary["text"], markup=False, highlight=False)

    def _draw(self) -> None:
        if self.live is not None:
            with suppress(OSError):  # the terminal is gone
                self.live.update(self.table())

    # ------------------------------------------------------------------------------------------------ the table

    def table(self) -> RenderableType:
        """The whole picture, from the newest record."""
        parts: list[RenderableType] = [self._place(), Text(), self._numbers()]
        if self.record.get("treating"):
            parts += [Text(), Text.assemble(("treating: ", "bold"), str(self.record["treating"]))]
        if self.messages:
            parts += [Text(), *(Text(text, style="dim") for text in self.messages)]
        return Panel(
            Group(*parts),
            title=Text(str(self.plan.get("name", "")), style="bold"),
            subtitle=Text(str(self.plan.get("run", "")), style="dim"),
            title_align="left",
            subtitle_align="left",
            width=min(self.console.width, 88),
            padding=(1, 2),
            border_style="bright_black",
        )

    def _place(self) -> RenderableType:
        record = {**self.plan, **self.record}
        step, steps = record.get("step", 0), record.get("steps") or 1
        rate, size, eta = record.get("rate"), self.plan.get("batch_size"), record.get("eta")
        pace = [f"{rate:,.1f} steps/s"] if rate else []
        if rate and size:
            pace.append(f"{rate * size:,.0f} samples/s")
        left = f"{duration(eta)} left" if eta is not None and step < steps else ""
        table = Table.grid(expand=True)
        table.add_row(between(f"step {step:,} of {steps:,}", f"epoch {record.get('epoch', 0)} of {record.get('epochs', 0)}"))
        table.add_row(ProgressBar(total=steps, completed=min(step, steps), complete_style="blue", finished_style="blue"))
        table.add_row(between("   ".join(pace), left, style="dim"))
        return table

    def _numbers(self) -> RenderableType:
        get = self.record.get
        table = Table.grid(padding=(0, 3))
        table.add_column(style="bold")
        table.add_column(justify="right")
        table.add_column(style="dim")
        for title, key in (("D loss", "d_loss"), ("G loss", "g_loss")):
            aim = self.plan.get(key)
            table.add_row(title, number(get(key)), f"at equilibrium {aim:.4f}" if aim is not None else "")
        table.add_row("D(x)", number(get("d_real")), "D's output on reals")
        table.add_row("D(G(z))", number(get("d_fake_before")), "on fakes, before D moves")
        table.add_row("", number(get("d_fake_after")), "after D moved")
        for title in ("checkpoint", "grid"):  # the newest of each
            if get(title) is not None:
                table.add_row(title, "", str(get(title)))
        return table


def between(left: str, right: str, style: str = "") -> Table:
    """A line with something at both ends."""
    table = Table.grid(expand=True)
    table.add_column(ratio=1)
    table.add_column(justify="right")
    table.add_row(Text(left, style=style), Text(right, style=style))
    return table


def number(value: float | None) -> Text:
    """Four digits; a dash where there is none yet, red where it is no number."""
    if value is None:
        return Text(DASH, style="dim")
    return Text(f"{value:.4f}", style="" if math.isfinite(value) else "bold red")


def duration(seconds: float) -> str:
    """'3 h 07 min', '4 min 05 s', '12 s'."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {whole % 60:02d} s" if minutes else f"{whole} s"
