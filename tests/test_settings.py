from dataclasses import dataclass, field
from typing import Literal

import pytest

from equipoise.errors import SettingError
from equipoise.settings import override, parse_override, typed


@dataclass
class Inner:
    rate: float = 0.1
    kind: Literal["linear", "cosine"] = "linear"


@dataclass
class Outer:
    name: str
    count: int = 3
    flag: bool = False
    maybe: int | None = None
    sizes: tuple[int, ...] = (1, 2)
    inner: Inner = field(default_factory=Inner)


def test_values_become_what_the_fields_say() -> None:
    found = typed(Outer, {"name": "a", "sizes": [4, 5, 6], "inner": {"rate": "2e-4", "kind": "cosine"}, "maybe": 7})
    assert found == Outer("a", 3, False, 7, (4, 5, 6), Inner(2e-4, "cosine"))


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"name": "a", "conut": 4}, "conut: is no setting here (did you mean 'count'?)"),
        ({"count": 4}, "name: is needed"),
        ({"name": "a", "count": 4.5}, "count: must be a whole number, not 4.5"),
        ({"name": "a", "count": True}, "count: must be a whole number, not True"),
        ({"name": "a", "flag": 1}, "flag: must be true or false, not 1"),
        ({"name": "a", "maybe": "x"}, "maybe: must be a whole number, not 'x'"),
        ({"name": "a", "inner": {"rate": "fast"}}, "inner.rate: must be a number, not 'fast'"),
        ({"name": "a", "inner": {"kind": "cosin"}}, "inner.kind: 'cosin' is unknown (did you mean 'cosine'?)"),
        ({"name": "a", "inner": 3}, "inner: must be a mapping of settings, not 3"),
        ({"name": "a", "sizes": 3}, "sizes: must be a list, not 3"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(mapping: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError) as caught:
        typed(Outer, mapping)
    assert str(caught.value) == message


def test_overrides_reach_into_sections() -> None:
    mapping = {"optimizer": {"kind": "adam", "lr": 1.0}, "tricks": {"ema": {"decay": 0.9}}}
    for text in ("optimizer.lr=0.5", "tricks.ema.decay=0.99", "tricks.packing=on", "penalties.r1.weight=5"):
        override(mapping, *parse_override(text))
    assert mapping["optimizer"] == {"kind": "adam", "lr": 0.5}
    assert mapping["tricks"] == {"ema": {"decay": 0.99}, "packing": {}}
    assert mapping["penalties"] == {"r1": {"weight": 5}}
    override(mapping, *parse_override("tricks.ema=off"))
    override(mapping, *parse_override("optimizer.kind=sgd"))
    assert mapping["tricks"] == {"packing": {}}
    assert mapping["optimizer"] == {"kind": "sgd"}, "another kind starts from its own defaults"


@pytest.mark.parametrize("text", ["optimizer.lr", "=3", "tricks"])
def test_what_is_no_override_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="key=value"):
        parse_override(text)
