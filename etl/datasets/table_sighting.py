"""What can be seen of the tables of a folder: header rows, years, indicators, how numbers are written."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from etl.datasets.counts import could_be_thousands
from etl.datasets.findings import Findings
from etl.datasets.numbers import NumberFormat, read_numbers
from etl.datasets.sighting import Joined, joins_of, raw_file
from etl.datasets.tables import Reading, column_names, raw_cells, read_sheet, sheets_of
from etl.errors import FetchError

__all__ = [
    "YEAR",
    "RawTable",
    "SeenColumn",
    "SeenTable",
    "YearColumns",
    "raw_tables",
    "seen_figures",
    "seen_table",
    "seen_thousands",
    "several_rows",
    "year_columns",
]

YEAR = r"(?:19|20)\d\d"
_LONGEST_LINE = 1 << 16  # [bytes] of a line looked at
_MOST_HEADER_ROWS = 3
_MOST_MATCHES = 60  # indicators that the texts of one column may name
_MOST_SIGNS, _LONGEST_SIGN = 3, 15  # texts without digits, and their characters, that may stand for a number
_MOST_DECIMALS = 4  # more come from computing
_SHOWN_OF_NOTE = 30  # characters by which a line of notes is known
_NUMBER = re.compile(r"[-−+(]?\d[\d.,' ]*[)%prs]?")
_DATED = re.compile(
    rf"(?P<before>.*?)(?P<day>\d\d?\.\d\d?\.)?(?P<year>{YEAR})(?P<iso>-\d\d-\d\d)?(?P<after>\D*)"
)


@dataclass(frozen=True, slots=True)
class RawTable:
    """A file, or a sheet of it where there are several, with all its cells as text."""

    file: str
    sheet: str
    cells: pd.DataFrame


@dataclass(frozen=True, slots=True)
class SeenTable:
    """A table that speaks of areas: the rows with the names of its columns, and what joins it."""

    file: str
    sheet: str
    header: tuple[int, ...]
    key: str
    join: str
    fill: bool
    frame: pd.DataFrame  # the rows of known areas
    others: tuple[str, ...]  # what stands for the area in rows of others, or of none
    year: str  # that the file, the sheet or a heading names
    ends_at: str  # pattern of the first line of notes below the rows, where there is one


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """One column of figures: its name and how its numbers are written."""

    name: str
    decimal: str
    thousands: str
    is_count: bool
    decimals: int
    signs: tuple[str, ...]  # texts in place of a number whose meaning only the publisher knows


@dataclass(frozen=True, slots=True)
class YearColumns:
    """Columns that differ in the year only: their pattern, what the rest of their name says, the day of the year."""

    pattern: str
    title: str
    month_and_day: str
    columns: tuple[str, ...]


def raw_tables(folder: Path, name: str, unread: list[str]) -> list[RawTable]:
    """Return the tables of a file; one that cannot be read is named in `unread`."""
    file = raw_file(folder, name)
    sheets = sheets_of(file)
    found = []
    for sheet in sheets if len(sheets) > 1 else [""]:
        try:
            cells = raw_cells(file, Reading(sheet=sheet), Findings())
        except FetchError as error:
            unread.append(f"{name}{sheet and f', sheet {sheet}'}: {error.what}")
            continue
        texts = cells.fillna("").astype(str).apply(lambda column: column.str.strip())
        found.append(RawTable(name, sheet, texts))
    return found


def seen_table(
    folder: Path,
    raw: RawTable,
    keys: Collection[str],
    names: Collection[str],
    unread: list[str],
    *,
    decimal: str = ".",
) -> SeenTable | None:
    """Return how a table speaks of areas, or None and its name in `unread`."""
    joined = joins_of(raw.cells, keys, names)
    called = f"{raw.file}{raw.sheet and f', sheet {raw.sheet}'}"
    is_known = _known(raw.cells[joined.column], joined, keys, names)
    header = _header(raw.cells, joined, int(str(is_known.idxmax())))
    if not header:
        unread.append(f"{called}: there is no row with the names of the columns above the first area")
        return None
    names_of = column_names(raw.cells.loc[list(header)])
    key = names_of[list(raw.cells.columns).index(joined.column)]
    findings = Findings()
    reading = Reading(sheet=raw.sheet, header=header, decimal=decimal)
    frame = read_sheet(raw_file(folder, raw.file), reading, findings)
    if frame is None or key not in frame.columns:
        why = findings.errors[0].what if findings.errors else "the column with the areas has no name"
        unread.append(f"{called}: {why}")
        return None
    own = _known(frame[key], joined, keys, names)
    above = " ".join(raw.cells.loc[: min(header)].to_numpy().ravel())
    found = [re.findall(rf"(?<!\d){YEAR}(?!\d)", text) for text in (Path(raw.file).stem, raw.sheet, above)]
    year = next((years[-1] for years in found if years), "")
    ends_at = _note_below(raw.cells, int(frame.index[own].max()))
    if ends_at:
        frame, own = _until(raw.cells, frame, own, ends_at)
    return SeenTable(
        raw.file,
        raw.sheet,
        header,
        key,
        joined.join,
        joined.fill,
        frame[own],
        tuple(frame.loc[~own, key].unique()),
        year,
        ends_at,
    )


def year_columns(columns: Sequence[str]) -> list[YearColumns]:
    """Return the groups of at least two columns whose names differ in their year only, such as 31.12.2020, 31.12.2021."""
    groups: dict[tuple[str, str, bool, bool], list[re.Match[str]]] = {}
    for name in columns:
        if (found := _DATED.fullmatch(name)) is not None:
            kind = (found["before"], found["after"], found["day"] is not None, found["iso"] is not None)
            groups.setdefault(kind, []).append(found)
    made = []
    for (before, after, has_day, is_iso), same in groups.items():
        if len(same) < 2 or len({one["year"] for one in same}) < len(same):
            continue
        day = r"\d\d?\.\d\d?\." if has_day else ""
        iso = r"-\d\d-\d\d" if is_iso else ""
        days = {_month_and_day(one["day"], one["iso"]) for one in same}
        made.append(
            YearColumns(
                f"{_escaped(before)}{day}({YEAR}){iso}{_escaped(after)}",
                f"{before}{after}".strip(" /,;:-("),
                days.pop() if len(days) == 1 else "",
                tuple(one[0] for one in same),
            )
        )
    return made


def several_rows(frame: pd.DataFrame, key: str, skip: Collection[str]) -> str:
    """Return the column whose texts tell the rows of one area apart, or nothing when there is none."""
    for column in map(str, frame.columns):
        if column == key or column in skip or frame[column].nunique() > _MOST_MATCHES:
            continue
        tells_apart = not frame.duplicated([key, column, *(one for one in skip if one != key)]).any()
        if tells_apart and frame[column].str.contains(r"[^\W\d_]{2}", regex=True).all():
            return column
    return ""


def seen_thousands(folder: Path, name: str, frame: pd.DataFrame, columns: Sequence[str]) -> bool:
    """Whether the points in the figures of a table part thousands, as far as their look tells.

    In a text file with semicolons a point before three digits is enough, elsewhere all numbers of a column have it.
    """
    is_german = False
    if name.lower().endswith((".csv", ".txt")):
        with (folder / name).open("rb") as file:
            is_german = b";" in file.readline(_LONGEST_LINE)
    form = NumberFormat()
    found = False
    for column in columns:
        texts = frame[column]
        texts = texts[texts.str.contains(r"\d", regex=True)]
        if (
            not texts.str.contains(r"\d\.\d", regex=True).any()
            or not read_numbers(texts, form)["readable"].all()
        ):
            continue
        if not could_be_thousands(texts, ".", all_have_it=not is_german):
            return False  # a plain decimal point in the same table
        found = True
    return found


def seen_figures(frame: pd.DataFrame, column: str, *, thousands_first: bool = False) -> SeenColumn | None:
    """Return how the numbers of a column are written, or None when it holds none."""
    texts = frame[column]
    forms = [(".", ""), (",", ""), (",", "."), (".", ",")]
    if thousands_first and texts.str.contains(r"\d\.\d", regex=True).any():
        forms.insert(0, (",", "."))
    for with_signs in (False, True):
        for decimal, thousands in forms:
            read = read_numbers(texts, NumberFormat(decimal=decimal, thousands=thousands))
            signs = tuple(texts[~read["readable"]].unique())
            if signs and not (with_signs and _could_be_signs(signs)):
                continue
            if read["value"].notna().mean() > (0.5 if signs else 0.2):
                given = read["value"].dropna()
                is_count = bool(((given >= 0) & (given % 1 == 0)).all())
                behind = (
                    texts.str.extract(rf"{re.escape(decimal)}(\d+)\D*$", expand=False)
                    .str.rstrip("0")
                    .str.len()
                )
                most = 0 if is_count else int(behind.max(skipna=True) if behind.notna().any() else 0)
                return SeenColumn(
                    column, decimal, thousands, is_count, most if most <= _MOST_DECIMALS else 1, signs
                )
    return None


def _could_be_signs(texts: Sequence[str]) -> bool:
    """Whether texts between numbers, such as k.A., could stand for numbers that are not there."""
    return len(texts) <= _MOST_SIGNS and all(
        len(text) <= _LONGEST_SIGN and re.search(r"\d", text) is None for text in texts
    )


def _note_below(cells: pd.DataFrame, last: int) -> str:
    """Return a pattern of the first line of notes below the last row of an area; nothing when there is none."""
    first = cells.iloc[:, 0]
    for row in cells.index[cells.index > last]:
        text = str(first.loc[row])
        if text and set(cells.loc[row]) <= {text, ""}:
            pattern = f"^{_escaped(text[:_SHOWN_OF_NOTE].rstrip())}"
            return "" if first.loc[:last].str.contains(pattern, regex=True).any() else pattern
    return ""


def _until(
    cells: pd.DataFrame, frame: pd.DataFrame, own: pd.Series, ends_at: str
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the rows above the notes."""
    end = int(str(cells.iloc[:, 0].str.contains(ends_at, regex=True).idxmax()))
    return frame[frame.index < end], own[own.index < end]


