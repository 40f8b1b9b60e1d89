"""Text that a spreadsheet program must not take for a formula (CSV injection).

A cell of a text table that begins with `=`, `+`, `-` or `@` is computed when the file is opened: a name of an area
could start a program or send the table somewhere. Such text gets an apostrophe in front, as spreadsheets have it
for "this is text"; who reads the file with a program takes it off again with `plain_text`. A program set to another
separator than the file has cuts cells within the text, so a sign behind a separator gets one as well.
"""

from __future__ import annotations

import re

import pandas as pd

__all__ = ["GUARD", "guarded", "guarded_table", "guarded_text", "plain_text"]

GUARD = "'"

# Also behind blanks and control characters, and in their full-width forms, which programs read as the plain ones.
_FORMULA = re.compile(r"[\s\x00-\x1f\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_GUARDED = re.compile(rf"{GUARD}({GUARD}*)({_FORMULA.pattern})")
# What would begin another cell: quotes count as blanks, since a doubled one opens a cell and closes it at once.
_INSIDE = re.compile(
    rf"([;,\t\r\n](?:(?![\t\r\n])[\s\x00-\x1f\ufeff\"])*)({GUARD}*)([=+\-@\uff1d\uff0b\uff0d\uff20])"
)


def guarded_text(text: str) -> str:
    """Return text that no spreadsheet program computes; text that looks guarded gets one more apostrophe.

    So `plain_text` always gives back what went in.
    """
    inside = _INSIDE.sub(rf"\1{GUARD}\2\3", text)
    return GUARD + inside if _FORMULA.match(inside.lstrip(GUARD)) else inside


def plain_text(text: str) -> str:
    """Return what `guarded_text` was given."""
    inside = text[1:] if _GUARDED.match(text) else text
    return _INSIDE.sub(lambda found: found[1] + found[2].removeprefix(GUARD) + found[3], inside)


def guarded(column: pd.Series) -> pd.Series:
    """Guard a column of text; each different text is looked at once, missing cells stay missing."""
    told = {text: guarded_text(str(text)) for text in column.dropna().unique()}
    return column.astype(object).map(told)


def guarded_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Guard all text of a table that is printed as CSV: cells, row labels and headers; numbers stay as they are."""
    made = frame.copy()
    for place in range(made.shape[1]):
        column = made.iloc[:, place]
        if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column)):
            made.isetitem(place, column.astype(object).map(_text_only, na_action="ignore").to_numpy())
    made.columns = made.columns.map(_text_only)
    if not isinstance(made.index, pd.RangeIndex):
        names = made.index.names
        made.index = made.index.map(
            lambda label: tuple(map(_text_only, label)) if isinstance(label, tuple) else _text_only(label)
        )
        made.index.names = names
    return made


def _text_only(value: object) -> object:
    return guarded_text(value) if isinstance(value, str) else value
