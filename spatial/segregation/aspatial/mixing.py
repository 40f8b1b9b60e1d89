"""By how much less mixed are the areas than the city? Asked where few members in many areas matter."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial.parameters import require_number
from spatial.segregation.aspatial.sums import (
    TINY,
    absolute_sum,
    residents,
    sum_over_areas,
    unrounded,
)
from spatial.segregation.counts import Floats, two_groups
from spatial.segregation.measure import Evaluator, Measure

__all__ = [
    "MEASURES",
    "atkinson",
    "information_theory",
    "prepare_atkinson",
    "prepare_information_theory",
]


def information_theory(group: pd.Series | Floats, total: pd.Series | Floats) -> float:
    r"""Measure by how much less mixed the areas are than the city: Theil's H of two groups.

    .. math:: H = \sum_i \frac{n_i (E - E_i)}{N E}, \qquad E = -P \ln P - (1 - P) \ln (1 - P)

    with :math:`E_i` likewise from the share :math:`p_i` in the area. The base of the logarithm cancels.

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
        As `spatial.segregation.aspatial.evenness.dissimilarity`.

    References
    ----------
    .. [1] H. Theil and A. J. Finizza (1971), A Note on the Measurement of Racial Integration of Schools by
       Means of Informational Concepts, Journal of Mathematical Sociology 1,
       doi:10.1080/0022250X.1971.9989795.

    Examples
    --------
    >>> round(information_theory(pd.Series([0, 50]), pd.Series([50, 100])), 4)
    0.274
    """
    return float(_information_theory(two_groups(group, total).counts))


def _entropy(pair: Floats) -> Floats | float:
    total = residents(pair)
    entropy: Floats | float = 0.0
    for members in pair:
        share = members / total
        np.maximum(share, TINY, out=share)
        np.log(share, out=share)
        share *= members
        entropy = entropy + absolute_sum(share)
    return entropy


def _information_theory(counts: Floats) -> Floats:
    persons = counts.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = persons / persons.sum(axis=-1, keepdims=True)
        largest = -(persons * np.log(share)).sum(axis=-1)
        return unrounded(1 - sum_over_areas(_entropy, counts) / largest)


def prepare_information_theory() -> Evaluator:
    """Return the evaluator of the information theory index."""
    return _information_theory


def atkinson(group: pd.Series | Floats, total: pd.Series | Floats, *, shape: float = 0.5) -> float:
    r"""Measure how unevenly one group is spread, with a weight for areas of few or of many members.

    .. math:: A_b = 1 - \frac{P}{1 - P} \left| \sum_i \frac{(1 - p_i)^{1-b} p_i^b n_i}{P N} \right|^{1/(1-b)}

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]
    shape : float between 0 and 1, default 0.5
        The b of the formula. Below 0.5 areas where the group is rare count more, above 0.5 areas where it is
        frequent; at 0.5 group and rest give the same value.

    Returns
    -------
    float
        0 = same share everywhere, 1 = complete separation. [unitless]
        NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        As `spatial.segregation.aspatial.evenness.dissimilarity`; and if the shape is not between 0 and 1, both excluded.

    References
    ----------
    .. [1] D. R. James and K. E. Taeuber (1985), Measures of Segregation, Sociological Methodology 15,
       doi:10.2307/270845.

    Examples
    --------
    >>> round(atkinson(pd.Series([10, 40]), pd.Series([50, 50])), 4)
    0.36
    """
    return float(prepare_atkinson(shape=shape)(two_groups(group, total).counts))


def prepare_atkinson(*, shape: float = 0.5) -> Evaluator:
    """Return the evaluator of the Atkinson index with this shape."""
    shape = require_number(
        "shape", shape, "a number between 0 and 1, both excluded", lambda number: 0 < number < 1
    )

    def mix(pair: Floats) -> Floats | float:
        if shape == 0.5:
            mean = pair[0] * pair[1]
            return absolute_sum(np.sqrt(mean, out=mean))
        mean = pair[0] ** shape
        mean *= pair[1] ** (1 - shape)
        return absolute_sum(mean)

    def evaluate(counts: Floats) -> Floats:
        persons = counts.sum(axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            even = persons[..., 0] ** shape * persons[..., 1] ** (1 - shape)
            return unrounded(1 - (sum_over_areas(mix, counts) / even) ** (1 / (1 - shape)))

    return evaluate


MEASURES = (
    Measure(
        id="information_theory",
        title_de="Informationsindex zweier Gruppen (Theils H)",
        title_en="Two-group information theory index (Theil's H)",
        dimension="evenness",
        groups="two",
        citation="Theil and Finizza 1971, doi:10.1080/0022250X.1971.9989795",
        function=information_theory,
        prepare=prepare_information_theory,
        known_as={"PySAL segregation": "Entropy", "R OasisR": "HTheil"},
    ),
    Measure(
        id="atkinson",
        title_de="Atkinson-Index der Segregation",
        title_en="Atkinson index of segregation",
        dimension="evenness",
        groups="two",
        citation="James and Taeuber 1985, doi:10.2307/270845",
        function=atkinson,
        prepare=prepare_atkinson,
        known_as={"PySAL segregation": "Atkinson", "R OasisR": "Atkinson"},
    ),
)
