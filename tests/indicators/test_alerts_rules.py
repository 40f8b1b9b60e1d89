"""Rules as files: what may stand there, and what is said about what may not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.alerts import Rule, RuleFileError, read_rule, rule, rule_names, rule_text, shipped_rules
from indicators.alerts.subjects import fitted
from indicators.definition import Indicator
from indicators.errors import DefinitionError
from indicators.known import known_indicators

TEXT = """\
id = "mine"
title_de = "Meine"
title_en = "Mine"
kind = "change"
indicators = ["unemployed_per_resident"]
direction = "rising"
"""


def made(**changed: Any) -> Rule:
    facts = {"id": "r", "title_de": "R", "title_en": "R", "kind": "change", "indicators": ("x",)}
    return Rule(**{**facts, **changed})


def problem(text: str, **options: Any) -> RuleFileError:
    with pytest.raises(RuleFileError) as caught:
        read_rule(text, file="mine.toml", **options)
    return caught.value


@pytest.mark.parametrize(
    ("indicators", "model"),
    [
        (("share_u18",), "share"),
        (("birth_rate_gfr",), "rate"),
        (("ratio_youth",), "series"),  # children per 100 of working age: neither is a part of the other
        (("pop_density",), "series"),
        (("share_u18", "birth_rate_gfr"), "series"),
        (("status_index",), "share"),  # nobody says; without published counts its series is used anyway
        (("x",), "share"),
    ],
)
def test_a_rule_without_a_model_takes_it_from_the_definition_of_what_it_watches(indicators, model):
    kind = "theme_sum" if len(indicators) > 1 else "change"
    assert fitted(made(kind=kind, indicators=indicators)).model == model


@pytest.mark.parametrize(
    ("indicator", "model", "hint"),
    [
        ("ratio_youth", "share", 'leave model out, or use model = "series"'),
        ("ratio_youth", "rate", 'leave model out, or use model = "series"'),
        ("share_u18", "rate", "leave model out"),
        ("birth_rate_gfr", "share", "leave model out"),
    ],
)
def test_a_model_that_the_indicator_does_not_have_is_refused(indicator, model, hint):
    with pytest.raises(
        DefinitionError,
        match=f"model is '{model}', but '{indicator}' is no {model} by its definition; {hint}",
    ):
        fitted(made(indicators=(indicator,), model=model))
    assert fitted(made(indicators=(indicator,), model="series")).model == "series"


def test_what_a_city_says_of_an_indicator_decides_before_the_catalogue():
    facts = {"title_de": "X", "title_en": "X", "unit": "", "kind": "intensive", "form": "quotient"}
    own = Indicator(id="x", numerator="a", denominator="b", **facts)
    assert fitted(made(), {"x": own}).model == "series"


def test_the_shipped_rules_fit_what_they_watch():
    for one in shipped_rules().values():
        assert fitted(one).model == ("series" if one.id == "status-class" else "share")


def test_there_is_a_shipped_rule_of_every_kind():
    kinds = {one.kind for one in shipped_rules().values()}
    assert kinds == {
        "level",
        "change",
        "change_against_city",
        "trend_break",
        "class_change",
        "rank_jump",
        "theme_sum",
    }


@pytest.mark.parametrize("name", rule_names())
def test_a_shipped_rule_names_known_indicators_and_has_the_id_of_its_file(name):
    known = known_indicators() | {"status_index"}
    assert read_rule(rule_text(name), file=f"{name}.toml", known=known).id == name


@pytest.mark.parametrize("name", rule_names())
def test_a_rule_survives_being_stored(name):
    assert Rule.from_json(rule(name).to_json()) == rule(name)


def test_a_stored_rule_with_an_unknown_key_is_refused():
    with pytest.raises(DefinitionError, match="did you mean 'threshold'"):
        Rule.from_json({**made().to_json(), "treshold": 1.0})


def test_a_users_own_file_is_read_like_a_shipped_one():
    own = read_rule(TEXT, file="mine.toml", known=known_indicators())
    assert (own.kind, own.limit, own.periods, own.false_discovery_rate) == ("change", 0.0, 1, 0.05)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('"change"', '"chnge"', 4, "did you mean 'change'?"),
        ("direction", "diretcion", 6, "did you mean 'direction'?"),
        ('"rising"', '"up"', 6, "known: both, falling, rising"),
        ('["unemployed_per_resident"]', '["unemployed_per_residents"]', 5, "'unemployed_per_resident'?"),
        ('["unemployed_per_resident"]', '"unemployed_per_resident"', 5, "give a list of texts"),
        ('["unemployed_per_resident"]', "[]", 5, "indicators is empty"),
        ('id = "mine"', 'id = "My rule"', 1, "small letters"),
        ('id = "mine"', 'id = ""', 1, "give a text"),
        ('title_de = "Meine"\n', "", 1, "title_de is missing; add it"),
        ('direction = "rising"', "threshold = nan", 6, "give a number"),
        ('direction = "rising"', "threshold = true", 6, "give a number"),
        ('direction = "rising"', "threshold = -1", 6, "give a size, and the way in direction"),
        ('direction = "rising"', "periods = 1.5", 6, "give a whole number"),
        ('direction = "rising"', "periods = 0", 6, "at least 1"),
        ('direction = "rising"', "false_discovery_rate = 5", 6, "between 0 and 1"),
        ('direction = "rising"', "minimum_denominator = -3", 6, "at least 0"),
        ('direction = "rising"', "level = 1.0", 6, "such as 0.95"),
        ('direction = "rising"', "cuts = [1.0]", 6, "cuts are for class_change"),
        ('direction = "rising"', "weights = [1.0]", 6, "weights are for theme_sum"),
        ('"change"', '"level"', 4, ""),
        ('"change"', '"class_change"', 1, "needs the limits of its classes"),
        ('"change"', '"theme_sum"', 5, "at least two indicators"),
        ('"change"', '"trend_break"', 1, "needs at least 5"),
        ('direction = "rising"', 'direction = "rising', 6, "not valid TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_line(old, new, line, says):
    error = problem(TEXT.replace(old, new), known=known_indicators())
    assert says in str(error)
    if says:
        assert error.line == line


def test_a_level_without_a_threshold_is_refused():
    error = problem(TEXT.replace('"change"', '"level"'))
    assert "threshold is missing; a level is above or below something" in str(error)


def test_everything_that_is_wrong_is_found_at_once():
    error = problem(TEXT.replace('"change"', '"chnge"').replace('"rising"', '"rsing"'))
    assert [(one.line, one.nearest) for one in error.problems] == [(4, "change"), (6, "rising")]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"kind": "level", "threshold": 3.0, "direction": "both"}, "not both"),
        ({"kind": "class_change", "cuts": (2.0, 1.0)}, "rising order"),
        ({"kind": "theme_sum", "indicators": ("x", "x")}, "twice"),
        ({"kind": "theme_sum", "indicators": ("x", "y"), "weights": (1.0,)}, "1 weights for 2 indicators"),
        ({"kind": "theme_sum", "indicators": ("x", "y"), "weights": (1.0, 0.0)}, "not 0"),
        ({"indicators": ("x", "y")}, "exactly one indicator"),
        ({"correction": "bonferroni"}, "known: benjamini_hochberg, benjamini_yekutieli"),
        ({"model": "shares"}, "did you mean 'share'?"),
        ({"threshold": float("inf")}, "finite number"),
    ],
)
def test_a_rule_that_contradicts_itself_is_refused(changed, says):
    with pytest.raises(DefinitionError, match=says.replace("?", r"\?")):
        made(**changed)


def test_an_unknown_shipped_rule_is_answered_with_the_nearest():
    with pytest.raises(DefinitionError, match="did you mean 'unemployment-rises'"):
        rule("unemployment-rise")


@given(st.text(max_size=200))
def test_any_text_is_a_rule_or_an_error_with_a_line(text):
    lines = [1]
    try:
        read_rule(text, file="any.toml")
    except RuleFileError as error:
        lines = [one.line for one in error.problems]
    assert min(lines) >= 1
