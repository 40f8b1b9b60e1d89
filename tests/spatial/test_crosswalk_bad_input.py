"""Crosswalks from broken input: each message says what, where and what to do."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial import AlignmentError, CountsError, CrsError, GeometryError, ParameterError
from spatial.crosswalk import CrosswalkError, by_area, by_key, by_population, chain, extensive, intensive


def strips(**extents):
    shapes = [shapely.box(left, 0, right, 100) for left, right in extents.values()]
    return gpd.GeoSeries(shapes, index=list(extents), crs=25833)


OLD, NEW = strips(a=(0, 100), b=(100, 200)), strips(x=(0, 150), y=(150, 200))
HOMES = gpd.GeoSeries(gpd.points_from_xy([50, 150], [50, 50]), index=["p", "q"], crs=25833)


def refused(error, *words):
    """Expect an error whose message has all the words."""
    return pytest.raises(error, match="".join(f"(?=.*{word})" for word in words))


@pytest.mark.parametrize(
    "build", [by_area, lambda *maps, **o: by_population(*maps, HOMES, pd.Series([1, 1], ["p", "q"]), **o)]
)
class TestMaps:
    def test_maps_in_degrees_or_without_crs_are_refused(self, build):
        with refused(CrsError, r"\(source\)", "4326", "reproject first"):
            build(OLD.to_crs(4326), NEW)
        with refused(CrsError, r"\(target\)", "no CRS"):
            build(OLD, NEW.set_crs(None, allow_override=True))

    def test_maps_in_different_crs_are_refused(self, build):
        with refused(CrsError, "source in EPSG:25833", "target in EPSG:25832", "reproject first"):
            build(OLD, NEW.to_crs(25832))

    def test_doubled_and_missing_ids_are_refused(self, build):
        with refused(AlignmentError, "source", "more than once", ": a;"):
            build(OLD.set_axis(["a", "a"]), NEW)
        with refused(AlignmentError, "target", "without an id"):
            build(OLD, NEW.set_axis(["x", None]))

    def test_empty_missing_broken_and_wrong_geometry_is_refused(self, build):
        bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
        for shape, words in {
            shapely.Polygon(): "geometry empty",
            None: "geometry missing",
            bow: "invalid geometry",
            shapely.Point(1, 1): "not a polygon",
        }.items():
            broken = gpd.GeoSeries([OLD.iloc[0], shape], index=["a", "b"], crs=25833)
            with refused(GeometryError, "source", words, ": b;"):
                build(broken, NEW)
        with refused(GeometryError, "target: no geometry at all"):
            build(OLD, NEW.iloc[:0])

    def test_overlapping_sources_are_named(self, build):
        with refused(
            CrosswalkError, "source", "overlap each other", "a and b by 5,000 m²", "one level and one edition"
        ):
            build(strips(a=(0, 150), b=(100, 200)), strips(x=(0, 200)))

    def test_overlapping_targets_are_named(self, build):
        with refused(CrosswalkError, "target", "x and y by 5,000 m²", "clean the coverage"):
            build(strips(a=(0, 200)), strips(x=(0, 150), y=(100, 200)))

    def test_two_levels_in_one_map_are_found(self, build):
        both = strips(a=(0, 100), b=(100, 200), city=(0, 200))
        with refused(CrosswalkError, "source", "up to 100 % of an area counts more than once", "a, b, city"):
            build(both, NEW)

    def test_options_out_of_range_are_refused(self, build):
        with refused(ParameterError, "tolerance is 0.7", "below 0.5"):
            build(OLD, NEW, tolerance=0.7)
        with refused(ParameterError, "outside is 'lost'", "'kept_out' or 'shared_out'"):
            build(OLD, NEW, outside="lost")


def test_a_table_is_no_map():
    with refused(ParameterError, "source", "GeoDataFrame"):
        by_area(pd.DataFrame({"a": [1]}), NEW)


def test_population_that_cannot_be_is_refused():
    for number in (-1, np.nan, np.inf):
        with refused(CountsError, "population missing, negative or infinite", ": q;", "give 0"):
            by_population(OLD, NEW, HOMES, pd.Series([1, number], index=["p", "q"]))
    with refused(AlignmentError, "population has no row", ": q;"):
        by_population(OLD, NEW, HOMES, pd.Series([1], index=["p"]))


def test_blocks_that_cannot_be_are_refused():
    people = pd.Series([1, 1], index=["p", "q"])
    mixed = gpd.GeoSeries([HOMES.iloc[0], OLD.iloc[0]], index=["p", "q"], crs=25833)
    with refused(GeometryError, "blocks: points and something else", ": q;"):
        by_population(OLD, NEW, mixed, people)
    hollow = gpd.GeoSeries([HOMES.iloc[0], shapely.Point()], index=["p", "q"], crs=25833)
    with refused(GeometryError, "blocks: point empty", ": q;"):
        by_population(OLD, NEW, hollow, people)
    with refused(CrsError, "blocks in EPSG:25832"):
        by_population(OLD, NEW, HOMES.to_crs(25832), people)
    with refused(CrosswalkError, "blocks", "overlap each other", "p and q"):
        by_population(OLD, NEW, strips(p=(0, 60), q=(30, 100)), people)


def key_table(*rows, columns=("from_area", "to_area", "share")):
    return pd.DataFrame(rows, columns=list(columns[: len(rows[0])]))


def test_shares_that_do_not_add_up_are_named_with_their_sum():
    table = key_table(("1", "A", 0.5), ("1", "B", 0.4), ("2", "B", 1.0), ("3", "B", 1.2))
    with refused(CrosswalkError, "something else than 1", r"1 \(0.9\), 3 \(1.2\)", "partial=True"):
        by_key(table)
    with refused(CrosswalkError, "more than 1", r"3 \(1.2\)"):
        by_key(table, partial=True)


def test_negative_missing_and_infinite_shares_are_refused():
    for share in (-0.1, np.nan, np.inf, "half"):
        with refused(CrosswalkError, "share missing, negative, infinite or not a number", "1 → A"):
            by_key(key_table(("1", "A", share), ("2", "B", 1)))


def test_a_division_without_shares_is_refused():
    with refused(CrosswalkError, "not said how much", ": 1;", "column share"):
        by_key(key_table(("1", "A"), ("1", "B"), ("2", "B")))


def test_weights_of_0_do_not_tell_how_to_divide():
    table = key_table(("1", "A", 0), ("1", "B", 0), columns=("from_area", "to_area", "weight"))
    with refused(CrosswalkError, "all weights of a source are 0", ": 1;", "another weight"):
        by_key(table)


def test_keys_that_are_numbers_missing_doubled_or_unknown_are_refused():
    with refused(CrosswalkError, "from_area: keys are not text", "leading zeros"):
        by_key(key_table((1011101, "A"), (1011102, "A")))
    with refused(CrosswalkError, "to_area: no key in the rows", ": 1;"):
        by_key(key_table(("1", "A"), ("2", None)))
    with refused(CrosswalkError, "a pair is there more than once", "1 → A"):
        by_key(key_table(("1", "A", 0.5), ("1", "A", 0.5)))
    with refused(CrosswalkError, "keys that the source edition does not have", ": 9;"):
        by_key(key_table(("1", "A"), ("9", "A")), source=["1"])
    with refused(CrosswalkError, "keys that the target edition does not have", ": A;"):
        by_key(key_table(("1", "A")), target=["B"])
    with refused(CrosswalkError, "source: a key is there more than once", ": 1;"):
        by_key(key_table(("1", "A")), source=["1", "1"])
    with refused(CrosswalkError, "source: keys are not text"):
        by_key(key_table(("1", "A")), source=["1", 2])


def test_sources_that_are_not_listed_are_named():
    with refused(CrosswalkError, "sources are not listed", ": 2, 3;", 'unlisted="same"'):
        by_key(key_table(("1", "A")), source=["1", "2", "3"])
    with refused(CrosswalkError, "has no such key", ": 3;", "add a row"):
        by_key(key_table(("1", "A")), source=["1", "2", "3"], target=["A", "2"], unlisted="same")
    with refused(ParameterError, "unlisted is 'same'", "source and target are given"):
        by_key(key_table(("1", "A")), unlisted="same")


def test_a_table_of_other_columns_is_refused():
    with refused(ParameterError, "table", "old, new", "from_area and to_area"):
        by_key(pd.DataFrame({"old": ["1"], "new": ["A"]}))
    with refused(ParameterError, "share, weight", "not both"):
        by_key(key_table(("1", "A", 1)).assign(weight=1))


WAY = by_key(key_table(("1", "A"), ("2", "A")))


def counts(*numbers):
    return pd.Series(numbers, index=["1", "2"], dtype=float)


def test_values_that_do_not_fit_are_refused():
    with refused(AlignmentError, "values has no row", ": 2;"):
        extensive(counts(1, 2).iloc[:1], WAY)
    with refused(AlignmentError, "values has rows for unknown areas", ": 3;"):
        extensive(pd.Series([1, 2, 3], index=["1", "2", "3"]), WAY)
    with refused(AlignmentError, "more than once"):
        extensive(pd.Series([1, 2, 3], index=["1", "2", "2"]), WAY)
    with refused(ParameterError, "values is", "a Series indexed by area_id"):
        extensive([1, 2], WAY)
    with refused(CountsError, "values not a number", ": 2;"):
        extensive(pd.Series(["1", "1.234,5"], index=["1", "2"]), WAY)
    with refused(CountsError, "values infinite", ": 2;"):
        extensive(counts(1, np.inf), WAY)
    with refused(CountsError, "denominator infinite or below 0", ": 1;"):
        intensive(counts(1, 2), counts(-5, 5), WAY)


def test_states_that_contradict_the_values_are_refused():
    def status(one, other):
        return pd.Series([one, other], index=["1", "2"])

    with refused(
        CrosswalkError, "a value although it is missing or suppressed", ": 1;", "must not be converted"
    ):
        extensive(counts(3, 4), WAY, status=status("suppressed", "measured"))
    with refused(CrosswalkError, "no value although its status has one", ": 2;"):
        extensive(counts(3, np.nan), WAY, status=status("measured", "measured"))
    with refused(CrosswalkError, "called a true zero but not 0", ": 2;"):
        extensive(counts(3, 4), WAY, status=status("measured", "zero"))
    with refused(CrosswalkError, "unknown status", ": 1;", "use one of suppressed"):
        extensive(counts(3, 4), WAY, status=status("secret", "measured"))


def test_the_surface_is_no_denominator_of_a_key_table():
    with refused(ParameterError, "denominator", "by key does not know the surface"):
        intensive(counts(1, 2), "area", WAY)
    with refused(ParameterError, "denominator is 'people'"):
        intensive(counts(1, 2), "people", WAY)


def test_a_part_that_may_be_missing_is_a_share():
    with refused(ParameterError, "missing_up_to is 1.0", "below 1"):
        extensive(counts(1, 2), WAY, missing_up_to=1.0)


def test_crosswalks_that_do_not_meet_are_refused():
    with refused(CrosswalkError, "do not meet", ": A, B;"):
        chain(WAY, by_key(key_table(("B", "X"))))
