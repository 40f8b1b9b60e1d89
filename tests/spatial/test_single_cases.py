"""Nobody is forgotten: every area above the threshold is in a region, in a margin or listed with its reason."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, NeighbourGraph, ParameterError, propose
from spatial.regions import FixedAreas, RegionLimits
from spatial.regions.reasons.single_cases import REASONS, case_sentence, single_cases


def chain(need, people=100, border=50.0, **options):
    ids = pd.Index([f"{i:02d}" for i in range(len(need))], name="area_id")
    graph = NeighbourGraph(
        area_id=ids,
        first=np.arange(len(need) - 1),
        second=np.arange(1, len(need)),
        border=np.full(len(need) - 1, border),
    )
    if "existing" in options:
        options["existing"] = pd.Series(options["existing"], ids)
    options = {"threshold": 1.0, "border_price": 0.0} | options
    return propose(pd.Series(need, ids, dtype=float), pd.Series(people, ids), graph, **options), graph


def reason_of(found, graph, **options):
    return single_cases(found, graph, **options).cases["reason"].to_dict()


def test_a_block_alone_among_low_ones_is_left_out_for_its_border():
    # Alone it wins 100 · 0.1 = 10 and pays two borders of 50 m · 0.2 = 20.
    found, graph = chain([0.0, 1.1, 0.0], border_price=0.2)
    cases = single_cases(found, graph)
    assert cases.cases[["reason", "together"]].to_dict("index") == {
        "01": {"reason": "border", "together": 100}
    }
    assert cases.where["residents"].to_dict() == {"region": 0, "margin": 0, "single case": 100, "all": 100}


def test_each_limit_is_the_reason_where_dropping_it_brings_the_area_in():
    # Three pieces of 300, 200 and 100 residents, each above the threshold; what lies between costs 150 and joins none.
    need, people = [2, -2, 2, -2, 2], [300, 50, 200, 50, 100]
    assert reason_of(*chain(need, people, limits=RegionLimits(least_residents=150))) == {
        "04": "least_residents"
    }
    assert reason_of(*chain(need, people, limits=RegionLimits(most_regions=2))) == {"04": "most_regions"}
    assert reason_of(*chain(need, people, limits=RegionLimits(most_share=0.75))) == {"04": "most_share"}
    assert reason_of(*chain(need, people, limits=RegionLimits(most_residents=250))) == {
        "00": "most_residents"
    }


def test_two_limits_that_both_keep_an_area_out_are_told_as_several():
    need, people = [2, -2, 2, -2, 2], [300, 50, 200, 50, 100]
    limits = RegionLimits(least_residents=150, most_regions=2)
    assert reason_of(*chain(need, people, limits=limits)) == {"04": "several_limits"}


def test_a_decision_goes_before_every_other_reason_and_brings_its_words():
    fixed = FixedAreas(outside=pd.Series({"01": "port"}))
    found, graph = chain([0, 1.1, 0], border_price=0.2, fixed=fixed)
    cases = single_cases(found, graph)
    assert cases.cases.loc["01", ["reason", "note"]].tolist() == ["forbidden", "port"]
    assert case_sentence(cases, "01", found, "de") == (
        "Das wurde vorab so festgelegt und nicht berechnet. Begründung: port."
    )


def test_an_area_that_only_the_map_in_force_keeps_out_is_told():
    found, graph = chain([1.1, 0.0], existing=[None, "W"], inertia=0.25)
    assert reason_of(found, graph) == {"00": "map_in_force"}


def test_an_area_without_residents_is_listed_all_the_same():
    found, graph = chain([1.1, 0.0], people=[0, 100])
    assert reason_of(found, graph) == {"00": "nobody_lives_here"}


def test_where_it_is_not_known_who_lives_there_nobody_says_that_nobody_does():
    found, graph = chain([1.1, 0.0, 1.1], people=[0, 100, 0])
    known = pd.Series([False, True, True], graph.area_id)
    cases = single_cases(found, graph, known_population=known)
    assert cases.cases["reason"].to_dict() == {"00": "residents_unknown", "02": "nobody_lives_here"}
    assert "nicht bekannt oder wird zurückgehalten" in case_sentence(cases, "00", found, "de")
    assert "not known or withheld" in case_sentence(cases, "00", found, "en")
    # A decision goes before it, as before every other reason.
    fixed = FixedAreas(outside=pd.Series({"00": "port"}))
    found, graph = chain([1.1, 0.0, 1.1], people=[0, 100, 0], fixed=fixed)
    assert reason_of(found, graph, known_population=known)["00"] == "forbidden"


def test_margins_and_a_higher_mark_shorten_the_list():
    found, graph = chain([1.1, 0.0, 1.3, 0.0, 1.4], border_price=10.0)
    margin = pd.Series([0.5, 0, 0, 0, 0], graph.area_id)
    cases = single_cases(found, graph, upper=1.2, membership=margin)
    assert cases.cases.index.tolist() == ["02", "04"]
    assert single_cases(found, graph, membership=margin).where["areas"].tolist() == [0, 1, 2, 3]


def test_a_limit_is_quoted_with_its_value():
    found, graph = chain([2, -2, 2], [300, 50, 100], limits=RegionLimits(least_residents=150))
    assert case_sentence(single_cases(found, graph), "02", found, "en") == (
        "Too few people live here for a priority area of its own. "
        "The rule is: at least 150 people in each priority area."
    )


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_a_whole_sentence_in_both_languages(reason):
    for said in REASONS[reason]:
        assert said[0].isupper()
        assert said.endswith(".")
        assert len(said.split()) >= 3


def test_a_mark_below_the_threshold_and_foreign_margins_are_refused():
    found, graph = chain([1.1, 0.0])
    with pytest.raises(ParameterError, match="at least the threshold of the proposal, 1"):
        single_cases(found, graph, upper=0.5)
    with pytest.raises(AlignmentError, match="membership"):
        single_cases(found, graph, membership=pd.Series({"zz": 1.0}))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.integers(-8, 12)), min_size=6, max_size=6),
    st.lists(st.integers(0, 40), min_size=6, max_size=6),
    st.integers(0, 8),
    st.integers(0, 30),
    st.permutations(range(6)),
)
def test_every_area_above_the_threshold_is_accounted_for_in_any_order(need, people, price, least, order):
    limits = RegionLimits(least_residents=least, most_share=0.9) if sum(people) > 40 * 3 else RegionLimits()
    needs = [np.nan if one is None else one / 4 for one in need]
    found, graph = chain(needs, people, border_price=price / 8, limits=limits)
    cases = single_cases(found, graph)
    parts = cases.where.loc[["region", "margin", "single case"]].sum()
    assert parts.tolist() == cases.where.loc["all"].tolist()
    above = set(found.need.index[found.need > 1.0])
    assert set(cases.cases.index) | set(found.region.dropna().index) >= above
    assert set(cases.cases["reason"]) <= set(REASONS)
    assert cases.summary()["areas"].sum() == len(cases.cases)
    ids = graph.area_id[list(order)]
    again = propose(
        found.need[ids], found.population[ids], graph, threshold=1.0, border_price=price / 8, limits=limits
    )
    assert single_cases(again, graph).cases.equals(cases.cases)
