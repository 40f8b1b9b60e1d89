"""The application on a small sample city, as it was computed, and with maps and scenarios of its priority areas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import geopandas as gpd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from api.app import create_app
from api.settings import ServiceSettings
from db.engine import connect
from db.queries import areas, priority_maps, proposals, scenarios
from etl.cities import city_profile
from etl.compute import compute_city, compute_scenario


@pytest.fixture(scope="session")
def client(small_city_url: str) -> Iterator[TestClient]:
    """Return a client that sees errors as a user would."""
    with TestClient(
        create_app(ServiceSettings(database_url=small_city_url)), raise_server_exceptions=False
    ) as client:
        yield client


@pytest.fixture(scope="session")
def planned_template(make_database: Callable[..., str], small_city_template: str) -> str:
    """Name of a database, to be copied, with five maps of priority areas and five scenarios.

    Map 1 was superseded by map 2, which is in force; 3 is proposed, 4 a draft, 5 withdrawn. Map 2 has the first region
    of the proposal without its last area, and one area that is in no region: so every kind of change occurs.
    """
    url = make_database(template=small_city_template)
    engine = connect(url)
    first = draw_maps(engine)
    with engine.begin() as connection:
        one, other = areas.area_ids(connection, areas.finest_geography(connection, "sample")["vintage_id"])[
            :2
        ]
        for name, given in {
            "as-it-is": {"border_price": 0.3},
            "calm": {
                "border_price": 0.3,
                "inertia": 0.3,
                "locked": {first: "Beschluss des Stadtrats"},
                "locked_in": 2,
                "outside": {one: "Kleingärten"},
            },
            "few": {
                "border_price": 0.3,
                "most_regions": 1,
                "least_residents": 500.0,
                "outside": {other: "Wald"},
            },
            "not-yet": {"border_price": 0.5},
            "two-of-three": {
                "kind": "red",
                "threshold": 0.5,
                "at_least": 2,
                "weights": dict.fromkeys(("child_poverty_share", "transfer_share", "unemployed_share"), 1.0),
            },
        }.items():
            given |= {"resamples": 20, "variants": 0}
            scenarios.put(connection, "sample", name, given, by="Stadtplanung", note=f"Notiz {name}")
    known = {"requested_by": "Stadtplanung", "code_version": "test", "progress": quiet}
    profile = city_profile("sample")
    compute_city(engine, profile, changes={"resamples": 20, "variants": 10}, **known)
    for name in ("as-it-is", "calm", "few", "two-of-three"):
        compute_scenario(engine, profile, name, **known)
    engine.dispose()
    return str(make_url(url).database)


def draw_maps(engine: Engine) -> str:
    """Keep the five maps; return the id of the region that map 2 has."""
    with engine.begin() as connection:
        run = proposals.find_run(connection, "sample")
        table = proposals.read_areas(connection, run["id"])
        level = areas.finest_geography(connection, "sample")
        shapes = areas.read_areas(connection, level["vintage_id"]).geometry
        first = str(table["region_id"].value_counts().index[0])
        members = table["region_id"][table["region_id"] == first]
        lone = table.index[table["region_id"].isna() & table["residents"].gt(0)][0]
        chosen = members.iloc[:-1].copy()
        chosen.loc[lone] = first
        outline = gpd.GeoDataFrame(
            {"kind": ["blue"], "areas": [len(chosen)], "residents": [1234.0], "mean_need": [1.5]},
            index=[first],
            geometry=[shapes.loc[chosen.index].union_all()],
            crs=shapes.crs,
        )
        for number in range(1, 6):
            assert number == priority_maps.create(
                connection,
                city_id="sample",
                title=f"Karte {number}",
                geography_id=level["id"],
                edition=level["edition"],
                regions=outline,
                areas=chosen,
                passport={"run": run["id"], "parameters": run["parameters"]},
                by="Stadtplanung",
                note=f"Entwurf {number}",
            )
        for number in (1, 2):
            priority_maps.move(connection, number, "proposed", by="Stadtplanung")
            priority_maps.move(
                connection,
                number,
                "agreed",
                by="Stadtrat",
                decision_number=f"VII-{number}",
                decision_date=date(2024, 5, number),
            )
        priority_maps.move(connection, 3, "proposed", by="Stadtplanung", note="zur Beratung")
        priority_maps.move(connection, 5, "withdrawn", by="Stadtplanung")
    return first


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


@pytest.fixture(scope="session")
def planned_engine(make_database: Callable[..., str], planned_template: str) -> Iterator[Engine]:
    """Return an engine on the city with maps and scenarios; tests only read it."""
    engine = connect(make_database(template=planned_template))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def planned(planned_engine: Engine) -> Iterator[TestClient]:
    """Return a client of an application on the city with maps and scenarios."""
    with asking(planned_engine) as client:
        yield client


@pytest.fixture
def own_plans(make_database: Callable[..., str], planned_template: str) -> Iterator[Engine]:
    """Return an engine on such a city of the test's own."""
    engine = connect(make_database(template=planned_template))
    yield engine
    engine.dispose()


@pytest.fixture
def ask_own(own_plans: Engine) -> Iterator[TestClient]:
    """Return a client of an application on the test's own city."""
    with asking(own_plans) as client:
        yield client


def asking(engine: Engine) -> TestClient:
    address = engine.url.render_as_string(hide_password=False)
    return TestClient(create_app(ServiceSettings(database_url=address)), raise_server_exceptions=False)
