"""A delivery is loaded whole or not at all, twice changes nothing, a correction keeps the old value."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box
from shapely.geometry import MultiPolygon
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from db.errors import ConflictingEditionError, OverlappingEditionError
from etl.confidentiality import Confidentiality
from etl.delivery import City, Delivery, Geography, Source
from etl.loading import checksum_of, load, unchanged_since
from etl.raw import RawFile
from indicators.confidentiality import AS_PUBLISHED, RECOMMENDED, Profile
from indicators.definition import Indicator

pytestmark = pytest.mark.db

TABLES = (
    "city",
    "source",
    "load",
    "raw_file",
    "rejected_row",
    "geography_level",
    "vintage",
    "area",
    "indicator",
    "value",
)


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def raw_file(letter: str = "a") -> RawFile:
    return RawFile(name="values.csv", path=Path("values.csv"), sha256=letter * 64, size=10)


def delivery(values: list[float] = [10.0, 20.0]) -> Delivery:  # noqa: B006  (never changed)
    """A town of two areas, 10 m square each."""
    squares = [MultiPolygon([box(10 * i, 0, 10 * i + 10, 10)]) for i in range(2)]
    whole = MultiPolygon([box(0, 0, 20, 10)])
    areas = gpd.GeoDataFrame(
        {
            "geography": ["city", "district", "district"],
            "area_id": ["T", "00", "01"],
            "parent_id": [None, "T", "T"],
            "name": ["Town", "West", "East"],
        },
        geometry=[whole, *squares],
        crs="EPSG:25833",
    )
    rows = pd.DataFrame(
        {
            "geography": "district",
            "area_id": ["00", "01"],
            "indicator_id": "residents",
            "period": "2022",
            "reference_date": date(2022, 12, 31),
            "value": values,
            "status": "measured",
        }
    )
    level = {"edition": "2020", "valid_from": date(2020, 1, 1)}
    return Delivery(
        city=City(id="town", title_de="Ort", title_en="Town", srid=25833),
        source=Source(
            id="town", title_de="Quelle", title_en="Source", publisher="p", licence="CC0-1.0", attribution="a"
        ),
        geographies=(
            Geography(id="city", parent=None, title_de="Stadt", title_en="City", key_length=1, **level),
            Geography(
                id="district", parent="city", title_de="Bezirke", title_en="Districts", key_length=2, **level
            ),
        ),
        areas=areas,
        indicators=(Indicator(id="residents", title_de="E", title_en="R", unit="persons", kind="extensive"),),
        values=rows,
        rejected=pd.DataFrame([{"file": "values.csv", "place": "row 3", "reason": "twice", "content": "x"}]),
        repairs={"axes swapped": 2},
    )


def store(engine: Engine, given: Delivery, letter: str = "a", version: str = "1"):
    return load(engine, given, [raw_file(letter)], loaded_by="test", code_version=version, progress=quiet)


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in TABLES
        }


def test_a_delivery_is_loaded_with_its_origin(database: Engine) -> None:
    report = store(database, delivery())
    assert report.counts == {
        "areas_inserted": 3,
        "areas_changed": 0,
        "areas_unchanged": 0,
        "values_inserted": 2,
        "values_corrected": 0,
        "computed_values_replaced": 0,
        "values_unchanged": 0,
        "computed_values_removed": 0,
        "rows_rejected": 1,
    }
    with database.connect() as connection:
        row = connection.execute(
            text(
                "SELECT v.value, s.licence, w.edition, l.loaded_by, l.checksum, a.parent_area_id FROM value v"
                " JOIN load l ON l.id = v.load_id JOIN source s ON s.id = l.source_id JOIN vintage w ON w.id = v.vintage_id"
                " JOIN area a USING (vintage_id, area_id) WHERE a.area_id = '00'"
            )
        ).one()
    assert tuple(row) == (10.0, "CC0-1.0", "2020", "test", checksum_of([raw_file()]), "T")


def test_the_same_files_and_code_change_nothing(database: Engine) -> None:
    store(database, delivery())
    with database.connect() as connection:
        same = unchanged_since(connection, "town", checksum=checksum_of([raw_file()]), code_version="1")
        other_files = unchanged_since(
            connection, "town", checksum=checksum_of([raw_file("b")]), code_version="1"
        )
        other_code = unchanged_since(connection, "town", checksum=checksum_of([raw_file()]), code_version="2")
    assert same is not None
    assert "0 rows changed" in same.sentence()
    assert other_files is None
    assert other_code is None


def test_a_second_load_of_equal_values_leaves_them_alone(database: Engine) -> None:
    store(database, delivery())
    report = store(database, delivery(), version="2")
    assert (report.counts["areas_unchanged"], report.counts["values_unchanged"]) == (3, 2)
    with database.connect() as connection:
        assert connection.execute(text("SELECT DISTINCT load_id FROM value")).scalars().all() == [1]


def test_a_correction_keeps_the_old_value(database: Engine) -> None:
    store(database, delivery())
    report = store(database, delivery([10.0, 21.0]), "b")
    assert (report.counts["values_corrected"], report.counts["values_unchanged"]) == (1, 1)
    with database.connect() as connection:
        now = connection.execute(text("SELECT value, load_id FROM value WHERE area_id = '01'")).one()
        before = connection.execute(text("SELECT value, load_id, superseded_by FROM superseded_value")).one()
    assert tuple(now) == (21.0, 2)
    assert tuple(before) == (20.0, 1, 2)


def test_a_correction_removes_what_was_computed_from_the_old_value(database: Engine) -> None:
    """Otherwise an old share beside a new denominator gives a withheld count away."""
    store(database, delivery())
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO run (city_id, kind, parameters, inputs_hash, code_version, requested_by, summary)"
                " VALUES ('town', 'shares', '{}', repeat('0', 64), '1', 'test', '{}')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO value (vintage_id, indicator_id, period, area_id, reference_date, value, status, run_id)"
                " SELECT vintage_id, indicator_id, '2021', area_id, reference_date, value, status, 1 FROM value"
            )
        )
    withheld = delivery([10.0, float("nan")])
    withheld = replace(withheld, values=withheld.values.assign(status=["measured", "suppressed"]))
    report = store(database, withheld, "b")
    assert report.counts["computed_values_removed"] == 2
    with database.connect() as connection:
        assert (
            connection.execute(text("SELECT count(*) FROM value WHERE run_id IS NOT NULL")).scalar_one() == 0
        )


def test_a_delivered_value_in_place_of_a_computed_one_removes_what_was_computed_too(database: Engine) -> None:
    """A share of the computed sum beside a delivered one that is withheld gives it away."""
    store(database, delivery())
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO run (city_id, kind, parameters, inputs_hash, code_version, requested_by, summary)"
                " VALUES ('town', 'shares', '{}', repeat('0', 64), '1', 'test', '{}')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO value (vintage_id, indicator_id, period, area_id, reference_date, value, status, run_id)"
                " SELECT vintage_id, indicator_id, '2021', area_id, reference_date, value, status, 1 FROM value"
            )
        )
    earlier_year = delivery()
    values = earlier_year.values.assign(period="2021").iloc[:1]
    report = store(database, replace(earlier_year, values=values), "b")
    assert report.counts["computed_values_replaced"] == 1
    assert (report.counts["values_inserted"], report.counts["values_unchanged"]) == (0, 0)
    assert report.counts["computed_values_removed"] == 1
    with database.connect() as connection:
        assert (
            connection.execute(text("SELECT count(*) FROM value WHERE run_id IS NOT NULL")).scalar_one() == 0
        )


def compute_something(engine: Engine) -> None:
    """Store a computed value for every delivered one, of the year before."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO run (city_id, kind, parameters, inputs_hash, code_version, requested_by, summary)"
                " VALUES ('town', 'shares', '{}', repeat('0', 64), '1', 'test', '{}')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO value (vintage_id, indicator_id, period, area_id, reference_date, value, status, run_id)"
                " SELECT vintage_id, indicator_id, '2021', area_id, reference_date, value, status, 1 FROM value"
            )
        )


