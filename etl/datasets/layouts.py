"""Tables of any layout (wide, long, a column per year) to one cell per area, indicator and period."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from db.models import PERIOD_PATTERN
from etl.datasets.findings import Findings
from etl.datasets.keys import joined, nearest_name
from etl.datasets.manifest import TablePart, ValuePart
from etl.datasets.manifest_parts import Rows
from etl.datasets.patterns import LONGEST, cut_out
from etl.datasets.tables import Reading
from etl.delivery import REJECTED_COLUMNS

__all__ = [
    "CELL_COLUMNS",
    "Read",
    "begin_of_period",
    "cells_of",
    "end_of_period",
    "reading_of",
    "reference_date",
    "rows_where",
    "tell_lacking_columns",
]

# `entry` is the position among the manifest's values of the table, `part` among the columns that are added up,
# `fixed` the state of a row whose cells do not count.
CELL_COLUMNS = ("file", "row", "column", "key", "period", "text", "entry", "part", "fixed")

_PERIOD = rf"(?!0){PERIOD_PATTERN.removeprefix('^')}"  # there is no year 0000


@dataclass(slots=True)
class Read:
    """What reading tells beside the cells: rows left out with a reason, and what was only counted."""

    rejected: list[pd.DataFrame] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)

    def count(self, what: str, number: int) -> None:
        """Add to what was counted."""
        if number:
            self.counted[what] = self.counted.get(what, 0) + int(number)

    def reject(self, file: str, rows: pd.DataFrame, reason: str, *, unit: str = "row") -> None:
        """Keep rows with the reason why they are left out."""
        if len(rows):
            self.rejected.append(
                pd.DataFrame(
                    {
                        "file": file,
                        "place": [f"{unit} {number}" for number in rows.index],
                        "reason": reason,
                        "content": ["; ".join(map(str, row)) for row in rows.itertuples(index=False)],
                    },
                    columns=list(REJECTED_COLUMNS),
                )
            )


def rows_where(frame: pd.DataFrame, where: Rows) -> pd.Series:
    """Return which rows have one of the texts in each of the columns."""
    fits = pd.Series(True, index=frame.index)
    for column, texts in where.items():
        allowed = {texts} if isinstance(texts, str) else set(texts)
        fits &= frame[column].astype(str).str.strip().isin(allowed)
    return fits


def _lacking(frame: pd.DataFrame, table: TablePart) -> dict[str, str]:
    """Return the columns a manifest names for a table that are not there, each with the key that names it."""
    named: dict[str, str] = dict.fromkeys(table.key, "key")
    named |= dict.fromkeys(table.where, "where")
    named |= {name: "reject" for one in table.reject for name in one.where}
    named |= {name: "row_status" for one in table.row_status for name in one.columns}
    for key in ("period_column", "indicator_column", "value_column"):
        if getattr(table, key):
            named[getattr(table, key)] = key
    for one in table.value:
        named |= dict.fromkeys(one.where, "value.where")
        if table.layout == "wide":
            named |= dict.fromkeys(one.column, "value.column")
    return {name: key for name, key in named.items() if name not in frame.columns}


def tell_lacking_columns(frame: pd.DataFrame, table: TablePart, file: str, findings: Findings) -> bool:
    """Add an error for every column a manifest names for a table that is not there; return whether there is one."""
    lacking = _lacking(frame, table)
    for column, used_as in lacking.items():
        what = f"there is no such column; it has {_named(frame)}"
        findings.error(file, what, f"correct {used_as} or header", column=column)
    return bool(lacking)


def _named(frame: pd.DataFrame) -> str:
    return ", ".join(map(str, frame.columns[:12])) + (" …" if frame.shape[1] > 12 else "")


def reading_of(table: TablePart) -> Reading:
    """Return how the file of a table is read."""
    return Reading(
        sheet=table.sheet,
        encoding=table.encoding,
        delimiter=table.delimiter,
        records=table.records,
        header=table.header,
        ends_at=table.ends_at,
        decimal=table.decimal,
    )


def cells_of(
    frame: pd.DataFrame, table: TablePart, *, file: str, period: str, findings: Findings, read: Read
) -> pd.DataFrame:
    """Return the cells of a table with `CELL_COLUMNS`; its columns must all be there."""
    frame = _kept(frame, table, file=file, read=read)
    keys = joined(frame, table.key)
    status = _row_status(frame, table)
    states = list(dict.fromkeys(["", *(one.status for one in table.row_status)]))
    parts: list[pd.DataFrame] = []
    used = pd.Series(False, index=frame.index)
    for number, value in enumerate(table.value):
        rows = rows_where(frame, value.where)
        if value.match:
            rows &= frame[table.indicator_column].astype(str).str.strip() == value.match
        used |= rows
        if not rows.any():
            _tell_no_row(frame, table, value, file, findings)
            continue
        count = int(rows.sum())
        for part, (column, periods) in enumerate(
            _columns(frame, table, value, period, file, findings).items()
        ):
            parts.append(
                pd.DataFrame(
                    {
                        "file": _same(file, count, [file]),
                        "row": frame.index[rows],
                        "column": _same(column, count, list(frame.columns)),
                        "key": keys[rows].array,
                        "period": periods[rows].array,
                        "text": frame.loc[rows, column].astype(str).array,
                        "entry": np.int16(number),
                        "part": np.int16(part if table.layout == "wide" else 0),
                        "fixed": pd.Categorical(status[rows], categories=states),
                    },
                    columns=list(CELL_COLUMNS),
                )
            )
    _leave_out_unused(frame, table, used, file, read)
    if not parts:
        return pd.DataFrame(columns=list(CELL_COLUMNS))
    cells = pd.concat(parts, ignore_index=True)
    if table.layout == "years":
        cells = _of_its_years(cells, file, read)
    return _in_periods(cells, table)


def _tell_no_row(
    frame: pd.DataFrame, table: TablePart, value: ValuePart, file: str, findings: Findings
) -> None:
    """Add an error for an indicator without rows, at the column that has another text, with the nearest one."""
    asked = {**({table.indicator_column: value.match} if value.match else {}), **value.where}
    for column, texts in asked.items():
        there = {str(text): "" for text in frame[column].astype(str).str.strip()}
        wanted = [texts] if isinstance(texts, str) else list(texts)
        if not set(wanted) & set(there):
            what = f"no row is {wanted[0]!r} ({nearest_name(wanted[0], there)})"
            findings.error(file, what, f"correct match or where of {value.indicator}", column=column)
            return
    what = f"no row is {asked!r}" if asked else "no row is left"
    findings.error(file, what, f"correct match or where of {value.indicator}", column=" and ".join(asked))


def _same(text: str, count: int, texts: list[str]) -> pd.Series:
    """Return one of some texts for every row, which takes a byte or two of memory each."""
    codes = np.full(count, texts.index(text), dtype=np.int64)
    return pd.Series(pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(texts)))


def _kept(frame: pd.DataFrame, table: TablePart, *, file: str, read: Read) -> pd.DataFrame:
    if table.where:
        asked = rows_where(frame, table.where)
        read.count(f"{file}: rows that the manifest does not ask for", int((~asked).sum()))
        frame = frame[asked]
    for one in table.reject:
        out = rows_where(frame, one.where)
        read.reject(file, frame[out], one.reason)
        frame = frame[~out]
    return frame


def _row_status(frame: pd.DataFrame, table: TablePart) -> pd.Series:
    status = pd.Series("", index=frame.index, dtype=object)
    for one in table.row_status:
        status = status.mask(rows_where(frame, dict.fromkeys(one.columns, one.are)), one.status)
    return status


def _columns(
    frame: pd.DataFrame, table: TablePart, value: ValuePart, period: str, file: str, findings: Findings
) -> Mapping[str, pd.Series]:
    """Return the columns that hold a value, each with the period of every row."""
    if table.layout == "years":
        pattern = re.compile(table.year_columns)
        found = {
            name: match[1] for name in frame.columns if (match := pattern.fullmatch(str(name)[:LONGEST]))
        }
        if not found:
            what = f"no column fits {table.year_columns!r} from its first to its last character; it has {_named(frame)}"
            findings.error(file, what, "correct year_columns or header")
        for name, year in found.items():
            if not re.fullmatch(_PERIOD, year) and not any(
                one.column == name for one in findings.errors if one.file == file
            ):
                todo = "write periods like 2019, 2019-Q2 or 2019-06-30, or correct year_columns"
                findings.error(file, f"{year!r} is no period", todo, column=str(name))
        return {name: pd.Series(year, index=frame.index) for name, year in found.items()}
    columns = value.column if table.layout == "wide" else (table.value_column,)
    periods = pd.Series(period or table.period, index=frame.index)
    if table.period_column:
        periods = frame[table.period_column].astype(str).str.strip()
        if table.period_pattern:
            periods = cut_out(periods, table.period_pattern).fillna("")
    wrong = ~periods.str.fullmatch(_PERIOD)
    if wrong.any() and not any(
        one.column == table.period_column for one in findings.errors if one.file == file
    ):
        findings.each(
            file,
            ((f"row {row}", f"{text!r} is no period") for row, text in periods[wrong].items()),
            "write periods like 2019, 2019-Q2 or 2019-06-30, or cut them out with period_pattern",
            column=table.period_column,
        )
    return dict.fromkeys(columns, periods)


def _of_its_years(cells: pd.DataFrame, file: str, read: Read) -> pd.DataFrame:
    """Leave out the years in which an indicator has no text at all: the columns are the years of the whole table."""
    said = (cells["text"].str.strip() != "").groupby([cells["entry"], cells["period"]]).transform("any")
    read.count(f"{file}: empty cells of years in which an indicator has none", int((~said).sum()))
    return cells if said.all() else cells[said].reset_index(drop=True)


def _in_periods(cells: pd.DataFrame, table: TablePart) -> pd.DataFrame:
    asked = pd.Series(True, index=cells.index)
    for number, value in enumerate(table.value):
        if value.periods:
            asked &= (cells["entry"] != number) | cells["period"].isin(value.periods)
    asked &= cells["period"].str.fullmatch(_PERIOD)
    return cells if asked.all() else cells[asked].reset_index(drop=True)


def _leave_out_unused(frame: pd.DataFrame, table: TablePart, used: pd.Series, file: str, read: Read) -> None:
    """Count the rows of indicators that the manifest does not name, by the text that says the indicator."""
    rest = frame[~used]
    if len(rest):
        by = table.indicator_column
        for name, rows in rest.groupby(by, sort=False) if by else [("", rest)]:
            read.count(
                f"{file}: rows of {name!r}, which the manifest does not name"
                if by
                else f"{file}: rows not asked for",
                len(rows),
            )


def reference_date(table: TablePart, period: str) -> date | None:
    """Return the day a value of a period refers to, or None when the rule gives no day."""
    if period in table.reference_dates:
        return table.reference_dates[period]
    text = table.reference_date.replace("{period}", period)
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    return end_of_period(period)


def begin_of_period(period: str) -> date | None:
    """Return the first day of a year, quarter or month, or the day itself."""
    span = _span(period)
    return None if span is None else span.start_time.date()


def end_of_period(period: str) -> date | None:
    """Return the last day of a year, quarter or month, or the day itself."""
    span = _span(period)
    return None if span is None else span.end_time.date()


def _span(period: str) -> pd.Period | None:
    try:
        if "Q" in period:
            return pd.Period(period.replace("-Q", "Q"), freq="Q")
        return pd.Period(period, freq={4: "Y", 7: "M"}.get(len(period), "D"))
    except ValueError:
        return None
