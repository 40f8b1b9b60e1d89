"""How unevenly is a group spread over the areas? Asked for every social dimension the city watches."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial.segregation.counts import Floats, two_groups
from spatial.segregation.measure import Evaluator, Measure

__all__ = ["MEASURES", "dissimilarity"]


def dissimilarity(group: pd.Series | Floats, total: pd.Series | Floats) -> float:
    r"""Measure how unevenly one group is spread over the areas, against everybody else.

    .. math:: D = \tfrac12 \sum_i \left| \frac{a_i}{A} - \frac{n_i - a_i}{N - A} \right|

    with group :math:`a_i`, residents :math:`n_i` and their sums :math:`A`, :math:`N`. Times 100 it is the
    German *Segregationsindex* IS: the percentage of the group that would have to move to be spread like the
    rest.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
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
    return float(_dissimilarity(two_groups(group, total).counts))


def _dissimilarity(counts: Floats) -> Floats:
    # A group without anybody divides 0 by 0: the value is undefined and comes out as NaN.
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = counts[..., 0, :] / counts[..., 0, :].sum(axis=-1, keepdims=True)
        gap -= counts[..., 1, :] / counts[..., 1, :].sum(axis=-1, keepdims=True)
    return 0.5 * np.asarray(np.abs(gap, out=gap).sum(axis=-1))


def prepare_dissimilarity() -> Evaluator:
    """Return the evaluator of the dissimilarity."""
    return _dissimilarity


MEASURES = (
    Measure(
        id="dissimilarity",
        title_de="Dissimilarität (Segregationsindex IS)",
        title_en="Dissimilarity (index of segregation)",
        dimension="evenness",
        groups="two",
        citation="Duncan and Duncan 1955, doi:10.2307/2088328",
        function=dissimilarity,
        prepare=prepare_dissimilarity,
        known_as={
            "PySAL segregation": "Dissim",
            "R segregation": "dissimilarity",
            "R OasisR": "ISDuncan, DIDuncan",
            "R seg": "dissim",
        },
    ),
)
