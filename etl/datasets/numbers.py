"""From the text of a cell to a number and its state: decimal sign, thousands, signs in place of a number, marks."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from indicators.status import WITHOUT_VALUE, ValueStatus

__all__ = ["GERMAN_SIGNS", "MARKS", "NumberFormat", "plain_number", "read_cells", "read_numbers"]

# What statistical offices print instead of a number, and what it means unless the manifest says otherwise: "-" is a
# true zero; "." and "x" are withheld; "/" (not certain enough to print) and "…" (later) are figures that nobody
# outside can know.
GERMAN_SIGNS: Mapping[str, ValueStatus] = {
    "": ValueStatus.MISSING,
    "…": ValueStatus.MISSING,
    "...": ValueStatus.MISSING,
    "/": ValueStatus.MISSING,
    ".": ValueStatus.SUPPRESSED,
    "x": ValueStatus.SUPPRESSED,
    "-": ValueStatus.ZERO,
    "–": ValueStatus.ZERO,
}
# Behind a number; brackets around it are written "()".
MARKS: Mapping[str, ValueStatus] = {
    "p": ValueStatus.PROVISIONAL,
    "r": ValueStatus.CORRECTED,
    "s": ValueStatus.UNCERTAIN,
    "()": ValueStatus.UNCERTAIN,
}
_BLANKS = re.compile(r"[\s\u00a0\u202f\u2009]+")  # also between thousands
_UNDECLARED = re.compile(
    r"(?P<sign>[-−]?)(?P<whole>\d{1,3}(?:\.\d{3})+|\d+)(?:,(?P<part>\d+))?(?P<mark>[prs]?)",
    re.ASCII,
)
_FOOTNOTE = re.compile(r"(?<=.)(?:[¹²³⁴⁵⁶⁷⁸⁹⁰]+\)?|\*+\)?)$")
_LONGEST = 40  # characters; no published figure has as many digits


@dataclass(frozen=True)
class NumberFormat:
    """How one table writes numbers: `thousands` is "", ".", ",", "'" or " ", which stands for every kind of blank.

    `sentinels` are numbers that stand for a state, such as -999; `signs` are texts that do.
    """

    decimal: str = "."
    thousands: str = ""
    signs: Mapping[str, ValueStatus] = field(default_factory=lambda: GERMAN_SIGNS)
    sentinels: Mapping[float, ValueStatus] = field(default_factory=dict)
    footnotes: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a number looks like; groups of thousands have three digits, or it is something else."""
        point = re.escape(self.decimal)
        whole = r"\d+"
        if self.thousands:
            sign = r"[ \u00a0\u202f\u2009]" if self.thousands == " " else re.escape(self.thousands)
            whole = rf"\d{{1,3}}(?:{sign}\d{{3}})+|\d+"
        number = rf"(?P<sign>[-−+]?)(?P<whole>{whole})(?:{point}(?P<part>\d+))?(?P<mark>[prs]?)"
        return re.compile(number, re.ASCII)  # the digits 0 to 9 and no others

    def read(self, text: str) -> tuple[float, ValueStatus, bool]:
        """Return value, state and whether the cell could be understood."""
        bare = text.strip()
        if bare in self.signs:
            return _as_state(self.signs[bare])
        if self.footnotes:
            bare = _FOOTNOTE.sub("", bare).rstrip()
            if bare in self.signs:
                return _as_state(self.signs[bare])
        inside = bare[1:-1].strip() if len(bare) > 2 and bare[0] == "(" and bare[-1] == ")" else None
        number = bare if inside is None else inside
        match = (
            self.pattern.fullmatch(re.sub(r"\s+(?=[prs]$)", "", number)) if len(bare) <= _LONGEST else None
        )
        if match is None or (inside is not None and match["mark"]):
            return math.nan, ValueStatus.MISSING, False
        digits = re.sub(r"\D", "", match["whole"])
        value = float(f"{digits}.{match['part'] or 0}")
        value = -value if match["sign"] in ("-", "−") and value else value
        if value in self.sentinels:
            return _as_state(self.sentinels[value])
        mark = "()" if inside is not None else match["mark"]
        return value, MARKS.get(mark, ValueStatus.MEASURED), True


def read_numbers(texts: pd.Series, form: NumberFormat) -> pd.DataFrame:
    """Return `value`, `status` (text) and `readable` on the index of the texts; each distinct text is read once."""
    return _read_each(texts, form.read)


def read_cells(texts: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return value, status (text) and whether the cell could be read, of a German table that no manifest describes.

    Numbers have a decimal comma; points and blanks separate thousands. "(12,3)" and "12,3s" are uncertain,
    "p" is provisional, "r" corrected. A cell that is none of this is unreadable: the caller reports it.
    """
    read = _read_each(texts, _read_undeclared)
    return read["value"], read["status"], read["readable"]


def _read_undeclared(text: str) -> tuple[float, ValueStatus, bool]:
    bare = _BLANKS.sub("", text)
    if bare in GERMAN_SIGNS:
        return _as_state(GERMAN_SIGNS[bare])
    bracketed = bare.startswith("(") and bare.endswith(")")
    match = _UNDECLARED.fullmatch(bare.strip("()") if bracketed else bare)
    if match is None:
        return math.nan, ValueStatus.MISSING, False
    number = float(f"{match['whole'].replace('.', '')}.{match['part'] or 0}")
    mark = "()" if bracketed else match["mark"]
    return -number if match["sign"] else number, MARKS.get(mark, ValueStatus.MEASURED), True


def _read_each(texts: pd.Series, read: Callable[[str], tuple[float, ValueStatus, bool]]) -> pd.DataFrame:
    """Return `value`, `status` (text) and `readable` on the index of the texts; each distinct text is read once."""
    codes, distinct = pd.factorize(texts, use_na_sentinel=False)
    cells = [read(str(text)) for text in distinct]
    value = np.array([cell[0] for cell in cells], dtype=float)
    status = np.array([cell[1].value for cell in cells], dtype=object)
    readable = np.array([cell[2] for cell in cells], dtype=bool)
    empty = len(cells) == 0
    return pd.DataFrame(
        {
            "value": [] if empty else value[codes],
            "status": pd.Series([] if empty else status[codes], index=texts.index, dtype=object),
            "readable": [] if empty else readable[codes],
        },
        index=texts.index,
    ).astype({"value": float, "readable": bool})


def plain_number(number: float, *, decimal: str = ".") -> str:
    """Return a number that a file holds as a number as text, exactly and without exponent."""
    if isinstance(number, bool | np.bool_):
        return str(bool(number))
    if isinstance(number, int | np.integer):
        return str(int(number))
    if not math.isfinite(number):
        return str(number)
    text = np.format_float_positional(number, trim="-")
    return text.replace(".", decimal)


def _as_state(state: ValueStatus) -> tuple[float, ValueStatus, bool]:
    return (math.nan if state in WITHOUT_VALUE else 0.0), state, True
