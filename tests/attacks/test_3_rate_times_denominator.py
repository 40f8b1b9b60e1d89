"""Attack 3: a withheld count is its published share times the published whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from shapely import MultiPolygon, box
from sqlalchemy import Engine

from api.app import create_app
from api.settings import ServiceSettings
from etl.delivery import City, Delivery, Geography, Source
from etl.loading import load
from etl.raw import RawFile
from indicators.catalogue import definition
from indicators.definition import Indicator


@pytest.fixture
def attack(equations, rates_times_denominators):
    """Turn every published share back into its numerator."""

    def program(public):
        paper = equations(public)
        rates_times_denominators(paper)
        return paper.narrowed()

    return program


def test_it_recovers_what_a_careless_publisher_withholds(attack, naive, truth, score):
    found = attack(naive)
    score(3, careless=len(found))
    # One decimal of a percentage of fewer than a thousand people has only one numerator.
    exact = {cell: low for cell, (low, high) in found.items() if low == high}
    assert len(exact) > 100
    assert all(truth[cell] == value for cell, value in exact.items())


@pytest.mark.db
def test_it_narrows_nothing_down_that_the_service_withholds(attack, served, score):
    found = attack(served)
    score(3, served=len(found))
    assert found == {}


@pytest.mark.db
def test_nothing_is_served_that_was_computed_from_a_withheld_count(served):
    assert set(served.shares) < set(served.rates)
    for geography, area, name, period in served.values:
        rate = served.rates.get(name)
        # The land is no count of the service; everybody can measure it on the map.
        states = {
            served.statuses[geography, area, count, period]
            for count in (rate.counts if rate else ())
            if count in served.counts
        }
        assert "suppressed" not in states, (geography, area, name, period)


@pytest.mark.db
def test_every_computed_value_of_the_service_is_one_that_is_attacked(client):
    indicators = client.get("/cities/sample/indicators").json()["indicators"]
    # A form that nobody has thought of here, such as a growth rate, needs an attack of its own.
    assert {one["form"] for one in indicators} <= {
        None,
        "count",
        "share",
        "quotient",
        "ratio",
        "index",
        "class",
    }
    for one in indicators:
        if one["kind"] == "intensive" and one["numerator"] is None:
            # The share near a playground is let through here without an attack of its own; issue 6 stays open for it.
            assert one["id"] in {"status_index", "dynamics_index", "u15_near_playground_share"}, one["id"]


# 2 of 120 are withheld, 12 are too few for a rate; all districts give their shares away.
WHOLE = {"00": 120, "01": 12, "02": 300, "03": 400}
PART = {"00": 2, "01": 6, "02": 30, "03": 40}


SHARE = definition("unemp_share").as_indicator()


def town(*counts: str, share: Indicator = SHARE) -> Delivery:
    """A town whose source delivers some of the counts, and all shares with two decimals."""
    numbers = {"residents_15_65": WHOLE, "unemployed": PART}
    rows = [(area, name, float(value)) for name in counts for area, value in numbers[name].items()]
    rows += [(area, "unemp_share", round(100 * PART[area] / WHOLE[area], 2)) for area in WHOLE]
    values = pd.DataFrame(rows, columns=["area_id", "indicator_id", "value"])
    levels = {"key_length": 2, "edition": "2020", "valid_from": date(2020, 1, 1)}
    return Delivery(
        city=City(id="town", title_de="Ort", title_en="Town", srid=25833),
        source=Source(
            id="town", title_de="Quelle", title_en="Source", publisher="p", licence="l", attribution="a"
        ),
        geographies=(
            Geography(id="district", parent=None, title_de="Bezirke", title_en="Districts", **levels),
        ),
        areas=gpd.GeoDataFrame(
            {"geography": "district", "area_id": list(WHOLE), "parent_id": None, "name": list(WHOLE)},
            geometry=[MultiPolygon([box(10 * i, 0, 10 * i + 10, 10)]) for i in range(len(WHOLE))],
            crs="EPSG:25833",
        ),
        indicators=(
            *(
                Indicator(id=name, title_de=name, title_en=name, unit="persons", kind="extensive")
                for name in counts
            ),
            share,
        ),
        values=values.assign(
            geography="district",
            period="2022",
            reference_date=date(2022, 12, 31),
            status=np.where(values["value"] == 0, "zero", "measured"),
        ),
    )


def store(engine: Engine, given: Delivery, version: str = "1") -> str:
    file = RawFile(name="values.csv", path=Path("values.csv"), sha256="a" * 64, size=1)
    return load(
        engine, given, [file], loaded_by="test", code_version=version, progress=lambda *_: None
    ).sentence()


def read(engine: Engine, indicator: str) -> dict[str, float]:
    """Ask the service for what it shows of an indicator."""
    url = engine.url.render_as_string(hide_password=False)
    with TestClient(create_app(ServiceSettings(database_url=url))) as client:
        where = {"geography": "district", "period": "2022"}
        body = client.get(f"/cities/town/layers/{indicator}", params=where).json()
    return {
        area: value for area, value in zip(body["area_ids"], body["values"], strict=True) if value is not None
    }


def numerators(shares: dict[str, float], wholes: dict[str, float]) -> dict[str, int]:
    return {area: round(share * wholes[area] / 100) for area, share in shares.items() if area in wholes}


def test_it_recovers_counts_from_shares_that_are_loaded_as_they_were_delivered(score):
    given = town("residents_15_65", "unemployed").values
    shares = given[given["indicator_id"] == "unemp_share"].set_index("area_id")["value"].to_dict()
    found = numerators(shares, WHOLE)
    score(3, careless=len(found))
    assert found == PART


def test_a_delivered_share_gives_no_withheld_count_away(database: Engine, score):
    told = store(database, town("residents_15_65", "unemployed"))
    shares, parts = read(database, "unemp_share"), read(database, "unemployed")
    found = numerators(shares, read(database, "residents_15_65"))
    score(3, served=len(set(found) - set(parts)))
    assert "00" not in parts
    # What is found is public anyway, and of no fewer than 100.
    assert found.items() <= parts.items()
    assert all(WHOLE[area] >= 100 for area in shares)
    assert "; delivered rates withheld: " in told


@pytest.mark.parametrize("share", [SHARE, replace(SHARE, numerator=None, denominator=None)])
def test_a_delivered_share_tells_nothing_of_a_count_that_nobody_delivers(database: Engine, share: Indicator):
    given = town(
        "residents_15_65", share=share
    )  # where the source does not say what it is made of, the catalogue does
    told = store(database, given)
    assert read(database, "unemp_share") == {}
    assert told.endswith("; delivered rates withheld: 4 whose counts are not there (unemp_share)")
    assert len(read(database, "residents_15_65")) == 4


def test_shares_that_come_after_their_counts_are_judged_by_what_is_stored(database: Engine):
    store(database, town("residents_15_65", "unemployed"))
    before = read(database, "unemp_share")
    store(database, town(), "2")
    assert read(database, "unemp_share") == before
    assert "00" not in before
