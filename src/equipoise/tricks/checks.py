"""The checks of knobs that several tricks share. Each raises SettingError and says what would be right."""

from torch import Tensor

from equipoise.errors import SettingError
from equipoise.pieces import Trick


def at_least(least: int, trick: Trick, *keys: str) -> None:
    """These knobs are `least` or more."""
    for key in keys:
        if getattr(trick, key) < least:
            raise SettingError(key, f"must be {least} or more, not {getattr(trick, key)}")


def positive(trick: Trick, key: str) -> None:
    """This knob is above 0."""
    if not getattr(trick, key) > 0:
        raise SettingError(key, f"must be above 0, not {getattr(trick, key)}")


def share(trick: Trick, key: str, below: float = 1) -> None:
    """This knob is at least 0 and below `below`."""
    if not 0 <= getattr(trick, key) < below:
        raise SettingError(key, f"must be at least 0 and below {below}, not {getattr(trick, key)}")


def one_of(trick: Trick, key: str, *known: str) -> None:
    """This knob is one of the known words."""
    if getattr(trick, key) not in known:
        raise SettingError(key, f"must be one of {', '.join(known)}, not {getattr(trick, key)!r}")


def not_alone(x: Tensor) -> None:
    """D sees more than one sample at a time: there is something to compare."""
    if len(x) < 2:
        raise SettingError("batch", "minibatch tricks compare samples, and D sees only one at a time; use a larger batch")
