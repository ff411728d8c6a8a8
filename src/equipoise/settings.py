"""Typed settings from plain mappings (YAML, command line, keyword arguments), and errors that name the key.

Every setting is a field of a dataclass that stands beside what it sets; nothing else is accepted.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import yaml

from equipoise.errors import SettingError, did_you_mean

T = TypeVar("T")


def typed(cls: type[T], mapping: Mapping[str, Any], where: str = "") -> T:
    """An instance of the dataclass `cls` from a mapping; `where` is the dotted key of the mapping for messages."""
    hints = typing.get_type_hints(cls)
    known = {f.name: f for f in dataclasses.fields(cls) if f.init}  # type: ignore[arg-type]
    for key in mapping:
        if key not in known:
            raise SettingError(join(where, str(key)), f"is no setting here ({did_you_mean(str(key), known)})")
    missing = [n for n, f in known.items() if n not in mapping and is_required(f)]
    if missing:
        raise SettingError(join(where, missing[0]), "is needed")
    return cls(**{key: convert(value, hints[key], join(where, key)) for key, value in mapping.items()})


def is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def convert(value: Any, hint: Any, where: str) -> Any:
    """`value` as the type that `hint` asks for, or a SettingError that says which that is."""
    origin = get_origin(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        return convert_union(value, get_args(hint), where)
    if origin is Literal:
        if value not in get_args(hint):
            raise SettingError(where, f"{shortened(value)} is unknown ({did_you_mean(str(value), map(str, get_args(hint)))})")
        return value
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise SettingError(where, f"must be a mapping of settings, not {shortened(value)}")
        return typed(hint, value, where)
    if origin in (list, tuple):
        return convert_sequence(value, origin, get_args(hint), where)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise SettingError(where, f"must be a mapping, not {shortened(value)}")
        key_hint, value_hint = get_args(hint)
        return {convert(k, key_hint, where): convert(v, value_hint, join(where, str(k))) for k, v in value.items()}
    return convert_plain(value, hint, where)


def convert_union(value: Any, options: tuple[Any, ...], where: str) -> Any:
    if value is None and type(None) in options:
        return None
    errors = []
    for option in options:
        if option is not type(None):
            try:
                return convert(value, option, where)
            except SettingError as error:
                errors.append(error)
    raise errors[-1]


def convert_sequence(value: Any, origin: type, args: tuple[Any, ...], where: str) -> Any:
    if not isinstance(value, list | tuple):
        raise SettingError(where, f"must be a list, not {shortened(value)}")
    if origin is tuple and not (len(args) == 2 and args[1] is Ellipsis):
        if len(value) != len(args):
            raise SettingError(where, f"must have {len(args)} entries, not {len(value)}")
        return tuple(convert(v, a, where) for v, a in zip(value, args, strict=True))
    return origin(convert(v, args[0], where) for v in value)


PLAIN = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


def convert_plain(value: Any, hint: Any, where: str) -> Any:
    if hint is bool and isinstance(value, bool):
        return value
    if hint is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if hint is float and not isinstance(value, bool):
        try:
            number = float(value)  # YAML reads 2e-4 as text
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    if hint is str and isinstance(value, str | int | float):
        return str(value)
    raise SettingError(where, f"must be {PLAIN.get(hint, hint)}, not {shortened(value)}")


def shortened(value: Any, most: int = 80) -> str:
    """repr for messages."""
    text = repr(value)
    return text if len(text) <= most else text[:most] + "..."


# ---------------------------------------------------------------------------------------------- dotted overrides


def parse_override(text: str) -> tuple[str, Any]:
    """'tricks.ema.decay=0.99' as (key, value); the value is read as YAML."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise SettingError("", f"{text!r} is no setting: write key=value, for example optimizer.lr=0.0001")
    try:
        return key, yaml.safe_load(value)
    except (yaml.YAMLError, RecursionError, ValueError):
        raise SettingError(key, f"can't read the value {shortened(value)}") from None


def override(mapping: dict[str, Any], key: str, value: Any) -> None:
    """Set a dotted key in nested mappings; `off` (false) removes a piece, `on` (true) takes it with its defaults.

    A new `kind` starts from its own defaults: settings of the old kind are dropped.
    """
    *path, last = key.split(".")
    here = mapping
    for part in path:
        if not isinstance(here.get(part), dict):
            here[part] = {}
        here = here[part]
    if path[:1] in (["tricks"], ["penalties"]) and len(path) == 1 and isinstance(value, bool):
        if value:
            here.setdefault(last, {})
        else:
            here.pop(last, None)
    elif last == "kind" and here.get("kind") != value:
        here.clear()
        here["kind"] = value
    else:
        here[last] = value
