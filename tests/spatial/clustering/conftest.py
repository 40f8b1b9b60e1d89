"""Squares and cities, for the tests of clustering."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from spatial.segregation.places import Places


def _city(found):
    """Areas of 100 m × 100 m at any places, with their group and total."""
    index = pd.Index([f"{i:02d}" for i in range(len(found))], name="area_id")
    x, y, group, rest = (np.array(values, dtype=float) for values in zip(*found, strict=True))
    where = Places(area_id=index, x=100 * x, y=100 * y, size=np.full(len(found), 1e4))
    return pd.Series(group, index), pd.Series(group + rest, index), where


@pytest.fixture(scope="session")
def city() -> Callable[..., object]:
    """Areas of 100 m × 100 m at any places, with their group and total."""
    return _city
