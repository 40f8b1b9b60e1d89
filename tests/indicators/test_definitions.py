"""Definitions of all cities together: one id means one thing everywhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indicators.berlin import BERLIN_INDICATORS
from indicators.computed import STATUS_CLASS, STATUS_INDEX
from indicators.definition import Indicator
from indicators.errors import DefinitionError
from indicators.leipzig import LEIPZIG_INDICATORS
from indicators.sample import SAMPLE_INDICATORS

ALL = (*BERLIN_INDICATORS, *LEIPZIG_INDICATORS, *SAMPLE_INDICATORS, STATUS_INDEX, STATUS_CLASS)


def test_an_id_has_one_definition_in_all_cities() -> None:
    """Source and caution are what a city says of its own values; the rest is the definition."""
    known: dict[str, Indicator] = {}
    for item in ALL:
        plain = replace(item, source="", caution_de="", caution_en="")
        assert known.setdefault(item.id, plain) == plain


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.id)
def test_a_definition_has_both_languages_and_its_counts(item: Indicator) -> None:
    assert item.title_de
    assert item.title_en
    assert bool(item.caution_de) == bool(item.caution_en)
    ids = {other.id for other in ALL}
    assert {item.numerator, item.denominator} - {None} <= ids


def test_contradictory_definitions_are_refused() -> None:
    words = {"title_de": "x", "title_en": "x", "unit": "%"}
    with pytest.raises(DefinitionError, match="together or not at all"):
        Indicator(id="x", kind="intensive", numerator="a", **words)
    with pytest.raises(DefinitionError, match="a share is intensive"):
        Indicator(id="x", kind="extensive", numerator="a", denominator="b", **words)
    with pytest.raises(DefinitionError, match="one label per class"):
        Indicator(id="x", kind="ordinal", labels_de=("a", "b"), labels_en=("a",), **words)
