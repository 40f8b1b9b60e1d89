"""Attack 12: values on other boundaries; who knows the shares calculates back from converted values to withheld ones.

Not one of the ten of the requirements. The proof is that of two towns with different secrets and the same publication:
whatever is converted, and every share it is converted with, must be the same to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from db.engine import connect
from db.queries import conversions
from etl.cities import CityProfile
from etl.compute import compute_conversions
from etl.confidentiality import Confidentiality
from etl.conversions.making import Recipe, make_crosswalk, named_weights
from etl.conversions.places import find_place
from etl.delivery import Delivery
from etl.export_reading import read_dataset
from etl.loading import load
from etl.raw import RawFile
from spatial.crosswalk import by_key, extensive

BEFORE = {"00": (0, 10), "01": (10, 20), "02": (20, 30), "03": (30, 40)}
AFTER = {"10": (0, 6), "11": (6, 16), "12": (16, 30), "30": (30, 34), "31": (34, 40)}
# 2 and 1 are too small; 9 and 10 are withheld for them; everything else, and the total, is the same.
ONE, OTHER = [2, 9, 20, 30], [1, 10, 20, 30]


@pytest.fixture(scope="session")
def town(town_of_districts) -> Callable[..., Delivery]:
    def made(counts: list[float], extent: dict[str, tuple[float, float]], edition: str) -> Delivery:
        rows = [("city", "T", sum(counts)), *(("district", *one) for one in zip(extent, counts, strict=True))]
        values = pd.DataFrame(rows, columns=["geography", "area_id", "value"])
        values = values.assign(indicator_id="unemployed", period=edition, status="measured")
        return town_of_districts(values, ["unemployed"], districts=extent, edition=edition)

    return made


def store(engine: Engine, given: Delivery, version: int) -> None:
    file = RawFile(name="values.csv", path=Path("values.csv"), sha256="a" * 64, size=1)
    load(engine, given, [file], loaded_by="test", code_version=str(version), progress=lambda *_: None)


def published(engine: Engine) -> list[tuple[object, ...]]:
    """Return what is public of the first edition."""
    statement = (
        "SELECT v.geography_id, area_id, value, status::text FROM value JOIN vintage v ON v.id = vintage_id"
        " WHERE period = '2020' ORDER BY 1, 2"
    )
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


@pytest.fixture(scope="session")
def converted(town) -> Callable[..., list[tuple[object, ...]]]:
    def made(engine: Engine, counts: list[float], *, weights: str | None) -> list[tuple[object, ...]]:
        """Load both editions, convert the first to the second, and return every share and every converted value."""
        store(engine, town(counts, BEFORE, "2020"), 1)
        store(engine, town([12, 9, 24, 14, 20], AFTER, "2021"), 2)
        with engine.begin() as connection:
            editions = conversions.editions(connection, "town")
            places = (find_place(editions, "district@2020"), find_place(editions, "district@2021"))
            recipe = Recipe(weights=None if weights is None else named_weights(connection, "town", weights))
            make_crosswalk(connection, "town", places, recipe, made_by="test", code_version="test")
        source = SimpleNamespace(city_id="town", confidentiality=Confidentiality())
        profile = CityProfile(source=source, methods={}, segregation=())
        compute_conversions(
            engine, profile, requested_by="test", code_version="test", progress=lambda *_: None
        )
        found: list[tuple[object, ...]] = []
        with engine.connect() as connection:
            for statement in (
                "SELECT source_area_id, target_area_id, share FROM crosswalk_share ORDER BY 1, 2",
                "SELECT area_id, size, basis FROM crosswalk_source ORDER BY 1",
                "SELECT area_id, period, value, status::text, grade, derivation, known, estimated FROM converted_value"
                " ORDER BY 1, 2",
            ):
                found += [tuple(row) for row in connection.execute(text(statement))]
            exported = read_dataset(connection, profile).converted
        # What is exported is what was converted to the districts, with the grade and the edition that was counted on.
        plain = exported.astype(object).where(exported.notna(), None)
        told = {(one.area_id, one.period): (one.value, one.status, one.grade) for one in plain.itertuples()}
        assert told == {(row[0], row[1]): row[2:5] for row in found if len(row) == 8}
        assert set(zip(exported["from_geography"], exported["from_edition"], strict=True)) == {
            ("district", "2020")
        }
        return [*found, *map(tuple, plain.drop(columns="origin").to_numpy().tolist())]

    return made


def test_it_recovers_a_count_where_true_counts_are_converted_before_they_are_protected() -> None:
    # Half of 00 goes to A; whoever knows the share doubles what A has.
    keys = pd.DataFrame({"from_area": ["00", "00"], "to_area": ["A", "B"], "share": [0.5, 0.5]})
    careless = extensive(pd.Series({"00": 2.0}), by_key(keys))
    assert careless.value["A"] / 0.5 == 2


@pytest.mark.db
@pytest.mark.parametrize("weights", [None, "district@2020:unemployed:2020"], ids=["surface", "people"])
def test_it_finds_nothing_because_two_secrets_with_one_publication_give_one_conversion(
    converted, make_database, weights: str | None
) -> None:
    found, public = [], []
    for counts in (ONE, OTHER):
        engine = connect(make_database())
        found.append(converted(engine, counts, weights=weights))
        public.append(published(engine))
        engine.dispose()
    assert public[0] == public[1]
    assert [row[2] for row in public[0]] == [61.0, None, None, 20.0, 30.0]
    assert found[0] == found[1]
    if weights is not None:
        # 61 less 20 and 30 leaves 11 for two: as weights they get half of it each, which everybody can work out.
        assert {row[0]: row[1] for row in found[0] if len(row) == 3 and row[2] == "population"} == {
            "00": 5.5, "01": 5.5, "02": 20, "03": 30,
        }  # fmt: skip
    values = {row[0]: row[2:4] for row in found[0] if len(row) == 8}
    # 10 is a part of 00, 11 parts of both, 12 a part of 01 and all of 02: no number anywhere.
    assert {area: values[area] for area in ("10", "11", "12")} == dict.fromkeys(
        ("10", "11", "12"), (None, "suppressed")
    )
    assert values["30"][0] + values["31"][0] == pytest.approx(30, rel=1e-9)
