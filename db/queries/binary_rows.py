"""Columns of a frame as rows of PostgreSQL's binary COPY: made column by column, without a Python object per cell.

A column of few distinct texts, numbers or days is turned into bytes once per distinct value; a categorical is such a
column already, and takes the least memory.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

__all__ = [
    "END",
    "START",
    "Distinct",
    "Field",
    "Geometries",
    "Numbers",
    "distinct_values",
    "field_of",
    "joint_codes",
    "places_of",
    "rows_of",
]

START = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
END = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_FIRST_DAY = date(2000, 1, 1)
_WHOLE = {"int2": "!h", "int4": "!i", "int8": "!q"}

Rows = slice | NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Distinct:
    """A column as numbers of its distinct values; a missing cell has the number -1."""

    codes: NDArray[Any]
    values: Sequence[Any]
    encoded: pa.Array

    def fields(self, rows: Rows) -> pa.Array:
        """Return the bytes of some cells, each with its length in front."""
        codes = self.codes[rows]
        return self.encoded.take(pa.array(np.where(codes < 0, len(self.values), codes)))


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A column of floats; NaN is a missing cell."""

    numbers: NDArray[np.float64]

    def fields(self, rows: Rows) -> pa.Array:
        """Return the bytes of some cells, each with its length in front."""
        numbers = self.numbers[rows]
        packed = np.empty(len(numbers), dtype=[("length", ">i4"), ("number", ">f8")])
        packed["length"], packed["number"] = 8, numbers
        missing = np.isnan(numbers)
        return _filled(_equally_long(packed), missing)


@dataclass(frozen=True, slots=True, eq=False)
class Geometries:
    """A column of geometries that know their CRS number."""

    geometries: NDArray[np.object_]

    def fields(self, rows: Rows) -> pa.Array:
        """Return the bytes of some cells, each with its length in front."""
        content = pa.array(shapely.to_wkb(self.geometries[rows], include_srid=True), type=pa.binary())
        missing = np.asarray(content.is_null())
        return _filled(_with_length(pc.fill_null(content, b"")), missing)


Field = Distinct | Numbers | Geometries


def field_of(column: pd.Series, kind: str) -> Field:
    """Return a column as PostgreSQL's type `kind` (`pg_type.typname`) wants it."""
    if kind == "float8":
        return Numbers(column.to_numpy(dtype=np.float64, na_value=np.nan))
    if kind == "geometry":
        return Geometries(np.asarray(column, dtype=object))
    codes, values = distinct_values(column)
    encoded = _with_length(pa.array(_encoded(values, kind), type=pa.binary()))
    return Distinct(codes, values, pa.concat_arrays([encoded, pa.array([_NULL], type=pa.binary())]))


def distinct_values(column: pd.Series) -> tuple[NDArray[Any], list[Any]]:
    """Return a column as numbers of its distinct values, in the smallest type that holds them; -1 is a missing cell."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(), column.cat.categories.tolist()
    codes, distinct = pd.factorize(column)
    return codes.astype(np.min_scalar_type(-len(distinct) - 1)), distinct.tolist()


def joint_codes(columns: Sequence[tuple[NDArray[Any], int]]) -> NDArray[Any]:
    """Return one number per row for its codes in several columns with so many values each, ordered as these are."""
    largest = math.prod(max(count, 1) for _, count in columns)
    joint = columns[0][0].astype(np.min_scalar_type(-largest - 1))
    for codes, count in columns[1:]:
        joint *= max(count, 1)
        joint += codes.astype(joint.dtype)  # which holds them all, but may be smaller than theirs
    return joint


def places_of(joint: NDArray[Any], counts: Sequence[int]) -> list[NDArray[Any]]:
    """Return the codes that joint ones were made of, column by column."""
    places: list[NDArray[Any]] = []
    for count in reversed(counts):
        joint, place = np.divmod(joint, max(count, 1))
        places.insert(0, place)
    return places


def rows_of(fields: Mapping[str, Field], constants: Sequence[bytes], rows: Rows) -> pa.Buffer:
    """Return some rows: the fields, behind them constants that have been encoded, the same in every row."""
    head = struct.pack("!h", len(fields) + len(constants))
    cells = [field.fields(rows) for field in fields.values()]
    joined = pc.binary_join_element_wise(head, *cells, b"".join(constants), b"")
    return joined.buffers()[2]


def _encoded(values: Sequence[Any], kind: str) -> list[bytes]:
    if kind in _WHOLE:
        form = struct.Struct(_WHOLE[kind])
        return [form.pack(int(value)) for value in values]
    if kind == "date":
        return [struct.pack("!i", (_day(value) - _FIRST_DAY).days) for value in values]
    return [str(value).encode() for value in values]  # text, and the names of an enumeration


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _with_length(cells: pa.Array) -> pa.Array:
    length = np.asarray(pc.binary_length(cells)).astype(">i4")
    return pc.binary_join_element_wise(_equally_long(length), cells, b"")


def _equally_long(packed: NDArray[Any]) -> pa.Array:
    """Return an array's items as binary cells without a copy."""
    offsets = np.arange(len(packed) + 1, dtype=np.int32) * np.int32(packed.dtype.itemsize)
    return pa.Array.from_buffers(
        pa.binary(), len(packed), [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(packed))]
    )


def _filled(cells: pa.Array, missing: NDArray[np.bool_]) -> pa.Array:
    return pc.if_else(pa.array(missing), _NULL, cells) if missing.any() else cells
