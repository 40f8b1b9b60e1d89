"""Files to tables of text: every cell as it was written, every row with its number in the file."""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import python_calamine

from etl.datasets.encodings import decoded, lost_characters, mend_frame
from etl.datasets.findings import Findings
from etl.datasets.gml import gml_as_written
from etl.datasets.numbers import plain_number
from etl.datasets.packed import bytes_of, require_no_entities, require_no_html, require_sane_zip
from etl.datasets.patterns import LONGEST
from etl.datasets.workbook_cells import lost_cells
from etl.errors import FetchError, one_line
from etl.raw import RawFile

__all__ = ["GEOMETRY_SUFFIXES", "Reading", "column_names", "is_map", "raw_cells", "read_sheet", "sheets_of"]

GEOMETRY_SUFFIXES = (".gpkg", ".geojson", ".shp", ".fgb", ".kml", ".gml", ".dbf")
_WORKBOOKS = (".xlsx", ".xlsm", ".ods", ".xlsb", ".xls")
_DELIMITERS = (";", ",", "\t", "|")
_LINES = 50  # looked at to find the delimiter
_AGAIN = "check that it is the right file and whole, then load again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How to read one file as a table; what is left empty is found out."""

    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    records: tuple[str, ...] = ()
    header: tuple[int, ...] = (1,)
    ends_at: str = ""
    decimal: str = "."


def is_map(name: str) -> bool:
    """Whether a file is one that has geometry, by its name."""
    return name.lower().endswith(GEOMETRY_SUFFIXES)


def read_sheet(file: RawFile, reading: Reading, findings: Findings) -> pd.DataFrame | None:
    """Return a table of text, indexed by the number of the row in the file; None when it could not be read.

    Columns are named by the header rows; cells of merged ranges all carry the text of the range.
    """
    try:
        cells = raw_cells(file, reading, findings)
        frame = _under_header(cells, file, reading, findings)
    except FetchError as error:
        findings.failed(error, file=file.name)
        return None
    if frame is None:
        return None
    frame, garbled = mend_frame(frame)
    if garbled:
        findings.warning(
            file.name,
            f"{garbled} cell(s) with garbled umlauts (UTF-8 read as Windows-1252) were restored",
            "export the file once more as UTF-8",
        )
    for column in frame.columns:
        lost = lost_characters(str(text) for text in frame[column].unique())
        if lost:
            findings.error(
                file.name,
                f"letters are lost for good: {lost[0]!r}",
                "export the file again in the right encoding",
                column=str(column),
            )
    return frame


def raw_cells(file: RawFile, reading: Reading, findings: Findings) -> pd.DataFrame:
    """Return all cells without a header, numbered from row 1; tables that name their columns get a row 1 with them."""
    name = file.name.lower()
    if name.endswith(_WORKBOOKS):
        return _workbook(file, reading)
    if name.endswith((".parquet", ".geoparquet")):
        return _parquet(file, reading)
    if name.endswith((".json", ".json.gz")):
        return _json(file, reading)
    if is_map(name):
        return _attributes(file, reading)
    return _delimited(file, reading, findings)


def _delimited(file: RawFile, reading: Reading, findings: Findings) -> pd.DataFrame:
    text, encoding = decoded(bytes_of(file), file.name, encoding=reading.encoding)
    if not reading.encoding and encoding not in ("utf-8", "utf-8-sig"):
        findings.note(
            file.name,
            f"the encoding was found to be {encoding}",
            f'say encoding = "{encoding}" if that is right',
        )
    delimiter = reading.delimiter or _delimiter(text)
    sizes = _sizes(text, delimiter)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            cells = pd.read_csv(
                io.StringIO(text),
                header=None,
                dtype=str,
                na_filter=False,
                sep=delimiter,
                skip_blank_lines=False,
                names=range(int(sizes.max(initial=1))),
                index_col=False,
            ).astype(object)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        raise FetchError("the file is not a table", one_line(error), _AGAIN) from error
    if len(sizes) == len(cells):  # cells that a row does not have are None, to tell a row that is cut off
        for width in np.unique(sizes[(sizes > 0) & (sizes < cells.shape[1])]):
            cells.iloc[np.flatnonzero(sizes == width), width:] = None
    cells.index = pd.RangeIndex(1, len(cells) + 1)
    return cells


def _sizes(text: str, delimiter: str) -> np.ndarray:
    """Return how many cells each row has."""
    try:
        return np.array([len(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter)], dtype=int)
    except csv.Error as error:
        raise FetchError("the file is not a table", one_line(error), _AGAIN) from error


