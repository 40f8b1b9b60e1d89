"""How far is contact between groups from what evenness would give? Asked when the groups differ in size."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spatial.segregation.aspatial.exposure import refuse_other, with_other
from spatial.segregation.aspatial.sums import absolute_sum, residents, sum_over_areas, unrounded
from spatial.segregation.counts import Floats, two_groups
from spatial.segregation.measure import Evaluator, Measure

__all__ = [
    "MEASURES",
    "correlation_ratio",
    "normalised_exposure",
    "prepare_correlation_ratio",
    "prepare_normalised_exposure",
]


def correlation_ratio(group: pd.Series | Floats, total: pd.Series | Floats) -> float:
    r"""Measure how much more a member of the group meets the group than everybody else does.

    .. math:: \eta^2 = \frac{{}_xP^*_x - P}{1 - P}

    the isolation freed from the group's share P in the city. It is the part of the variance of membership
    that lies between the areas, and the difference between the group's isolation and the exposure of
    everybody else to the group.

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
        As `spatial.segregation.aspatial.exposure.isolation`.

    References
    ----------
    .. [1] W. Bell (1954), A Probability Model for the Measurement of Ecological Segregation, Social Forces
       32, doi:10.2307/2574118.
    .. [2] M. J. White (1986), Segregation and Diversity Measures in Population Distribution, Population Index
       52, doi:10.2307/3644339.

    Examples
    --------
    >>> round(correlation_ratio(pd.Series([10, 30]), pd.Series([100, 100])), 4)
    0.0625
    """
    return float(_correlation_ratio(two_groups(group, total).counts))


def _mixed(pair: Floats) -> Floats | float:
    mixed = pair[0] / residents(pair)
    mixed *= pair[1]
    return absolute_sum(mixed)


def _correlation_ratio(counts: Floats) -> Floats:
    persons = counts.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        even = persons[..., 0] * persons[..., 1] / persons.sum(axis=-1)
        return unrounded(1 - sum_over_areas(_mixed, counts) / even)


def prepare_correlation_ratio() -> Evaluator:
    """Return the evaluator of the correlation ratio."""
    return _correlation_ratio


def normalised_exposure(
    group: pd.Series | Floats, total: pd.Series | Floats, *, other: pd.Series | Floats | None = None
) -> float:
    r"""Measure which part of the contact with others, as it would be at evenness, a group lacks.

    .. math:: 1 - \frac{{}_xP^*_y}{Y / N}

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]
    other : Series or array of int or float, shape (n_areas,), indexed by area_id, optional
        The group that is met. Default: everybody else; then it is the correlation ratio. [persons]

    Returns
    -------
    float
        0 = the other group is met as often as at evenness, 1 = never, below 0 = more often. [unitless]
        NaN when one of the two groups is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        As `spatial.segregation.aspatial.exposure.interaction`.

    References
    ----------
    .. [1] S. F. Reardon and G. Firebaugh (2002), Measures of Multigroup Segregation, Sociological Methodology
       32, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> round(normalised_exposure(pd.Series([10, 30]), pd.Series([100, 100]), other=pd.Series([40, 20])), 4)
    0.1667
    """
    return float(_normalised_exposure(with_other(group, total, other)))


def _normalised_exposure(counts: Floats) -> Floats:
    persons = counts.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        even = persons[..., 0] * persons[..., 1] / persons.sum(axis=-1)
        return np.asarray(1 - sum_over_areas(_mixed, counts) / even)


def prepare_normalised_exposure(*, other: None = None) -> Evaluator:
    """Return the evaluator of the normalised exposure of the first row of counts to the second.

    All rows together are the residents, as for `prepare_interaction`.
    """
    refuse_other(other)
    return _normalised_exposure


MEASURES = (
    Measure(
        id="correlation_ratio",
        title_de="Korrelationsverhältnis Eta² (bereinigte Isolation)",
        title_en="Correlation ratio eta² (adjusted isolation)",
        dimension="exposure",
        groups="two",
        citation="Bell 1954, doi:10.2307/2574118; White 1986, doi:10.2307/3644339",
        function=correlation_ratio,
        prepare=prepare_correlation_ratio,
        known_as={"PySAL segregation": "CorrelationR", "R OasisR": "Eta2"},
    ),
    Measure(
        id="normalised_exposure",
        title_de="Normierter Kontakt mit einer anderen Gruppe",
        title_en="Normalised exposure to another group",
        dimension="exposure",
        groups="two",
        low=None,
        citation="Reardon and Firebaugh 2002, doi:10.1111/1467-9531.00110",
        function=normalised_exposure,
        prepare=prepare_normalised_exposure,
    ),
)
