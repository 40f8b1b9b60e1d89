"""Where to begin: a price and an inertia in units of the city's data."""

import numpy as np
import pandas as pd
import pytest

from spatial import AlignmentError, NeighbourGraph, ParameterError
from spatial.regions.scenarios.suggested import suggested_parameters

IDS = pd.Index(["a", "b", "c"])
ROW = NeighbourGraph(
    area_id=IDS, first=np.array([0, 1]), second=np.array([1, 2]), border=np.array([50.0, 150.0])
)
NEED, PEOPLE = pd.Series([1.0, np.nan, 5.0], IDS), pd.Series([100, 200, 300], IDS)


def test_price_and_inertia_follow_the_units():
    # Mean residents 200, spread of 1 and 5 is 2, mean border 100 m: 0.5 · 200 · 2 / 100 = 2, and 0.2 · 2.
    found = suggested_parameters(NEED, PEOPLE, ROW)
    assert (found.border_price, found.inertia) == pytest.approx((2, 0.4))
    finer = suggested_parameters(NEED / 10, PEOPLE, ROW)
    assert (finer.border_price, finer.inertia) == pytest.approx((0.2, 0.04))
    assert found.summary()["border"].tolist() == [100]


def test_without_residents_differences_or_borders_there_is_nothing_to_suggest():
    alone = NeighbourGraph(
        area_id=IDS, first=np.array([], int), second=np.array([], int), border=np.array([])
    )
    for need, people, graph in ((NEED, PEOPLE * 0, ROW), (NEED * 0, PEOPLE, ROW), (NEED, PEOPLE, alone)):
        with pytest.raises(ParameterError):
            suggested_parameters(need, people, graph)
    with pytest.raises(ParameterError, match="smoothness"):
        suggested_parameters(NEED, PEOPLE, ROW, smoothness=-1)
    with pytest.raises(AlignmentError):
        suggested_parameters(NEED[:2], PEOPLE, ROW)
