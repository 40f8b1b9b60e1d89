"""Which indicators a city has: its own, and what its counts give, never the same thing twice."""

import pytest

from indicators.catalogue import catalogue, read_definitions
from indicators.definition import Indicator
from indicators.errors import DefinitionError
from indicators.leipzig import LEIPZIG_INDICATORS
from indicators.sample import SAMPLE_INDICATORS
from indicators.selection import computable

MINE = """
[[count]]
id = "dogs"
title_de = "Hunde"
title_en = "Dogs"
unit = "cases"
universe = "main_residence"

[[indicator]]
id = "dogs_per_1000"
theme = "place"
form = "rate"
title_de = "Hunde je 1.000 Einwohner"
title_en = "Dogs per 1,000 residents"
unit = "per 1,000"
factor = 1000
numerator = "dogs"
denominator = "residents"
minimum_denominator = 100
universe = "main_residence"
"""


def select(delivered, *, city=SAMPLE_INDICATORS, within=None, least=20, only=()):
    return computable(
        {one.id: one for one in city},
        delivered,
        within=catalogue() if within is None else within,
        minimum_denominator=least,
        only=only,
    )


def ids(selection):
    return [one.id for one in selection.indicators]


def test_only_what_all_counts_are_there_for_is_computed():
    assert ids(select(["unemployed"])) == []
    assert ids(select(["unemployed", "residents_15_65"])) == ["unemployed_share"]


def test_what_a_city_has_under_its_own_id_is_not_computed_a_second_time():
    both = ids(select([one.id for one in SAMPLE_INDICATORS if one.kind == "extensive"]))
    assert "unemployed_share" in both
    assert "unemp_share" not in both


def test_what_is_delivered_is_never_computed():
    assert "crime_rate" in ids(select(["offences", "residents"], city=LEIPZIG_INDICATORS))
    assert "crime_rate" not in ids(select(["offences", "residents", "crime_rate"], city=LEIPZIG_INDICATORS))


def test_an_indicator_of_ones_own_is_computed_as_those_of_the_catalogue():
    within = read_definitions(MINE, file="mine.toml", within=catalogue())
    chosen = select(["dogs", "residents"], city=(), within=within)
    assert "dogs_per_1000" in ids(chosen)
    assert "dogs" in chosen.counts


def test_a_profile_may_name_what_it_wants_and_keeps_what_the_city_declares():
    counts = [one.id for one in SAMPLE_INDICATORS if one.kind == "extensive"]
    chosen = ids(select(counts, only=["ratio_old"]))
    assert "ratio_old" in chosen
    assert "ratio_youth" not in chosen
    assert "unemployed_share" in chosen


def test_values_are_reliable_from_where_the_city_says_unless_the_definition_asks_for_less():
    by_id = {one.id: one for one in select(
        ["residents", "residents_u15", "residents_15_65", "respondents", "respondents_satisfied"],
    ).indicators}  # fmt: skip
    assert by_id["ratio_youth"].minimum_denominator == 20
    assert by_id["residents_u15_share"].minimum_denominator == 20
    assert by_id["pop_density"].minimum_denominator == 0
    # Thirty answers are enough to be reliable; whether they may be published is another question.
    answers = select(["respondents", "respondents_satisfied"], least=100).indicators
    assert [one.minimum_denominator for one in answers] == [30]


def test_sums_of_counts_come_with_what_needs_them():
    chosen = select(["moves_in", "moves_out", "residents_mean"], city=())
    assert [one.id for one in chosen.sums] == ["moves"]
    assert ids(chosen) == ["mig_balance", "mobility_vol"]
    assert chosen.counts == ("moves_in", "moves_out", "residents_mean")


def test_what_was_computed_before_does_not_stand_in_its_own_way():
    counts = ["residents", "residents_15_65", "residents_65p"]
    first = select(counts)
    again = select(counts, city=(*SAMPLE_INDICATORS, *(one for one in first.indicators)))
    assert ids(again) == ids(first)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ratio_odl", "there is no indicator 'ratio_odl'; did you mean 'ratio_old'"),
        ("income_median", "a median without a formula"),
    ],
)
def test_a_profile_that_names_something_impossible_is_refused(name, words):
    with pytest.raises(DefinitionError, match=words):
        select(["residents"], only=[name])


def test_an_index_of_a_city_is_no_matter():
    index = Indicator(id="status_index", title_de="x", title_en="x", unit="index", kind="intensive")
    assert ids(select(["residents"], city=(index,), only=["pop_density"])) == ["pop_density"]
