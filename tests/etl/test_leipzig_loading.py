"""Real Leipzig in a real PostGIS: loading twice changes nothing, a broken file leaves the database as it was."""

from __future__ import annotations

import gzip
import shutil

import pytest
from sqlalchemy import Engine, text

from etl.datasets.findings import DatasetError
from etl.pipeline import load_city
from etl.shipped_cities.sources import shipped_source

pytestmark = pytest.mark.db

COUNTS = text(
    "SELECT (SELECT count(*) FROM area), (SELECT count(*) FROM value), (SELECT count(*) FROM rejected_row), "
    "(SELECT count(*) FROM load)"
)


def counts(database: Engine) -> tuple[int, ...]:
    with database.connect() as connection:
        return tuple(connection.execute(COUNTS).one())


def run(database: Engine, source, store, folder, quiet, code: str = "test"):
    return load_city(
        database, source, store, folder=folder, loaded_by="test", code_version=code, progress=quiet
    )


def test_leipzig_twice_is_leipzig_once(database, leipzig_folder, store, quiet):
    run(database, shipped_source("leipzig", leipzig_folder), store, leipzig_folder, quiet)
    first = counts(database)
    assert first[0] == 63 + 10 + 1
    assert first[2] == 3782
    again = run(database, shipped_source("leipzig", leipzig_folder), store, leipzig_folder, quiet)
    assert not again.changed
    assert "0 rows changed" in again.sentence()
    assert counts(database) == first
    other_code = run(
        database, shipped_source("leipzig", leipzig_folder), store, leipzig_folder, quiet, code="newer"
    )
    assert counts(database)[:2] == first[:2]
    for change in ("areas_inserted", "areas_changed", "values_inserted", "values_corrected"):
        assert other_code.counts[change] == 0


def test_broken_names_change_nothing(database, leipzig_folder, store, tmp_path, quiet):
    run(database, shipped_source("leipzig", leipzig_folder), store, leipzig_folder, quiet)
    before = counts(database)
    folder = tmp_path / "broken"
    folder.mkdir()
    shutil.copyfile(leipzig_folder / "ortsteile.gpkg", folder / "ortsteile.gpkg")
    table = gzip.decompress((leipzig_folder / "indicators_long.csv.gz").read_bytes()).decode()
    table = table.replace(",Miltitz,", ",Nirgendwo,")
    (folder / "indicators_long.csv.gz").write_bytes(gzip.compress(table.encode()))
    with pytest.raises(DatasetError, match="'Nirgendwo' joins no area"):
        run(database, shipped_source("leipzig", leipzig_folder), store, folder, quiet)
    assert counts(database) == before


def test_berlin_fits_the_constraints_of_the_database(database, berlin_folder, store, quiet):
    report = run(database, shipped_source("berlin", berlin_folder), store, berlin_folder, quiet)
    assert report.changed
    assert counts(database)[:2] == (658, 34_452)
