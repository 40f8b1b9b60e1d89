"""Ranks along the last axis, for one table or thousands of them at once."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Ties", "ranks"]

Ties = Literal["min", "max", "average"]


def ranks(values: NDArray[np.float64], ties: Ties = "min") -> NDArray[np.float64]:
    """Rank from the lowest (1) to the highest value.

    Parameters
    ----------
    values : array of float, shape (..., n_areas)
        No missing values.
    ties : {"min", "max", "average"}
        Which of the places that equal values fill is given to each of them.

    Returns
    -------
    array of float, same shape
        1 to n_areas; with "average" also halves.

    Examples
    --------
    >>> ranks(np.array([7.0, 3.0, 3.0, 9.0])).tolist()
    [3.0, 1.0, 1.0, 4.0]
    >>> ranks(np.array([7.0, 3.0, 3.0, 9.0]), "average").tolist()
    [3.0, 1.5, 1.5, 4.0]
    """
    count = values.shape[-1]
    if count == 0:
        return np.empty_like(values)
    order = np.argsort(values, axis=-1)
    rising = np.take_along_axis(values, order, axis=-1)
    starts = np.ones(values.shape, dtype=bool)
    starts[..., 1:] = rising[..., 1:] != rising[..., :-1]
    place = np.arange(1, count + 1, dtype=np.float64)
    lowest = np.maximum.accumulate(np.where(starts, place, 0.0), axis=-1)
    if ties == "min":
        given = lowest
    else:
        ends = np.ones(values.shape, dtype=bool)
        ends[..., :-1] = starts[..., 1:]
        backwards = np.where(ends, place, np.inf)[..., ::-1]
        highest = np.minimum.accumulate(backwards, axis=-1)[..., ::-1]
        given = highest if ties == "max" else (lowest + highest) / 2
    result = np.empty_like(given)
    np.put_along_axis(result, order, given, axis=-1)
    return result
