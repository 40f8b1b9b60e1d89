"""How fast values and areas get into PostGIS, beside pandas, geopandas and a bare COPY: `python -m benchmarks.loading`.

`--values 20000000` is the largest city we plan for: 100,000 blocks × 20 indicators × 10 years. Every measurement is a
process and a database of its own on one throw-away server; all sides have the same data, and the same tables with all
their rules unless it says otherwise. What is measured:

- values: `ours`; `copy`, a bare COPY of the bytes that ours sends; `copy, no references`, the same into a table without
  foreign keys; `to_sql`, pandas with method="multi"; `again`, ours when one value of a thousand is corrected
- areas: `ours`; `to_postgis`, geopandas into a table with the same rules and indexes; `to_postgis, no rules`, into the table
  that it makes; `coverage`, the check for gaps and overlaps
- load: a manifest with a Parquet table, from the files to the end of the transaction
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url

from benchmarks.made_up_town import BLOCKS, SERIES, blocks, prepare, values, write_dataset
from db import migrate, models
from db.cluster.throw_away import throw_away
from db.engine import connect
from db.queries.deliveries import merge_areas, merge_values
from etl.datasets.source import open_source
from etl.pipeline import load_city
from etl.raw import RawStore
from spatial.coverage_findings import coverage_findings

__all__ = ["main"]

_TURNS = 3
_MANY = 500_000  # values, from which on one turn is enough
_SIDES = {
    "values": ("ours", "copy", "copy, no references", "to_sql", "again"),
    "areas": ("ours", "to_postgis", "to_postgis, no rules", "coverage"),
    "load": ("ours",),
}
_COLUMNS = "(vintage_id, indicator_id, period, area_id, reference_date, value, status, load_id)"
_PLAIN = (
    "ALTER TABLE value DROP CONSTRAINT fk_value_vintage_id_area_id, DROP CONSTRAINT fk_value_indicator_id,"
    " DROP CONSTRAINT fk_value_load_id, DROP CONSTRAINT fk_value_run_id"
)
# geopandas wants a table that names its CRS; ours holds those of all cities.
_SAME = (
    "CREATE TABLE same (LIKE area INCLUDING ALL)",
    "ALTER TABLE same ALTER geometry TYPE geometry(MultiPolygon, 25833)",
    "ALTER TABLE same ADD FOREIGN KEY (vintage_id, srid) REFERENCES vintage (id, srid),"
    " ADD FOREIGN KEY (parent_vintage_id, parent_area_id) REFERENCES area (vintage_id, area_id),"
    " ADD FOREIGN KEY (load_id) REFERENCES load (id)",
)
_BYTES = "values.copy"
_PROCESSES = Path("/proc")


def _of_values(engine: Engine, side: str, count: int, folder: Path) -> dict[str, float]:
    frame = values(0 if side.startswith("copy") else count)
    with engine.begin() as connection:
        if side == "copy, no references":
            connection.execute(text(_PLAIN))
        if side == "to_sql":
            frame = frame.assign(vintage_id=BLOCKS, load_id=2)
        if side == "again":
            merge_values(connection, frame, load_id=1)
            frame["value"] += (np.arange(len(frame)) % 1000 == 0) & (frame["status"] == "measured")
    with _measured(engine) as (connection, figures):
        if side in ("ours", "again"):
            merge_values(connection, frame, load_id=2)
        elif side == "to_sql":
            types = {name: models.Value.__table__.c[name].type for name in ("reference_date", "status")}
            how = {"if_exists": "append", "index": False, "dtype": types}
            frame.to_sql("value", connection, method="multi", chunksize=1_000, **how)
        else:
            statement = f"COPY value {_COLUMNS} FROM STDIN (FORMAT binary)"
            with (folder / _BYTES).open("rb") as content, _copy(connection, statement) as copy:
                while block := content.read(1 << 20):
                    copy.write(block)
    with engine.connect() as connection:
        figures["rows"] = float(connection.execute(text("SELECT count(*) FROM value")).scalar_one())
        if side == "ours":  # the table has the order in which the rows were sent
            statement = f"COPY value {_COLUMNS} TO STDOUT (FORMAT binary)"
            with (folder / _BYTES).open("wb") as content, _copy(connection, statement) as copy:
                for block in copy:
                    content.write(block)
    return figures


def _of_areas(engine: Engine, side: str, count: int, _folder: Path) -> dict[str, float]:
    areas = blocks(count)
    geometry = areas.geometry.to_numpy()
    with engine.begin() as connection:
        for statement in _SAME:
            connection.execute(text(statement))
    with _measured(engine) as (connection, figures):
        if side == "ours":
            merge_areas(
                connection, pd.DataFrame(areas.drop(columns="geometry")).assign(geometry=geometry), load_id=2
            )
        elif side == "to_postgis":
            areas.assign(load_id=2).to_postgis("same", connection, if_exists="append")
        elif side == "to_postgis, no rules":
            areas.assign(load_id=2).to_postgis("plain", connection)
        else:
            coverage_findings(areas.set_index("area_id").geometry)
    return figures | {"rows": float(count)}


def _of_load(engine: Engine, _side: str, count: int, folder: Path) -> dict[str, float]:
    write_dataset(folder, count)
    steps: list[tuple[str, float, float]] = []

    def progress(step: str, _share: float | None = None) -> None:
        steps.append((step, time.perf_counter(), _memory("self", "VmHWM")))

    told = {"loaded_by": "bench", "code_version": "bench"}
    with _measured(engine) as (_connection, figures):
        load_city(
            engine, open_source(folder), RawStore(folder / "raw"), folder=None, progress=progress, **told
        )
        progress("done")
    for (step, start, _), (_, stop, most) in pairwise(steps):
        sys.stderr.write(f"  {step}: {stop - start:.1f} s, at most {most:,.0f} MB until its end\n")
    unknown = dict.fromkeys(("cpu", "server memory"), float("nan"))  # a load has connections of its own
    return figures | unknown | {"rows": float(count)}


_MEASURES: dict[str, Callable[[Engine, str, int, Path], dict[str, float]]] = {
    "values": _of_values,
    "areas": _of_areas,
    "load": _of_load,
}


@contextmanager
def _copy(connection: Connection, statement: str) -> Iterator[Any]:
    with connection.connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield copy


def _memory(process: int | str, field: str) -> float:
    """Return resident memory at most (VmHWM) in MB, on Linux."""
    status = _PROCESSES / str(process) / "status"
    found = re.search(rf"{field}:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else float("nan")


def _processor_time(process: int) -> float:
    """Return the seconds of processor time of another process, on Linux."""
    stat = _PROCESSES / str(process) / "stat"
    if not stat.exists():
        return float("nan")
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _measured(engine: Engine) -> Iterator[tuple[Connection, dict[str, float]]]:
    """Time what is done with a connection until it is committed: of both sides, and their memory at its highest."""
    figures: dict[str, float] = {}
    forget = _PROCESSES / "self" / "clear_refs"
    with engine.connect() as connection:
        server = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        connection.commit()
        connection.begin()
        if forget.exists():
            forget.write_text("5")  # the peak of making the data
        clock, processor = time.perf_counter(), time.process_time() + _processor_time(server)
        yield connection, figures
        connection.commit()
        figures["wall"] = time.perf_counter() - clock
        figures["cpu"] = time.process_time() + _processor_time(server) - processor
        figures["memory"], figures["server memory"] = _memory("self", "VmHWM"), _memory(server, "VmHWM")


def _run(url: str, subject: str, side: str, count: int, folder: Path) -> dict[str, float]:
    """Measure in a process of its own, on a new copy of the prepared database."""
    admin = connect(url)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS bench"))
        connection.execute(text(f"CREATE DATABASE bench TEMPLATE ground_{subject}"))
        connection.execute(text("CHECKPOINT"))
    admin.dispose()
    command = [sys.executable, "-m", "benchmarks.loading", "--one", subject, side]
    command += [_address(url, "bench"), str(folder), "--count", str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _address(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _prepare(url: str, subject: str, areas: int) -> None:
    """Make the database that every measurement starts from."""
    admin = connect(url)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE ground_{subject}"))
    admin.dispose()
    engine = connect(_address(url, f"ground_{subject}"))
    migrate.upgrade(engine)
    if subject != "load":
        with engine.begin() as connection:
            prepare(connection, areas)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _lines(url: str, subject: str, sides: list[str], count: int) -> Iterator[str]:
    turns: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
    for _ in range(1 if count >= _MANY else _TURNS):
        with tempfile.TemporaryDirectory() as folder:
            for side in sides:
                turns[side].append(_run(url, subject, side, count, Path(folder)))
    first = statistics.median(run["wall"] for run in turns[sides[0]])
    for side, runs in turns.items():
        middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        yield (
            f"| {subject} | {side} | {middle['rows']:,.0f} | {middle['wall']:.2f} | {middle['wall'] / first:.2f} | "
            f"{middle['cpu']:.2f} | {middle['memory']:,.0f} | {middle['server memory']:,.0f} |"
        )


def _table(counts: dict[str, int], only: list[str]) -> Iterator[str]:
    yield "| what | side | rows | wall [s] | of the first | cpu, both sides [s] | memory [MB] | of the server [MB] |"
    yield "|---|---|---|---|---|---|---|---|"
    with throw_away() as server:
        for subject, count in counts.items():
            sides = [side for side in _SIDES[subject] if not only or side in only]
            if count and sides:
                _prepare(server.url, subject, count // SERIES if subject == "values" else 0)
                yield from _lines(server.url, subject, sides, count)


def main(arguments: list[str]) -> None:
    """Print the table: medians of three turns, of large data one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading")
    parser.add_argument("--values", type=int, default=1_000_000, help="how many values (0: none)")
    parser.add_argument("--areas", type=int, default=100_000, help="how many polygons (0: none)")
    parser.add_argument("--load", type=int, default=1_000_000, help="values of a whole load (0: none)")
    parser.add_argument("--only", action="append", default=[], help="only this side; may be repeated")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.one:
        subject, side, url, folder = asked.one
        engine = connect(url)
        sys.stdout.write(json.dumps(_MEASURES[subject](engine, side, asked.count, Path(folder))) + "\n")
        engine.dispose()
        return
    for line in _table({"values": asked.values, "areas": asked.areas, "load": asked.load}, asked.only):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
