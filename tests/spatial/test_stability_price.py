"""The price of stability: what more and more inertia keeps, and what it costs."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import NeighbourGraph, ParameterError
from spatial.regions import FixedAreas
from spatial.regions.changes.stability_price import price_of_stability


def chain(n, border=50.0):
    ids = pd.Index([f"{i:02d}" for i in range(n)], name="area_id")
    return NeighbourGraph(
        area_id=ids, first=np.arange(n - 1), second=np.arange(1, n), border=np.full(n - 1, border)
    )


def priced(need, existing, people=100, price=0.0, **options):
    graph = chain(len(need))
    return price_of_stability(
        pd.Series(need, graph.area_id, dtype=float),
        pd.Series(people, graph.area_id),
        graph,
        pd.Series(existing, graph.area_id),
        threshold=1.0,
        border_price=price,
        **options,
    )


def test_more_inertia_keeps_more_and_loses_more():
    # Needs 1.05, 0.9 | 1.2 with the first two in force. At 0: 00 and 02 in, −5 − 20 = −25. At 0.15: 01 stays, −5 + 10
    # − 20 = −15. At 0.3: 02 stays out too, −5 + 10 = 5.
    found = priced([1.05, 0.9, 1.2], ["W", "W", None], inertias=[0.0, 0.15, 0.3])
    assert found.table["objective"].tolist() == pytest.approx([-25, -15, 5])
    assert found.table["lost"].tolist() == pytest.approx([0, 10, 30])
    assert found.table["residents_removed"].tolist() == [100, 0, 0]
    assert found.table["residents_added"].tolist() == [100, 100, 0]
    assert found.table["jaccard"].tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert found.to_frame().columns.tolist() == [0.0, 0.15, 0.3]


def test_locked_regions_are_no_part_of_what_is_lost():
    fixed = FixedAreas(locked=pd.Series({"00": "Old"}), reason=pd.Series({"Old": "until 2030"}))
    found = priced([0.0, 0.9, 0.0], ["Old", "W", None], inertias=[0.0, 0.2], fixed=fixed)
    assert found.table["lost"].tolist() == pytest.approx([0, 10])


@pytest.mark.parametrize("inertias", [[0.2, 0.1], [-0.1], [np.nan]])
def test_inertias_that_do_not_rise_from_0_are_refused(inertias):
    with pytest.raises(ParameterError, match="inertias"):
        priced([1.05, 0.9], ["W", None], inertias=inertias)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-8, 12), min_size=5, max_size=5),
    st.lists(st.integers(0, 40), min_size=5, max_size=5),
    st.lists(st.sampled_from([None, "W", "E"]), min_size=5, max_size=5),
    st.integers(0, 8),
)
def test_without_limits_change_falls_and_loss_rises(need, people, existing, price):
    found = priced([one / 4 for one in need], existing, people, price / 8).table
    changed = (found["residents_added"] + found["residents_removed"]).to_numpy()
    assert (np.diff(changed) <= 0).all()
    assert (np.diff(found["lost"]) >= -1e-9).all()
    assert found["lost"].iloc[0] == 0
