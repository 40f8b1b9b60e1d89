"""A small town that is divided anew, in a database; commands are run as a user does.

Until 2021 there are four squares of 1 km²; on 1.1.2022 the last one, 04, is divided into 05 (a quarter of its ground) and
06. At the end of 2022 two thirds of its people live in 05.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from db.queries.bridged import read_series
from etl.cities import city_profile
from etl.cli import crosswalk
from etl.compute import compute_city, compute_conversions
from etl.pipeline import load_city
from etl.raw import RawStore

LATER = """nr;jahr;ew;ausl;quote
01;2022;1020;120;5,7
02;2022;2030;320;7,2
03;2022;1480;25;2,1
05;2022;600;.;3,3
06;2022;300;30;3,4
"""


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


class Town:
    """The town in a database; commands are run as a user does."""

    later_values = LATER

    def __init__(self, engine: Engine, dataset, store: RawStore) -> None:
        self.engine, self.dataset, self.store = engine, dataset, store

    def load(self) -> None:
        load_city(
            self.engine,
            self.dataset.source(),
            self.store,
            folder=None,
            loaded_by="test",
            code_version="test",
            progress=quiet,
        )

    def later(self, values: str = LATER, width: float = 250) -> None:
        """Load the edition of 2022."""
        self.dataset.manifest(
            '[edition]\nid = "2020"\nvalid_from = 2020-01-01',
            '[edition]\nid = "2022"\nvalid_from = 2022-01-01',
        )
        self.redraw(width)
        (self.dataset.folder / "values.csv").write_text(values, encoding="utf-8")
        self.load()

    def redraw(self, width: float) -> None:
        kept = self.dataset.areas().iloc[:3]
        west, south, east, north = 503_000, 6_000_000, 504_000, 6_001_000
        parts = [shapely.box(west, south, west + width, north), shapely.box(west + width, south, east, north)]
        new = gpd.GeoDataFrame({"nr": ["05", "06"], "name": ["Ost", "Fern"]}, geometry=parts, crs=kept.crs)
        self.dataset.write_areas(pd.concat([kept, new], ignore_index=True))

    def run(self, *arguments: str, code: int = 0) -> str:
        found = CliRunner().invoke(crosswalk.app, list(arguments), catch_exceptions=False)
        assert found.exit_code == code, found.output
        return found.stdout

    def convert(self):
        with self.engine.connect() as connection:
            profile = city_profile("small", connection)
        return compute_conversions(
            self.engine, profile, requested_by="test", code_version="test", progress=quiet
        )

    def compute(self):
        with self.engine.connect() as connection:
            profile = city_profile("small", connection)
        return compute_city(self.engine, profile, requested_by="test", code_version="test", progress=quiet)

    def series(self, indicator: str, edition: str = "2022") -> pd.DataFrame:
        with self.engine.connect() as connection:
            found = read_series(connection, "small", indicator, geography="sub_district", edition=edition)
        return found.values.set_index(["period", "area_id"])

    def count(self, where: str = "true") -> int:
        with self.engine.connect() as connection:
            return connection.execute(
                text(f"SELECT count(*) FROM converted_value WHERE {where}")
            ).scalar_one()


@pytest.fixture
def town(database: Engine, dataset, store: RawStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Town:
    """The town with the edition of 2020 loaded."""
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("SOZIALRAUM_STATE_DIR", str(tmp_path))
    made = Town(database, dataset, store)
    made.load()
    return made
