"""How far an area is from the cuts of its classes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.composite import dynamics_index, status_index
from indicators.errors import DefinitionError
from indicators.explanation import class_distances
from indicators.methods import shipped_method
from indicators.methods.steps import Rank


def test_distances_to_the_cuts_by_hand(cuts, index, method, table):
    values, states = table(a=[3, 12, 25, np.nan, 10])
    found = class_distances(status_index(values, states, method(index("i", "a"), classes=cuts(10, 20)))).table
    assert found["class"].tolist() == [1, 2, 3, pd.NA, 1]
    assert found["to_more_need"].fillna(-1).tolist() == [7, 8, -1, -1, 0]  # on the cut: still the lower class
    assert found["to_less_need"].fillna(1).tolist() == [1, -2, -5, 1, 1]
    assert found["class_more_need"].tolist() == [2, 3, pd.NA, pd.NA, 2]
    assert found["nearest"].fillna(-1).tolist() == [7, 2, 5, -1, 0]


def test_distances_know_at_which_end_class_1_is_and_what_is_turned(cuts, index, method, table):
    values, states = table(a=[3, 12, 25])
    rules = cuts(10, 20, class_1="most_need")
    found = class_distances(status_index(values, states, method(index("i", "a"), classes=rules))).table
    assert found["class"].tolist() == [3, 2, 1]
    assert found.loc["01", ["class_more_need", "class_less_need"]].tolist() == [1, 3]
    assert found.loc["01", ["to_more_need", "to_less_need"]].tolist() == [8, -2]
    # Ranks with 1 for the most need: 3, 2, 1; a lower index is more need.
    ranked = method(index("i", "a", then=(Rank(),)), classes=cuts(1, 2))
    found = class_distances(status_index(values, states, ranked)).table
    assert found["index"].tolist() == [3, 2, 1]
    assert found.loc["01", ["to_more_need", "to_less_need"]].tolist() == [-1, 0]


def test_distances_to_groups_by_rank_by_hand(groups, index, method, table):
    # Halves of 1, 4, 6, 10: the first two are class 1. From 4 one must pass 6; from 6 one must come down to 4.
    values, states = table(a=[1, 4, 6, 10])
    found = class_distances(status_index(values, states, method(index("i", "a"), classes=groups(2)))).table
    assert found["class"].tolist() == [1, 1, 2, 2]
    assert found["to_more_need"].fillna(-1).tolist() == [5, 2, -1, -1]
    assert found["to_less_need"].fillna(1).tolist() == [1, 1, -2, -6]
    rules = groups(2, class_1="most_need")
    turned = class_distances(status_index(values, states, method(index("i", "a"), classes=rules))).table
    assert turned["to_more_need"].fillna(-1).tolist() == [5, 2, -1, -1]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 12), min_size=3, max_size=14),
    st.integers(2, 5),
    st.sampled_from(["least_need", "most_need"]),
)
def test_beyond_the_limit_of_a_group_an_area_is_in_another_class_and_on_this_side_it_is_not(
    groups, index, method, table, numbers, count, end
):
    values, states = table(a=numbers)
    one = method(index("i", "a"), classes=groups(count, class_1=end))
    before = status_index(values, states, one)
    found = class_distances(before).table
    for side, way in (("more_need", 1), ("less_need", -1)):
        for area, limit in found[f"limit_{side}"].dropna().items():
            for move, is_beyond in ((way * 0.25, True), (-way * 0.25, False)):
                tried = values.copy()
                tried.loc[area, "a"] = limit + move
                now = status_index(tried, states, one).classes[area]
                if is_beyond:
                    rises = 1 if end == "least_need" else -1
                    assert (now - before.classes[area]) * way * rises > 0
                elif (limit + move - values.loc[area, "a"]) * way > 0:
                    assert now == before.classes[area]


def test_distances_need_classes_and_work_for_dynamics(index, method, table):
    values, states = table(a=[3, 12, 25])
    with pytest.raises(DefinitionError, match="no classes"):
        class_distances(status_index(values, states, method(index("i", "a"))))
    berlin = shipped_method("berlin-mss-2019")
    names = [*berlin.columns, *berlin.dynamics_columns]
    values = pd.DataFrame({name: [1.0, 2.0, 6.0, 4.0] for name in names})
    values["mss_residents"] = 300
    states = values.notna().replace(True, "measured")
    found = class_distances(dynamics_index(values, states, berlin))
    assert found.table["limit_more_need"].dropna().isin([-1, 1]).all()
