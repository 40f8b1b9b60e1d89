"""Leipzig's statistics: from published cells, joined by name, to values with their state."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches

import pandas as pd

from etl.delivery import REJECTED_COLUMNS, VALUE_COLUMNS
from etl.errors import DeliveryError, FetchError, Problem
from etl.raw import RawFile
from etl.sources.leipzig_portal import is_portal_table, portal_cells
from etl.sources.leipzig_tables import CELL_COLUMNS, CITY_KEY, DISTRICT_NAMES, TABLES, TRUNCATED, judge_zeros
from etl.sources.nesting import add_up
from etl.sources.reading import read_table
from etl.sources.signs import read_cells
from indicators.leipzig import LEIPZIG_INDICATORS
from indicators.status import ValueStatus

__all__ = ["TABLE_NAMES", "read_statistics", "rejected_rows", "tidy", "values_of"]

TABLE_NAMES = ("indicators_long.csv.gz", "indicators_long.csv")
_PLACE = "leipzig statistics"
_FINEST = "sub_district"
_CELL = ["table", "characteristic", "area_name", "period"]
_VALUE = ["geography", "area_id", "indicator_id", "period"]


def read_statistics(files: Sequence[RawFile], rejected: list[pd.DataFrame]) -> pd.DataFrame:
    """Return all cells of the raw files with `CELL_COLUMNS`; rows left out are added to `rejected`."""
    cells = [portal_cells(file) for file in files if is_portal_table(file)]
    if cells:
        there = {table for frame in cells for table in frame["table"].unique()}
        lost = pd.Series([table.id for table in TABLES if table.id not in there], dtype=object)
        rejected.append(rejected_rows("portal", lost, "no table with these characteristics was found"))
    cells += [_file_cells(file, rejected) for file in files if file.name in TABLE_NAMES]
    if not cells:
        raise FetchError(
            "no statistics among the raw files", ", ".join(file.name for file in files), "fetch again"
        )
    together = pd.concat(cells, ignore_index=True)
    _require_years(together)
    twice = together.duplicated(_CELL)
    if twice.any():
        first = ", ".join(together.loc[twice, _CELL].iloc[0])
        what = (
            f"{twice.sum()} cell(s) occur twice, the first is {first}; one per Ortsteil and year is expected"
        )
        raise DeliveryError(
            _PLACE,
            [Problem(what)],
        )
    return together


def values_of(
    cells: pd.DataFrame, names: Mapping[str, str], *, repairs: dict[str, int], counted: dict[str, int]
) -> pd.DataFrame:
    """Return the values of all levels; `names` has the key of every Ortsteil by its name.

    Where districts and the city have no published count of their own, theirs is the sum of their Ortsteile.
    """
    values = _in_units(judge_zeros(_understand(_join(cells, names, repairs)), counted=counted))
    return pd.concat([values, *_sums(values)], ignore_index=True)


def rejected_rows(
    file: str, places: pd.Series, reason: str, content: pd.Series | None = None
) -> pd.DataFrame:
    """Return rows for the list of what was left out."""
    return pd.DataFrame(
        {
            "file": file,
            "place": places.astype(str).to_numpy(),
            "reason": reason,
            "content": "" if content is None else content.astype(str).to_numpy(),
        },
        columns=list(REJECTED_COLUMNS),
    )


def tidy(name: str) -> str:
    """Return a name in one Unicode form, without superfluous blanks."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def _file_cells(file: RawFile, rejected: list[pd.DataFrame]) -> pd.DataFrame:
    long = read_table(file, ("topic", "year", "indicator", "ortsteil_name", "value", "occurrence"))
    pairs = pd.MultiIndex.from_frame(long[["topic", "indicator"]])
    repeated = pairs.isin(pairs[long["occurrence"] != "1"])
    known = pairs.isin(
        [(table.id, characteristic) for table in TABLES for characteristic in table.indicators]
    )
    truncated = long["indicator"].isin(TRUNCATED).to_numpy()
    places = long["topic"] + ", " + long["indicator"] + ", " + long["ortsteil_name"] + ", " + long["year"]
    reason = "occurs twice for the same Ortsteil and year; the source does not say of which base group"
    rejected.append(rejected_rows(file.name, places[repeated], reason, long.loc[repeated, "value"]))
    others = ~repeated & ~known
    for reason, rows in (
        ("cut off to whole numbers by the source; computed from the counts instead", others & truncated),
        ("not among the indicators we load", others & ~truncated),
    ):
        counts = long[rows].groupby(["topic", "indicator"]).size()
        titles = pd.Series([", ".join(pair) for pair in counts.index], dtype=object)
        sizes = pd.Series([f"{count} rows" for count in counts], dtype=object)
        rejected.append(rejected_rows(file.name, titles, reason, sizes))
    kept = long[known & ~repeated].rename(
        columns={
            "topic": "table",
            "indicator": "characteristic",
            "ortsteil_name": "area_name",
            "year": "period",
        }
    )
    return kept.assign(text=kept["value"])[list(CELL_COLUMNS)]


