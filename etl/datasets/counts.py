"""Are counts whole? A count with a fraction is most often a thousand whose point was read as a decimal sign."""

from __future__ import annotations

import re

import pandas as pd

from etl.datasets.findings import Findings
from etl.datasets.manifest import Manifest, TablePart, ValuePart
from indicators.known import known_by_id

__all__ = ["MOST_COUNTED", "are_counts", "check_thousands", "check_whole", "could_be_thousands"]

MOST_COUNTED = 10_000_000_000  # persons or households; no larger count can be right
_WHOLE_UNITS = ("persons", "households")
_NEAREST = 1e-6  # what adding up decimal numbers may leave over
_FEWEST = 3  # figures, before a doubt about a rate is told


def could_be_thousands(texts: pd.Series, sign: str, *, all_have_it: bool = False) -> bool:
    """Whether a sign before three digits could part thousands in a column of numbers.

    Every number that has the sign has three digits behind it and one to three, no leading zero, before it; those
    without it have at most three digits. With `all_have_it` every number has it.
    """
    numbers = texts[texts.str.contains(r"\d", regex=True)].str.strip(" ()prs")
    grouped = numbers.str.fullmatch(rf"[-−+]?[1-9]\d{{0,2}}{re.escape(sign)}\d{{3}}")
    if all_have_it:
        return bool(len(numbers)) and bool(grouped.all())
    return bool(grouped.any()) and bool((grouped | numbers.str.fullmatch(r"[-−+]?\d{1,3}")).all())


def check_thousands(
    rows: pd.DataFrame, table: TablePart, value: ValuePart, manifest: Manifest, findings: Findings
) -> bool:
    """Tell a column whose decimal sign looks like one of thousands; return whether that is an error."""
    if table.thousands or value.factor != 1 or value.labels or rows.empty:
        return False
    kind = _measure(value, manifest)[1]
    is_told = False
    for column, own in rows.groupby("column", sort=False):
        read = own.loc[own["readable"] & own["value"].notna() & (own["fixed"] == ""), "text"]
        if not could_be_thousands(read, table.decimal, all_have_it=kind != "extensive"):
            continue
        is_error = _are_whole(value, manifest)
        if not is_error and len(read) < _FEWEST:
            continue
        example = next(text for text in read if table.decimal in text)
        what = (
            f"every {table.decimal!r} stands before three digits, as in {example!r}: it may part thousands,"
            " and is read as the decimal sign"
        )
        other = "," if table.decimal == "." else "."
        todo = f'say thousands = "{table.decimal}" and decimal = "{other}" for this table'
        tell = findings.error if is_error else findings.warning
        tell(str(own["file"].iloc[0]), what, todo, column=str(column))
        is_told |= is_error
    return is_told


def check_whole(numbers: pd.DataFrame, value: ValuePart, manifest: Manifest, findings: Findings) -> None:
    """Tell every count of persons or households that is no whole number."""
    if not _are_whole(value, manifest) or value.factor != 1 or value.labels:
        return
    unit = _measure(value, manifest)[0]
    given = numbers["value"]
    for column, rows in numbers[(given - given.round()).abs() > _NEAREST].groupby("column", sort=False):
        findings.each(
            str(rows["file"].iloc[0]),
            ((f"row {row.row}", f"{row.value:.10g} {unit} is no whole number") for row in rows.itertuples()),
            "check decimal and thousands of the table; say factor, or decimals, unit and kind of the indicator,"
            " where it is no plain count",
            column=str(column),
        )


def are_counts(value: ValuePart, manifest: Manifest) -> bool:
    """Whether the figures are counts of persons or households, or estimates of them."""
    unit, kind, _decimals = _measure(value, manifest)
    return kind == "extensive" and unit in _WHOLE_UNITS


def _are_whole(value: ValuePart, manifest: Manifest) -> bool:
    """Whether the figures are counts of persons or households; estimates of them are declared with decimals."""
    return are_counts(value, manifest) and not _measure(value, manifest)[2]


def _measure(value: ValuePart, manifest: Manifest) -> tuple[str, str, int]:
    """Return unit, kind and decimals of the indicator of a value."""
    known = known_by_id().get(value.indicator)
    told = known or next(one for one in manifest.indicator if one.id == value.indicator)
    return told.unit, told.kind, told.decimals
