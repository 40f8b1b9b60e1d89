"""A delivery with something wrong is refused, with all of its problems in one pass."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from etl.checks import check
from etl.delivery import City, Delivery, Geography, Source
from etl.errors import DeliveryError
from etl.geometry_checks import overlap_problems
from indicators.definition import Indicator

PUPILS = (
    Indicator(id="pupils", title_de="p", title_en="p", unit="persons", kind="extensive"),
    Indicator(
        id="pupils_share",
        title_de="s",
        title_en="s",
        unit="%",
        kind="intensive",
        numerator="pupils",
        denominator="residents",
    ),
)
EAST, NORTH = 300_000.0, 5_690_000.0  # [m] somewhere in Leipzig


def square(column: int) -> MultiPolygon:
    return MultiPolygon([box(EAST + 10 * column, NORTH, EAST + 10 * column + 10, NORTH + 10)])


def areas() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "geography": ["city", "district", "district"],
            "area_id": ["T", "00", "01"],
            "parent_id": [None, "T", "T"],
            "name": ["Town", "West", "East"],
        },
        geometry=[MultiPolygon([box(EAST, NORTH, EAST + 20, NORTH + 10)]), square(0), square(1)],
        crs="EPSG:25833",
    )


def values() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "geography": "district",
            "area_id": ["00", "01", "00", "01"],
            "indicator_id": ["residents", "residents", "level", "level"],
            "period": "2022",
            "reference_date": date(2022, 12, 31),
            "value": [10.0, 0.0, 2.0, np.nan],
            "status": ["measured", "zero", "measured", "suppressed"],
        }
    )


def delivery() -> Delivery:
    """A town of two districts, 10 m square each, with nothing wrong."""
    city = Geography(
        id="city",
        parent=None,
        title_de="Stadt",
        title_en="City",
        key_length=1,
        edition="1",
        valid_from=date(2020, 1, 1),
    )
    return Delivery(
        city=City(id="town", title_de="Ort", title_en="Town", srid=25833),
        source=Source(
            id="town-data", title_de="t", title_en="t", publisher="p", licence="l", attribution="a"
        ),
        geographies=(city, replace(city, id="district", parent="city", key_length=2)),
        areas=areas(),
        indicators=(
            Indicator(id="residents", title_de="E", title_en="R", unit="persons", kind="extensive"),
            Indicator(
                id="level",
                title_de="S",
                title_en="L",
                unit="class",
                kind="ordinal",
                labels_de=("a", "b"),
                labels_en=("a", "b"),
            ),
        ),
        values=values(),
    )


def problems(broken: Delivery) -> str:
    with pytest.raises(DeliveryError) as failure:
        check(broken)
    assert "\n" not in str(failure.value)
    return "\n".join(failure.value.problems)


def with_areas(**columns: object) -> Delivery:
    return replace(delivery(), areas=areas().assign(**columns))


def with_values(**columns: object) -> Delivery:
    return replace(delivery(), values=values().assign(**columns))


def with_shape(shape: shapely.Geometry | None) -> Delivery:
    frame = areas()
    shapes = frame.geometry.to_numpy().copy()
    shapes[2] = shape
    return replace(delivery(), areas=frame.set_geometry(gpd.GeoSeries(shapes, crs=25833)))


def test_sound_delivery_passes():
    check(delivery())


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (with_areas(area_id=["T", "00", "00"]), "1 area key(s) that occur twice: district 00"),
        (
            with_areas(area_id=["T", "00", "1"]),
            "1 key(s) of district that do not have 2 character(s): 1; keys are text",
        ),
        (with_areas(area_id=["T", 0, 1]), "areas, column 'area_id': 2 cell(s) are not text"),
        (with_areas(area_id=["T", "00", " 1"]), "areas, column 'area_id': 1 cell(s) are not text"),
        (with_areas(name=["Town", "", "East"]), "areas, column 'name': 1 cell(s) are not text, not empty"),
        (
            with_areas(geography=["city", "district", "block"]),
            "1 cell(s) are not a level of the delivery: row 2 has 'block'",
        ),
        (with_areas(geography=["city", "city", "city"]), "1 level(s) without any area: district"),
        (
            with_areas(parent_id=[None, "T", None]),
            "1 area(s) of district whose parent is not in city: 01 (parent none)",
        ),
        (
            with_areas(parent_id=[None, "T", "X"]),
            "1 area(s) of district whose parent is not in city: 01 (parent X)",
        ),
        (with_areas(parent_id=["T", "T", "T"]), "1 area(s) of the top level city with a parent: T"),
        (replace(delivery(), areas=areas().drop(columns="name")), "areas has no column 'name'"),
        (
            replace(delivery(), areas=areas().drop(columns="parent_id")),
            "areas must be a table that has the columns",
        ),
        (
            replace(delivery(), areas=pd.DataFrame(areas().drop(columns="geometry"))),
            "a table without geometry",
        ),
    ],
)
def test_broken_areas_are_named(broken, said):
    assert said in problems(broken)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (with_shape(None), "1 area(s) without geometry: 01"),
        (with_shape(MultiPolygon()), "1 area(s) with an empty geometry: 01"),
        (with_shape(box(EAST, NORTH, EAST + 1, NORTH + 1)), "1 area(s) that are not MultiPolygons: 01"),
        (with_shape(shapely.Point(EAST, NORTH)), "1 area(s) that are not MultiPolygons: 01"),
        (
            with_shape(
                MultiPolygon(
                    [Polygon([(EAST, NORTH), (EAST + 1, NORTH + 1), (EAST + 1, NORTH), (EAST, NORTH + 1)])]
                )
            ),
            "1 area(s) with invalid geometry: 01 (Self-intersection",
        ),
        (
            with_shape(MultiPolygon([box(NORTH, EAST, NORTH + 10, EAST + 10)])),
            "1 area(s) whose coordinates lie outside",
        ),
        (with_shape(MultiPolygon([box(12.3, 51.3, 12.4, 51.4)])), "1 area(s) whose coordinates lie outside"),
        (
            replace(delivery(), areas=areas().set_crs(None, allow_override=True)),
            "the areas have no CRS; set it to EPSG:25833",
        ),
        (
            replace(delivery(), areas=areas().to_crs(4326)),
            "which is not projected; reproject them to EPSG:25833",
        ),
        (replace(delivery(), areas=areas().to_crs(25832)), "the city's CRS is EPSG:25833; reproject them"),
    ],
)
def test_broken_geometry_is_named(broken, said):
    assert said in problems(broken)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (
            with_values(area_id=["00", "01", "00", "77"]),
            "1 area(s) that have values but no geometry: district 77",
        ),
        (
            with_values(indicator_id="homes"),
            "4 cell(s) are not an indicator of the delivery: row 0 has 'homes'",
        ),
        (with_values(period=["2022", "2022", "22", "2022/23"]), "2 cell(s) are not ISO text such as 2019"),
        (with_values(period=2022), "4 cell(s) are not ISO text such as 2019"),
        (with_values(status="guessed"), "4 cell(s) are not one of measured, zero, missing"),
        (
            with_values(reference_date="2022-12-31"),
            "column 'reference_date': 4 cell(s) are not a datetime.date",
        ),
        (with_values(reference_date=pd.Timestamp(2022, 12, 31)), "4 cell(s) are not a datetime.date"),
        (with_values(value=["10", "0", "2", "1"]), "column 'value': is str, decimal numbers are expected"),
        (
            with_values(value=[np.inf, 0.0, 2.0, np.nan]),
            "column 'value': 1 cell(s) are not finite: row 0 has inf",
        ),
        (
            with_values(value=[np.nan, 0.0, 2.0, np.nan]),
            "1 value(s) whose status needs a number, but there is none: district 00",
        ),
        (
            with_values(value=[10.0, 0.0, 2.0, 1.0]),
            "1 value(s) that are missing or suppressed, but have a number",
        ),
        (
            with_values(value=[10.0, 3.0, 2.0, np.nan]),
            "1 value(s) called zero that are not 0: district 01, residents, 2022",
        ),
        (
            with_values(value=[10.0, 0.0, 3.0, np.nan]),
            "1 class(es) that are not one of the indicator's labels",
        ),
        (
            with_values(value=[10.0, 0.0, 1.5, np.nan]),
            "1 class(es) that are not one of the indicator's labels",
        ),
        (
            with_values(value=[-3.0, 0.0, 2.0, np.nan]),
            "1 count(s) below 0: district 00, residents, 2022; correct them",
        ),
        (
            with_values(indicator_id="residents"),
            "2 value(s) that occur twice for the same area, indicator and period",
        ),
        (
            replace(delivery(), values=values().drop(columns="status")),
            "values has no column 'status'; deliver it",
        ),
    ],
)
def test_broken_values_are_named(broken, said):
    assert said in problems(broken)


def with_shares(part: list[float], whole: list[float], status: str = "measured") -> Delivery:
    """The town with residents and, in two periods, pupils among them."""
    counts = (*delivery().indicators, *PUPILS)
    rows = values().assign(
        indicator_id=["residents", "residents", "pupils", "pupils"],
        value=[float(count) for count in (*whole, *part)],
    )
    return replace(delivery(), indicators=counts, values=rows.assign(status=["measured"] * 2 + [status] * 2))


def test_part_above_its_whole_is_named():
    assert problems(with_shares([11, 5], [10, 5])) == (
        "1 count(s) of pupils above residents, the whole they are part of: district 00, pupils, 2022; "
        "check that both are of the same group and date"
    )


def test_part_as_large_as_its_whole_up_to_rounding_passes():
    check(with_shares([0.1 + 0.2, 5], [0.3, 5]))


def test_part_is_compared_with_the_whole_of_its_own_place_and_period():
    sound = with_shares([8, 2], [9, 3])
    shuffled = sound.values.sample(frac=1, random_state=1)
    check(replace(sound, values=shuffled))
    elsewhen = sound.values.assign(period=["2022", "2022", "2021", "2021"], value=[1.0, 1.0, 8.0, 2.0])
    check(replace(sound, values=elsewhen))


def test_withheld_part_is_not_compared():
    check(with_shares([np.nan, np.nan], [9, 3], status="suppressed"))


def test_only_counts_must_not_be_negative():
    change = Indicator(id="change", title_de="c", title_en="c", unit="%", kind="intensive")
    rows = values().assign(indicator_id=["residents", "residents", "change", "change"], status="measured")
    rows["value"] = [10.0, 2.0, -1.0, -2.5]
    check(replace(delivery(), indicators=(*delivery().indicators, change), values=rows))


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (square(0), "1 pair(s) of areas of district that overlap: 00 and 01 (100.0 m²); correct the borders"),
        (MultiPolygon([box(EAST + 3, NORTH + 3, EAST + 5, NORTH + 5)]), "overlap: 00 and 01 (4.0 m²)"),
        (MultiPolygon([box(EAST - 5, NORTH - 5, EAST + 30, NORTH + 30)]), "overlap: 00 and 01 (100.0 m²)"),
        (MultiPolygon([box(EAST + 8, NORTH, EAST + 20, NORTH + 10)]), "overlap: 00 and 01 (20.0 m²)"),
        (MultiPolygon([box(EAST + 8, NORTH + 1, EAST + 20, NORTH + 7)]), "overlap: 00 and 01 (12.0 m²)"),
    ],
)
def test_overlapping_areas_of_one_level_are_named(shape, said):
    assert said in problems(with_shape(shape))


@pytest.mark.parametrize(
    "shape",
    [
        # 0.4 m wide and 10 m long: mean width 2 · 4 m² / 20.8 m = 0.38 m, which the neighbour graph forgives.
        MultiPolygon([box(EAST + 9.6, NORTH, EAST + 20, NORTH + 10)]),
        MultiPolygon([box(EAST + 10, NORTH + 2, EAST + 20, NORTH + 7)]),  # borders with unlike vertices
        MultiPolygon([box(EAST + 10, NORTH + 10, EAST + 20, NORTH + 20)]),  # one corner in common
        MultiPolygon([box(EAST + 50, NORTH, EAST + 60, NORTH + 10)]),
    ],
)
def test_slivers_touching_and_distant_areas_are_no_overlap(shape):
    check(with_shape(shape))


def test_overlaps_are_found_beside_invalid_geometry():
    frame = pd.concat([areas(), areas().iloc[[1]].assign(area_id="02")], ignore_index=True)
    shapes = frame.geometry.to_numpy().copy()
    shapes[2] = MultiPolygon(
        [Polygon([(EAST, NORTH), (EAST + 1, NORTH + 1), (EAST + 1, NORTH), (EAST, NORTH + 1)])]
    )
    found = problems(replace(delivery(), areas=frame.set_geometry(gpd.GeoSeries(shapes, crs=25833))))
    assert "1 area(s) with invalid geometry: 01" in found
    assert "overlap: 00 and 02 (100.0 m²)" in found


def test_an_area_twice_among_100_000_is_found_in_seconds():
    count = 100_000
    row, column = np.divmod(np.arange(count), 400)
    left, below = EAST + 10 * column, NORTH + 10 * row
    shapes = shapely.multipolygons(shapely.box(left, below, left + 10, below + 10), indices=np.arange(count))
    shapes[777] = shapes[776]
    frame = gpd.GeoDataFrame({"area_id": [f"{n:06d}" for n in range(count)]}, geometry=shapes, crs=25833)
    started = time.perf_counter()
    found = overlap_problems(frame, "block")
    assert time.perf_counter() - started < 5  # [s] about 1 s alone on two cores
    assert len(found) == 1
    assert "1 pair(s) of areas of block that overlap: 000776 and 000777 (100.0 m²)" in found[0]


def test_broken_definitions_are_named():
    sound = delivery()
    share = Indicator(
        id="s", title_de="s", title_en="s", unit="%", kind="intensive", numerator="a", denominator="residents"
    )
    assert "indicator 's' needs a, which the delivery does not define" in problems(
        replace(sound, indicators=(*sound.indicators, share))
    )
    assert "1 indicator(s) defined twice: residents" in problems(
        replace(sound, indicators=(*sound.indicators, sound.indicators[0]))
    )
    upside_down = problems(replace(sound, geographies=sound.geographies[::-1]))
    assert "geography 'district' has the parent 'city', the level above it is None" in upside_down


def test_empty_tables_are_named():
    assert (
        problems(replace(delivery(), values=values().iloc[:0]))
        == "1 table(s) without any row: values; deliver them"
    )
    assert "2 table(s) without any row: areas, values" in problems(
        replace(delivery(), areas=areas().iloc[:0], values=values().iloc[:0])
    )


def test_all_problems_come_in_one_pass():
    frame = (
        areas()
        .assign(area_id=["T", "00", "00"], parent_id=[None, "T", "X"])
        .set_crs(None, allow_override=True)
    )
    broken = replace(delivery(), areas=frame, values=values().assign(status="guessed", period="22"))
    found = problems(broken)
    for part in ("occur twice", "parent is not in", "no CRS", "not one of measured", "not ISO text"):
        assert part in found
    with pytest.raises(DeliveryError, match=r"^town-data: .* \(and \d+ more\); nothing was loaded"):
        check(broken)


def test_only_the_first_examples_are_listed():
    count = 1000
    many = (
        values()
        .iloc[[0]]
        .loc[lambda row: row.index.repeat(count)]
        .assign(area_id=[f"{n:03d}" for n in range(count)])
    )
    found = problems(replace(delivery(), values=many))
    assert "1000 area(s) that have values but no geometry: district 000" in found
    assert found.count("district") == 5


def test_categories_are_text_too():
    check(with_values(area_id=pd.Categorical(values()["area_id"]), status=pd.Categorical(values()["status"])))


def test_a_million_values_are_checked_in_seconds():
    count = 10_000
    keys = [f"{n:05d}" for n in range(count)]
    row, column = np.divmod(np.arange(count), 100)
    left, below = EAST + 10 * column, NORTH + 10 * row
    shapes = shapely.multipolygons(shapely.box(left, below, left + 10, below + 10), indices=np.arange(count))
    blocks = gpd.GeoDataFrame(
        {"geography": "district", "area_id": keys, "parent_id": "T", "name": keys}, geometry=shapes, crs=25833
    )
    periods = [str(year) for year in range(1924, 2024)]
    big = pd.DataFrame(
        {
            "geography": "district",
            "area_id": np.tile(keys, len(periods)),
            "indicator_id": "residents",
            "period": np.repeat(periods, count),
            "reference_date": date(2022, 12, 31),
            "value": 1.0,
            "status": "measured",
        }
    )
    sound = delivery()
    large = replace(
        sound,
        geographies=(sound.geographies[0], replace(sound.geographies[1], key_length=5)),
        areas=gpd.GeoDataFrame(pd.concat([areas().iloc[[0]], blocks], ignore_index=True), crs=25833),
        values=big,
    )
    started = time.perf_counter()
    check(large)
    assert (
        time.perf_counter() - started < 3
    )  # [s] about 1 s alone on two cores; the rest is room for neighbours
