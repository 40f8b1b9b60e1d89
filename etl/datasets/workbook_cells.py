"""What the reader of workbooks leaves empty: cells with an error, and formulas whose result was never stored."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from etl.datasets.packed import require_no_entities
from etl.errors import FetchError

__all__ = ["lost_cells"]

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_PLACE = re.compile(r"([A-Z]+)(\d+)")
_WANTED = re.compile(rb"""<(?:\w+:)?f[ >/]|\bt=["']e["']|table:formula=|value-type=["']error["']""")
_CHUNK = 1 << 20
_AGAIN = "check that it is the right file and whole, then load again"

Lost = Iterator[tuple[tuple[int, int], str]]


def lost_cells(path: Path, name: str, sheet: str) -> dict[tuple[int, int], str]:
    """Return the text of such cells of one sheet by row and column, from 0: `#REF!`, or `=` and the formula.

    Of `.xls` and `.xlsb` they cannot be seen.
    """
    suffix = name.lower().rsplit(".", 1)[-1]
    if suffix not in ("xlsx", "xlsm", "ods"):
        return {}
    try:
        with zipfile.ZipFile(path) as archive:
            member = "content.xml" if suffix == "ods" else _member(archive, name, sheet)
            if not member or not _has_any(archive, member, name):
                return {}
            with archive.open(member) as stream:
                return dict(_of_ods(stream, sheet) if suffix == "ods" else _of_xlsx(stream))
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError, ElementTree.ParseError) as error:
        what = " ".join(str(error).split())
        raise FetchError("the workbook cannot be read", f"{name}: {what}", _AGAIN) from error


def _member(archive: zipfile.ZipFile, name: str, sheet: str) -> str:
    """Return the file of a sheet within the workbook."""
    book, relations = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    if not {book, relations} <= set(archive.namelist()):
        return ""
    for part in (book, relations):
        require_no_entities(archive.read(part), name)
    targets = {
        one.get("Id", ""): one.get("Target", "")
        for one in ElementTree.fromstring(archive.read(relations))  # noqa: S314
    }
    for one in ElementTree.fromstring(archive.read(book)).iter():  # noqa: S314
        if one.tag.endswith("}sheet") and one.get("name") == sheet:
            target = targets.get(one.get(_RELATION) or one.get(_STRICT_RELATION) or "", "")
            member = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
            return member if target and member in archive.namelist() else ""
    return ""


def _has_any(archive: zipfile.ZipFile, member: str, name: str) -> bool:
    """Whether a sheet holds a formula or an error at all; most do not, and are not read twice."""
    found, before = False, b""
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            together = before + chunk
            require_no_entities(together, name)
            found = found or _WANTED.search(together) is not None
            before = together[-64:]
    return found


def _of_xlsx(stream: IO[bytes]) -> Lost:
    row = column = -1
    for event, one in ElementTree.iterparse(stream, events=("start", "end")):  # noqa: S314
        tag = one.tag.rpartition("}")[2]
        if event == "start":
            if tag == "row":
                row, column = int(one.get("r", row + 2)) - 1, -1
            elif tag == "c":
                place = _PLACE.fullmatch(one.get("r", ""))
                column = _number(place[1]) if place else column + 1
                row = int(place[2]) - 1 if place else row
        elif tag == "c":
            parts = {part.tag.rpartition("}")[2]: part for part in one}
            result = (parts["v"].text or "") if "v" in parts else ""
            if one.get("t") == "e":
                yield (row, column), result or "#N/A"
            elif "f" in parts and not result and one.get("t") not in ("str", "inlineStr"):
                yield (row, column), f"={parts['f'].text or '…'}"
        elif tag == "row":
            one.clear()


def _of_ods(stream: IO[bytes], sheet: str) -> Lost:
    row, is_sheet = 0, False
    for event, one in ElementTree.iterparse(stream, events=("start", "end")):  # noqa: S314
        if one.tag == f"{_TABLE}table" and event == "start":
            row, is_sheet = 0, one.get(f"{_TABLE}name") == sheet
        elif one.tag == f"{_TABLE}table-row" and event == "end":
            if is_sheet:
                yield from (((row, column), text) for column, text in _of_ods_row(one))
            row += int(one.get(f"{_TABLE}number-rows-repeated", 1))
            one.clear()


def _of_ods_row(row: ElementTree.Element) -> Iterator[tuple[int, str]]:
    column = 0
    for cell in row:
        repeated = int(cell.get(f"{_TABLE}number-columns-repeated", 1))
        formula = cell.get(f"{_TABLE}formula")
        text = ""
        if cell.get(f"{_CALC}value-type") == "error":
            text = "".join(cell.itertext()).strip() or "#N/A"
        elif formula and cell.get(f"{_OFFICE}value-type") is None:
            text = "=" + formula.partition("=")[2]
        if text:
            yield from ((column + more, text) for more in range(min(repeated, 1_000)))
        column += repeated


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1
