"""How unevenly is a group spread over the areas? Asked for every social dimension the city watches."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial.alignment import align, require_unique
from spatial.errors import CountsError

__all__ = ["dissimilarity"]

# A group computed as a sum of floats may differ from its total by rounding alone; people differ by whole
# persons.
_ROUNDING = 1e-9


def dissimilarity(group: pd.Series, total: pd.Series) -> float:
    r"""Measure how unevenly one group is spread over the areas, against everybody else.

    .. math:: D = \tfrac12 \sum_i \left| \frac{a_i}{A} - \frac{n_i - a_i}{N - A} \right|

    with group :math:`a_i`, residents :math:`n_i` and their sums :math:`A`, :math:`N`. Times 100 it is the
    German *Segregationsindex* IS: the percentage of the group that would have to move to be spread like the
    rest.

    Parameters
    ----------
    group, total : Series of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]

    Returns
    -------
    float
        0 = same share everywhere, 1 = complete separation. [unitless]
        NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError
        If the two do not have the same areas, or one names an area twice.
    CountsError
        If a count is missing, infinite or negative, or the group is larger than the total.

    Notes
    -----
    Small areas raise the value even when people live where they do by chance, and finer areas always show
    more than coarser ones: compare only values of the same level.

    References
    ----------
    .. [1] O. D. Duncan and B. Duncan (1955), A Methodological Analysis of Segregation Indexes, American
       Sociological Review 20, doi:10.2307/2088328.

    Examples
    --------
    >>> round(dissimilarity(pd.Series([10, 30]), pd.Series([100, 100])), 4)
    0.3125
    """
    require_unique(total.index, "total")
    part = align(group, total.index, "group").to_numpy(dtype=float, na_value=np.nan)
    whole = total.to_numpy(dtype=float, na_value=np.nan)
    unusable = ~np.isfinite(part) | ~np.isfinite(whole)
    if unusable.any():
        raise CountsError("group or total missing or infinite", total.index[unusable])
    negative = (part < 0) | (whole < 0)
    if negative.any():
        raise CountsError("group or total negative", total.index[negative])
    above = part > whole * (1 + _ROUNDING)
    if above.any():
        raise CountsError("group above total", total.index[above])
    rest = whole - part
    rest[rest <= whole * _ROUNDING] = 0.0
    if not part.any() or not rest.any():
        return float("nan")
    return float(0.5 * np.abs(part / part.sum() - rest / rest.sum()).sum())
