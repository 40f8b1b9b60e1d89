"""Attack 6: two editions of the boundaries; what one edition withholds, the other has.

The service publishes a period in the newest edition of a level that has it; the attack runs at the level of the package
here, at every door that takes an edition, and in `test_11_publications_kept.py` on two editions that were loaded one after
the other.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.app import create_app
from api.settings import ServiceSettings
from db.queries import areas, exports
from db.queries.bridged import bridged_values
from db.queries.values import read_values, told_periods
from etl.confidentiality import Confidentiality
from etl.loading import LoadReport, load
from etl.raw import RawFile
from etl.undo import undo_load
from indicators.confidentiality import (
    AS_PUBLISHED,
    area_sums,
    editions,
    no_relations,
    protect,
    public_view,
)

# Old b was divided into y and z; a and c kept their ground under a new id.
CROSSWALK = pd.DataFrame({"from_area": ["a", "b", "b", "c"], "to_area": ["x", "y", "z", "w"]})
OLD = {"a": 40, "b": 12, "c": 60}
NEW = {"x": 40, "y": 10, "z": 2, "w": 60}


def attack(known: dict[str, float], crosswalk: pd.DataFrame) -> dict[str, float]:
    """Solve every group of areas with the same ground that has one unknown member."""
    found = {}
    for old, rows in crosswalk.groupby("from_area"):
        news = rows["to_area"].tolist()
        unknown = [name for name in [old, *news] if name not in known]
        if len(unknown) == 1 and unknown[0] == old:
            found[old] = sum(known[name] for name in news)
        elif len(unknown) == 1:
            found[unknown[0]] = known[old] - sum(known[name] for name in news if name in known)
    return found


def published(relations) -> dict[str, float]:
    values = OLD | NEW | {"old city": sum(OLD.values()), "new city": sum(NEW.values())}
    table = pd.DataFrame(
        {
            "area_id": list(values),
            "period": "2023",
            "indicator_id": "unemployed",
            "value": list(values.values()),
        }
    )
    sums = area_sums(table, dict.fromkeys(OLD, "old city") | dict.fromkeys(NEW, "new city"))
    frame = public_view(protect(table, sums + relations(table))).frame.dropna(subset="value")
    return dict(zip(frame["area_id"], frame["value"], strict=True))


def test_it_recovers_a_count_when_editions_are_protected_one_by_one(score):
    known = published(lambda _: no_relations())
    # z is 2; y is its partner; old b is published, which the sum of y and z may be. But x or w …
    assert "z" not in known
    found = attack(known | {"y": NEW["y"]}, CROSSWALK)
    score(6, careless=len(found))
    assert found == {"z": 2}


def test_a_partner_in_one_edition_is_read_off_the_other():
    # x, the same ground as a, is withheld in the new edition alone.
    assert attack({"a": 40, "b": 12, "c": 60, "y": 10, "w": 60}, CROSSWALK) == {"x": 40, "z": 2}


def test_it_finds_nothing_when_editions_are_related():
    assert attack(published(lambda table: editions(table, CROSSWALK)), CROSSWALK) == {}


@pytest.mark.db
def test_the_service_has_one_edition_of_each_level(client, score):
    levels = client.get("/cities").json()["cities"][0]["geographies"]
    score(6, served=len(levels) - len({level["id"] for level in levels}))
    assert len({level["id"] for level in levels}) == len(levels)
    collections = client.get("/collections").json()["collections"]
    assert len({(one["city"], one["id"]) for one in collections}) == len(collections)


# The publisher shows 4,127 and 3,119 in the first edition, and withholds both in the second; the sum is the same.
SHOWN, WITHHELD_LATER = (4127.0, 3119.0, 6001.0, 7003.0), (None, None, 6001.0, 7003.0)


@pytest.fixture
def publish(town_of_districts, database: Engine) -> Callable[..., LoadReport]:
    """Load a town as its publisher shows it, in an edition of the same ground."""

    def once(edition: str, counts: tuple[float | None, ...], period: str = "2021") -> LoadReport:
        rows = [("city", "T", sum(SHOWN)), *(("district", f"0{at}", one) for at, one in enumerate(counts))]
        values = pd.DataFrame(rows, columns=["geography", "area_id", "value"])
        given = town_of_districts(
            values.assign(indicator_id="unemployed", period=period),
            ["unemployed"],
            edition=edition,
            confidentiality=Confidentiality(profile=AS_PUBLISHED),
        )
        file = RawFile(name="values.csv", path=Path("values.csv"), sha256="a" * 64, size=1)
        known = {"loaded_by": "test", "code_version": f"{edition} {period}", "progress": lambda *_: None}
        return load(database, given, [file], **known)

    return once


def doors(engine: Engine, edition: str, period: str = "2021") -> dict[str, str]:
    """Ask everywhere for the districts in an edition, and return what is answered as text."""
    url = engine.url.render_as_string(hide_password=False)
    chosen = f"period={period}&edition={edition}"
    with TestClient(create_app(ServiceSettings(database_url=url))) as client:
        found = {
            path: client.get(path).text
            for path in (
                f"/cities/town/layers/unemployed?geography=district&{chosen}",
                f"/collections/town.district/items?indicator=unemployed&{chosen}",
                f"/cities/town/series/unemployed?area=00&geography=district&edition={edition}",
            )
        }
        listed = client.get(f"/cities/town/indicators?edition={edition}").json()["indicators"]
    found["periods"] = str([one["availability"] for one in listed])
    with engine.connect() as connection:
        levels = areas.geographies(connection, "town", edition=edition)
        vintage = next(one["vintage_id"] for one in levels if one["id"] == "district")
        names = ["unemployed"]
        found["values"] = read_values(connection, vintage_id=vintage, indicator_ids=names).to_string()
        found["export"] = exports.published_values(connection, vintage, indicator_ids=names).to_string()
        found["bridged"] = bridged_values(connection, vintage, "unemployed").to_string()
        found["told"] = told_periods(connection, "town")
    return found


def giving(found: dict[str, str]) -> list[str]:
    """Return the doors that give one of the two counts."""
    return [door for door, answer in found.items() if "4127" in answer or "3119" in answer]


@pytest.mark.db
def test_it_reads_nothing_off_the_older_edition_of_a_period_that_the_newer_one_has(publish, database, score):
    publish("2020", SHOWN)
    before = doors(database, "2020")
    assert len(giving(before)) == 6  # every door that gives numbers gave them while it was the newest edition
    report = publish("2021", WITHHELD_LATER)
    assert report.confidentiality["withheld_but_public_in_other_editions"] == 2
    assert "2 of them public in another edition" in report.sentence()
    found = doors(database, "2020")
    score(6, served=len(giving(found)))
    assert giving(found) == giving(doors(database, "2021")) == []
    assert "2021" not in found["periods"]
    assert found["told"] == "periods: 2021 (edition 2021)"
    # whoever takes the newer edition back has the older one again, without more ado
    undo_load(database, 2, undone_by="test", code_version="1", progress=lambda *_: None)
    assert giving(doors(database, "2020")) == giving(before)


@pytest.mark.db
def test_a_period_that_only_the_older_edition_has_is_still_served_there(publish, database):
    publish("2020", SHOWN)
    publish("2021", WITHHELD_LATER, period="2022")
    found = doors(database, "2020")
    assert len(giving(found)) == 6
    assert found["told"] == "periods: 2022 in edition 2021; 2021 in edition 2020"
