"""Leipzig's open-data portal: fetch tables by what is in them, because their numbers drift over the years."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

import httpx2
import pandas as pd

from etl.errors import FetchError
from etl.raw import RawFile, RawStore
from etl.sources.contract import Progress
from etl.sources.leipzig_tables import CELL_COLUMNS, TABLES, Table
from etl.sources.reading import parse_table, read_table

__all__ = [
    "GEOMETRY_NAME",
    "PortalAddresses",
    "fetch_from_portal",
    "is_portal_table",
    "portal_cells",
    "rubric_drift",
]

GEOMETRY_NAME = "Ortsteile_Leipzig_UTM33N.json"
_COLUMNS = ("Gebiet", "Sachmerkmal")
_LAST_RUBRIC = 20
_ATTEMPTS = 3
_TABLE_NAME = re.compile(r"kdvalues-(?P<category>\d+)-(?P<rubric>\d+)-(?P<table>[a-z-]+)\.csv")
_NOTHING_THERE = (400, 404, 410, 422)  # what servers say to a number without a table
_FROM_FILES = "load from files with --from DIR"


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
    """Fetch the boundaries and every table into the store; each answer is kept before it is looked into."""
    files = []
    with httpx2.Client(timeout=addresses.timeout, follow_redirects=True) as client:
        progress("fetch boundaries", 0.0)
        answer = _get(client, addresses, addresses.geometry, {})
        if answer is None:
            raise FetchError("the boundaries are not in the portal", addresses.geometry, _FROM_FILES)
        files.append(store.keep_bytes(answer, name=GEOMETRY_NAME))
        for number, table in enumerate(TABLES, start=1):
            progress(f"fetch table {table.id}", number / (len(TABLES) + 1))
            found = _find(client, store, addresses, table)
            if found is not None:
                files.append(found)
            elif table.required:
                raise FetchError(
                    f"no table of category {table.category} has {_looked_for(table)}",
                    f"{addresses.tables}, rubrics 1 to {_LAST_RUBRIC}",
                    f"the portal has changed; {_FROM_FILES}",
                )
    return files


def is_portal_table(file: RawFile) -> bool:
    """Whether a raw file is one of the portal's tables."""
    return _TABLE_NAME.fullmatch(file.name) is not None


def portal_cells(file: RawFile) -> pd.DataFrame:
    """Return a portal table as one row per cell, with `CELL_COLUMNS`; only the characteristics we know."""
    table = _table_of(file)
    wide = read_table(file, _COLUMNS)
    years = [column for column in wide.columns if re.fullmatch(r"\d{4}", column.strip())]
    if not years:
        raise FetchError(
            f"{file.name} has no year columns",
            ", ".join(wide.columns),
            "the portal has changed its tables; " + _FROM_FILES,
        )
    wide["Sachmerkmal"] = wide["Sachmerkmal"].str.strip()
    known = wide[wide["Sachmerkmal"].isin(list(table.indicators))]
    long = known.melt(id_vars=list(_COLUMNS), value_vars=years, var_name="period", value_name="text")
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


def _find(client: httpx2.Client, store: RawStore, addresses: PortalAddresses, table: Table) -> RawFile | None:
    """Return the table's file: from a known number, else from the one other number that has it."""
    for rubric in table.rubrics:
        file = _try(client, store, addresses, table, rubric)
        if file is not None:
            return file
    others = [rubric for rubric in range(1, _LAST_RUBRIC + 1) if rubric not in table.rubrics]
    found = [
        (rubric, file)
        for rubric in others
        if (file := _try(client, store, addresses, table, rubric)) is not None
    ]
    if len(found) > 1:
        raise FetchError(
            f"several tables of category {table.category} have {_looked_for(table)}",
            f"rubrics {', '.join(str(rubric) for rubric, _file in found)}",
            f"which one is meant cannot be told; {_FROM_FILES}",
        )
    return found[0][1] if found else None


def _looked_for(table: Table) -> str:
    return " and ".join(map(repr, table.identified_by))


def _try(
    client: httpx2.Client, store: RawStore, addresses: PortalAddresses, table: Table, rubric: int
) -> RawFile | None:
    query: dict[str, str | int] = {
        "kategorie_nr": table.category,
        "rubrik_nr": rubric,
        "periode": "y",
        "format": "csv",
    }
    content = _get(client, addresses, addresses.tables, query)
    if content is None or not content.strip():
        return None
    file = store.keep_bytes(content, name=f"kdvalues-{table.category}-{rubric}-{table.id}.csv")
    try:
        characteristics = parse_table(content, file.name, _COLUMNS)["Sachmerkmal"].str.strip()
    except FetchError:  # an error page, or a table of another shape: not the one we look for
        return None
    return file if set(table.identified_by) <= set(characteristics) else None


def _get(
    client: httpx2.Client, addresses: PortalAddresses, address: str, query: dict[str, str | int]
) -> bytes | None:
    """Return the answer's bytes, or None when nothing is there; repeat when the server is at fault."""
    fault = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(addresses.pause * 2 ** (attempt - 1))
        try:
            response = client.get(address, params=query or None)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            fault = str(error) or type(error).__name__
            continue
        if response.is_success:
            return response.content
        if response.status_code in _NOTHING_THERE:
            return None
        fault = f"HTTP {response.status_code}"
    raise FetchError(
        f"the Leipzig open-data portal cannot be reached ({fault}, {_ATTEMPTS} attempts)",
        address,
        _FROM_FILES,
    )
