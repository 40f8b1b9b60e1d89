"""Tables as text: German (semicolon, decimal comma, byte order mark) and ISO (comma, decimal point)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import IO, Literal

import numpy as np
import pandas as pd

from maps.exports.fields import Field, Table
from maps.exports.spreadsheet_text import guarded
from maps.numbers import Language

__all__ = ["GERMAN", "ISO", "Dialect", "write_csv"]

_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a text table is written; every row ends with CR LF, cells are quoted where they must be."""

    language: Language
    delimiter: str
    decimal: Literal[".", ","]
    encoding: str
    date_pattern: str
    digits: int | None = None  # at most behind the decimal sign, below 1 those that count; else all of them


GERMAN = Dialect(
    language="de", delimiter=";", decimal=",", encoding="utf-8-sig", date_pattern="%d.%m.%Y", digits=6
)
ISO = Dialect(language="en", delimiter=",", decimal=".", encoding="utf-8", date_pattern="%Y-%m-%d")


def write_csv(frame: pd.DataFrame, table: Table, file: IO[str], dialect: Dialect) -> int:
    """Write a table to a text file that was opened without newline translation; return the number of rows.

    Numbers have all their digits where the dialect does not say how many.
    What is missing is an empty cell. Text of data is guarded against formulas.
    """
    written = csv.writer(file, delimiter=dialect.delimiter, lineterminator="\r\n")
    written.writerow(table.headers(dialect.language).values())
    for start in range(0, len(frame), _ROWS_AT_ONCE):
        part = frame.iloc[start : start + _ROWS_AT_ONCE]
        written.writerows(zip(*(_cells(part[one.name], one, dialect) for one in table.fields), strict=True))
    return len(frame)


def _cells(column: pd.Series, field: Field, dialect: Dialect) -> Iterator[str]:
    if field.type in {"number", "integer"}:
        return _numbers(column, dialect)
    if field.type == "date":
        return _dates(column, dialect.date_pattern)
    told = guarded(column) if field.is_free_text else column.astype(object)
    return iter(told.where(told.notna(), "").astype(str))


def _numbers(column: pd.Series, dialect: Dialect) -> Iterator[str]:
    """Whole numbers without a decimal sign, others with as many digits as tell them apart, or as the dialect has."""
    for one in column.astype(float).tolist():
        if one != one:  # noqa: PLR0124  NaN alone differs from itself
            yield ""
        elif one.is_integer() and abs(one) < 1e15:
            yield str(int(one))
        else:
            yield _fraction(one, dialect.digits).replace(".", dialect.decimal)


def _fraction(one: float, digits: int | None) -> str:
    if digits is None:
        return repr(one)
    return np.format_float_positional(one, precision=digits, fractional=abs(one) >= 1, trim="-")


def _dates(column: pd.Series, pattern: str) -> Iterator[str]:
    told: dict[object, str] = {
        one: one.strftime(pattern) for one in column.dropna().unique() if isinstance(one, date)
    }
    return (told.get(one, "") for one in column.astype(object))
