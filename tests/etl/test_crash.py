"""The database server is killed in the middle of a load: after the next start nothing is half-loaded."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db import migrate
from db.cluster.throw_away import throw_away
from db.engine import connect
from etl.pipeline import load_city
from etl.raw import RawStore
from etl.shipped_cities.sources import shipped_source

TABLES = ("city", "source", "load", "raw_file", "geography_level", "vintage", "area", "indicator", "value")


@pytest.mark.db
@pytest.mark.parametrize("moment", ["areas", "values", "commit"])
def test_kill_9_during_a_load_leaves_nothing_and_the_next_load_is_whole(
    moment: str, leipzig_folder: Path, tmp_path: Path
) -> None:
    store = RawStore(tmp_path / "raw")
    with throw_away() as server:
        engine = connect(server.url)
        migrate.upgrade(engine)

        def load(progress):
            return load_city(
                engine,
                shipped_source("leipzig", leipzig_folder),
                store,
                folder=leipzig_folder,
                loaded_by="test",
                code_version="1",
                progress=progress,
            )

        def kill(name: str, _share: float | None = None) -> None:
            if name == moment:
                os.kill(server.status().pid, signal.SIGKILL)
                threading.Event().wait(0.5)  # its children notice within milliseconds and end

        with pytest.raises(DBAPIError):
            load(kill)
        engine.dispose()

        server.start()
        with engine.connect() as connection:
            left = {
                table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
                for table in TABLES
            }
        assert left == dict.fromkeys(TABLES, 0)
        assert [path for path in store.root.rglob("*") if path.is_file()]  # the raw files are kept

        report = load(lambda _name, _share=None: None)
        assert report.counts["areas_inserted"] == 74
        engine.dispose()
