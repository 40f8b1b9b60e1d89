"""From a number to its class, and from two classes to their pair."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.methods.ranks import ranks
from indicators.methods.schema import Classes

__all__ = ["class_numbers", "classify"]

Floats = NDArray[np.float64]


def class_numbers(values: Floats, classes: Classes, *, is_turned: bool = False) -> NDArray[np.int64]:
    """Put values into classes.

    Parameters
    ----------
    values : array of float, shape (..., n_areas)
        Values of valid areas; leading axes are replicates. Groups by rank are formed along the last axis.
    classes : Classes
        Cuts or number of groups, and which end class 1 is at.
    is_turned : bool
        Whether a lower value is more need, as it is of a rank with 1 for the most.

    Returns
    -------
    array of int, same shape
        Class numbers from 1.

    Examples
    --------
    >>> deciles = Classes(groups=2, labels_de=("1", "2"), labels_en=("1", "2"), class_1="most_need")
    >>> class_numbers(np.array([0.1, 5.0, 2.0]), deciles).tolist()
    [2, 1, 2]
    """
    from_low = (classes.class_1 == "least_need") != is_turned
    if classes.groups is not None:
        place = ranks(values if from_low else -values)
        group: NDArray[np.int64] = np.ceil(classes.groups * place / values.shape[-1]).astype(np.int64)
        return group
    number = _passed(values, classes) + 1
    return number if from_low else np.subtract(classes.count + 1, number)


def classify(index: pd.Series, classes: Classes, *, is_turned: bool = False) -> pd.Series:
    """Put the values of a Series into classes.

    Parameters
    ----------
    index : Series of float, indexed by area_id
        Values; NaN where there is none.
    classes : Classes
        Cuts or number of groups, and which end class 1 is at.
    is_turned : bool
        Whether a lower value is more need.

    Returns
    -------
    Series of Int64 on the same index
        Class numbers from 1; <NA> where there is no value. By cuts: 1 plus the number of cuts passed, and
        `on_cut` says whether a value exactly on a cut has passed it: no ("lower"), yes ("upper"), or only
        where that is nearer to 0 ("nearer_to_zero": below 0 yes, from 0 on no). By groups: ⌈groups · rank / N⌉,
        equal values get the lowest rank.

    Examples
    --------
    >>> four = Classes(cuts=(-1, 1, 1.5), labels_de=("a", "b", "c", "d"), labels_en=("a", "b", "c", "d"),
    ...                on_cut="nearer_to_zero")
    >>> classify(pd.Series([-1.1, -1.0, 1.0, 1.5, None]), four).tolist()
    [1, 2, 2, 3, <NA>]
    """
    known = index.dropna()
    numbers = class_numbers(known.to_numpy(dtype=float), classes, is_turned=is_turned)
    return pd.Series(numbers, index=known.index, dtype="Int64", name="class").reindex(index.index)


def _passed(values: Floats, classes: Classes) -> NDArray[np.int64]:
    cuts = np.asarray(classes.cuts, dtype=float)
    if classes.on_cut == "lower":
        return np.searchsorted(cuts, values, side="left")
    if classes.on_cut == "upper":
        return np.searchsorted(cuts, values, side="right")
    below = np.searchsorted(cuts[cuts < 0], values, side="right")
    return below + np.searchsorted(cuts[cuts >= 0], values, side="left")