@pytest.mark.parametrize("what", ["boundary", "parent"])
def test_an_area_that_moved_removes_what_was_computed_of_the_old_one(database: Engine, what: str) -> None:
    """A density of the old boundary, a sum over the old parts: wrong until somebody computes."""
    first = delivery()
    areas = pd.concat([first.areas, first.areas.iloc[[0]].assign(area_id="U", name="Suburb")])
    towns = replace(first, areas=gpd.GeoDataFrame(areas, crs=first.areas.crs).reset_index(drop=True))
    store(database, towns)
    compute_something(database)
    moved = towns.areas.copy()
    if what == "parent":
        moved["parent_id"] = [None, "U", "T", None]
    else:
        moved.loc[1, "geometry"] = MultiPolygon([box(0, 0, 9, 10)])
    report = store(database, replace(towns, areas=moved), "b")
    assert (report.counts["areas_changed"], report.counts["values_unchanged"]) == (1, 2)
    assert report.counts["computed_values_removed"] == 2
    with database.connect() as connection:
        assert (
            connection.execute(text("SELECT sum(areas) FROM availability WHERE period = '2021'")).scalar_one()
            is None
        )


def test_a_load_of_the_upper_level_removes_what_was_computed_below_it(database: Engine) -> None:
    store(database, delivery())
    compute_something(database)
    first = delivery()
    town = first.values.iloc[:1].assign(geography="city", area_id="T", value=30.0)
    upper = replace(
        first,
        geographies=first.geographies[:1],
        areas=first.areas.iloc[:1],
        values=town,
    )
    assert store(database, upper, "b").counts["computed_values_removed"] == 2


@pytest.mark.parametrize(("profile", "content"), [(AS_PUBLISHED, "x"), (RECOMMENDED, "")])
def test_cells_of_rejected_rows_are_kept_of_publications_only(
    database: Engine, profile: Profile, content: str
) -> None:
    """Nobody has judged them: another source's cell may be a count that is too small."""
    store(database, replace(delivery(), confidentiality=Confidentiality(profile=profile)))
    with database.connect() as connection:
        row = connection.execute(text("SELECT file, place, reason, content FROM rejected_row")).one()
    assert tuple(row) == ("values.csv", "row 3", "twice", content)


