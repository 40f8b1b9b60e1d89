"""Places in a row and on squares, for the tests of centralisation."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from spatial.segregation.places import Places


def _places(x, y=None, size=None, index=None):
    names = pd.Index(index or [f"{i:02d}" for i in range(len(x))])
    return Places(
        area_id=names,
        x=np.array(x, dtype=float),
        y=np.zeros(len(x)) if y is None else np.array(y, dtype=float),
        size=np.ones(len(x)) if size is None else np.array(size, dtype=float),
    )


@pytest.fixture(scope="session")
def places() -> Callable[..., object]:
    """Return places at points."""
    return _places


def _counts(*values):
    return pd.Series(values, index=[f"{i:02d}" for i in range(len(values))], dtype=float)


@pytest.fixture(scope="session")
def counts() -> Callable[..., object]:
    """Return counts of areas."""
    return _counts


def _city(rows):
    x, y, size, group, rest = zip(*rows, strict=True)
    return _counts(*group), _counts(*group) + _counts(*rest), _places(x, y, size)


@pytest.fixture(scope="session")
def city() -> Callable[..., object]:
    """Return group, total and places of what Hypothesis gives."""
    return _city


ROW = _places([0, 1, 2])


@pytest.fixture(scope="session")
def in_a_row() -> Places:
    """Three places in a row."""
    return ROW
