"""Advice is believed: so its settings are ones that a recipe takes, and its code is Python."""

import ast

import pytest

from equipoise import recipe
from equipoise.diagnosis import RULES
from equipoise.diagnosis.advice import ADVICE, Advice
from equipoise.settings import parse_override


@pytest.mark.parametrize("advice", ADVICE.values(), ids=list(ADVICE))
def test_its_setting_is_taken_by_a_recipe(advice: Advice) -> None:
    plain = recipe.resolve(recipe.read("fashion-mnist-vanilla"))
    changed = recipe.resolve(recipe.read("fashion-mnist-vanilla"), dict(map(parse_override, advice.setting.split())))
    if advice.name not in ("non_saturating",):  # what the recipe has anyway
        assert (changed != plain) == bool(advice.setting)


@pytest.mark.parametrize("advice", ADVICE.values(), ids=list(ADVICE))
def test_its_code_is_python(advice: Advice) -> None:
    assert advice.code
    ast.parse(advice.code)


def test_every_remedy_of_a_rule_is_known() -> None:
    for rule in RULES.values():
        assert rule.remedies, rule.card.name
        assert set(rule.remedies) <= set(ADVICE), rule.card.name


def test_every_failure_that_a_rule_explains_is_known() -> None:
    for rule in RULES.values():
        assert set(rule.explains) <= set(RULES) - {rule.card.name}, rule.card.name


def test_nobody_is_told_to_raise_the_rate_of_a_d_that_wins() -> None:
    """The contradiction of the tutorials: settled by measurement, 0 of 11 (FAILURES.md, section 3a)."""
    for name in ("discriminator_dominance", "vanishing_gradient", "mode_collapse"):
        assert not {"raise_d_rate", "two_rates", "more_d_steps"} & set(RULES[name].remedies)
    for advice in ADVICE.values():
        if "d_rate=4e-4" in advice.setting or "d_rate=8e-4" in advice.setting:  # a faster D only with a bound on it
            assert "penalties.r1=on" in advice.setting