def _require_years(cells: pd.DataFrame) -> None:
    wrong = cells[~cells["period"].str.fullmatch("[12][0-9]{3}")].drop_duplicates(["table", "period"])
    if len(wrong):
        raise DeliveryError(
            _PLACE,
            [
                Problem(f"{row.table}: {row.period!r} is not a year; correct it and load again")
                for row in wrong.itertuples(index=False)
            ],
        )


def _join(cells: pd.DataFrame, names: Mapping[str, str], repairs: dict[str, int]) -> pd.DataFrame:
    """Return the cells with geography and area_id; every name that joins nothing is a problem."""
    places = {name: (_FINEST, key) for name, key in names.items()}
    for key, name in DISTRICT_NAMES.items():
        places |= dict.fromkeys((name, f"Stadtbezirk {name}"), ("district", key))
    places |= dict.fromkeys(("Leipzig", "Stadt Leipzig"), ("city", CITY_KEY))
    written = cells["area_name"].map({name: tidy(name) for name in cells["area_name"].unique()})
    restored = {name: _ungarble(name) for name in written.unique() if name not in places}
    restored = {name: good for name, good in restored.items() if good in places}
    if restored:
        repairs["names with garbled umlauts restored"] = len(restored)
        written = written.replace(restored)
    problems = [
        _unjoinable(name, cells.loc[(written == name).to_numpy(), "table"], places)
        for name in written.unique()
        if name not in places
    ]
    for table, present in written.groupby(cells["table"], sort=False):
        lost = sorted(set(names) - set(present))
        if lost:
            shown = ", ".join(lost[:5])
            problems.append(
                Problem(f"{table}: no row for {len(lost)} Ortsteil(e): {shown}; fetch the complete table")
            )
    if problems:
        raise DeliveryError(_PLACE, problems)
    place = written.map(places)
    return cells.assign(geography=place.str[0], area_id=place.str[1])


def _unjoinable(name: str, tables: pd.Series, places: Mapping[str, tuple[str, str]]) -> Problem:
    near = get_close_matches(name, list(places), n=3, cutoff=0.5)
    return Problem(
        f"{', '.join(tables.unique())}: the area name {name!r} joins no Ortsteil; "
        f"nearest: {', '.join(near) or 'none'}; correct the name"
    )


def _understand(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells with value and status; a cell that cannot be read is a problem."""
    value, status, readable = read_cells(cells["text"])
    if not readable.all():
        problems = [
            Problem(
                f"{row.table}, {row.characteristic}, {row.area_name}, {row.period}: {row.text!r} is neither "
                "a number nor a sign of the statistical offices; correct the cell"
            )
            for row in cells[~readable].itertuples(index=False)
        ]
        raise DeliveryError(_PLACE, problems)
    return cells.assign(value=value, status=status)


def _in_units(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the values in their units, with a row for every Ortsteil in every period an indicator has."""
    of = {(table.id, name): indicator for table in TABLES for name, indicator in table.indicators.items()}
    factors = {indicator: factor for table in TABLES for indicator, factor in table.factors.items()}
    indicators = [of[pair] for pair in zip(cells["table"], cells["characteristic"], strict=True)]
    values = cells.assign(
        indicator_id=indicators,
        value=cells["value"] * [factors.get(indicator, 1.0) for indicator in indicators],
        reference_date=cells["period"].map(
            {year: date(int(year), 12, 31) for year in cells["period"].unique()}
        ),
    )[list(VALUE_COLUMNS)]
    finest = values[values["geography"] == _FINEST]
    series = ["indicator_id", "period", "reference_date"]
    area = ["geography", "area_id"]
    complete = finest[series].drop_duplicates().merge(finest[area].drop_duplicates(), how="cross")
    complete = complete.merge(finest, how="left", on=[*series, *area])
    complete["status"] = complete["status"].fillna(ValueStatus.MISSING.value)
    upper = values[values["geography"] != _FINEST]
    return pd.concat([complete[list(VALUE_COLUMNS)], upper], ignore_index=True)


def _sums(values: pd.DataFrame) -> list[pd.DataFrame]:
    extensive = {indicator.id for indicator in LEIPZIG_INDICATORS if indicator.kind == "extensive"}
    finest = values[(values["geography"] == _FINEST) & values["indicator_id"].isin(extensive)]
    keys = finest["area_id"].unique()
    published = pd.MultiIndex.from_frame(values[_VALUE])
    sums = []
    for geography, parents in (("district", [key[0] for key in keys]), ("city", [CITY_KEY] * len(keys))):
        made = add_up(finest, pd.Series(parents, index=keys), geography=geography)
        sums.append(made[~pd.MultiIndex.from_frame(made[_VALUE]).isin(published)])
    return sums


def _ungarble(name: str) -> str:
    """Undo UTF-8 that was read as Windows-1252 ("GrÃ¼nau" → "Grünau"); a name that is not garbled stays."""
    try:
        return name.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return name
