"""What each opinion leaves out, and how alike two of them are: by hand, and for any regions."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.composite import status_index
from indicators.methods import shipped_method
from spatial import NeighbourGraph, ParameterError, propose, shared_borders
from spatial.errors import AlignmentError
from spatial.regions.opinions import (
    SecondOpinion,
    compare_opinions,
    getis_ord,
    local_moran,
    max_p,
    missed,
    skater,
    ward,
)

IDS = pd.Index(list("abcdef"))
NEED = pd.Series([2.0, 1.5, 0.2, 1.2, np.nan, 1.5], index=IDS)
PEOPLE = pd.Series([100, 50, 80, 40, 30, 0], index=IDS)
OURS = pd.Series(["1", "1", "1", None, None, None], index=IDS)
OTHER = pd.Series([None, "x", None, "y", "y", None], index=IDS)


def test_areas_above_the_threshold_in_no_region_are_listed_highest_first():
    assert missed(OURS, NEED, PEOPLE, threshold=1.0).to_dict("index") == {
        "f": {"need": 1.5, "population": 0},
        "d": {"need": 1.2, "population": 40},
    }
    nothing = pd.Series(None, index=IDS, dtype="string")
    assert missed(nothing, NEED, PEOPLE, threshold=1.0).index.tolist() == ["a", "b", "f", "d"]
    assert missed(OURS, NEED, PEOPLE, threshold=1.2).index.tolist() == ["f"]


def test_the_overview_counts_what_is_in_and_what_is_left_out():
    both = compare_opinions({"ours": OURS, "other": OTHER}, NEED, PEOPLE, threshold=1.0)
    # Above 1: a, b, d and f with 190 residents, of 300 in all.
    assert both.summary().to_dict("index") == {
        "ours": {
            "regions": 1,
            "areas": 3,
            "residents": 230.0,
            "share_of_residents": pytest.approx(230 / 300),
            "areas_below": 1,
            "missed_areas": 2,
            "missed_residents": 40.0,
            "missed_share": pytest.approx(40 / 190),
        },
        "other": {
            "regions": 2,
            "areas": 3,
            "residents": 120.0,
            "share_of_residents": pytest.approx(120 / 300),
            "areas_below": 1,
            "missed_areas": 2,
            "missed_residents": 100.0,
            "missed_share": pytest.approx(100 / 190),
        },
    }
    # Both: b, 50 residents; one of them: a, b, c, d and e, 300.
    assert both.jaccard.loc["ours", "other"] == both.jaccard.loc["other", "ours"] == pytest.approx(50 / 300)
    assert both.jaccard.loc["ours", "ours"] == 1.0
    assert both.to_frame()[["ours", "other"]].to_dict("index") == {
        "a": {"ours": False, "other": True},
        "f": {"ours": True, "other": True},
        "d": {"ours": True, "other": False},
    }
    assert repr(both) == (
        "OpinionComparison(ours, other; threshold 1, 3 areas above it left out by some, 1 by all)"
    )


def test_opinions_without_residents_have_no_likeness():
    nothing = pd.Series(None, index=IDS, dtype="string")
    only_f = pd.Series([None] * 5 + ["1"], index=IDS)
    both = compare_opinions({"nothing": nothing, "park": only_f}, NEED, PEOPLE, threshold=9.0)
    assert np.isnan(both.jaccard.loc["nothing", "park"])
    assert both.summary()["missed_share"].isna().all()


def test_a_map_of_truth_values_is_an_opinion():
    inside = pd.Series([True, True, True, False, False, False], index=IDS)
    both = compare_opinions({"ours": OURS, "map": inside}, NEED, PEOPLE, threshold=1.0)
    assert both.jaccard.loc["ours", "map"] == 1.0


@given(
    st.lists(
        st.tuples(st.booleans(), st.booleans(), st.integers(0, 9), st.integers(-2, 4)), min_size=1, max_size=9
    )
)
@settings(deadline=None, max_examples=50)
def test_what_is_left_out_and_what_is_in_add_up(areas):
    one, other, people, need = (pd.Series(column) for column in zip(*areas, strict=True))
    both = compare_opinions({"one": one, "other": other}, need.astype(float), people, threshold=0.0)
    for name, region in (("one", one), ("other", other)):
        row = both.summary().loc[name]
        above = need > 0
        assert row["missed_areas"] == len(missed(region, need, people, threshold=0.0))
        assert row["missed_areas"] + (region & above).sum() == above.sum()
        assert row["missed_residents"] + people[region & above].sum() == people[above].sum()
    shuffled = np.random.default_rng(0).permutation(len(one))
    again = compare_opinions(
        {"one": one.iloc[shuffled], "other": other}, need.iloc[shuffled].astype(float), people, threshold=0.0
    )
    pd.testing.assert_frame_equal(again.jaccard, both.jaccard)


def test_our_proposal_lies_beside_every_second_opinion():
    place = np.arange(64).reshape(8, 8)
    pairs = np.concatenate(
        [
            np.column_stack([a.ravel(), b.ravel()])
            for a, b in ((place[:, :-1], place[:, 1:]), (place[:-1], place[1:]))
        ]
    )
    graph = NeighbourGraph(
        area_id=pd.Index([f"{number:02d}" for number in range(64)]),
        first=pairs[:, 0],
        second=pairs[:, 1],
        border=np.full(len(pairs), 50.0),
    )
    values = np.random.default_rng(1).normal(0, 0.2, (8, 8))
    values[:3, :3] += 2.0
    values[6, 6] = 2.0
    need, people = pd.Series(values.ravel(), index=graph.area_id), pd.Series(100, index=graph.area_id)
    opinions = [
        propose(need, people, graph, threshold=1.0, border_price=0.1),
        local_moran(need, people, graph, inference="analytic"),
        getis_ord(need, people, graph, inference="analytic"),
        skater(need, people, graph, threshold=1.0, regions=3),
        ward(need, people, graph, threshold=1.0, regions=3),
        max_p(need, people, graph, threshold=1.0, least_residents=800),
    ]
    for one in opinions[1:]:
        assert isinstance(one, SecondOpinion)
        assert one.region.index.equals(need.index)
        assert one.region.name == "region_id"
        assert list(one.summary().columns) == ["areas", "residents", "mean_need"]
        assert one.summary()["areas"].sum() == one.region.notna().sum()
        assert one.to_frame().index.equals(need.index)
    compared = compare_opinions(opinions, need, people, threshold=1.0)
    assert list(compared.overview.index)[1:] == ["local Moran", "Gi*", "SKATER", "Ward", "max-p"]
    assert (compared.jaccard.to_numpy() > 0.3).all()
    # The single high area is what methods that look for clusters leave out.
    assert compared.missed.loc["54", "local Moran"]


def test_what_cannot_be_compared_is_refused():
    two = {"ours": OURS, "other": OTHER}
    with pytest.raises(ParameterError, match="at least one"):
        compare_opinions({}, NEED, PEOPLE, threshold=1.0)
    with pytest.raises(ParameterError, match="threshold"):
        compare_opinions(two, NEED, PEOPLE, threshold=float("nan"))
    with pytest.raises(ParameterError, match="names other than"):
        compare_opinions({"need": OURS}, NEED, PEOPLE, threshold=1.0)
    with pytest.raises(ParameterError, match="a result with regions"):
        missed("ours", NEED, PEOPLE, threshold=1.0)
    with pytest.raises(AlignmentError):
        missed(OURS.drop("a"), NEED, PEOPLE, threshold=1.0)
    with pytest.raises(AlignmentError):
        compare_opinions(two, NEED, PEOPLE.drop("a"), threshold=1.0)


def test_two_results_of_one_method_need_names():
    row = NeighbourGraph(area_id=IDS, first=np.arange(5), second=np.arange(1, 6), border=np.full(5, 50.0))
    few, many = (ward(NEED, PEOPLE, row, threshold=1.0, regions=number) for number in (2, 3))
    with pytest.raises(ParameterError, match="two have one method"):
        compare_opinions([few, many], NEED, PEOPLE, threshold=1.0)
    assert len(compare_opinions({"two": few, "three": many}, NEED, PEOPLE, threshold=1.0).overview) == 2


def berlin_2019(folder):
    """Status index, high is need, residents and neighbours of the 447 planning areas of the tables."""
    method = shipped_method("berlin-mss-2019")
    file = "mss_2019/berlin-monitoring-social-urban-development-2019-00-2-1-planning-areas.csv"
    shares = pd.read_csv(folder / file, dtype={"id": str}).set_index("id")
    columns = shares.columns[[1, 3, 4]]
    values = shares[columns].set_axis(list(method.indicators), axis=1)
    values["mss_residents"] = shares["inhabitants"]
    values.loc[~shares[columns].ne(0).any(axis=1), list(method.indicators)] = np.nan
    statuses = values.notna().replace({True: "measured", False: "suppressed"})
    need = status_index(values, statuses, method).index
    shapes = gpd.read_file(folder / "lor_pre2021.gpkg", layer="planungsraeume")
    # One key is there twice, as published: SOURCE.md tells which one it should be.
    doubled = shapes["LOR_ID"].eq("06010102") & shapes["BEZIRKSNAM"].str.startswith("Charlottenburg")
    shapes = shapes.set_index(shapes["LOR_ID"].mask(doubled, "04030417"))
    graph = shared_borders(shapes.loc[shapes.index.isin(need.index), "geometry"], corners=True)
    return need, shares["inhabitants"], graph


def test_berlin_names_the_single_case_that_all_leave_out(berlin_folder):
    need, people, graph = berlin_2019(berlin_folder)
    tests = {"contiguity": "queen", "replicates": 1999}
    divided = {"threshold": 1.5, "regions": 60, "least_residents": 10_000}
    opinions = [
        local_moran(need, people, graph, **tests),
        getis_ord(need, people, graph, **tests),
        skater(need, people, graph, **divided),
        ward(need, people, graph, **divided),
        max_p(need, people, graph, threshold=1.5, least_residents=20_000),
    ]
    compared = compare_opinions(opinions, need, people, threshold=1.5)
    by_all = compared.missed[[one.method for one in opinions]].all(axis=1)
    assert "05010206" in by_all.index[by_all]
    assert (need > 1.5).sum() == 39
    # Both tests for clusters ask the same question, both divisions by likeness another one.
    likeness = compared.jaccard
    assert likeness.loc["local Moran", "Gi*"] > 0.9
    assert likeness.loc["SKATER", "Ward"] > 0.7
    assert likeness.loc["local Moran", ["SKATER", "Ward", "max-p"]].max() < 0.4
    assert all((need.isna() & one.figures["statistic"].notna()).sum() == 0 for one in opinions[:2])
    assert opinions[0].undefined.value_counts().to_dict() == {"need missing": 11}
    assert all(one.figures["part"].notna().all() for one in opinions[2:])
