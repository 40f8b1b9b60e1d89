"""Places in a ranking, 1 for the highest value, and what it takes to have one."""

from __future__ import annotations

import numpy as np

from indicators.limits import Floats

__all__ = ["places", "values_at_place"]


def places(value: Floats, asked: Floats | None = None) -> Floats:
    """Return the place of each value.

    Parameters
    ----------
    value : array of float, shape (..., n_areas)
        Values of all areas.
    asked : array of float, same shape, optional
        The places that the areas would have with these values instead, the others keeping theirs.

    Returns
    -------
    array of float, same shape
        1 and the number of other areas above; equal values share the better place.

    Examples
    --------
    >>> places(np.array([5.0, 9.0, 5.0, 1.0])).tolist()
    [2.0, 1.0, 2.0, 4.0]
    >>> places(np.array([5.0, 9.0, 5.0, 1.0]), np.array([9.5, 9.0, 5.0, 6.0])).tolist()
    [1.0, 1.0, 2.0, 2.0]
    """
    asked = value if asked is None else asked
    result = np.empty(value.shape)
    for row in np.ndindex(value.shape[:-1]):
        above = value.shape[-1] - np.searchsorted(np.sort(value[row]), asked[row], side="right")
        result[row] = 1.0 + above - (value[row] > asked[row])
    return np.where(np.isnan(asked), np.nan, result)


def values_at_place(value: Floats, place: Floats) -> Floats:
    """Return the value that stands at a place among the other areas.

    Parameters
    ----------
    value : array of float, shape (..., n_areas)
        Values of all areas.
    place : array of float, same shape
        For each area a place among the others, 1 for their highest value.

    Returns
    -------
    array of float, same shape
        NaN where there is no such place.

    Examples
    --------
    >>> values_at_place(np.array([5.0, 9.0, 4.0]), np.array([1.0, 1.0, 0.0])).tolist()
    [9.0, 5.0, nan]
    """
    ordered = -np.sort(-value, axis=-1)
    own = places(value)
    number = value.shape[-1]
    index = np.where(place < own, place - 1, place).astype(int)  # the area itself is left out
    is_there = (place >= 1) & (place <= number - 1)
    found = np.take_along_axis(ordered, np.clip(index, 0, number - 1), axis=-1)
    return np.where(is_there, found, np.nan)
