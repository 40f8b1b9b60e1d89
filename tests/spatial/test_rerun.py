"""The same proposal again: the same costs, and the limit that decides."""

import numpy as np
import pandas as pd
import pytest

from spatial import NeighbourGraph, ParameterError, propose
from spatial.regions import FixedAreas, RegionLimits
from spatial.regions.reasons.rerun import deciding_limits, objective_behind, propose_again


def proposal(need, people, border_factor=None, **options):
    ids = pd.Index([f"{i:02d}" for i in range(len(need))])
    graph = NeighbourGraph(
        area_id=ids,
        first=np.arange(len(need) - 1),
        second=np.arange(1, len(need)),
        border=np.full(len(need) - 1, 50.0),
    )
    options = {"threshold": 1.0, "border_price": 0.2} | options
    need, people = pd.Series(need, ids, dtype=float), pd.Series(people, ids)
    return propose(need, people, graph, border_factor=border_factor, **options), graph


def test_the_proposal_comes_out_again_with_everything_it_was_made_of():
    factor = pd.Series({("02", "03"): 0.5})
    fixed = FixedAreas(locked=pd.Series({"03": "Old"}), reason=pd.Series({"Old": "until 2030"}))
    limits = RegionLimits(least_residents=80)
    found, graph = proposal([1.5, 0.9, 1.5, 2.0], 100, factor, fixed=fixed, limits=limits)
    again = propose_again(found, graph, border_factor=factor)
    assert again.region.equals(found.region)
    assert objective_behind(found, graph, border_factor=factor).held_out.tolist() == [
        False,
        False,
        False,
        True,
    ]
    with pytest.raises(ParameterError, match="border factors"):
        objective_behind(found, graph)


def test_another_inertia_changes_the_needs_and_nothing_else():
    existing = pd.Series(["W", None], ["00", "01"])
    found, graph = proposal([1.5, 0.9], 100, existing=existing, inertia=0.25)
    assert objective_behind(found, graph).strength.tolist() == pytest.approx([1.75, 0.65])
    assert objective_behind(found, graph, inertia=0.0).strength.tolist() == pytest.approx([1.5, 0.9])


def test_only_limits_that_were_set_are_asked():
    # What lies between costs 150: too much to make one region of both.
    found, graph = proposal([2, -2, 2], [300, 50, 100], limits=RegionLimits(most_regions=1), border_price=0.0)
    table = deciding_limits(found, graph)
    assert table["most_regions"].tolist() == [False, False, True]
    assert table.columns.tolist() == ["most_regions"]
    free, graph = proposal([2, 0, 2], 100)
    assert deciding_limits(free, graph).shape == (3, 0)