def _delimiter(text: str) -> str:
    """Return the sign that parts most rows into the same number of cells, at least two."""
    best, score = ",", (0, 0)
    for sign in _DELIMITERS:
        try:
            rows = [
                len(row)
                for row, _ in zip(csv.reader(io.StringIO(text), delimiter=sign), range(_LINES), strict=False)
                if row
            ]
        except csv.Error:
            continue
        wide = [size for size in rows if size > 1]
        if wide:
            usual = max(set(wide), key=wide.count)
            found = (wide.count(usual), usual)
            if found > score:
                best, score = sign, found
    return best


def _workbook(file: RawFile, reading: Reading) -> pd.DataFrame:
    require_no_html(file.path, file.name)
    if not file.name.lower().endswith(".xls"):
        require_sane_zip(file.path, file.name)
    try:
        with python_calamine.CalamineWorkbook.from_path(file.path) as book:
            names = book.sheet_names
            if reading.sheet and reading.sheet not in names:
                raise FetchError(
                    f"the workbook has no sheet {reading.sheet!r}",
                    f"it has {', '.join(names)}",
                    "correct sheet",
                )
            sheet = book.get_sheet_by_name(reading.sheet or names[0])
            rows = sheet.to_python(skip_empty_area=False)
            merged = sheet.merged_cell_ranges or []
        lost = lost_cells(file.path, file.name, reading.sheet or names[0])
    except (python_calamine.CalamineError, OSError) as error:
        if file.name.lower().endswith(".ods"):
            return _workbook_through_gdal(file, reading)  # which reads what other programs than offices write
        raise FetchError("the workbook cannot be read", f"{file.name}: {one_line(error)}", _AGAIN) from error
    texts = [[_text(cell, reading.decimal) for cell in row] for row in rows]
    for (row, column), text in lost.items():
        texts += [[""] * len(texts[0]) for _ in range(len(texts), row + 1)] if texts else []
        if texts and column < len(texts[row]) and not texts[row][column]:
            texts[row][column] = text
    for (top, left), (bottom, right) in merged:
        for row in range(top, min(bottom + 1, len(texts))):
            for column in range(left, min(right + 1, len(texts[row]))):
                texts[row][column] = texts[top][left]
    if not texts:
        raise FetchError("the sheet is empty", file.name, _AGAIN)
    return pd.DataFrame(texts, index=pd.RangeIndex(1, len(texts) + 1), dtype=object)


def sheets_of(file: RawFile) -> list[str]:
    """Return the names of the sheets of a workbook; none of a file that is no workbook, or none that can be listed."""
    if not file.name.lower().endswith(_WORKBOOKS):
        return []
    try:
        with python_calamine.CalamineWorkbook.from_path(file.path) as book:
            return list(book.sheet_names)
    except (python_calamine.CalamineError, OSError):
        return []


def _workbook_through_gdal(file: RawFile, reading: Reading) -> pd.DataFrame:
    """Read a sheet with one header row; only GDAL reads what GDAL writes."""
    return _through_gdal(file, file.path, reading, "workbook", HEADERS="FORCE")


def _parquet(file: RawFile, reading: Reading) -> pd.DataFrame:
    import pyarrow as pa  # noqa: PLC0415  # large, and most cities never need it
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(file.path)
    except (pa.ArrowException, OSError) as error:
        raise FetchError(
            "the Parquet file cannot be read", f"{file.name}: {one_line(error)}", _AGAIN
        ) from error
    return _named(table.to_pandas(), reading)


def _attributes(file: RawFile, reading: Reading) -> pd.DataFrame:
    if file.name.lower().endswith((".kml", ".gml")):
        require_no_entities(bytes_of(file), file.name)
    with gml_as_written(file.path) as alone:
        return _through_gdal(file, alone, reading, "layer")


def _through_gdal(file: RawFile, path: Path, reading: Reading, what: str, **options: str) -> pd.DataFrame:
    try:
        frame = pyogrio.read_dataframe(path, layer=reading.sheet or None, read_geometry=False, **options)
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
    ) as error:
        raise FetchError(f"the {what} cannot be read", f"{file.name}: {one_line(error)}", _AGAIN) from error
    return _named(frame, reading)


def _json(file: RawFile, reading: Reading) -> pd.DataFrame:
    text, _encoding = decoded(bytes_of(file), file.name, encoding=reading.encoding)
    try:
        document = json.loads(text)
        records = list(_records(document, reading.records))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise FetchError("broken JSON", f"{file.name}, {where}", _AGAIN) from error
    except (RecursionError, ValueError) as error:
        raise FetchError("broken JSON", f"{file.name}: {one_line(error)}", _AGAIN) from error
    if not records:
        raise FetchError(
            "no records were found", file.name, "say records: the names of the keys on the way down"
        )
    return _named(pd.DataFrame(records, dtype=object), reading)


