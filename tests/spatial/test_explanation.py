"""Why an area is in or out: worked rows of blocks, and every amount against separate proposals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, NeighbourGraph, ParameterError, propose
from spatial.regions import FixedAreas, RegionLimits
from spatial.regions.cuts.family import nested_family
from spatial.regions.reasons.explanation import explain_area
from spatial.regions.reasons.rerun import deciding_limits, objective_behind

quick = settings(max_examples=40, deadline=None)


def grid(rows, columns, side=50.0):
    place = np.arange(rows * columns).reshape(rows, columns)
    across = np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()])
    down = np.column_stack([place[:-1].ravel(), place[1:].ravel()])
    pairs = np.concatenate([across, down])
    index = pd.Index([f"{i:02d}" for i in range(rows * columns)], name="area_id")
    return NeighbourGraph(
        area_id=index, first=pairs[:, 0], second=pairs[:, 1], border=np.full(len(pairs), side)
    )


def row(*need, people=100):
    graph = grid(1, len(need))
    return pd.Series(need, graph.area_id, dtype=float), pd.Series(people, graph.area_id), graph


@st.composite
def proposals(draw):
    """Small cities with a map in force, in numbers that are exact in binary, and one of their areas."""
    graph = grid(*draw(st.sampled_from([(1, 5), (2, 3), (3, 3)])))
    n = len(graph.area_id)
    need = draw(st.lists(st.one_of(st.none(), st.integers(-12, 12)), min_size=n, max_size=n))
    people = draw(st.lists(st.integers(0, 40), min_size=n, max_size=n))
    existing = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    found = propose(
        pd.Series([np.nan if one is None else one / 4 for one in need], graph.area_id),
        pd.Series(people, graph.area_id),
        graph,
        threshold=draw(st.integers(-4, 4)) / 4,
        border_price=draw(st.integers(0, 8)) / 8,
        existing=pd.Series(existing, graph.area_id),
        inertia=draw(st.integers(0, 4)) / 4,
        fixed=FixedAreas(outside=pd.Series({graph.area_id[0]: "park"})),
    )
    return found, graph, graph.area_id[draw(st.integers(1, n - 1))]


def test_a_low_block_between_two_high_ones_is_in_for_its_borders():
    # Its need weighs 100 · (0.9 − 1) = −10, its two borders 2 · 50 m · 0.2 = 20. All three in cost −90; without
    # it 2 · (−50 + 10) = −80: forcing it out loses 10, and 10 / 100 residents = 0.1 points turn it round, at 0.8.
    need, people, graph = row(1.5, 0.9, 1.5)
    why = explain_area(propose(need, people, graph, threshold=1.0, border_price=0.2), graph, "01")
    assert (why.is_member, why.region_id) == (True, "1")
    assert why.summary()["support"].tolist() == pytest.approx([-10, 20, 0, 10])
    assert why.summary()["points"].tolist() == pytest.approx([-0.1, 0.2, 0, 0.1])
    assert (why.forcing_value, why.flipping_change, why.flips_at) == pytest.approx((10, -0.1, 0.8))
    assert why.critical_threshold == pytest.approx(1.1)
    assert why.to_frame().to_dict("index") == {
        "00": {"border": 50.0, "is_member": True, "support": pytest.approx(10)},
        "02": {"border": 50.0, "is_member": True, "support": pytest.approx(10)},
    }


def test_neighbours_that_would_change_with_an_area_are_counted():
    # All in: 2 · (−50) + 2 · 5 = −90. Without the second block −50 − 50 + 5 and two borders of 10: −75; without both
    # low ones −100 + 20 = −80, which is better. So forcing it out loses 10, not 15.
    need, people, graph = row(1.5, 0.95, 0.95, 1.5)
    why = explain_area(propose(need, people, graph, threshold=1.0, border_price=0.2), graph, "01")
    assert why.is_member
    assert why.forcing_value == pytest.approx(10)
    assert why.flips_at == pytest.approx(0.85)


def test_inertia_speaks_for_what_lies_in_the_map_in_force():
    need, people, graph = row(0.9, 0.2)
    existing = pd.Series(["West", None], graph.area_id)
    found = propose(need, people, graph, threshold=1.0, border_price=0.0, existing=existing, inertia=0.25)
    inside, outside = (explain_area(found, graph, area) for area in ("00", "01"))
    assert (inside.is_member, inside.in_force, inside.inertia_support) == (True, True, 25)
    assert (outside.is_member, outside.in_force, outside.inertia_support) == (False, False, -25)
    # It stays in while 0.9 + 0.25 is above the threshold; the other comes in when its need passes 1 + 0.25.
    assert (inside.critical_threshold, outside.flips_at) == pytest.approx((1.15, 1.25))


def test_a_limit_that_decides_is_named():
    need, people, graph = row(1.5, -1.0, 1.6)
    limits = RegionLimits(least_residents=150)
    found = propose(need, people, graph, threshold=1.0, border_price=0.0, limits=limits)
    why = explain_area(found, graph, "00")
    assert (why.is_member, why.is_member_without_limits, why.has_limits) == (False, True, True)
    assert why.deciding_limits == ("least_residents",)


def test_what_is_the_same_for_all_areas_can_be_given():
    need, people, graph = row(1.5, 0.0, 1.6)
    limits = RegionLimits(least_residents=150)
    found = propose(need, people, graph, threshold=1.0, border_price=0.1, limits=limits)
    critical = nested_family(objective_behind(found, graph)).critical
    table = deciding_limits(found, graph)
    for area in graph.area_id:
        alone = explain_area(found, graph, area)
        given_ = explain_area(found, graph, area, critical=critical, limits_deciding=table)
        assert given_.critical_threshold == alone.critical_threshold
        assert given_.deciding_limits == alone.deciding_limits


def test_a_decision_is_told_with_its_reason_and_has_no_price():
    need, people, graph = row(1.5, 0.0, 1.6)
    fixed = FixedAreas(
        locked=pd.Series({"00": "Old"}),
        reason=pd.Series({"Old": "until 2030"}),
        inside=pd.Series({"01": "school"}),
        outside=pd.Series({"02": "port"}),
    )
    found = propose(need, people, graph, threshold=1.0, border_price=0.1, fixed=fixed)
    told = [explain_area(found, graph, area) for area in graph.area_id]
    assert [(why.fixed, why.fixed_reason) for why in told] == [
        ("locked", "until 2030"),
        ("inside", "school"),
        ("outside", "port"),
    ]
    assert all(np.isnan([why.forcing_value, why.flips_at, why.critical_threshold]).all() for why in told)


@pytest.mark.parametrize(("need", "people"), [([2.0, np.nan, 2.0], 100), ([2.0, 5.0, 2.0], [100, 0, 100])])
def test_unknown_need_and_nobody_there_cannot_turn_an_area_round(need, people):
    need, people, graph = row(*need, people=people)
    why = explain_area(propose(need, people, graph, threshold=1.0, border_price=0.2), graph, "01")
    assert (why.is_member, why.need_support) == (True, 0)
    assert np.isnan(why.flips_at)
    assert why.forcing_value == pytest.approx(20)


def test_contributions_are_handed_through_unchanged():
    need, people, graph = row(1.5, 0.0)
    parts = pd.Series({"poverty": 1.0, "health": 0.5})
    found = propose(need, people, graph, threshold=1.0, border_price=0.1)
    why = explain_area(found, graph, "00", contributions=parts)
    assert why.contributions.equals(parts)
    assert repr(why) == "AreaReasons(00: in, need 1.5 at threshold 1, 100 residents, support 45)"


def test_another_graph_than_the_proposals_is_refused():
    need, people, graph = row(1.5, 0.0, 1.6)
    found = propose(need, people, graph, threshold=1.0, border_price=0.1)
    with pytest.raises(ParameterError, match="border factors it was made with"):
        explain_area(found, grid(1, 3, 70.0), "00")
    with pytest.raises(AlignmentError, match="the city does not have"):
        explain_area(found, graph, "99")


@quick
@given(proposals())
def test_the_price_of_forcing_is_that_of_the_best_proposal_with_the_other_answer(problem):
    found, graph, area = problem
    why = explain_area(found, graph, area)
    given_ = {"outside": pd.Series({graph.area_id[0]: "park"})}
    if why.is_member:
        given_["outside"] = pd.Series({graph.area_id[0]: "park", area: "tried"})
    else:
        given_["inside"] = pd.Series({area: "tried"})
    other = propose(
        found.need,
        found.population,
        graph,
        threshold=found.threshold,
        border_price=found.border_price,
        existing=found.existing,
        inertia=found.inertia,
        fixed=FixedAreas(**given_),
    )
    assert other.objective - found.objective == pytest.approx(why.forcing_value, abs=1e-9)
    # What speaks for it, all others as they are, has the sign of the answer, and forcing never loses more.
    assert why.support * (1 if why.is_member else -1) >= why.forcing_value - 1e-9


@quick
@given(proposals(), st.sampled_from([-0.01, 0.01]))
def test_a_need_beyond_the_flipping_one_turns_the_area_round_and_no_other_does(problem, beyond):
    found, graph, area = problem
    why = explain_area(found, graph, area)
    if np.isnan(why.flips_at):
        return
    need = found.need.copy()
    need[area] = why.flips_at + beyond
    again = propose(
        need,
        found.population,
        graph,
        threshold=found.threshold,
        border_price=found.border_price,
        existing=found.existing,
        inertia=found.inertia,
        fixed=found.fixed,
    )
    assert bool(again.region.notna()[area]) == (beyond > 0)


@quick
@given(proposals())
def test_the_critical_threshold_is_where_the_area_leaves(problem):
    found, graph, area = problem
    why = explain_area(found, graph, area)
    assert why.is_member == (why.critical_threshold > found.threshold + 1e-9) or (
        why.critical_threshold == pytest.approx(found.threshold)
    )
