"""Read the cells of German statistical tables: decimal commas, and signs that stand in place of a number."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from indicators.status import ValueStatus

__all__ = ["read_cells"]

# What German statistical offices print instead of a number. "-" is a true zero; "." and "x" are withheld; "/"
# (not certain enough to print) and "…" (later) are figures that nobody outside can know.
_SIGNS = {
    "": (np.nan, ValueStatus.MISSING),
    "…": (np.nan, ValueStatus.MISSING),
    "...": (np.nan, ValueStatus.MISSING),
    "/": (np.nan, ValueStatus.MISSING),
    ".": (np.nan, ValueStatus.SUPPRESSED),
    "x": (np.nan, ValueStatus.SUPPRESSED),
    "-": (0.0, ValueStatus.ZERO),
    "–": (0.0, ValueStatus.ZERO),
}
_MARKS = {
    "p": ValueStatus.PROVISIONAL,
    "r": ValueStatus.CORRECTED,
    "s": ValueStatus.UNCERTAIN,
    "()": ValueStatus.UNCERTAIN,
    "": ValueStatus.MEASURED,
}
_BLANKS = re.compile(r"[\s\u00a0\u202f\u2009]+")  # also between thousands
_NUMBER = re.compile(r"(?P<sign>[-−]?)(?P<whole>\d{1,3}(?:\.\d{3})+|\d+)(?:,(?P<part>\d+))?(?P<mark>[prs]?)")


def read_cells(texts: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return value (float), status (text) and whether the cell could be read, on the index of `texts`.

    Numbers have a decimal comma; points and blanks separate thousands. "(12,3)" and "12,3s" are uncertain,
    "p" is provisional, "r" corrected. A cell that is none of this is unreadable: the caller reports it.
    """
    codes, distinct = pd.factorize(texts)
    cells = [_read(text) for text in distinct]
    values = np.array([cell[0] for cell in cells], dtype=float)
    statuses = np.array([cell[1].value for cell in cells], dtype=object)
    readable = np.array([cell[2] for cell in cells], dtype=bool)
    return (
        pd.Series(values[codes], index=texts.index),
        pd.Series(statuses[codes], index=texts.index, dtype=object),
        pd.Series(readable[codes], index=texts.index),
    )


def _read(text: str) -> tuple[float, ValueStatus, bool]:
    bare = _BLANKS.sub("", text)
    if bare in _SIGNS:
        return (*_SIGNS[bare], True)
    bracketed = bare.startswith("(") and bare.endswith(")")
    match = _NUMBER.fullmatch(bare.strip("()") if bracketed else bare)
    if match is None:
        return np.nan, ValueStatus.MISSING, False
    number = float(f"{match['whole'].replace('.', '')}.{match['part'] or 0}")
    return -number if match["sign"] else number, _MARKS["()" if bracketed else match["mark"]], True
