"""Ctrl-C, SIGTERM and a terminal that goes away (SIGHUP) ask a run to stop after its step; a second Ctrl-C stops it at once."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any


def endings() -> tuple[signal.Signals, ...]:
    """The signals by which somebody else than the person at the keyboard ends a process; SIGHUP not under nohup."""
    gone = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
    return (signal.SIGTERM, *gone)


class Stop:
    """Within the context `asked` is the signal that came, or None."""

    def __init__(self) -> None:
        self.asked: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Stop:
        try:
            for which in (signal.SIGINT, *endings()):
                self._before[which] = signal.signal(which, self._ask)
        except ValueError:  # not in the main thread: there signals are somebody else's
            pass
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked is signal.SIGINT and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked = signal.Signals(number)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for which, handler in self._before.items():
            signal.signal(which, handler)
