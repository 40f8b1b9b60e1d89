"""What is known of an indicator wherever its id turns up: in the catalogue, in a city's own file, in a city's data."""

import pytest

from indicators.catalogue import catalogue, city_catalogue, definition
from indicators.computed import STATUS_INDEX
from indicators.known import catalogue_of, definition_of, described, known_indicators
from indicators.leipzig import LEIPZIG_INDICATORS
from indicators.register import RESIDENTS
from indicators.sample import SAMPLE_INDICATORS


def test_an_indicator_of_a_city_gets_what_the_catalogue_knows_of_it_and_keeps_its_own_words():
    own = next(one for one in SAMPLE_INDICATORS if one.id == "unemployed_share")
    told = described(own)
    assert (told.form, told.universe_de) == ("share", definition("unemp_share").universe_de)
    assert (told.title_de, told.caution_de, told.id) == (own.title_de, own.caution_de, own.id)
    assert described(RESIDENTS).form == "count"
    assert described(STATUS_INDEX) == STATUS_INDEX


def test_the_catalogue_of_a_city_has_its_own_indicators_behind_the_common_ones():
    leipzig = city_catalogue("leipzig")
    assert list(leipzig)[: len(catalogue())] == list(catalogue())
    assert leipzig["theft_rate"].form == "rate"
    assert definition_of("theft_rate") is leipzig["theft_rate"]
    assert definition_of("no_such_thing") is None
    assert "theft_rate" in known_indicators()


@pytest.mark.parametrize("one", city_catalogue("leipzig").values(), ids=lambda one: one.id)
def test_a_definition_of_a_city_is_whole_and_its_counts_are_what_the_city_delivers(one):
    if one.id in catalogue():
        return
    assert one.title_de
    assert one.source_en
    theirs = {item.id: item for item in LEIPZIG_INDICATORS}
    for name in one.counts:
        assert name in theirs
    if one.form == "count":
        assert (one.unit, one.title_de) == (theirs[one.id].unit, theirs[one.id].title_de)


def test_a_definition_is_found_with_the_catalogue_that_explains_it():
    assert catalogue_of("theft_rate")["offences_theft"].title_en == "Thefts"
    assert catalogue_of("unemployed_share") is catalogue()
    assert catalogue_of("no_such_thing") is catalogue()
