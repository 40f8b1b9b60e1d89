"""A data set as a workbook (XLSX): the method sheet first, then a table per level, and all values as rows.

Text is always written as text, so nothing in it is ever a formula. Where a value is withheld or missing, the tables
per level have a sign and the rows of all values an empty cell beside the state.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import repeat
from math import ceil
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import xlsxwriter

from indicators.definition import Indicator
from indicators.status import ValueStatus
from maps.catalogue import unit_text
from maps.exports.content import DataSet, Level, require_published
from maps.exports.errors import TooLargeForWorkbookError
from maps.exports.fields import TABLES, Field, Table
from maps.exports.notes import SIGNS, notes_table
from maps.exports.tables import area_table, converted_table, indicator_table, value_table, wide_table
from maps.numbers import Language, format_number

__all__ = ["MOST_ROWS", "require_fitting", "write_workbook"]

_Cell: TypeAlias = str | float | date | None
MOST_ROWS = 1_048_575  # of a sheet, beside its header

_LONGEST_TEXT = 32_767  # characters of a cell
_LONGEST_NAME = 31  # characters of the name of a sheet
_LONGEST_FOOTER = 120  # of 255 characters that a footer may have; & counts twice
_A4 = 9
_SMALLER = 65  # [%] of a wide table on paper
_MARKS = {ValueStatus.PROVISIONAL.value: "p", ValueStatus.CORRECTED.value: "r"}
_WIDTHS = {
    "topic": 16, "text": 100, "subject": 32, "caution": 40, "universe": 40, "title": 40, "name": 28, "area": 28,
    "indicator": 28, "formula": 36, "direction": 24, "source": 36, "classes": 28, "status": 20, "comparison": 26,
    "unit": 18, "origin": 10, "geography": 18, "parent_geography": 18, "from_geography": 18,
}  # fmt: skip
_LINE = 15.0  # [points] height of a line of text
_MOST_LINES = 27  # a row is no higher than 409 points
_BOLD = 1.15  # width of a bold letter beside that of a digit
_SHARES = ("known", "estimated")  # from 0 to 1


def require_fitting(dataset: DataSet) -> None:
    """Refuse a data set of which the table of a level has more rows than a sheet holds.

    Raises
    ------
    TooLargeForWorkbookError
        With the sheet and its rows.
    """
    sizes = {TABLES["areas"].title_de: sum(len(one.areas) for one in dataset.levels)}
    for level in dataset.levels:
        here = dataset.values[dataset.values["geography"].astype(str) == level.id]
        sizes[level.title_de] = here["period"].nunique() * len(level.areas)
    for sheet, rows in sizes.items():
        if rows > MOST_ROWS:
            raise TooLargeForWorkbookError(sheet, rows, MOST_ROWS)


def write_workbook(dataset: DataSet, path: Path) -> None:
    """Write the workbook; the same data set makes the same file.

    Without the sheet of all values as rows where they are more than a sheet holds, which the method sheet says.
    """
    require_published(dataset.values)
    require_fitting(dataset)
    options = {
        "constant_memory": True,  # rows go to files as they come: a million would fill the memory
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties(
            {
                "title": dataset.title_de,
                "subject": dataset.title_en,
                "author": dataset.attribution,
                "category": dataset.licence,
                "created": datetime.combine(dataset.changed_at.date(), datetime.min.time()),
            }
        )
        sheets = _Sheets(book, dataset)
        with_rows = len(dataset.values) <= MOST_ROWS
        sheets.table(_notes(dataset, "de", with_rows=with_rows), TABLES["notes"], "de")
        for level in dataset.levels:
            sheets.level(dataset, level)
        if with_rows:
            sheets.table(value_table(dataset, "de"), TABLES["values"], "de")
        if 0 < len(dataset.converted) <= MOST_ROWS:
            sheets.table(converted_table(dataset, "de"), TABLES["converted_values"], "de")
        sheets.table(indicator_table(dataset, "de"), TABLES["indicators"], "de")
        sheets.table(area_table(dataset), TABLES["areas"], "de")
        sheets.table(_notes(dataset, "en", with_rows=with_rows), TABLES["notes"], "en")
        sheets.table(indicator_table(dataset, "en"), TABLES["indicators"], "en")


class _Sheets:
    """The sheets of one workbook, with the formats that they share."""

    def __init__(self, book: Any, dataset: DataSet) -> None:
        self.book = book
        self.decimals = {one.id: one.decimals for one in dataset.indicators}
        self.footer = f"{dataset.attribution}, {dataset.licence}"
        self.header = book.add_format(
            {"bold": True, "bg_color": "#e6eef2", "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self.day = book.add_format({"num_format": "dd.mm.yyyy"})
        self.sign = book.add_format({"align": "right"})
        self.numbers: dict[str, Any] = {}
        self.names: set[str] = set()

    def table(self, frame: pd.DataFrame, table: Table, language: Language) -> None:
        """Write one table as it is, a row per record."""
        title = table.title_de if language == "de" else table.title_en
        sheet = self._start(
            title, list(table.headers(language).values()), rows=len(frame), fixed=0, wide=False
        )
        is_prose = table.name in {"notes", "indicators"}
        widths = [_WIDTHS.get(one.name, 14) for one in table.fields]
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width, self.wrapped if is_prose else None)
        columns = [_plain(frame[one.name], one) for one in table.fields]
        shapes = [self._shapes(one, frame) for one in table.fields]
        for row, (cells, looks) in enumerate(
            zip(zip(*columns, strict=True), zip(*shapes, strict=False), strict=False), start=1
        ):
            if is_prose:  # not every program makes a row as high as its text
                lines = max(_lines(cell, width) for cell, width in zip(cells, widths, strict=True))
                sheet.set_row(row, _LINE * lines)
            for place, (cell, shape) in enumerate(zip(cells, looks, strict=True)):
                _write(sheet, row, place, cell, shape)

    def _shapes(self, field: Field, frame: pd.DataFrame) -> Iterable[Any]:
        """Give the format of each cell of a column: values with the digits that their indicator shows."""
        if field.type == "date":
            return repeat(self.day)
        if field.type != "number" or "indicator" not in frame or field.name == "minimum_denominator":
            return repeat(None)
        if field.name in _SHARES:
            return repeat(self._pattern("0.00"))
        return [self._pattern(_digits(self.decimals.get(one, 0))) for one in frame["indicator"].astype(str)]

    def level(self, dataset: DataSet, level: Level) -> None:
        """Write a row per area and period and a column per indicator, as people read it."""
        wide = wide_table(dataset, level)
        fixed = {"area_id": "Schlüssel", "name": "Gebiet", "period": "Zeit"}
        shown = [one for one in dataset.indicators if one.id in wide]
        heads = ["\n".join(filter(None, (one.title_de, unit_text(one.unit, "de"), one.id))) for one in shown]
        widths = [12, 28, 8, *(_head_width(head) for head in heads)]
        lines = max(
            (_lines(head, width / _BOLD) for head, width in zip(heads, widths[3:], strict=True)), default=1
        )
        sheet = self._start(
            level.title_de,
            [*fixed.values(), *heads],
            rows=len(wide),
            fixed=len(fixed),
            height=_LINE * lines,
            wide=True,
        )
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        columns = [
            *([(str(words), None) for words in wide[name]] for name in fixed),
            *(self._cells(one, wide) for one in shown),
        ]
        for row, cells in enumerate(zip(*columns, strict=True), start=1):
            for place, (cell, shape) in enumerate(cells):
                _write(sheet, row, place, cell, shape)

    def _cells(self, one: Indicator, wide: pd.DataFrame) -> Iterator[tuple[_Cell, Any]]:
        """Give the cells of an indicator with their formats: a number, or the sign of a state without one."""
        statuses = wide[f"{one.id}__status"].astype(object)
        for number, status in zip(wide[one.id].tolist(), statuses, strict=True):
            if status in SIGNS:
                yield SIGNS[status], self.sign
            else:
                yield number, self._number(one.decimals, status)

    def _number(self, decimals: int, status: str) -> Any:
        """Return the format that shows a number with its digits and, where it has one, the sign of its state."""
        digits = _digits(decimals)
        if status == ValueStatus.UNCERTAIN.value:
            pattern = f'"("{digits}")";"(-"{digits}")"'
        else:
            pattern = digits + (f'"{_MARKS[status]}"' if status in _MARKS else "")
        return self._pattern(pattern)

    def _pattern(self, pattern: str) -> Any:
        if pattern not in self.numbers:
            self.numbers[pattern] = self.book.add_format({"num_format": pattern})
        return self.numbers[pattern]

    def _start(
        self, title: str, heads: list[str], *, rows: int, fixed: int, wide: bool, height: float = 2 * _LINE
    ) -> Any:
        """Begin a sheet with its header, which stays in sight on the screen and on every page."""
        sheet = self.book.add_worksheet(self._name(title))
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.repeat_rows(0)
        sheet.set_footer("&L&8" + self.footer.replace("&", "&&")[:_LONGEST_FOOTER] + "&R&8&A · &P/&N")
        if wide:
            sheet.repeat_columns(0, fixed - 1)
            sheet.set_print_scale(_SMALLER)
        else:
            sheet.fit_to_pages(1, 0)
        sheet.set_row(0, height)
        for place, head in enumerate(heads):
            sheet.write_string(0, place, head, self.header)
        sheet.freeze_panes(1, fixed)
        sheet.autofilter(0, 0, max(rows, 1), len(heads) - 1)
        return sheet

    def _name(self, title: str) -> str:
        """Return a name that a sheet may have and none has yet."""
        plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).strip("' ") or "Blatt"
        name, number = plain[:_LONGEST_NAME], 1
        while name.casefold() in self.names or name.casefold() == "history":
            number += 1
            name = f"{plain[: _LONGEST_NAME - 4]} {number}"
        self.names.add(name.casefold())
        return name


def _notes(dataset: DataSet, language: Language, *, with_rows: bool) -> pd.DataFrame:
    notes = notes_table(dataset, language)
    if with_rows:
        return notes
    rows, most = (format_number(one, 0, language) for one in (len(dataset.values), MOST_ROWS))
    told = (
        f"Die {rows} Werte als Zeilen stehen in den CSV-Dateien und im GeoPackage; ein Tabellenblatt fasst {most}."
        if language == "de"
        else f"The {rows} values as rows are in the CSV files and in the GeoPackage; a sheet holds {most}."
    )
    subject = TABLES["values"].title_de if language == "de" else TABLES["values"].title_en
    more = pd.DataFrame([{"topic": notes["topic"].iloc[-1], "subject": subject, "text": told}])
    return pd.concat([notes, more], ignore_index=True)


def _plain(column: pd.Series, field: Field) -> list[_Cell]:
    """Return the cells of a column as numbers, days or text; None where there is nothing."""
    if field.type in {"number", "integer"}:
        return [one if np.isfinite(one) else None for one in column.astype(float).tolist()]
    told = column.astype(object)
    return [
        one if one is None or isinstance(one, date) else str(one) for one in told.where(told.notna(), None)
    ]


def _digits(decimals: int) -> str:
    """Return the pattern of a number; the program that shows it takes the signs of its own language."""
    return "#,##0" + ("." + "0" * decimals if decimals else "")


def _head_width(head: str) -> float:
    """Return a width at which no word of a bold header is cut, and which a number fits into."""
    longest = max(len(word) for word in re.split(r"[\s-]", head))
    return min(max(12.0, _BOLD * longest + 1), 40.0)


def _lines(cell: _Cell, width: float) -> int:
    """Return how many lines a text takes in a column of so many characters; words are not cut."""
    if not isinstance(cell, str):
        return 1
    return min(_MOST_LINES, sum(max(1, ceil(1.1 * len(part) / width)) for part in cell.split("\n")))


def _write(sheet: Any, row: int, place: int, cell: _Cell, shape: Any) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, str):
        sheet.write_string(row, place, cell[:_LONGEST_TEXT], shape)
    elif isinstance(cell, date):
        sheet.write_datetime(row, place, cell, shape)
    else:
        sheet.write_number(row, place, cell, shape)
