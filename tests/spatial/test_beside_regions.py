"""Which margin belongs to which regions: membership and a proposal with limits brought together."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.errors import AlignmentError
from spatial.neighbours import NeighbourGraph
from spatial.regions import RegionLimits, SoftAreas, margins_of, propose, single_cases, soft_membership

IDS = pd.Index(list("abcdefgh"))


def row(ids: pd.Index = IDS) -> NeighbourGraph:
    """Return areas in a row, each with 50 m to the next."""
    place = np.arange(len(ids) - 1)
    return NeighbourGraph(area_id=ids, first=place, second=place + 1, border=np.full(len(place), 50.0))


def graded(need: list[float], ids: pd.Index = IDS) -> SoftAreas:
    return soft_membership(
        pd.Series(need, ids),
        pd.Series(100, ids),
        row(ids),
        lower_threshold=0.5,
        upper_threshold=1.0,
        border_price=0.0,
    )


def test_what_fits_but_hangs_together_with_no_region_is_in_no_margin() -> None:
    # Without a border price membership is (need − 0.5) / 0.5: 1, 1, 0.5, 0, 1, 0.5, 0, 1.
    soft = graded([2.0, 2.0, 0.75, 0.0, 2.0, 0.75, 0.0, 1.5])
    found = margins_of(soft, pd.Series(["1", "1", *[None] * 6], IDS), row())
    assert found.zone_class.tolist() == ["core", "core", "margin", *["rest"] * 5]
    assert found.membership.tolist() == [1.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert found.core.tolist()[:2] == ["1", "1"]


def test_an_area_taken_in_against_its_need_is_margin_and_not_core() -> None:
    # The second area has no need, but lies in the region, as growing to enough residents may have it.
    soft = graded([2.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    found = margins_of(soft, pd.Series(["1", "1", "1", *[None] * 5], IDS), row())
    assert found.zone_class.tolist() == ["core", "margin", "core", *["rest"] * 5]
    assert 0.1 < found.membership["b"] < 0.1 + 1e-6


def test_an_area_that_fits_beside_a_region_that_is_full_is_margin() -> None:
    soft = graded([2.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    found = margins_of(soft, pd.Series(["1", *[None] * 7], IDS), row())
    assert found.zone_class.tolist()[:2] == ["core", "margin"]
    assert 0.9 - 1e-6 < found.membership["b"] < 0.9


def test_certainty_is_that_of_the_class_the_area_is_in() -> None:
    need = pd.Series([2.0, 2.0, 0.75, 0.0, 2.0, 0.0, 0.0, 0.0], IDS)
    draws = pd.DataFrame(np.tile(need, (4, 1)), columns=IDS)
    draws.loc[0, "c"] = 0.0  # one of four runs has it outside
    soft = soft_membership(
        need,
        pd.Series(100, IDS),
        row(),
        lower_threshold=0.5,
        upper_threshold=1.0,
        border_price=0.0,
        resamples=draws,
    )
    found = margins_of(soft, pd.Series(["1", "1", *[None] * 6], IDS), row())
    assert found.certainty[["a", "c", "d"]].tolist() == [1.0, 0.75, 1.0]
    assert np.isnan(found.certainty["e"])  # it fits in all runs, and no region lies beside it


def test_regions_of_other_areas_are_refused() -> None:
    with pytest.raises(AlignmentError):
        margins_of(graded([0.0] * 8), pd.Series(["1"], ["z"]), row())


@settings(deadline=None)
@given(
    st.lists(st.floats(-1, 3), min_size=8, max_size=8),
    st.integers(1, 4),
)
def test_every_area_above_the_threshold_is_in_a_region_a_margin_or_a_single_case(
    need: list[float], most: int
) -> None:
    people = pd.Series([100, 200, 50, 0, 300, 10, 80, 120], IDS)
    found = propose(
        pd.Series(need, IDS),
        people,
        row(),
        threshold=1.0,
        border_price=0.2,
        limits=RegionLimits(most_regions=most, least_residents=100),
    )
    soft = margins_of(graded(need), found.region, row())
    cases = single_cases(found, row(), membership=soft.membership)
    placed = found.region.notna() | (soft.zone_class == "margin")
    above = pd.Series(need, IDS) > 1.0
    assert set(IDS[above & ~placed]) <= set(cases.cases.index)
    assert not set(cases.cases.index) & set(IDS[placed])
    assert soft.membership.between(0, 1).all()


@settings(deadline=None)
@given(st.permutations(list("abcdefgh")))
def test_the_order_of_the_rows_is_irrelevant(order: list[str]) -> None:
    soft = graded([2.0, 2.0, 0.75, 0.0, 2.0, 0.75, 0.0, 1.5])
    region = pd.Series(["1", "1", *[None] * 6], IDS)
    plain = margins_of(soft, region, row()).to_frame()
    place = {one: at for at, one in enumerate(order)}
    pairs = [sorted((place[one], place[other])) for one, other in itertools.pairwise(IDS)]
    turned = NeighbourGraph(
        area_id=pd.Index(order),
        first=np.array([pair[0] for pair in pairs]),
        second=np.array([pair[1] for pair in pairs]),
        border=np.full(7, 50.0),
    )
    again = margins_of(soft, region[order], turned).to_frame()
    pd.testing.assert_frame_equal(plain, again)