def _records(document: Any, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the records below a document; names of the form "=key" are gone into, others become columns."""
    if isinstance(document, list):
        for item in document:
            if isinstance(item, dict):
                yield item
    elif isinstance(document, dict) and names:
        if names[0].startswith("="):
            yield from _records(document.get(names[0][1:]), names[1:])
        else:
            for key, inner in document.items():
                for record in _records(inner, names[1:]):
                    yield {names[0]: key, **record}
    elif (
        isinstance(document, dict)
        and document
        and all(isinstance(inner, list) for inner in document.values())
    ):
        yield from pd.DataFrame(document, dtype=object).to_dict("records")  # type: ignore[misc]


def _named(frame: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """Return a table that names its columns with the names in row 1, and all cells as text."""
    texts = pd.DataFrame(
        {position: _texts(frame.iloc[:, position], reading.decimal) for position in range(frame.shape[1])},
        dtype=object,
    )
    head = pd.DataFrame([list(map(str, frame.columns))], dtype=object)
    cells = pd.concat([head, texts], ignore_index=True)
    cells.index = pd.RangeIndex(1, len(cells) + 1)
    return cells


def _texts(column: pd.Series, decimal: str) -> np.ndarray:
    """Return the cells as text; rows that say the same share one text, or a large table would not fit into memory."""
    if column.dtype == object or isinstance(column.dtype, pd.Float32Dtype | pd.Float64Dtype):
        return column.map(lambda cell: _text(cell, decimal)).to_numpy()  # 1 and True are not the same
    if pd.api.types.is_float_dtype(column):  # neither are 0 and -0
        numbers = column.to_numpy()
        codes, bits = pd.factorize(numbers.view(f"i{numbers.dtype.itemsize}"))
        return np.array([_text(cell, decimal) for cell in bits.view(numbers.dtype)], dtype=object)[codes]
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    return np.array([_text(cell, decimal) for cell in distinct], dtype=object)[codes]


def _text(cell: Any, decimal: str) -> str:
    if (
        cell is None
        or cell is pd.NaT
        or cell is pd.NA
        or (isinstance(cell, float | np.floating) and np.isnan(cell))
    ):
        return ""
    if isinstance(cell, bool | int | float | np.integer | np.floating | np.bool_):
        return plain_number(cell, decimal=decimal)  # type: ignore[arg-type]
    if isinstance(cell, datetime) and cell.time() == time(0):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date | datetime) else str(cell).strip()


def _under_header(
    cells: pd.DataFrame, file: RawFile, reading: Reading, findings: Findings
) -> pd.DataFrame | None:
    last = max(reading.header)
    if len(cells) < last or min(reading.header) < 1:
        raise FetchError(f"there is no row {last} with the names of columns", file.name, "correct header")
    heads = cells.loc[list(reading.header)].fillna("").astype(str)
    names = column_names(heads)
    body = cells.loc[last + 1 :]
    if reading.ends_at:
        first = body.iloc[:, 0].fillna("").astype(str).str[:LONGEST]
        end = first.str.contains(re.compile(reading.ends_at), regex=True)
        if end.any():
            body = body.loc[: int(str(end.idxmax())) - 1]
    texts = body.fillna("").astype(str).apply(lambda column: column.str.strip())
    is_row = (texts != "").any(axis=1)
    named = [position for position, name in enumerate(names) if name]
    short = body[is_row].iloc[:, named].isna().sum(axis=1)
    lacks = short[short > 0]
    findings.each(
        file.name,
        (
            (f"row {row}", f"the row has {len(named) - lacking} of {len(named)} cells")
            for row, lacking in lacks.items()
        ),
        "the file may be cut off there, or the rows are no part of the table: fetch it again, or say ends_at",
    )
    return _body(texts[is_row], names, file, findings)


def column_names(heads: pd.DataFrame) -> list[str]:
    """Return the names of columns made of their header rows: what differs is joined with " / "."""
    return [
        " / ".join(dict.fromkeys(text for part in heads[column] if (text := _label(part))))
        for column in heads.columns
    ]


def _body(body: pd.DataFrame, names: list[str], file: RawFile, findings: Findings) -> pd.DataFrame | None:
    nameless = [position for position, name in enumerate(names) if not name]
    for position in nameless:
        filled = body.iloc[:, position].astype(str).str.strip() != ""
        if filled.any():
            findings.error(
                file.name,
                f"{int(filled.sum())} cell(s) stand under no name, in column {position + 1}",
                "a row has more cells than the header; check header, delimiter and quotes, or name the column",
                place=f"row {filled.idxmax()}",
            )
    kept = [position for position, name in enumerate(names) if name]
    frame = body.iloc[:, kept].copy()
    frame.columns = [names[position] for position in kept]
    twice = frame.columns[frame.columns.duplicated()].unique()
    for name in twice:
        findings.error(
            file.name, "the name of the column occurs twice", "give every column its own name", column=name
        )
    if frame.empty:
        findings.error(file.name, "the table has a header but no rows", _AGAIN)
        return None
    return None if len(twice) else frame


def _label(text: str) -> str:
    return " ".join(text.split())
