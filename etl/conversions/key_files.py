"""Read a table of keys (Umsteigeschlüssel): which old key goes to which new one, and with what share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from etl.datasets.findings import Findings
from etl.datasets.numbers import NumberFormat, read_numbers
from etl.datasets.tables import Reading, read_sheet
from etl.errors import EtlError
from etl.planning.area_files import digest
from etl.raw import RawFile
from indicators.methods.errors import nearest

__all__ = ["is_dividing", "read_key_table"]

_KEYS, _AMOUNTS = ("from_area", "to_area"), ("share", "weight")


def read_key_table(path: Path, columns: Mapping[str, str], *, decimal: str = ".") -> pd.DataFrame:
    """Return from_area and to_area as text, and share or weight where the file has one.

    CSV (delimiter and encoding are found out), XLSX, ODS or Parquet. `columns`: how the file calls from_area, to_area,
    share or weight, where it calls them otherwise.

    Raises
    ------
    EtlError
        If the file cannot be read, a column is lacking, or an amount is no number, with its row.
    """
    if not path.is_file():
        raise EtlError(f"no such file: {path}; give the key table as CSV, XLSX, ODS or Parquet")
    if unknown := sorted(set(columns) - {*_KEYS, *_AMOUNTS}):
        raise EtlError(f"--column {unknown[0]}: name from_area, to_area, share or weight")
    findings = Findings()
    file = RawFile(name=path.name, path=path, sha256=digest(path), size=path.stat().st_size)
    frame = read_sheet(file, Reading(decimal=decimal), findings)
    if frame is None or findings.errors:
        raise EtlError(findings.errors[0].sentence() if findings.errors else f"{path}: no table")
    named = {wanted: columns.get(wanted, wanted) for wanted in (*_KEYS, *_AMOUNTS)}
    for wanted, name in named.items():
        if name not in frame.columns and (wanted in _KEYS or wanted in columns):
            raise EtlError(f"{path}: no column {name!r} for {wanted}; {_hint(name, list(frame.columns))}")
    keys = [frame[named[wanted]].str.strip().rename(wanted) for wanted in _KEYS]
    amounts = [
        _amount(path, frame[named[wanted]], wanted, decimal)
        for wanted in _AMOUNTS
        if named[wanted] in frame.columns
    ]
    table = pd.concat([*keys, *amounts], axis=1)
    return table.mask(table == "")


def is_dividing(keys: pd.DataFrame) -> bool:
    """Whether a table of keys says how much of an area goes where: weights, or a share other than 0 and 1."""
    return "weight" in keys or ("share" in keys and not keys["share"].dropna().isin([0, 1]).all())


def _amount(path: Path, texts: pd.Series, wanted: str, decimal: str) -> pd.Series:
    read = read_numbers(texts, NumberFormat(decimal=decimal, signs={}))
    wrong = texts[~read["readable"]]
    if len(wrong):
        raise EtlError(
            f"{path}: {len(wrong)} {wanted}(s) are no numbers, such as {wrong.iloc[0]!r} in row {wrong.index[0]}; "
            "correct them, or say --decimal , where the table has decimal commas"
        )
    return read["value"].rename(wanted)


def _hint(name: str, known: Sequence[str]) -> str:
    close = nearest(name, [str(one) for one in known])
    return (f"did you mean {close!r}? " if close else "") + (
        f"there are: {', '.join(map(str, known))}; say which one it is with --column"
    )
