"""Leipzig's open-data portal: fetch tables by what is in them, because their numbers drift over the years."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from etl.datasets.services.http import FROM_FILES, Limits, Visit
from etl.datasets.services.leipzig import COLUMNS, LAST_RUBRIC, LeipzigTable, find_table
from etl.errors import FetchError
from etl.raw import RawFile, RawStore
from etl.sources.contract import Progress
from etl.sources.leipzig_tables import CELL_COLUMNS, TABLES, Table
from etl.sources.reading import read_table

__all__ = [
    "GEOMETRY_NAME",
    "PortalAddresses",
    "fetch_from_portal",
    "is_portal_table",
    "portal_cells",
    "rubric_drift",
]

GEOMETRY_NAME = "Ortsteile_Leipzig_UTM33N.json"
_WHOLE = 1800.0  # [s] for all files
_TABLE_NAME = re.compile(r"kdvalues-(?P<category>\d+)-(?P<rubric>\d+)-(?P<table>[a-z-]+)\.csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAddresses:
    """Where the portal is. `pause` [s] before the first repetition of a failed request, doubled each time."""

    geometry: str = (
        "https://static.leipzig.de/fileadmin/mediendatenbank/leipzig-de/Stadt/02.1_Dez1_Allgemeine_Verwaltung/"
        f"12_Statistik_und_Wahlen/Geodaten/{GEOMETRY_NAME}"
    )
    tables: str = "https://statistik.leipzig.de/opendata/api/kdvalues"
    timeout: float = 30.0
    pause: float = 1.0


def fetch_from_portal(store: RawStore, addresses: PortalAddresses, *, progress: Progress) -> list[RawFile]:
    """Fetch the boundaries and every table into the store, as they were received."""
    files = []
    limits = Limits(read=addresses.timeout, whole=_WHOLE, pause=addresses.pause)
    with (
        tempfile.TemporaryDirectory(prefix="sozialraum-portal-") as folder,
        Visit(Path(folder), limits, who="the Leipzig open-data portal") as visit,
    ):
        progress("fetch boundaries", 0.0)
        answer = visit.get(addresses.geometry)
        answer.require_success("the file of the boundaries", FROM_FILES)
        files.append(store.keep(answer.path, name=GEOMETRY_NAME))
        for number, table in enumerate(TABLES, start=1):
            progress(f"fetch table {table.id}", number / (len(TABLES) + 1))
            found = _find(visit, store, addresses, table)
            if found is not None:
                files.append(found)
    return files


def is_portal_table(file: RawFile) -> bool:
    """Whether a raw file is one of the portal's tables."""
    return _TABLE_NAME.fullmatch(file.name) is not None


def portal_cells(file: RawFile) -> pd.DataFrame:
    """Return a portal table as one row per cell, with `CELL_COLUMNS`; only the characteristics we know."""
    table = _table_of(file)
    wide = read_table(file, COLUMNS)
    years = [column for column in wide.columns if re.fullmatch(r"\d{4}", column.strip())]
    if not years:
        raise FetchError(
            f"{file.name} has no year columns",
            ", ".join(wide.columns),
            "the portal has changed its tables; " + FROM_FILES,
        )
    wide["Sachmerkmal"] = wide["Sachmerkmal"].str.strip()
    known = wide[wide["Sachmerkmal"].isin(list(table.indicators))]
    long = known.melt(id_vars=list(COLUMNS), value_vars=years, var_name="period", value_name="text")
    long = long.rename(columns={"Gebiet": "area_name", "Sachmerkmal": "characteristic"})
    # The columns are the years of the whole table; a characteristic has nothing in years it was not part of.
    said = (long["text"].str.strip() != "").groupby([long["characteristic"], long["period"]]).transform("any")
    long = long[said]
    return long.assign(table=table.id, period=long["period"].str.strip())[list(CELL_COLUMNS)]


def rubric_drift(files: Iterable[RawFile]) -> dict[str, int]:
    """Say which tables were found under another number than expected, as named steps."""
    drifted = {}
    for file in files:
        match = _TABLE_NAME.fullmatch(file.name)
        if match is not None and int(match["rubric"]) != _table_of(file).rubrics[0]:
            known = _table_of(file).rubrics[0]
            drifted[f"table {match['table']} found as rubric {match['rubric']} instead of {known}"] = 1
    return drifted


def _table_of(file: RawFile) -> Table:
    match = _TABLE_NAME.fullmatch(file.name)
    table = next((table for table in TABLES if match is not None and table.id == match["table"]), None)
    if table is None:
        raise FetchError(
            "not a table we know", file.name, f"known are {', '.join(table.id for table in TABLES)}"
        )
    return table


def _find(visit: Visit, store: RawStore, addresses: PortalAddresses, table: Table) -> RawFile | None:
    asked = LeipzigTable(category=table.category, names=table.identified_by, rubrics=table.rubrics)
    found = find_table(visit, addresses.tables, asked)
    if found is None and table.required:
        raise FetchError(
            f"no table of category {table.category} has {asked.looked_for}",
            f"{addresses.tables}, rubrics 1 to {LAST_RUBRIC}",
            f"the portal has changed; {FROM_FILES}",
        )
    if found is None:
        return None
    return store.keep(found.answer.path, name=f"kdvalues-{table.category}-{found.rubric}-{table.id}.csv")
