"""A user's own table for a method: areas in rows, indicators in columns, German or international numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from etl.datasets.numbers import read_cells
from etl.errors import FetchError
from etl.raw import RawFile
from etl.reading import content_of, parse_table
from indicators.definition import Indicator
from indicators.known import known_by_id
from indicators.status import ValueStatus

__all__ = ["MethodValues", "read_method_values"]

_AREA = "area_id"
_SHOWN = 5
_AGAIN = "check the file, then run the command again"
_COUNTED = ("persons", "cases", "households", "dwellings", "places")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MethodValues:
    """Values, their states and the names of larger units, all indexed by area_id."""

    values: pd.DataFrame
    statuses: pd.DataFrame
    labels: pd.DataFrame

    def __repr__(self) -> str:
        return f"MethodValues({len(self.values)} areas, {self.values.shape[1]} indicators)"


def read_method_values(
    path: Path,
    *,
    labels: Collection[str] = (),
    keys: Sequence[str] = (_AREA,),
    needed: Collection[str] = (),
    known: Mapping[str, Indicator] | None = None,
) -> MethodValues:
    """Read a CSV file with a column `area_id` (or other `keys`) and one column for each indicator or larger unit.

    With semicolons numbers have a decimal comma, with commas a decimal point. An empty cell is missing, "." and "x"
    are withheld, "-" is a true zero. `labels` are the columns that hold names, not numbers; others without any number
    are passed over, unless they are `needed`. `known`: indicators by the names of columns, those of the catalogue and
    of all cities by default; a percentage outside 0 to 100 is refused, and "24.100" where it may be 24,1.
    """
    by_id = known_by_id() if known is None else known
    if not path.is_file():
        raise FetchError("file not found", str(path), "check the name")
    content = content_of(RawFile(name=path.name, path=path, sha256="", size=0), again=_AGAIN)
    header = content.split(b"\n", 1)[0]
    is_german = header.count(b";") > header.count(b",")
    table = parse_table(content, path.name, keys, separator=";" if is_german else ",", again=_AGAIN)
    _refuse_no_key(table, keys, path.name)
    table = table.set_index([*keys] if len(keys) > 1 else keys[0])
    if is_german:
        _refuse_points(table.drop(columns=[one for one in table.columns if one in labels]), path.name)
    values, statuses = {}, {}
    for column in table.columns:
        if column in labels:
            continue
        texts = table[column].str.strip()
        unit = by_id[column].unit if column in by_id else None
        if is_german:
            _refuse_two_readings(texts, f"{path.name}, column {column}", unit)
        value, status, is_read = read_cells(texts) if is_german else _international(texts)
        if not is_read.any() and column not in needed:
            continue  # names of areas and the like
        unread = texts.index[~is_read]
        if len(unread):
            shown = ", ".join(f"{area}: {texts[area]!r}" for area in unread[:_SHOWN])
            raise FetchError(
                f"{path.name}, column {column}: {len(unread)} cell(s) are not numbers",
                shown,
                "write 12,5 in a table with semicolons and 12.5 in one with commas; leave unknown cells empty",
            )
        if column in by_id and by_id[column].unit == "%" and by_id[column].form in (None, "share"):
            _refuse_no_percentage(value, texts, f"{path.name}, column {column}")
        values[column], statuses[column] = value, status
    return MethodValues(
        values=pd.DataFrame(values, index=table.index),
        statuses=pd.DataFrame(statuses, index=table.index),
        labels=table[[column for column in table.columns if column in labels]],
    )


def _refuse_no_key(table: pd.DataFrame, keys: Sequence[str], file: str) -> None:
    """Refuse rows that belong to no area (or to no period)."""
    for key in keys:
        empty = np.flatnonzero(table[key].str.strip() == "")
        if len(empty):
            shown = ", ".join(str(row + 1) for row in empty[:_SHOWN])
            raise FetchError(
                f"{file}: {len(empty)} row(s) have no {key}",
                f"row {shown} below the header",
                f"fill in the {key} or delete the row",
            )


def _refuse_two_readings(texts: pd.Series, place: str, unit: str | None) -> None:
    """Refuse 24.100 where it may be 24,1: in a column that holds no counts, or whose other numbers have a comma.

    Where a number has both signs, as 1.234,5, the points of its column stand between thousands.
    """
    pointed = texts[texts.str.fullmatch(r"[-−]?\d{1,3}\.\d{3}")]
    has_both = texts.str.fullmatch(r"[-−]?\d{1,3}(\.\d{3})+,\d+").any()
    has_comma = texts.str.fullmatch(r"[-−]?\d+,\d+").any()
    if pointed.empty or has_both or unit in _COUNTED or (unit is None and not has_comma):
        return
    text = str(pointed.iloc[0])
    whole, part = text.split(".")
    decimal = f"{whole},{part.rstrip('0')}".rstrip(",")
    raise FetchError(
        f"{place}: {len(pointed)} number(s) can be read in two ways",
        f"{_area(pointed.index[0])}: {text!r} is {whole}{part} or {decimal}",
        f"write {whole}{part} or {decimal}, without a point",
    )


def _refuse_no_percentage(value: pd.Series, texts: pd.Series, place: str) -> None:
    outside = texts[(value < 0) | (value > 100)]
    if len(outside):
        shown = ", ".join(f"{_area(area)}: {text!r}" for area, text in outside[:_SHOWN].items())
        raise FetchError(
            f"{place}: {len(outside)} percentage(s) outside 0 to 100",
            shown,
            "correct them in the table; leave unknown cells empty",
        )


def _area(key: object) -> str:
    return " / ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _refuse_points(table: pd.DataFrame, file: str) -> None:
    """Refuse decimal points between semicolons: 12.656 would be read as twelve thousand."""
    cells = table.melt(var_name="column", value_name="text", ignore_index=True)
    texts = cells["text"].astype(str).str.strip()
    with_point = texts[texts.str.fullmatch(r"[-−]?\d+(\.\d{3})+")]
    odd = with_point[with_point.str.fullmatch(r"[-−]?0\d*\..*")]
    if len(odd) or (len(with_point) and not texts.str.fullmatch(r"[-−]?[\d.]+,\d+").any()):
        one = odd if len(odd) else with_point
        raise FetchError(
            f"{file}: {len(with_point)} number(s) with a point in a table with semicolons",
            f"{cells['column'][one.index[0]]}: {one.iloc[0]!r}",
            "write 12,5 for twelve and a half; leave out the point between thousands where no number has a comma",
        )


def _international(texts: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series]:
    number = pd.to_numeric(texts, errors="coerce").astype(float)
    signs, states, is_read = read_cells(texts)
    is_number = number.abs().lt(np.inf)
    is_sign = is_read & states.isin([ValueStatus.MISSING, ValueStatus.SUPPRESSED, ValueStatus.ZERO])
    return (
        number.where(is_number, signs),
        states.where(~is_number, ValueStatus.MEASURED.value),
        is_number | is_sign,
    )