def _known(texts: pd.Series, joined: Joined, keys: Collection[str], names: Collection[str]) -> pd.Series:
    """Return which rows are of known areas."""
    bare = texts.astype(str).str.strip()
    bare = bare.str.zfill(max(map(len, keys), default=1)) if joined.fill else bare
    return bare.isin(set(keys if joined.join == "key" else names))


def _header(cells: pd.DataFrame, joined: Joined, first: int) -> tuple[int, ...]:
    """Return the rows with the names of the columns: those right above the first row of figures."""
    texts = {int(row): list(cells.loc[[row]].to_numpy().ravel()) for row in cells.index[cells.index < first]}
    key = list(cells.columns).index(joined.column)
    above = [row for row, of_row in texts.items() if any(of_row)]
    while above and _has_figures(texts[above[-1]][:key] + texts[above[-1]][key + 1 :]):
        above.pop()  # such as a total of all areas
    rows = above[-1:]
    while rows and len(rows) < _MOST_HEADER_ROWS and rows[0] - 1 in above:
        heading = texts[rows[0] - 1]
        if len(set(heading) - {""}) < 2 or _has_figures(heading):
            break
        rows.insert(0, rows[0] - 1)
    return tuple(rows)


def _has_figures(row: Sequence[str]) -> bool:
    texts = [text for text in row if text]
    figures = [text for text in texts if _NUMBER.fullmatch(text) and not _DATED.fullmatch(text)]
    return 2 * len(figures) > len(texts)


def _escaped(text: str) -> str:
    return re.escape(text).replace(r"\ ", " ")


def _month_and_day(day: str | None, iso: str | None) -> str:
    if iso is not None:
        return iso[1:]
    if day is None:
        return "12-31"
    number, month, _ = day.split(".")
    return f"{int(month):02d}-{int(number):02d}"
