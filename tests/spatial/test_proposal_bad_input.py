"""What a proposal refuses: every message says what is wrong, where, and what to do; nothing is repaired in silence."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial import (
    AlignmentError,
    CountsError,
    CrsError,
    GeometryError,
    ParameterError,
    outlines,
    propose,
    shared_borders,
)
from spatial.links import linked
from spatial.regions import FixedAreas, RegionLimits, on_these_areas, prove, single_cases

NEEDS = [2.0, 2.0, 0.0, 0.0, 3.0]
NAMES = ["00", "01", "02", "03", "04"]


def areas(change=None, crs=25833, gap=0.0):
    """Return five square blocks of 100 m in a row, one of them changed."""
    shapes = [shapely.box(place * (100 + gap), 0, place * (100 + gap) + 100, 100) for place in range(5)]
    for place, shape in (change or {}).items():
        shapes[place] = shape
    return gpd.GeoSeries(shapes, index=pd.Index(NAMES, name="area_id"), crs=crs)


def city(needs=NEEDS, people=100.0):
    index = pd.Index(NAMES, name="area_id")
    return pd.Series(needs, index, dtype=float), pd.Series(people, index)


def asked(limits=None, fixed=None, needs=NEEDS, people=100.0, **options):
    """Propose for the five blocks; the second block from the right lies between two that are in need."""
    need, population = city(needs, people)
    given = {"threshold": 1.0, "border_price": 0.1} | options
    return propose(
        need,
        population,
        shared_borders(areas()),
        limits=limits and RegionLimits(**limits),
        fixed=fixed,
        **given,
    )


def locked(**regions):
    """Return locked regions by name, each with its blocks."""
    places = pd.Series({block: name for name, blocks in regions.items() for block in blocks})
    return FixedAreas(locked=places, reason=pd.Series("decided until 2030", sorted(regions)))


BOWTIE = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])


@pytest.mark.parametrize(
    ("shapes", "error", "message"),
    [
        (
            areas(crs=4326),
            CrsError,
            r"metres, got EPSG:4326 .*; reproject first, for example with areas\.to_crs",
        ),
        (areas(crs=3857), CrsError, r"stretched by 1/cos\(latitude\); reproject first"),
        (areas(crs=2264), CrsError, "whose unit is US survey foot; reproject first"),
        (areas(crs=None), CrsError, "got .*; reproject first"),
        (areas({0: BOWTIE}), GeometryError, r"invalid geometry in 1 area\(s\): 00; .* make_valid\(\)"),
        (areas({1: None}), GeometryError, r"geometry missing in 1 area\(s\): 01; join the geometry"),
        (areas({1: shapely.Polygon()}), GeometryError, r"geometry empty in 1 area\(s\): 01; join"),
        (areas({1: shapely.Point(0, 0)}), GeometryError, r"not a polygon in 1 area\(s\): 01; keep only"),
        (
            areas({0: shapely.box(0, 0, 150, 100)}),
            GeometryError,
            r"overlapping geometry in 2 area\(s\): 00, 01; repair the coverage in a named step",
        ),
        (
            areas().set_axis(["00"] * 5),
            AlignmentError,
            r"more than once: .*00; give every input one row per area",
        ),
        (areas().iloc[:0], GeometryError, "pass at least one area"),
    ],
)
def test_a_map_that_cannot_be_measured_is_refused_with_its_areas(shapes, error, message):
    with pytest.raises(error, match=message):
        shared_borders(shapes)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"people": [100, np.nan, 1, 1, 1]},
            CountsError,
            "population missing.*: 01; give 0 where nobody lives",
        ),
        (
            {"people": [100, -1, 1, 1, 1]},
            CountsError,
            "population negative.*: 01; correct the counts or leave",
        ),
        ({"people": [100, np.inf, 1, 1, 1]}, CountsError, "population missing or infinite.*: 01"),
        (
            {"needs": [2, np.inf, 0, 0, 3]},
            CountsError,
            "need infinite.*: 01; give a number, or leave it missing",
        ),
        ({"threshold": np.nan}, ParameterError, "threshold is nan, expected a finite number of index points"),
        (
            {"border_price": -1.0},
            ParameterError,
            r"border_price is -1\.0, expected a finite number of at least 0",
        ),
        ({"inertia": 0.2}, ParameterError, r"expected 0, or a map in force to keep close to \(existing=…\)"),
        ({"inertia": -0.2}, ParameterError, "inertia is -0.2, expected a finite number of at least 0"),
        (
            {"existing": pd.Series(["old"], ["99"]), "inertia": 0.2},
            AlignmentError,
            "existing has .*; give every input one row per area, with the same area ids",
        ),
        (
            {"border_factor": pd.Series([0.5], pd.MultiIndex.from_tuples([("00", "03")]))},
            ParameterError,
            r"border_factor is '00 \| 03', expected pairs of areas that have a border",
        ),
    ],
)
def test_values_that_make_no_sense_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        asked(**options)


def test_a_need_that_is_missing_is_counted_and_not_taken_for_none():
    found = asked(needs=[2, np.nan, 0, 0, 3])
    assert found.unknown == 1
    assert "1 areas of unknown need" in repr(found)
    nowhere = asked(needs=[np.nan] * 5)
    assert (nowhere.unknown, nowhere.objective, len(nowhere.summary())) == (5, 0, 0)
    assert single_cases(nowhere, shared_borders(areas())).unknown == 5


def test_areas_without_neighbours_are_named_and_may_be_linked():
    apart = areas(gap=15.0)
    graph = shared_borders(apart)
    assert graph.isolates().tolist() == NAMES
    assert "5 without neighbour" in repr(graph)
    need, people = city()
    limits = RegionLimits(least_residents=200)
    with pytest.raises(
        ParameterError, match="least_residents is 200, expected at most 100: nowhere are more"
    ):
        propose(need, people, graph, threshold=1.0, border_price=0.1, limits=limits)
    across = linked(graph, apart, gap=20.0).graph
    found = propose(need, people, across, threshold=1.0, border_price=0.1, limits=limits)
    assert found.summary()["residents"].tolist() == [200, 200]


CONTRADICTIONS = {
    "both inside and outside": {"inside": {"00": "school"}, "outside": {"00": "gardens"}},
    "both locked and inside": {"locked": {"00": "G"}, "reason": {"G": "x"}, "inside": {"00": "school"}},
    "both locked and outside": {"locked": {"00": "G"}, "reason": {"G": "x"}, "outside": {"00": "gardens"}},
}


@pytest.mark.parametrize("named", CONTRADICTIONS)
def test_contradictory_locks_are_refused_with_their_areas(named):
    given = {name: pd.Series(one) for name, one in CONTRADICTIONS[named].items()}
    with pytest.raises(
        AlignmentError, match=f"areas {named}: 1 area.s.: 00; take them out of one of the two"
    ):
        FixedAreas(**given)


def test_an_area_locked_in_two_regions_is_refused():
    twice = pd.Series(["G", "H"], ["00", "00"])
    with pytest.raises(AlignmentError, match=r"locked has an area id more than once.*: 00"):
        FixedAreas(locked=twice, reason=pd.Series({"G": "x", "H": "y"}))


def test_what_is_fixed_without_a_reason_or_for_a_foreign_area_is_refused():
    with pytest.raises(
        AlignmentError, match=r"inside without a reason.*: 00; say why: whoever reads the map"
    ):
        FixedAreas(inside=pd.Series({"00": " "}))
    with pytest.raises(AlignmentError, match=r"locked without a region.*: 00; name the region of each area"):
        FixedAreas(locked=pd.Series({"00": None}))
    with pytest.raises(AlignmentError, match=r"locked areas that the city does not have.*: 99"):
        asked(fixed=locked(G=["99"]))


# What is asked, what is fixed, the limit that is named, and the least relaxation that makes it feasible.
BROKEN = [
    (
        {"most_residents": 150},
        locked(G=["00", "01"]),
        "most_residents",
        200,
        "the locked region G has so many",
    ),
    ({"least_residents": 150}, locked(G=["04"]), "least_residents", 100, "the locked region G has no more"),
    (
        {"most_share": 0.3},
        locked(G=["00", "01"]),
        "most_share",
        0.4,
        "so many residents live in locked areas",
    ),
    ({"most_regions": 1}, locked(G=["00"], H=["04"]), "most_regions", 2, r"there are 2 locked region\(s\)"),
    (
        {"most_regions": 1},
        FixedAreas(
            locked=pd.Series({"00": "G"}), reason=pd.Series({"G": "x"}), inside=pd.Series({"03": "school"})
        ),
        "most_regions",
        2,
        r"there are 1 locked region\(s\) and areas held in",
    ),
    ({"most_residents": 50}, FixedAreas(inside=pd.Series({"02": "x"})), "most_residents", 100, "02, held in"),
    (
        {"least_residents": 250},
        FixedAreas(inside=pd.Series({"00": "x"}), outside=pd.Series({"02": "x"})),
        "least_residents",
        200,
        "00, held in, is connected with no more residents",
    ),
    ({"most_share": 0.1}, None, "most_share", 0.2, "enough for one region"),
    ({"most_share": 0.3, "least_residents": 200}, None, "most_share", 0.4, "enough for one region"),
    ({"least_residents": 600}, None, "least_residents", 500, "nowhere are more residents connected"),
]


@pytest.mark.parametrize(("limits", "fixed", "name", "least", "why"), BROKEN)
def test_a_limit_that_cannot_be_kept_is_named_with_the_least_relaxation_that_does(
    limits, fixed, name, least, why
):
    with pytest.raises(ParameterError, match=f"{name} is .*, expected at (least|most) .*{why}") as caught:
        asked(limits, fixed)
    assert (caught.value.name, caught.value.value) == (name, limits[name])
    assert float(caught.value.expected.split()[2].rstrip(":,")) == least
    found = asked(limits | {name: least}, fixed)
    assert found.summary()["residents"].sum() <= (limits | {name: least}).get("most_share", 1) * 500
    assert prove(found, shared_borders(areas())).lower_bound <= found.objective
    # A little less is refused as before.
    less = {"most_residents": -1, "least_residents": 1, "most_share": -0.01, "most_regions": -1}[name]
    with pytest.raises(ParameterError, match=name):
        asked(limits | {name: least + less}, fixed)


def test_a_map_in_force_of_another_edition_is_converted_with_its_quality():
    # Drawn on blocks of 125 m: a fifth of the second block and most of the fourth lie on the other side.
    old = gpd.GeoSeries(
        [shapely.box(0, 0, 125, 100), shapely.box(375, 0, 500, 100)], index=["West", "Ost"], crs=25833
    )
    need, people = city()
    found = on_these_areas(old, areas(), people)
    assert found.region.fillna("").tolist() == ["West", "", "", "", "Ost"]
    assert found.quality["ambiguous_residents"].round(6).to_dict() == {"Ost": 25, "West": 25, "all": 50}
    assert found.quality.loc["all", "ambiguous_share"] == pytest.approx(0.25)
    assert (found.lost, found.outside) == ([], [])
    kept = propose(
        need,
        people,
        shared_borders(areas()),
        threshold=4.0,
        border_price=0.0,
        existing=found.region,
        inertia=2.5,
    )
    assert kept.region.notna().tolist() == [True, False, False, False, True]


def test_a_map_in_force_outside_the_city_is_named_or_refused():
    beside = gpd.GeoSeries(
        [shapely.box(0, 0, 100, 100), shapely.box(0, 5000, 100, 5100)], index=["West", "Nord"], crs=25833
    )
    found = on_these_areas(beside, areas(), city()[1])
    assert (found.outside, found.lost) == (["Nord"], ["Nord"])
    assert found.quality.loc["Nord", "outside_hectares"] == 1.0
    with pytest.raises(
        ParameterError, match="existing is 'Nord', expected regions of which at least one lies in"
    ):
        on_these_areas(beside.iloc[1:], areas(), city()[1])
    with pytest.raises(CrsError, match="regions in EPSG:25832 and areas in EPSG:25833"):
        on_these_areas(beside.set_crs(25832, allow_override=True), areas(), city()[1])


def test_the_outline_of_a_proposal_needs_the_same_areas():
    found = asked()
    with pytest.raises(AlignmentError, match="give every input one row per area"):
        outlines(areas().iloc[:3], found.region)
