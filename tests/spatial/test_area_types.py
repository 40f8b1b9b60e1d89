"""Blue, red and green: several disciplines agree, and types overlap."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, NeighbourGraph, ParameterError, propose
from spatial.regions.area_types import deficit_need, typed_areas

values = st.lists(st.one_of(st.none(), st.integers(-8, 8)), min_size=4, max_size=4)


def table(rows):
    ids = [f"{i:02d}" for i in range(len(rows))]
    columns = ["social", "health", "schools", "housing"][: len(rows[0])]
    return pd.DataFrame(rows, index=ids, columns=columns, dtype=float)


def test_the_second_largest_discipline_decides_when_two_have_to_agree():
    # 0.4, 1.5, 1.1: two of three lie above every threshold below 1.1.
    found = deficit_need(table([[0.4, 1.5, 1.1], [2.0, 0.1, 0.2]]), at_least=2)
    assert found.need.tolist() == [1.1, 0.2]
    assert found.summary().to_dict("records") == [{"certain": 2, "open": 0, "unknown": 0}]


def test_a_missing_discipline_leaves_two_bounds():
    # Known 1.5 and 0.4: with the third very low two agree up to 0.4, with it very high up to 1.5.
    found = deficit_need(table([[1.5, None, 0.4], [None, None, 0.4], [1.0, 1.0, None]]), at_least=2)
    assert found.lower.tolist() == [0.4, -np.inf, 1.0]
    assert found.upper.tolist() == [1.5, np.inf, 1.0]
    assert found.need.isna().tolist() == [False, True, False]
    assert found.missing.tolist() == [1, 2, 1]


def test_potentials_may_point_downwards():
    found = deficit_need(table([[0.4, -1.5], [0.2, 3.0]]), at_least=1, direction={"health": "lower"})
    assert found.need.tolist() == [1.5, 0.2]


def test_bad_disciplines_are_refused():
    two = table([[0.4, 1.5]])
    with pytest.raises(ParameterError, match="from 1 to 2"):
        deficit_need(two, at_least=3)
    with pytest.raises(ParameterError, match="direction"):
        deficit_need(two, at_least=1, direction={"rent": "lower"})
    with pytest.raises(ParameterError, match="'higher' or 'lower'"):
        deficit_need(two, at_least=1, direction={"health": "down"})
    with pytest.raises(CountsError):
        deficit_need(table([[np.inf, 1.5]]), at_least=1)


@settings(max_examples=80, deadline=None)
@given(st.lists(values, min_size=1, max_size=6), st.integers(1, 4), st.integers(-9, 9))
def test_need_is_above_a_threshold_exactly_when_enough_disciplines_are(rows, at_least, threshold):
    disciplines = table(rows)
    found = deficit_need(disciplines, at_least=at_least)
    above = (disciplines > threshold).sum(axis=1)
    possible = above + disciplines.isna().sum(axis=1)
    assert (found.lower > threshold).tolist() == (above >= at_least).tolist()
    assert (found.upper > threshold).tolist() == (possible >= at_least).tolist()
    assert (found.lower <= found.upper).all()
    assert (
        deficit_need(disciplines.iloc[::-1], at_least=at_least).lower[found.lower.index].equals(found.lower)
    )


def proposals(**needs):
    ids = pd.Index(["a", "b", "c"])
    row = NeighbourGraph(
        area_id=ids, first=np.array([0, 1]), second=np.array([1, 2]), border=np.array([50.0, 50.0])
    )
    people = pd.Series([10, 20, 30], ids)
    return {
        name: propose(pd.Series(need, ids, dtype=float), people, row, threshold=1, border_price=0)
        for name, need in needs.items()
    }


def test_types_overlap_and_every_resident_is_counted_in_one_combination():
    found = typed_areas(proposals(blue=[2, 2, 0], red=[0, 2, 2], green=[0, 0, 0]))
    assert found.types.tolist() == ["blue", "blue+red", "red"]
    assert found.summary()["residents"].to_dict() == {"blue": 10, "blue+red": 20, "red": 30}
    pair = found.overlaps().set_index(["type", "other"]).loc[("blue", "red")]
    assert (pair["areas"], pair["residents"], pair["share"]) == (1, 20, pytest.approx(20 / 30))
    assert np.isnan(found.overlaps()["share"].iloc[-1])
    assert repr(found) == "TypedAreas(2 blue, 2 red, 0 green; 1 areas of several types)"


def test_types_of_other_areas_or_residents_and_names_with_a_plus_are_refused():
    one = proposals(blue=[2, 2, 0])["blue"]
    with pytest.raises(ParameterError, match="without"):
        typed_areas({"a+b": one})
    with pytest.raises(ParameterError, match="at least one type"):
        typed_areas({})
    ids = pd.Index(["a", "b"])
    row = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    other = propose(pd.Series(2.0, ids), pd.Series(1, ids), row, threshold=1, border_price=0)
    with pytest.raises(AlignmentError):
        typed_areas({"blue": one, "red": other})