def test_what_is_superseded_was_public(database: Engine) -> None:
    """Old numbers are those that were served: nothing that was withheld on its way in."""
    declared = Confidentiality(profile=RECOMMENDED)
    store(database, replace(delivery([2.0, 20.0]), confidentiality=declared))
    store(database, replace(delivery([7.0, 21.0]), confidentiality=declared), "b")
    with database.connect() as connection:
        old = connection.execute(
            text("SELECT area_id, value, status::text FROM superseded_value ORDER BY area_id")
        )
        assert [tuple(row) for row in old] == [("01", 20.0, "measured")]


def test_what_is_served_reads_neither_old_values_nor_rejected_rows() -> None:
    folder = Path(__file__).resolve().parents[2]
    reached: set[str] = set()
    waiting = list((folder / "api").rglob("*.py"))
    while waiting:
        code = waiting.pop().read_text("utf-8")
        names = re.findall(r"^\s*from (db(?:\.\w+)*) import \(?([\w, \n]+)", code, flags=re.MULTILINE)
        for module, imported in names:
            for name in (module, *(f"{module}.{one}" for one in re.findall(r"\w+", imported))):
                path = folder / f"{name.replace('.', '/')}.py"
                if path.is_file() and name not in reached:
                    reached.add(name)
                    waiting.append(path)
    assert "db.queries.values" in reached
    told = {
        name
        for name in reached
        if re.search(
            r"superseded_value|rejected_row",
            (folder / f"{name.replace('.', '/')}.py").read_text("utf-8"),
        )
    }
    assert told <= {"db.models"}  # where the tables are declared


def test_a_newer_edition_ends_the_open_one_and_an_overlap_is_refused(database: Engine) -> None:
    store(database, delivery())
    newer = delivery()
    levels = tuple(replace(one, edition="2024", valid_from=date(2024, 1, 1)) for one in newer.geographies)
    store(database, replace(newer, geographies=levels), "b")
    with database.connect() as connection:
        ends = connection.execute(
            text("SELECT edition, valid_to FROM vintage ORDER BY edition, valid_to")
        ).all()
    assert {tuple(row) for row in ends} == {("2020", date(2023, 12, 31)), ("2024", None)}
    odd = tuple(replace(one, edition="odd", valid_from=date(2023, 6, 1)) for one in newer.geographies)
    with pytest.raises(
        OverlappingEditionError, match="edition 'odd' overlaps in time with the loaded edition"
    ):
        store(database, replace(newer, geographies=odd), "c")


def test_values_that_are_not_delivered_again_stay(database: Engine) -> None:
    store(database, delivery())
    first = delivery()
    store(database, replace(first, values=first.values.iloc[:1]), "b")
    assert counts(database)["value"] == 2


def test_other_areas_need_another_edition(database: Engine) -> None:
    store(database, delivery())
    before = counts(database)
    changed = delivery()
    areas = changed.areas.assign(area_id=["T", "00", "02"])
    values = changed.values.assign(area_id=["00", "02"])
    with pytest.raises(
        ConflictingEditionError,
        match=r"district: edition '2020' .* 01, 02; give the new boundaries an edition",
    ):
        store(database, replace(changed, areas=areas, values=values), "b")
    assert counts(database) == before


def test_a_full_disk_leaves_the_database_as_it_was(database: Engine) -> None:
    """The server reports a full disk (class 53100) in the middle of the values."""
    with database.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " IF NEW.area_id = '01' THEN RAISE EXCEPTION 'could not extend file: No space left on device'"
                " USING ERRCODE = 'disk_full', HINT = 'Check free disk space.'; END IF; RETURN NEW; END $$"
            )
        )
        connection.execute(
            text("CREATE TRIGGER full_disk BEFORE INSERT ON value FOR EACH ROW EXECUTE FUNCTION no_space()")
        )
    before = counts(database)
    with pytest.raises(DBAPIError, match="No space left on device"):
        store(database, delivery())
    assert counts(database) == before


def test_a_full_disk_during_copy_is_the_databases_error_too(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full'; END $$"
            )
        )
        connection.execute(
            text(
                "CREATE TRIGGER full_disk BEFORE INSERT ON rejected_row FOR EACH ROW EXECUTE FUNCTION no_space()"
            )
        )
    before = counts(database)
    with pytest.raises(DBAPIError, match="No space left on device"):
        store(database, delivery())
    assert counts(database) == before


def test_a_load_that_is_cut_off_leaves_nothing(database: Engine) -> None:
    """The connection is lost after the areas, before the values are committed."""
    before = counts(database)

    def cut_off(name: str, _share: float | None = None) -> None:
        if name == "commit":
            with database.connect() as other:
                other.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )

    with pytest.raises(DBAPIError):
        load(database, delivery(), [raw_file()], loaded_by="test", code_version="1", progress=cut_off)
    assert counts(database) == before
