"""Errors of the exports: what cannot be written, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from maps.errors import MapsError

__all__ = ["ExportError", "TooLargeForWorkbookError", "WithheldNumberError"]


class ExportError(MapsError, ValueError):
    """A data set cannot be written as asked."""


class WithheldNumberError(ExportError):
    """A withheld or missing value came with a number; nothing is written."""

    def __init__(self, places: Sequence[str]) -> None:
        shown = ", ".join(places[:5]) + (" …" if len(places) > 5 else "")
        super().__init__(
            f"{len(places)} withheld or missing value(s) with a number: {shown}; nothing was written, load the data anew"
        )
        self.places = tuple(places)


class TooLargeForWorkbookError(ExportError):
    """A table has more rows than a sheet can hold."""

    def __init__(self, sheet: str, rows: int, most: int) -> None:
        super().__init__(
            f"sheet {sheet!r} would have {rows:,} rows, a workbook holds {most:,};"
            " choose indicators, periods or a level, or another format"
        )
        self.sheet, self.rows, self.most = sheet, rows, most
