"""What cannot be counts, places or numbers of a city is refused with the areas, or measured right: never a wrong number."""

from __future__ import annotations

import warnings
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial import CountsError, GeometryError, ParameterError, SpatialError, shared_borders
from spatial.segregation import (
    Composition,
    Places,
    bias_corrected_dissimilarity,
    compute,
    delta,
    dissimilarity,
    expected_dissimilarity,
    gini,
    multigroup_dissimilarity,
    multigroup_information_theory,
    relative_centralisation,
    segregation_series,
    spatial_information_theory,
    spatial_proximity,
)
from spatial.segregation.register import MEASURES

AREAS = ["00", "01", "02", "03"]
COUNTS = pd.DataFrame({"young": [1.0, 2, 3, 4], "old": [4.0, 3, 2, 2]}, index=AREAS)
BLOCKS = [shapely.box(100 * place, 0, 100 * (place + 1), 100) for place in range(4)]
POINTS = [shapely.Point(100 * place, 0) for place in range(4)]


def places(*shapes: Any) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes), index=AREAS, crs=25833)


def ring(x: float, y: float) -> shapely.Polygon:
    """A polygon with a corner of these coordinates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return shapely.Polygon([(200, 0), (x, y), (300, 100), (200, 100)])


NO_PLACES = {
    "an empty point": (places(*POINTS[:2], shapely.Point(), POINTS[3]), "geometry empty in 1 area.*02"),
    "no point": (places(*POINTS[:2], None, POINTS[3]), "geometry missing in 1 area.*02"),
    "an empty point among polygons": (places(*BLOCKS[:2], shapely.Point(), BLOCKS[3]), "empty in 1 area.*02"),
    "no polygon": (places(*BLOCKS[:2], None, BLOCKS[3]), "geometry missing in 1 area.*02"),
    "all points empty": (places(*[shapely.Point()] * 4), "geometry empty in 4 area"),
    "nothing at all": (places(None, None, None, None), "geometry missing in 4 area"),
    "a point without number": (
        places(*POINTS[:2], shapely.Point(float("nan"), 0), POINTS[3]),
        "x missing or infinite in 1 area.*02",
    ),
    "a ring without number": (places(*BLOCKS[:2], ring(300, float("nan")), BLOCKS[3]), "invalid.*02"),
    "an infinite ring": (places(*BLOCKS[:2], ring(float("inf"), 0), BLOCKS[3]), "invalid.*02"),
    "a point beyond the Earth": (places(*POINTS[:3], shapely.Point(1e200, 0)), "further than 1e.15 m.*03"),
    "a block beyond the Earth": (
        places(*BLOCKS[:3], shapely.box(1e200, 0, 2e200, 1e200)),
        "further than 1e.15 m.*03",
    ),
}


@pytest.mark.parametrize(("geometry", "reason"), NO_PLACES.values(), ids=NO_PLACES)
@pytest.mark.parametrize("name", ["relative_centralisation", "mean_proximity", "spatial_information_theory"])
def test_a_place_that_is_none_is_named(geometry: gpd.GeoSeries, reason: str, name: str) -> None:
    options = {"bandwidth": 100.0} if name.startswith("spatial") else {}
    options |= {"diagonal": "zero"} if name == "mean_proximity" else {}
    with pytest.raises(GeometryError, match=reason):
        compute(name, COUNTS, geometry=geometry, **options)


def test_an_empty_centre_is_no_centre() -> None:
    centre = gpd.GeoSeries([shapely.Point(0, 0), shapely.Point()], crs=25833)
    with pytest.raises(ParameterError, match="centre"):
        relative_centralisation(COUNTS["young"], COUNTS.sum(axis=1), geometry=places(*BLOCKS), centre=centre)


@pytest.mark.parametrize("geometry", [BLOCKS, pd.DataFrame({"geometry": BLOCKS}, index=AREAS), "blocks"])
def test_what_is_no_geometry_is_refused(geometry: Any) -> None:
    group, total = COUNTS["young"], COUNTS.sum(axis=1)
    for ask in (
        lambda: delta(group, total, geometry=geometry),
        lambda: spatial_proximity(group, total, geometry=geometry),
        lambda: spatial_information_theory(COUNTS, geometry=geometry, bandwidth=100),
        lambda: compute("delta", COUNTS, geometry=geometry),
        lambda: compute("dissimilarity", COUNTS, geometry=geometry),
        lambda: shared_borders(geometry),
    ):
        with pytest.raises(ParameterError, match="GeoSeries, or a GeoDataFrame"):
            ask()


@pytest.mark.parametrize("wrong", [{"geometry": BLOCKS}, {"graph": "borders"}], ids=["geometry", "graph"])
def test_what_is_no_map_is_refused_also_where_areas_are_left_out(wrong: dict[str, Any]) -> None:
    gaps = COUNTS.assign(young=[1.0, np.nan, 3, 4])
    with pytest.raises(ParameterError, match=r"GeoSeries|NeighbourGraph"):
        compute("adjacency_dissimilarity", gaps, missing="leave_out", **wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"x": [0.0, 1.0]}, {"y": np.array(["0", "1"])}, {"size": 1.0}, {"area_id": ["00", "01"]}],
    ids=str,
)
def test_places_are_arrays_of_numbers(wrong: dict[str, Any]) -> None:
    right = {"area_id": pd.Index(["00", "01"]), "x": np.zeros(2), "y": np.zeros(2)}
    with pytest.raises(ParameterError, match=r"an array of numbers|an Index"):
        Places(**{**right, **wrong})


@pytest.mark.parametrize(
    "wrong", [lambda z: "near", lambda z: None, lambda z: z[:1], lambda z: -z, lambda z: z / z]
)
def test_a_kernel_that_gives_no_weights_is_refused(wrong: Any) -> None:
    with np.errstate(all="ignore"), pytest.raises(ParameterError, match="kernel"):
        spatial_information_theory(COUNTS, geometry=places(*BLOCKS), bandwidth=250, kernel=wrong, cutoff=250)


def test_streets_without_place_are_named() -> None:
    lines = gpd.GeoSeries(
        [shapely.LineString([(0, 0), (9, 0)]), shapely.LineString([(0, 0), (np.inf, 0)])], ["a", "b"]
    )
    with pytest.raises(GeometryError, match=r"missing or infinite coordinate in 1 area\(s\): b"):
        spatial_information_theory(
            COUNTS, geometry=places(*BLOCKS), bandwidth=250, streets=lines.set_crs(25833)
        )


def test_a_composition_takes_names_of_groups() -> None:
    with pytest.raises(ParameterError, match="in a tuple"):
        Composition(name="young", groups="young", total="all")


def test_a_frame_without_active_geometry_is_refused() -> None:
    with pytest.raises(ParameterError, match="with a geometry"):
        compute("delta", COUNTS, geometry=gpd.GeoDataFrame({"a": [1, 2, 3, 4]}, index=AREAS))


@pytest.mark.parametrize(
    "row", [[np.inf, -np.inf], [-np.inf, np.inf], [np.inf, np.nan], [1e308, 1e308]], ids=str
)
@pytest.mark.parametrize("name", ["dissimilarity", "multigroup_dissimilarity"])
def test_counts_without_end_are_refused_without_a_warning(row: list[float], name: str) -> None:
    counts = COUNTS.copy()
    counts.loc["02"] = row
    with pytest.raises(CountsError, match=r"in 1 area.*02"):
        compute(name, counts)
    with pytest.raises(SpatialError):
        compute(name, counts, total=COUNTS.sum(axis=1))
    if np.isnan(row).any():
        return  # in a table of many periods a missing count leaves its area out
    long = counts.assign(all=COUNTS.sum(axis=1)).rename_axis("area_id").reset_index()
    long = long.melt("area_id", var_name="group", value_name="count")
    with pytest.raises(CountsError, match="02"):
        segregation_series(
            long.assign(geography="city", period="2022"),
            [Composition(name="age", groups=("young", "old"), total="all")],
            measures=["mutual_information"],
            replicates=5,
        )


OF_PERSONS = [
    "bias_corrected_dissimilarity",
    "expected_dissimilarity",
    "modified_dissimilarity",
    "modified_gini",
    "modified_isolation",
]


@pytest.mark.parametrize("entry", [e for e in MEASURES if not e.needs], ids=lambda entry: entry.id)
@pytest.mark.parametrize("factor", [2.0**200, 2.0**-200, 2.0**600, 2.0**-600, 2.0**1000, 2.0**-1000])
def test_counts_of_any_size_give_the_same_or_are_refused(entry: Any, factor: float) -> None:
    """Powers of two change no digit: between 10⁻⁷⁵ and 10⁷⁵ the value is the same to rounding, else it is refused."""
    counts = COUNTS.assign(older=[2.0, 0, 1, 3], oldest=[1.0, 1, 5, 0])
    if entry.groups == "two":
        counts = counts[["young", "old"]]
    options = {"order": 2} if entry.id.startswith("rank_order") else {}
    options |= {"rng": 1, "replicates": 5} if entry.id == "bias_corrected_dissimilarity" else {}
    if not 1e-75 < factor < 1e75 or entry.id in OF_PERSONS:
        with pytest.raises(CountsError):
            compute(entry.id, counts * factor, **options)
        return
    found = np.asarray(compute(entry.id, counts * factor, **options), dtype=float)
    expected = np.asarray(compute(entry.id, counts, **options), dtype=float)
    if entry.id != "density_corrected_dissimilarity":
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("factor", [1e-11, 1e-6, 1e6, 1e8])
def test_a_small_group_among_many_people_is_measured_right(factor: float) -> None:
    """D and G compare two distributions: how large one of them is does not matter."""
    counts = COUNTS.assign(young=COUNTS["young"] * factor)
    for measure in (dissimilarity, gini):
        found = measure(counts["young"], counts.sum(axis=1))
        # The rest is a difference from the total: it has as many digits less as the group is larger.
        assert found == pytest.approx(measure(COUNTS["young"], COUNTS.sum(axis=1)), rel=1e-5)


@pytest.mark.parametrize("factor", [1e-13, 1e-200, 1e-300])
def test_a_group_that_is_lost_in_rounding_is_refused(factor: float) -> None:
    counts = COUNTS.assign(young=COUNTS["young"] * factor)
    with pytest.raises(CountsError, match=r"group is less than one part in 10¹².*in 4 area\(s\): 00"):
        dissimilarity(counts["young"], counts.sum(axis=1))
    for measure in (multigroup_dissimilarity, multigroup_information_theory):
        with pytest.raises(CountsError, match="young is less than one part in 10¹²"):
            measure(counts)


def test_an_area_with_next_to_nobody_is_as_good_as_empty() -> None:
    group, total = pd.Series([10, 30, 1e-200]), pd.Series([100, 100, 3e-200])
    assert dissimilarity(group, total) == dissimilarity(group[:2], total[:2])


def test_a_seed_is_a_number_or_a_generator() -> None:
    group, total = pd.Series([2, 3]), pd.Series([20, 20])
    first = bias_corrected_dissimilarity(group, total, rng=7)
    assert first == bias_corrected_dissimilarity(group, total, rng=np.int64(7))
    rng = np.random.default_rng(7)
    assert bias_corrected_dissimilarity(group, total, rng=rng) != bias_corrected_dissimilarity(
        group, total, rng=rng
    )
    assert (
        compute("bias_corrected_dissimilarity", pd.DataFrame({"a": group, "b": total - group}), rng=7)
        == first
    )
    for wrong in (-1, 1.5, True, "seed", None):
        with pytest.raises(ParameterError, match="rng"):
            bias_corrected_dissimilarity(group, total, rng=wrong)


def test_lists_are_arrays_and_ragged_ones_are_refused() -> None:
    assert dissimilarity([10, 30], [100, 100]) == 0.3125
    assert multigroup_dissimilarity([[10, 90], [30, 70]]) == pytest.approx(0.3125)
    with pytest.raises(ParameterError, match="counts"):
        multigroup_dissimilarity([[10, 90], [30]])
    with pytest.raises(ParameterError, match="group"):
        dissimilarity(pd.DataFrame({"young": [10, 30]}), [100, 100])
    with pytest.raises(CountsError, match="group is not a number"):
        dissimilarity(["10", "30"], [100, 100])


@pytest.mark.parametrize(
    "wrong", [["young"], {"young": 1}, ("young", "old"), np.array(["young"]), pd.NA, "Young"]
)
def test_a_group_is_one_column(wrong: Any) -> None:
    for option in ("group", "against"):
        with pytest.raises(ParameterError, match="a column of counts: young, old"):
            compute("dissimilarity", COUNTS, **{option: wrong})


def test_a_long_value_is_told_shortly() -> None:
    with pytest.raises(ParameterError) as told:
        compute("atkinson", COUNTS, shape=pd.DataFrame(np.ones((1000, 20))))
    assert len(str(told.value)) < 250
    assert "a DataFrame, expected a number between 0 and 1" in str(told.value)


def test_members_that_are_whole_but_for_float_noise_are_persons() -> None:
    noisy = expected_dissimilarity([2.9999999, 9.0], [20, 30])
    assert noisy == expected_dissimilarity([3, 9], [20, 30])
    assert compute(
        "isolation", pd.DataFrame({"a": [2.9999999, 9], "b": [17.0, 21]}), meeting="another"
    ) == compute("isolation", pd.DataFrame({"a": [3, 9], "b": [17, 21]}), meeting="another")
