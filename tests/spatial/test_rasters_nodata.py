"""Signs for "not known" are compared in the type of the cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.rasters import is_nodata, raster_of

INTEGERS = ("uint8", "int16", "uint16", "int32", "int64")


def test_a_raster_knows_a_sign_of_32_bits() -> None:
    # As 32 bits -99.9 is -99.90000153; 16,777,217 cannot be written with them at all and becomes 16,777,216.
    cells = np.array([[-99.9, 16_777_216, 4]], dtype="float32")
    found = raster_of(cells, left=0, top=1, cell_width=1, crs=25833, nodata=(-99.9, 16_777_217))
    np.testing.assert_array_equal(found.values, [[np.nan, np.nan, 4]])
    assert cells[0, 0] == np.float32(-99.9)  # the input stays


def test_what_the_type_cannot_hold_stands_for_no_cell() -> None:
    assert not is_nodata(np.array([0, 1, 255], dtype="uint8"), (-1, 256, 0.5, np.inf, np.nan)).any()
    assert not is_nodata(np.array([0, np.inf, np.nan], dtype="float32"), (1e39, -1e39, 1e-60, np.nan)).any()
    assert is_nodata(np.array([0, np.inf], dtype="float32"), (0, np.inf)).all()


def test_masked_cells_are_not_known_whatever_lies_under_the_mask() -> None:
    cells = np.ma.masked_equal(np.array([[1, 2, 3]], dtype="int16"), 2)
    found = raster_of(cells, left=0, top=1, cell_width=1, crs=25833, nodata=(3,))
    np.testing.assert_array_equal(found.values, [[1, np.nan, np.nan]])


@pytest.mark.parametrize("kind", INTEGERS)
@given(number=st.integers(-300, 70_000), data=st.lists(st.integers(0, 127), min_size=1, max_size=5))
def test_integers_are_found_where_they_are_equal(kind: str, number: int, data: list[int]) -> None:
    cells = np.array(data, dtype=kind)
    assert is_nodata(cells, (float(number),)).tolist() == [one == number for one in data]


@given(st.floats(width=32, allow_nan=False))
def test_every_number_of_32_bits_is_found_by_what_is_printed_of_it(number: float) -> None:
    cell = np.array([number], dtype="float32")
    assert is_nodata(cell, (float(str(cell[0])),)).all()
