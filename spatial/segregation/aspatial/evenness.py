"""How unevenly is a group spread over the areas? Asked for every social dimension the city watches."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial.segregation.aspatial.sums import (
    absolute_sum,
    blocks_of_tables,
    residents,
    size_of,
    sum_over_areas,
    unrounded,
)
from spatial.segregation.counts import Floats, plain_pair, two_groups
from spatial.segregation.measure import Evaluator, Measure

__all__ = [
    "MEASURES",
    "dissimilarity",
    "gini",
    "gorard",
    "min_max",
    "prepare_dissimilarity",
    "prepare_gini",
    "prepare_gorard",
    "prepare_min_max",
]


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
    ParameterError
        If there are no areas.

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
    pair = plain_pair(group, total)
    if pair is None:
        return float(_dissimilarity(two_groups(group, total).counts))
    part, rest = pair
    persons = size_of(part)
    rest *= persons / size_of(rest)
    rest -= part
    return min(size_of(rest) / (2 * persons), 1.0)


def _gap(pair: Floats, odds: Floats) -> Floats | float:
    gap = pair[1] * odds
    gap -= pair[0]
    return absolute_sum(gap)


def _dissimilarity(counts: Floats) -> Floats:
    persons = counts.sum(axis=-1)
    # A group without anybody divides 0 by 0: the value is undefined and comes out as NaN.
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = sum_over_areas(_gap, counts, persons[..., 0] / persons[..., 1])
        return unrounded(gap / (2 * persons[..., 0]))


def prepare_dissimilarity() -> Evaluator:
    """Return the evaluator of the dissimilarity."""
    return _dissimilarity


def gini(group: pd.Series | Floats, total: pd.Series | Floats) -> float:
    r"""Measure how unevenly one group is spread by the mean difference of its shares between all pairs.

    .. math:: G = \frac{\sum_i \sum_j n_i n_j |p_i - p_j|}{2 N^2 P (1 - P)}

    with shares :math:`p_i = a_i / n_i` and :math:`P = A / N`: twice the area between the segregation curve
    and the diagonal. It is found from the sorted shares, without looking at pairs.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]

    Returns
    -------
    float
        0 = same share everywhere, 1 = complete separation; never below D. [unitless]
        NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        As `dissimilarity`.

    References
    ----------
    .. [1] O. D. Duncan and B. Duncan (1955), A Methodological Analysis of Segregation Indexes, American
       Sociological Review 20, doi:10.2307/2088328.
    .. [2] D. R. James and K. E. Taeuber (1985), Measures of Segregation, Sociological Methodology 15,
       doi:10.2307/270845.

    Examples
    --------
    >>> round(gini(pd.Series([10, 30]), pd.Series([100, 100])), 4)
    0.3125
    """
    return float(_gini(two_groups(group, total).counts))


def _gini(counts: Floats) -> Floats:
    tables = counts.reshape(-1, *counts.shape[-2:])
    area = np.empty(len(tables))
    for part in blocks_of_tables(len(tables), tables.shape[-1]):
        pair = tables[part].swapaxes(0, 1)
        order = np.argsort(pair[0] / residents(pair), axis=-1)
        group = np.take_along_axis(pair[0], order, axis=-1)
        rest = np.take_along_axis(pair[1], order, axis=-1)
        # Twice the rest up to the middle of each step of the curve. Equal shares lie on one line: any order.
        middle = np.cumsum(rest, axis=-1)
        middle *= 2
        middle -= rest
        middle *= group
        area[part] = middle.sum(axis=-1)
    persons = counts.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return unrounded(area.reshape(counts.shape[:-2]) / (persons[..., 0] * persons[..., 1]) - 1)


def prepare_gini() -> Evaluator:
    """Return the evaluator of the Gini index."""
    return _gini


def gorard(group: pd.Series | Floats, total: pd.Series | Floats) -> float:
    r"""Measure how unevenly one group is spread, against all residents: Gorard's segregation index.

    .. math:: S = \tfrac12 \sum_i \left| \frac{a_i}{A} - \frac{n_i}{N} \right| = (1 - P) \, D

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]

    Returns
    -------
    float
        0 = same share everywhere; at complete separation 1 - P, below 1. [unitless]
        NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        As `dissimilarity`.

    Notes
    -----
    It does not change when the group grows by the same factor in every area and the residents stay as many.
    It is not the same for the group and for the rest.

    References
    ----------
    .. [1] S. Gorard and C. Taylor (2002), What Is Segregation? A Comparison of Measures in Terms of 'Strong'
       and 'Weak' Compositional Invariance, Sociology 36, doi:10.1177/003803850203600405.

    Examples
    --------
    >>> round(gorard(pd.Series([10, 30]), pd.Series([100, 100])), 4)
    0.25
    """
    return float(_gorard(two_groups(group, total).counts))


def _gorard(counts: Floats) -> Floats:
    persons = counts.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(_dissimilarity(counts) * (persons[..., 1] / persons.sum(axis=-1)))


def prepare_gorard() -> Evaluator:
    """Return the evaluator of Gorard's index."""
    return _gorard


def min_max(group: pd.Series | Floats, total: pd.Series | Floats) -> float:
    r"""Measure which part of the two distributions, laid over each other, they do not have in common.

    .. math:: MM = 1 - \frac{\sum_i \min(a_i / A, b_i / B)}{\sum_i \max(a_i / A, b_i / B)} = \frac{2D}{1 + D}

    with the rest :math:`b_i = n_i - a_i` and its sum :math:`B`.

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
    AlignmentError, CountsError, ParameterError
        As `dissimilarity`.

    References
    ----------
    .. [1] D. O'Sullivan and D. W. S. Wong (2007), A Surface-Based Approach to Measuring Spatial Segregation,
       Geographical Analysis 39, doi:10.1111/j.1538-4632.2007.00699.x.

    Examples
    --------
    >>> round(min_max(pd.Series([10, 30]), pd.Series([100, 100])), 4)
    0.4762
    """
    return float(_min_max(two_groups(group, total).counts))


def _min_max(counts: Floats) -> Floats:
    value = _dissimilarity(counts)
    return np.asarray(2 * value / (1 + value))


def prepare_min_max() -> Evaluator:
    """Return the evaluator of the min-max index."""
    return _min_max


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
            "R seg": "seg, dissim",
        },
    ),
    Measure(
        id="gini",
        title_de="Gini-Index der Segregation",
        title_en="Gini index of segregation",
        dimension="evenness",
        groups="two",
        citation="Duncan and Duncan 1955, doi:10.2307/2088328; James and Taeuber 1985, doi:10.2307/270845",
        function=gini,
        prepare=prepare_gini,
        known_as={"PySAL segregation": "Gini", "R OasisR": "Gini, Gini2"},
    ),
    Measure(
        id="gorard",
        title_de="Gorard-Index",
        title_en="Gorard's segregation index",
        dimension="evenness",
        groups="two",
        citation="Gorard and Taylor 2002, doi:10.1177/003803850203600405",
        function=gorard,
        prepare=prepare_gorard,
        known_as={"R OasisR": "Gorard"},
    ),
    Measure(
        id="min_max",
        title_de="Min-Max-Index",
        title_en="Min-max index",
        dimension="evenness",
        groups="two",
        citation="O'Sullivan and Wong 2007, doi:10.1111/j.1538-4632.2007.00699.x",
        function=min_max,
        prepare=prepare_min_max,
        known_as={"PySAL segregation": "MinMax"},
    ),
)
