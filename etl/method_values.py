"""A user's own table for a method: areas in rows, indicators in columns, German or international numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from etl.errors import FetchError
from etl.raw import RawFile
from etl.sources.reading import content_of, parse_table
from etl.sources.signs import read_cells
from indicators.status import ValueStatus

__all__ = ["MethodValues", "read_method_values"]

_AREA = "area_id"
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MethodValues:
    """Values, their states and the names of larger units, all indexed by area_id."""

    values: pd.DataFrame
    statuses: pd.DataFrame
    labels: pd.DataFrame

    def __repr__(self) -> str:
        return f"MethodValues({len(self.values)} areas, {self.values.shape[1]} indicators)"


def read_method_values(
    path: Path,
    *,
    labels: Collection[str] = (),
    keys: Sequence[str] = (_AREA,),
    needed: Collection[str] = (),
) -> MethodValues:
    """Read a CSV file with a column `area_id` (or other `keys`) and one column for each indicator or larger unit.

    With semicolons numbers have a decimal comma, with commas a decimal point. An empty cell is missing, "." and "x"
    are withheld, "-" is a true zero. `labels` are the columns that hold names, not numbers; others without any number
    are passed over, unless they are `needed`.
    """
    if not path.is_file():
        raise FetchError("file not found", str(path), "check the name")
    content = content_of(RawFile(name=path.name, path=path, sha256="", size=0))
    header = content.split(b"\n", 1)[0]
    is_german = header.count(b";") > header.count(b",")
    table = parse_table(content, path.name, keys, separator=";" if is_german else ",").set_index(
        [*keys] if len(keys) > 1 else keys[0]
    )
    if is_german:
        _refuse_points(table.drop(columns=[one for one in table.columns if one in labels]), path.name)
    values, statuses = {}, {}
    for column in table.columns:
        if column in labels:
            continue
        texts = table[column].str.strip()
        value, status, is_read = read_cells(texts) if is_german else _international(texts)
        if not is_read.any() and column not in needed:
            continue  # names of areas and the like
        unread = texts.index[~is_read]
        if len(unread):
            shown = ", ".join(f"{area}: {texts[area]!r}" for area in unread[:_SHOWN])
            raise FetchError(
                f"{path.name}, column {column}: {len(unread)} cell(s) are not numbers",
                shown,
                "write 12,5 in a table with semicolons and 12.5 in one with commas; leave unknown cells empty",
            )
        values[column], statuses[column] = value, status
    return MethodValues(
        values=pd.DataFrame(values, index=table.index),
        statuses=pd.DataFrame(statuses, index=table.index),
        labels=table[[column for column in table.columns if column in labels]],
    )


def _refuse_points(table: pd.DataFrame, file: str) -> None:
    """Refuse decimal points between semicolons: 12.656 would be read as twelve thousand."""
    cells = table.melt(var_name="column", value_name="text", ignore_index=True)
    texts = cells["text"].astype(str).str.strip()
    with_point = texts[texts.str.fullmatch(r"[-−]?\d+(\.\d{3})+")]
    odd = with_point[with_point.str.fullmatch(r"[-−]?0\d*\..*")]
    if len(odd) or (len(with_point) and not texts.str.fullmatch(r"[-−]?[\d.]+,\d+").any()):
        one = odd if len(odd) else with_point
        raise FetchError(
            f"{file}: {len(with_point)} number(s) with a point in a table with semicolons",
            f"{cells['column'][one.index[0]]}: {one.iloc[0]!r}",
            "write 12,5 for twelve and a half; leave out the point between thousands where no number has a comma",
        )


def _international(texts: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series]:
    number = pd.to_numeric(texts, errors="coerce").astype(float)
    signs, states, is_read = read_cells(texts)
    is_number = number.abs().lt(np.inf)
    is_sign = is_read & states.isin([ValueStatus.MISSING, ValueStatus.SUPPRESSED, ValueStatus.ZERO])
    return (
        number.where(is_number, signs),
        states.where(~is_number, ValueStatus.MEASURED.value),
        is_number | is_sign,
    )
