"""Errors that a user can cause, each one line that names what is wrong and what would be right.

The command line prints them without a traceback and exits with code 2.
"""

import difflib
from collections.abc import Iterable


class EquipoiseError(Exception):
    """Anything that the user can mend; the message is one line and says how."""


class SettingError(EquipoiseError):
    """A setting is unknown, has the wrong type or value, or does not go with another one."""

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}" if key else problem)
        self.key, self.problem = key, problem

    def within(self, where: str) -> "SettingError":
        """The same problem, of a key that lies in the section `where`."""
        return SettingError(f"{where}.{self.key}".rstrip("."), self.problem)


class DataError(EquipoiseError):
    """A data file or folder is missing, damaged or not what it was said to be."""

    def __init__(self, where: object, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = str(where)


class RunError(EquipoiseError):
    """A run folder can't be written, is in use, or holds nothing that can be resumed."""


class DivergedError(EquipoiseError):
    """A loss or a weight is no number any more."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """' (did you mean X?)' where a known name is close, else the list of all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + ", ".join(names) if names else "nothing can be set here"
