"""Equations of a manifest are arithmetic and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.datasets.findings import DatasetError
from etl.datasets.plausibility.identities import read_identity


def test_a_rule_names_its_indicators_in_their_order() -> None:
    rule = read_identity("rate = 100 * (a - b) / -c")
    assert (rule.sign, rule.names) == ("=", ("rate", "a", "b", "c"))


@pytest.mark.parametrize(
    "rule",
    [
        "residents",
        "a == b",
        "a < b",
        "a = b = c",
        "a = ",
        "1 = 1",
        "a = b ** 9",
        "a = b // 2",
        "a = __import__('os').system('x')",
        "a = b.c",
        "a = b[0]",
        "a = 'text'",
        "a = True",
        "a = (lambda: 1)()",
        "a = " + "(" * 300 + "b" + ")" * 300,
    ],
)
def test_everything_else_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match=r"rule|read|more than|indicator"):
        read_identity(rule)


@given(st.text(max_size=60))
def test_no_text_does_anything_but_be_read_or_refused(text: str) -> None:
    try:
        rule = read_identity(text)
    except ValueError:
        return
    assert rule.names


def test_a_rule_of_an_unknown_indicator_is_told_with_its_line(dataset) -> None:
    dataset.add('[[checks.identity]]\nrule = "residents = germans + non_german"\n')
    with pytest.raises(DatasetError) as caught:
        dataset.source()
    (one,) = caught.value.findings
    assert one.what == "'germans' is not among the indicators of this manifest"
    assert one.place.startswith("line ")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[checks]\ntolerance = -1\n", "tolerance is -1"),
        ("[checks]\njump = 0\n", "jump is 0"),
        ("[checks]\nleast_share = 90\n", "least_share is 90"),
        ('[checks]\nsums = "yes"\n', "checks sums is 'yes'"),
        ('[[checks.indicator]]\nid = "nobody"\n', "'nobody' is not among"),
        ('[[checks.indicator]]\nid = "rate"\n[[checks.indicator]]\nid = "rate"\n', "'rate' is there twice"),
        ('[[checks.identity]]\nrule = "residents"\n', "is no rule"),
    ],
)
def test_checks_that_make_no_sense_are_told(dataset, text: str, what: str) -> None:
    dataset.add(text)
    with pytest.raises(DatasetError) as caught:
        dataset.source()
    assert what in caught.value.findings[0].what


def test_slivers_are_no_wider_than_what_is_refused_anyway(dataset) -> None:
    dataset.manifest('name = "name"', 'name = "name"\ncoverage = { sliver_width = 5 }')
    with pytest.raises(DatasetError, match=r"wider overlaps than 0\.5 m are refused"):
        dataset.source()
