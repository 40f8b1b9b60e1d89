"""The database itself refuses what must not be, whatever program writes."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

pytestmark = pytest.mark.db

SQUARE = "SRID=25833;MULTIPOLYGON(((0 0,0 10,10 10,10 0,0 0)))"


def insert(engine: Engine, table: str, **fields: object) -> None:
    names = ", ".join(fields)
    values = ", ".join(f":{name}" for name in fields)
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), fields)


def area(**changes: object) -> dict[str, object]:
    return {
        "vintage_id": 1,
        "area_id": "00",
        "name": "Zentrum",
        "srid": 25833,
        "geometry": SQUARE,
        "load_id": 1,
    } | changes


def value(**changes: object) -> dict[str, object]:
    fields = {
        "vintage_id": 1,
        "indicator_id": "residents",
        "period": "2022",
        "area_id": "00",
        "reference_date": "2022-12-31",
        "value": 5.0,
        "status": "measured",
        "load_id": 1,
        "run_id": None,
    }
    return fields | changes


@pytest.fixture
def ground(database: Engine) -> Engine:
    """A city with one level, one edition, one load, one indicator."""
    insert(database, "city", id="town", title_de="Stadt", title_en="Town", srid=25833, is_synthetic=True)
    insert(
        database,
        "source",
        id="town",
        title_de="Quelle",
        title_en="Source",
        publisher="test",
        licence="CC0-1.0",
        attribution="test",
    )
    insert(
        database,
        "load",
        city_id="town",
        source_id="town",
        checksum="0" * 64,
        code_version="1",
        loaded_by="test",
        counts="{}",
        repairs="{}",
    )
    insert(
        database,
        "geography_level",
        city_id="town",
        id="city",
        rank=0,
        key_length=2,
        title_de="Stadt",
        title_en="City",
    )
    insert(
        database,
        "vintage",
        city_id="town",
        geography_id="city",
        edition="2020",
        valid_from="2020-01-01",
        valid_to="2020-12-31",
        srid=25833,
    )
    insert(
        database,
        "indicator",
        id="residents",
        title_de="Einwohner",
        title_en="Residents",
        unit="persons",
        kind="extensive",
        direction="context",
        decimals=0,
        labels_de=[],
        labels_en=[],
    )
    return database


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"area_id": ""}, "ck_area_area_id_form"),
        ({"area_id": " 00"}, "ck_area_area_id_form"),
        ({"geometry": SQUARE.replace("25833", "25832")}, "ck_area_geometry_in_the_vintage_crs"),
        ({"geometry": "SRID=25833;MULTIPOLYGON EMPTY"}, "ck_area_geometry_not_empty"),
        ({"geometry": "SRID=25833;MULTIPOLYGON(((0 0,10 10,10 0,0 10,0 0)))"}, "ck_area_geometry_valid"),
        ({"srid": 25832, "geometry": SQUARE.replace("25833", "25832")}, "fk_area_vintage_id_srid"),
        ({"parent_area_id": "0"}, "ck_area_parent_whole"),
        ({"parent_area_id": "0", "parent_vintage_id": 1}, "fk_area_parent_vintage_id_parent_area_id"),
    ],
)
def test_an_impossible_area_is_refused(ground: Engine, changes: dict[str, object], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        insert(ground, "area", **area(**changes))


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"value": None}, "ck_value_value_fits_status"),
        ({"value": float("nan")}, "ck_value_value_fits_status"),
        ({"value": float("inf")}, "ck_value_value_fits_status"),
        ({"status": "zero"}, "ck_value_value_fits_status"),
        ({"status": "missing"}, "ck_value_value_fits_status"),
        ({"status": "suppressed", "value": 2.0}, "ck_value_value_fits_status"),
        ({"period": "22"}, "ck_value_period_form"),
        ({"period": "2022-13"}, "ck_value_period_form"),
        ({"load_id": None}, "ck_value_one_origin"),
        ({"area_id": "0"}, "fk_value_vintage_id_area_id"),
        ({"indicator_id": "unknown"}, "fk_value_indicator_id"),
        ({"ci_low": 4.0}, "ck_value_interval_around_the_value"),
        ({"ci_high": 6.0}, "ck_value_interval_around_the_value"),
        ({"ci_low": 5.5, "ci_high": 6.0}, "ck_value_interval_around_the_value"),
        ({"ci_low": 4.0, "ci_high": 4.5}, "ck_value_interval_around_the_value"),
        ({"ci_low": 4.0, "ci_high": float("nan")}, "ck_value_interval_around_the_value"),
        ({"ci_low": 4.0, "ci_high": float("inf")}, "ck_value_interval_around_the_value"),
        (
            {"value": None, "status": "suppressed", "ci_low": 1.0, "ci_high": 4.0},
            "ck_value_interval_around_the_value",
        ),
        ({"value": None, "status": "suppressed", "comparison": "above"}, "ck_value_comparison_of_a_value"),
    ],
)
def test_an_impossible_value_is_refused(ground: Engine, changes: dict[str, object], constraint: str) -> None:
    insert(ground, "area", **area())
    with pytest.raises(IntegrityError, match=constraint):
        insert(ground, "value", **value(**changes))


@pytest.mark.parametrize(
    ("status", "number"),
    [
        ("measured", 0.0),
        ("zero", 0.0),
        ("missing", None),
        ("suppressed", None),
        ("uncertain", 3.5),
        ("corrected", 1.0),
    ],
)
def test_each_status_takes_its_kind_of_value_once(ground: Engine, status: str, number: float | None) -> None:
    insert(ground, "area", **area())
    insert(ground, "value", **value(status=status, value=number))
    with pytest.raises(IntegrityError, match="pk_value"):
        insert(ground, "value", **value(status=status, value=number))


@pytest.mark.parametrize("period", ["2022", "2022-Q4", "2022-12", "2022-12-31"])
def test_years_quarters_months_and_days_are_periods(ground: Engine, period: str) -> None:
    insert(ground, "area", **area())
    insert(ground, "value", **value(period=period))


def test_editions_of_a_geography_do_not_overlap(ground: Engine) -> None:
    edition = {"city_id": "town", "geography_id": "city", "srid": 25833}
    with pytest.raises(IntegrityError, match="ex_vintage_editions_do_not_overlap"):
        insert(ground, "vintage", **edition, edition="b", valid_from="2020-12-31")
    insert(ground, "vintage", **edition, edition="b", valid_from="2021-01-01")


def test_degrees_and_web_mercator_are_no_metric_crs(ground: Engine) -> None:
    for srid in (4326, 3857):
        with pytest.raises(IntegrityError, match="ck_vintage_srid_metric"):
            insert(
                ground,
                "vintage",
                city_id="town",
                geography_id="city",
                srid=srid,
                edition=str(srid),
                valid_from="2030-01-01",
            )


def test_membership_is_between_0_and_1_and_1_in_a_core(ground: Engine) -> None:
    insert(ground, "area", **area())
    insert(
        ground,
        "run",
        city_id="town",
        kind="proposal",
        parameters="{}",
        inputs_hash="0" * 64,
        code_version="1",
        requested_by="test",
        summary="{}",
    )
    insert(
        ground,
        "region",
        run_id=1,
        region_id="1",
        kind="blue",
        areas=1,
        residents=5,
        mean_need=1.2,
        border_length=40,
        geometry=SQUARE,
        zone="SRID=25833;MULTIPOLYGON EMPTY",
        zone_distance=0,
    )
    member = {"run_id": 1, "region_id": "1", "vintage_id": 1, "area_id": "00"}
    for wrong in (0.0, 1.5):
        with pytest.raises(IntegrityError, match="ck_membership_membership_range"):
            insert(ground, "membership", **member, membership=wrong, is_core=False)
    with pytest.raises(IntegrityError, match="ck_membership_core_is_full_member"):
        insert(ground, "membership", **member, membership=0.5, is_core=True)
    with pytest.raises(IntegrityError, match="fk_membership_run_id_region_id"):
        insert(ground, "membership", **(member | {"region_id": "2"}), membership=1, is_core=True)
    insert(ground, "membership", **member, membership=1, is_core=True)


def test_codes_keep_their_leading_zeros_and_sort_byte_by_byte(ground: Engine) -> None:
    for code in ("0", "00", "10", "9", "a", "B"):
        insert(ground, "area", **area(area_id=code))
    with ground.connect() as connection:
        codes = connection.execute(text("SELECT area_id FROM area ORDER BY area_id")).scalars().all()
    assert codes == ["0", "00", "10", "9", "B", "a"]


def test_a_value_inside_its_interval_is_kept(ground: Engine) -> None:
    insert(ground, "area", **area())
    insert(ground, "value", **value(ci_low=5.0, ci_high=9.5, comparison="not_distinguishable"))
    with ground.connect() as connection:
        kept = connection.execute(text("SELECT ci_low, ci_high, comparison::text FROM value")).one()
    assert tuple(kept) == (5.0, 9.5, "not_distinguishable")


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"form": "percentage"}, "ck_indicator_form_known"),
        ({"factor": 0}, "ck_indicator_factor_positive"),
        ({"factor": float("inf")}, "ck_indicator_factor_positive"),
        ({"minus": "residents"}, "ck_indicator_minus_of_a_numerator"),
        ({"missing": 0}, "ck_indicator_missing_range"),
        ({"missing": 1.5}, "ck_indicator_missing_range"),
        ({"minus": "nobody", "numerator": "residents", "denominator": "residents"}, "fk_indicator_minus"),
    ],
)
def test_an_impossible_definition_is_refused(
    ground: Engine, changes: dict[str, object], constraint: str
) -> None:
    definition = {
        "id": "new",
        "title_de": "neu",
        "title_en": "new",
        "unit": "%",
        "kind": "intensive",
        "direction": "context",
        "decimals": 1,
        "labels_de": [],
        "labels_en": [],
    }
    with pytest.raises(IntegrityError, match=constraint):
        insert(ground, "indicator", **definition | changes)


def test_a_least_denominator_below_zero_is_refused(ground: Engine) -> None:
    note = {"city_id": "town", "indicator_id": "residents", "source": "", "caution_de": "", "caution_en": ""}
    with pytest.raises(IntegrityError, match="ck_city_indicator_minimum_denominator_finite"):
        insert(ground, "city_indicator", **note, minimum_denominator=-1)
