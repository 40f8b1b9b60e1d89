"""Which part of an area is near enough? At most x metres: exactly x counts."""

from __future__ import annotations

import math
from typing import Final

import pandas as pd

from spatial.alignment import lacks_ids
from spatial.errors import AlignmentError, CountsError, ParameterError
from spatial.parameters import require_number

__all__ = ["NEARLY", "reached_share"]

NEARLY: Final = 1e-6
"""What rounding does to sums of metres: a distance that is longer than the limit by no more than this is the limit. [m]"""


def reached_share(distance: pd.Series, metres: float) -> pd.Series:
    """Return which share of the places of each area is at most so far from the next facility.

    Parameters
    ----------
    distance : Series of float, shape (n_places,), indexed by area_id
        Distance of every place, infinite where there is no way; an area may have several places, which count the same.
        [m]
    metres : float
        The limit; a distance of exactly the limit is within it. [m]

    Returns
    -------
    Series of float, one per area, indexed by area_id in the order of their first places
        0 = none of it, 1 = all of it. [unitless]

    Raises
    ------
    AlignmentError
        If a place has no area id.
    CountsError
        If a distance is missing or negative.
    ParameterError
        If the distances are no Series, or the limit is no finite length of at least 0.

    Examples
    --------
    >>> reached_share(pd.Series([300.0, 301.0, float("inf")], index=["00", "00", "01"]), 300).tolist()
    [0.5, 0.0]
    """
    if not isinstance(distance, pd.Series):
        raise ParameterError("distance", distance, "a Series indexed by area_id")
    limit = require_number("metres", metres, "a finite length of at least 0 m", lambda m: 0 <= m < math.inf)
    if lacks_ids(distance.index):
        raise AlignmentError("a place has no area id", distance.index[distance.index.isna()])
    wrong = ~(distance >= 0)
    if wrong.any():
        raise CountsError(
            "distance missing or negative", distance.index[wrong], "measure it again, or leave the place out"
        )
    near = (distance <= limit + NEARLY).astype(float)
    return near.groupby(level=0, sort=False).mean().rename("reached")
