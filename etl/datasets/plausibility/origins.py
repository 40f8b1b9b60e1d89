"""In which row of which file does a value stand? Looked up only for the values that are doubted."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from etl.datasets.findings import Findings
from etl.datasets.layouts import Read, cells_of
from etl.datasets.manifest import TablePart
from etl.datasets.values import Places, placed

__all__ = ["Origins", "Sheet"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sheet:
    """A table as it was read, with its part of the manifest and the areas its rows are joined to."""

    table: TablePart
    file: str
    period: str
    frame: pd.DataFrame
    places: Places | None


class Origins:
    """Answers with file, row and column; the cells of a table are joined again when it is first asked about."""

    def __init__(self, sheets: list[Sheet]) -> None:
        self._sheets = sheets
        self._cells: dict[int, pd.DataFrame] = {}

    def of(self, geography: str, indicator: str, area_id: str, period: str) -> tuple[str, str, str]:
        """Return file, row and column of a value; without an area the file and, where there is one, the column."""
        fallback = ("", "", "")
        for number, sheet in enumerate(self._sheets):
            entries = [at for at, one in enumerate(sheet.table.value) if one.indicator == indicator]
            if sheet.table.geography != geography or not entries:
                continue
            cells = self._of_sheet(number)
            here = cells[cells["entry"].isin(entries)]
            if period:
                here = here[here["period"] == period]
            columns = here["column"].unique()
            column = str(columns[0]) if len(columns) == 1 else ""
            if not area_id:
                if len(here):
                    return sheet.file, "", column
                continue
            rows = here[here["area_id"] == area_id]
            if len(rows):
                return sheet.file, f"row {rows['row'].iloc[0]}", str(rows["column"].iloc[0])
            if not fallback[0] and len(here):
                fallback = (sheet.file, "", column)
        return fallback

    def _of_sheet(self, number: int) -> pd.DataFrame:
        if number not in self._cells:
            sheet, quiet, read = self._sheets[number], Findings(), Read()
            cells = cells_of(
                sheet.frame, sheet.table, file=sheet.file, period=sheet.period, findings=quiet, read=read
            )
            joined = (
                cells.assign(area_id=cells["key"])
                if sheet.places is None
                else placed(cells, sheet.table, sheet.places, quiet, read)
            )
            self._cells[number] = joined[["row", "column", "period", "entry", "area_id"]]
        return self._cells[number]
