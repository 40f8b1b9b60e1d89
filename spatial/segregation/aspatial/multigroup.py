"""How unevenly are several groups spread over the areas, taken together? One number instead of one per pair."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from spatial.parameters import require_choice, require_several
from spatial.segregation.aspatial import diversity, information
from spatial.segregation.aspatial.passes import GroupSums, Recipe, at_once, evaluate, prepared
from spatial.segregation.aspatial.sums import unrounded
from spatial.segregation.counts import Floats, many_groups
from spatial.segregation.measure import Evaluator, Measure

__all__ = [
    "MEASURES",
    "multigroup_dissimilarity",
    "multigroup_gini",
    "multigroup_normalised_exposure",
    "prepare_multigroup_dissimilarity",
    "prepare_multigroup_gini",
    "prepare_multigroup_normalised_exposure",
    "prepare_relative_diversity",
    "prepare_squared_coefficient_of_variation",
    "relative_diversity",
    "several",
    "squared_coefficient_of_variation",
]

_REARDON_FIREBAUGH = "Reardon and Firebaugh 2002, doi:10.1111/1467-9531.00110"


def multigroup_dissimilarity(counts: pd.DataFrame | Floats) -> float:
    r"""Measure which share of the residents would have to move for all groups to be spread alike.

    .. math:: D = \sum_i \frac{t_i}{2 T I} \sum_k \left| p_{ik} - P_k \right|, \qquad I = \sum_k P_k (1 - P_k)

    with residents :math:`t_i` of area i, their sum T, the share :math:`p_{ik}` of group k in the area and
    :math:`P_k` in the city. With two groups it is the dissimilarity.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]

    Returns
    -------
    float
        0 = same shares everywhere, 1 = each area has one group only: the residents who would have to move,
        as a share of those who would at complete separation. [unitless]
        NaN when fewer than two groups have anybody. Empty areas and absent groups count for nothing.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two groups, or no areas.

    Notes
    -----
    People moving between areas where their group is over-represented leave it unchanged.

    References
    ----------
    .. [1] J. M. Sakoda (1981), A Generalized Index of Dissimilarity, Demography 18, doi:10.2307/2061096.
    .. [2] S. F. Reardon and G. Firebaugh (2002), Measures of Multigroup Segregation, Sociological
       Methodology 32, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "middle": [10, 30], "old": [0, 20]})
    >>> round(multigroup_dissimilarity(table), 4)
    0.4375
    """
    return float(evaluate(_DISSIMILARITY, many_groups(counts).counts))


def multigroup_gini(counts: pd.DataFrame | Floats) -> float:
    r"""Measure how much the groups' shares differ between two residents' areas, on average.

    .. math:: G = \frac{1}{2 T^2 I} \sum_k \sum_i \sum_j t_i t_j \left| p_{ik} - p_{jk} \right|

    in the notation of `multigroup_dissimilarity`. With two groups it is the Gini index.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]

    Returns
    -------
    float
        0 = same shares everywhere, 1 = each area has one group only. Never below D. [unitless]
        NaN when fewer than two groups have anybody. Empty areas and absent groups count for nothing.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two groups, or no areas.

    Notes
    -----
    Areas are sorted by share, once per group: time grows as n log n, memory as n.

    References
    ----------
    .. [1] S. F. Reardon and G. Firebaugh (2002), Measures of Multigroup Segregation, Sociological
       Methodology 32, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [20, 10, 0], "old": [0, 10, 20]})
    >>> round(multigroup_gini(table), 4)
    0.8889
    """
    return float(evaluate(_GINI, many_groups(counts).counts))


def relative_diversity(counts: pd.DataFrame | Floats) -> float:
    r"""Measure by how much areas are less mixed than the city, by the chance of meeting another group.

    .. math:: R = \sum_i \frac{t_i}{T I} \sum_k (p_{ik} - P_k)^2 = 1 - \sum_i \frac{t_i}{T} \frac{I_i}{I}

    in the notation of `multigroup_dissimilarity`, with :math:`I_i = \sum_k p_{ik} (1 - p_{ik})`. With two
    groups it is the correlation ratio.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]

    Returns
    -------
    float
        0 = same shares everywhere, 1 = each area has one group only. [unitless]
        NaN when fewer than two groups have anybody. Empty areas and absent groups count for nothing.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two groups, or no areas.

    Notes
    -----
    Large groups weigh more than in `squared_coefficient_of_variation`, the same variances added otherwise.

    References
    ----------
    .. [1] S. F. Reardon and G. Firebaugh (2002), Measures of Multigroup Segregation, Sociological
       Methodology 32, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "middle": [10, 30], "old": [0, 20]})
    >>> round(relative_diversity(table), 4)
    0.1927
    """
    return float(evaluate(_RELATIVE_DIVERSITY, many_groups(counts).counts))


def squared_coefficient_of_variation(counts: pd.DataFrame | Floats) -> float:
    r"""Measure how much each group's share varies over the areas, relative to the group's size.

    .. math:: C = \sum_i \frac{t_i}{T} \sum_k \frac{(p_{ik} - P_k)^2}{(K - 1) P_k}

    in the notation of `multigroup_dissimilarity`; K counts the groups that have anybody. T (K - 1) C is the
    chi-squared statistic of areas by groups.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]

    Returns
    -------
    float
        0 = same shares everywhere, 1 = each area has one group only. [unitless]
        NaN when fewer than two groups have anybody. Empty areas and absent groups count for nothing.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two groups, or no areas.

    Notes
    -----
    All groups weigh alike, so a small group moves it more than any other index of several groups.

    References
    ----------
    .. [1] S. F. Reardon and G. Firebaugh (2002), Measures of Multigroup Segregation, Sociological
       Methodology 32, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "middle": [10, 30], "old": [0, 20]})
    >>> round(squared_coefficient_of_variation(table), 4)
    0.1875
    """
    return float(evaluate(_SQUARED_VARIATION, many_groups(counts).counts))


def multigroup_normalised_exposure(counts: pd.DataFrame | Floats) -> float:
    r"""Measure by how much people meet their own group more often than they would if all were mixed.

    .. math:: P = \sum_i \frac{t_i}{T} \sum_k \frac{(p_{ik} - P_k)^2}{1 - P_k}

    in the notation of `multigroup_dissimilarity`. It is the mean of the groups' correlation ratios, weighted
    by the groups' sizes.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]

    Returns
    -------
    float
        0 = same shares everywhere, 1 = each area has one group only. [unitless]
        NaN when fewer than two groups have anybody. Empty areas and absent groups count for nothing.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two groups, or no areas.

    References
    ----------
    .. [1] F. J. James (1986), A New Generalized "Exposure-Based" Segregation Index, Sociological Methods and
       Research 14, doi:10.1177/0049124186014003004.
    .. [2] S. F. Reardon and G. Firebaugh (2002), Measures of Multigroup Segregation, Sociological
       Methodology 32, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "middle": [10, 30], "old": [0, 20]})
    >>> round(multigroup_normalised_exposure(table), 4)
    0.1944
    """
    return float(evaluate(_NORMALISED_EXPOSURE, many_groups(counts).counts))


def several(counts: pd.DataFrame | Floats, names: Sequence[str] | None = None) -> pd.Series:
    """Compute several measures of many groups from one pass over the areas.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]
    names : sequence of str, optional
        Measures of this module, of `information` and of `diversity`. Default: all.

    Returns
    -------
    Series of float, indexed by name
        The same numbers as those of the functions with their default options.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If a name is not such a measure, there are fewer than two groups, or no areas.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "middle": [10, 30], "old": [0, 20]})
    >>> several(table, ["multigroup_dissimilarity", "relative_diversity"]).round(4).to_dict()
    {'multigroup_dissimilarity': 0.4375, 'relative_diversity': 0.1927}
    """
    chosen = list(_TOGETHER)
    if names is not None:
        chosen = require_several("names", names, f"a list, each one of {', '.join(_TOGETHER)}")
    for name in chosen:
        require_choice("names", name, tuple(_TOGETHER))
    values = at_once({name: _TOGETHER[name] for name in chosen}, many_groups(counts).counts)
    return pd.Series({name: float(values[name]) for name in chosen}, dtype=float)


def prepare_multigroup_dissimilarity() -> Evaluator:
    """Return the evaluator of the multi-group dissimilarity."""
    return prepared(_DISSIMILARITY)


def prepare_multigroup_gini() -> Evaluator:
    """Return the evaluator of the multi-group Gini index."""
    return prepared(_GINI)


def prepare_relative_diversity() -> Evaluator:
    """Return the evaluator of the relative diversity."""
    return prepared(_RELATIVE_DIVERSITY)


def prepare_squared_coefficient_of_variation() -> Evaluator:
    """Return the evaluator of the squared coefficient of variation."""
    return prepared(_SQUARED_VARIATION)


def prepare_multigroup_normalised_exposure() -> Evaluator:
    """Return the evaluator of the normalised exposure."""
    return prepared(_NORMALISED_EXPOSURE)


def _mean_gap(sums: GroupSums) -> Floats:
    return unrounded(sums.parts["gap"].sum(axis=-1) / (2 * sums.total * sums.mixing()))


def _mean_difference(sums: GroupSums) -> Floats:
    return unrounded(sums.parts["rank"].sum(axis=-1) / (2 * sums.total**2 * sums.mixing()))


def _variance(sums: GroupSums) -> Floats:
    return unrounded(sums.parts["square"].sum(axis=-1) / (sums.total * sums.mixing()))


def _relative_variance(sums: GroupSums) -> Floats:
    present = sums.share > 0
    ratio = np.where(present, sums.parts["square"] / sums.share, 0.0)
    return unrounded(ratio.sum(axis=-1) / (sums.total * (present.sum(axis=-1) - 1)))


def _excess_isolation(sums: GroupSums) -> Floats:
    return unrounded((sums.parts["square"] / (1 - sums.share)).sum(axis=-1) / sums.total)


_DISSIMILARITY = Recipe(parts=frozenset({"gap"}), finish=_mean_gap)
_GINI = Recipe(parts=frozenset({"rank"}), finish=_mean_difference)
_RELATIVE_DIVERSITY = Recipe(parts=frozenset({"square"}), finish=_variance)
_SQUARED_VARIATION = Recipe(parts=frozenset({"square"}), finish=_relative_variance)
_NORMALISED_EXPOSURE = Recipe(parts=frozenset({"square"}), finish=_excess_isolation)

_TOGETHER = MappingProxyType(
    {
        "multigroup_dissimilarity": _DISSIMILARITY,
        "multigroup_gini": _GINI,
        "relative_diversity": _RELATIVE_DIVERSITY,
        "squared_coefficient_of_variation": _SQUARED_VARIATION,
        "multigroup_normalised_exposure": _NORMALISED_EXPOSURE,
        **information.RECIPES,
        **diversity.RECIPES,
    }
)

MEASURES = (
    Measure(
        id="multigroup_dissimilarity",
        title_de="Dissimilarität mehrerer Gruppen",
        title_en="Multi-group dissimilarity",
        dimension="evenness",
        groups="many",
        citation="Sakoda 1981, doi:10.2307/2061096",
        function=multigroup_dissimilarity,
        prepare=prepare_multigroup_dissimilarity,
        known_as={"PySAL segregation": "MultiDissim", "R OasisR": "DMulti"},
    ),
    Measure(
        id="multigroup_gini",
        title_de="Gini-Index mehrerer Gruppen",
        title_en="Multi-group Gini index",
        dimension="evenness",
        groups="many",
        citation=_REARDON_FIREBAUGH,
        function=multigroup_gini,
        prepare=prepare_multigroup_gini,
        known_as={"PySAL segregation": "MultiGini", "R OasisR": "GiniMulti"},
    ),
    Measure(
        id="relative_diversity",
        title_de="Relative Diversität",
        title_en="Relative diversity",
        dimension="evenness",
        groups="many",
        citation=_REARDON_FIREBAUGH,
        function=relative_diversity,
        prepare=prepare_relative_diversity,
        known_as={"PySAL segregation": "MultiRelativeDiversity", "R OasisR": "RelDivers"},
    ),
    Measure(
        id="squared_coefficient_of_variation",
        title_de="Quadrierter Variationskoeffizient",
        title_en="Squared coefficient of variation",
        dimension="evenness",
        groups="many",
        citation=_REARDON_FIREBAUGH,
        function=squared_coefficient_of_variation,
        prepare=prepare_squared_coefficient_of_variation,
        known_as={"PySAL segregation": "MultiSquaredCoefVar", "R OasisR": "CMulti"},
    ),
    Measure(
        id="multigroup_normalised_exposure",
        title_de="Normierter Kontakt mehrerer Gruppen",
        title_en="Multi-group normalised exposure",
        dimension="exposure",
        groups="many",
        citation="James 1986, doi:10.1177/0049124186014003004",
        function=multigroup_normalised_exposure,
        prepare=prepare_multigroup_normalised_exposure,
        known_as={"PySAL segregation": "MultiNormExposure", "R OasisR": "PMulti"},
    ),
)
