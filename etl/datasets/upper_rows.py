"""Tables that have the rows of larger units too, such as the districts and the city at their end: told apart by level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from etl.datasets.findings import Findings
from etl.datasets.layouts import Read
from etl.datasets.manifest import Manifest, TablePart
from etl.datasets.values import Places, placed

__all__ = ["rows_of_levels", "tell_areas_without_row"]

_NAMED = 5


def rows_of_levels(
    cells: pd.DataFrame, table: TablePart, manifest: Manifest, names: Mapping[str, Mapping[str, str] | None]
) -> Iterator[tuple[TablePart, pd.DataFrame]]:
    """Yield the table's own level with its cells, then each upper level with the cells of its rows.

    `names`: name by key of the areas of each level, None where they could not be read. What joins an area of the table's own
    level is of that level, also when a larger unit has the same name; what joins none stays with it and is judged there.
    """
    own = names[table.geography]
    others = cells.iloc[:0] if own is None or not table.upper_levels else cells
    if own is not None and len(others):
        others = others.drop(_joined(others, table, Places(manifest.level(table.geography), own)))
    taken = []
    for level in table.upper_levels:
        above = names[level]
        if above is None or not len(others):
            continue
        part = replace(table, geography=level, upper_levels=(), unknown_areas="leave_out", no_row="missing")
        fits = _joined(others, part, Places(manifest.level(level), above))
        taken.append((part, others.loc[fits]))
        others = others.drop(fits)
    upper = [index for _, rows in taken for index in rows.index]
    yield table, cells.drop(upper).reset_index(drop=True) if upper else cells
    for part, rows in taken:
        if len(rows):
            yield part, rows.reset_index(drop=True)


def tell_areas_without_row(
    joined: pd.DataFrame, table: TablePart, places: Places, file: str, findings: Findings
) -> None:
    """Tell which areas a table has no row of, where that refuses the load."""
    if table.no_row != "refuse":
        return
    there = set(joined["area_id"])
    lost = [f"{key} ({name})" for key, name in places.names.items() if key not in there]
    if lost:
        shown = ", ".join(lost[:_NAMED]) + (" …" if len(lost) > _NAMED else "")
        findings.error(
            file,
            f"there is no row for {len(lost)} of {len(places.names)} areas of {places.level.id}: {shown}",
            "deliver the whole table, or say in no_row what an area without a row has",
            column=" and ".join(table.key),
        )


def _joined(cells: pd.DataFrame, table: TablePart, places: Places) -> pd.Index:
    """Return which cells join an area of the level, without a word about the others."""
    return placed(cells, replace(table, unknown_areas="leave_out"), places, Findings(), Read()).index
