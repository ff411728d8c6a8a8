import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise import plain_json

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


def alike(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    return type(a) is type(b) and a == b


@given(values.filter(lambda v: not any(name in repr(v) for name in ("NaN", "Infinity"))))
def test_every_value_comes_back(value: Any) -> None:
    text = plain_json.dumps(value)
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert alike(plain_json.loads(text), value)


def test_what_is_no_number_is_a_string_that_every_parser_reads() -> None:
    text = plain_json.dumps({"a": [math.nan, math.inf], "b": (-math.inf, 1.5)})
    assert text == '{"a": ["NaN", "Infinity"], "b": ["-Infinity", 1.5]}'


def test_layout_is_kept_beside_infinities() -> None:
    assert plain_json.dumps([math.inf], indent=1) == '[\n "Infinity"\n]'


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "NaN", "[Infinity]", "", "{", b"\xff\xfe\x00"])
def test_what_is_not_json_is_one_kind_of_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        plain_json.loads(text)


def test_what_json_can_not_hold_is_refused() -> None:
    with pytest.raises(TypeError):
        plain_json.dumps({"a": object()})
