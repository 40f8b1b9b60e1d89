"""How mixed is the population of the whole city, wherever people live? Asked beside every multi-group index."""

from __future__ import annotations

import math
from types import MappingProxyType

import numpy as np
import pandas as pd

from spatial.parameters import require_flag
from spatial.segregation.aspatial.information import nats
from spatial.segregation.aspatial.passes import GroupSums, Recipe, evaluate, prepared
from spatial.segregation.counts import Floats, many_groups
from spatial.segregation.measure import Evaluator, Measure

__all__ = [
    "MEASURES",
    "RECIPES",
    "diversity_entropy",
    "prepare_diversity_entropy",
    "prepare_simpson_concentration",
    "prepare_simpson_interaction",
    "simpson_concentration",
    "simpson_interaction",
]


def diversity_entropy(
    counts: pd.DataFrame | Floats, *, normalised: bool = False, log_base: float = math.e
) -> float:
    r"""Measure how diverse the whole population is, by the entropy of the groups' shares.

    .. math:: E = \sum_k P_k \ln \frac{1}{P_k}

    with the share :math:`P_k` of group k among all residents.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]
    normalised : bool, default False
        Divide by ln K, the entropy of K groups of the same size; K counts all columns, also empty ones.
    log_base : float, default e
        Base of the logarithm, above 1. It does not matter when normalised.

    Returns
    -------
    float
        0 = one group only, ln K = K groups of the same size; 1 when normalised. [nat, or the base's unit]
        NaN when there is nobody. An absent group adds nothing.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two groups, no areas, or the base is not above 1.

    Notes
    -----
    It says nothing of where people live: it is what `multigroup_information_theory` divides by.

    References
    ----------
    .. [1] C. E. Shannon (1948), A Mathematical Theory of Communication, Bell System Technical Journal 27,
       doi:10.1002/j.1538-7305.1948.tb01338.x.
    .. [2] S. F. Reardon and G. Firebaugh (2002), Measures of Multigroup Segregation, Sociological
       Methodology 32, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "middle": [10, 30], "old": [0, 20]})
    >>> round(diversity_entropy(table), 4), round(diversity_entropy(table, normalised=True), 4)
    (1.0549, 0.9602)
    """
    return float(evaluate(_entropy(normalised, log_base), many_groups(counts).counts))


def simpson_concentration(counts: pd.DataFrame | Floats) -> float:
    r"""Measure how likely two residents of the city are of the same group.

    .. math:: \lambda = \sum_k P_k^2

    with the share :math:`P_k` of group k among all residents.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]

    Returns
    -------
    float
        1 = one group only, 1 / K = K groups of the same size. [unitless]
        NaN when there is nobody. An absent group adds nothing.

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
    The two are drawn with replacement, as for a whole population; Simpson's estimator for samples, drawn
    without, is not meant here.

    References
    ----------
    .. [1] E. H. Simpson (1949), Measurement of Diversity, Nature 163, doi:10.1038/163688a0.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "middle": [10, 30], "old": [0, 20]})
    >>> round(simpson_concentration(table), 4)
    0.36
    """
    return float(evaluate(_CONCENTRATION, many_groups(counts).counts))


def simpson_interaction(counts: pd.DataFrame | Floats) -> float:
    r"""Measure how likely two residents of the city are of different groups.

    .. math:: I = \sum_k P_k (1 - P_k) = 1 - \lambda

    with the share :math:`P_k` of group k among all residents.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]

    Returns
    -------
    float
        0 = one group only, 1 - 1 / K = K groups of the same size. [unitless]
        NaN when there is nobody. An absent group adds nothing.

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
    It says nothing of where people live: it is what `relative_diversity` divides by.

    References
    ----------
    .. [1] E. H. Simpson (1949), Measurement of Diversity, Nature 163, doi:10.1038/163688a0.
    .. [2] S. F. Reardon and G. Firebaugh (2002), Measures of Multigroup Segregation, Sociological
       Methodology 32, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "middle": [10, 30], "old": [0, 20]})
    >>> round(simpson_interaction(table), 4)
    0.64
    """
    return float(evaluate(_INTERACTION, many_groups(counts).counts))


def prepare_diversity_entropy(*, normalised: bool = False, log_base: float = math.e) -> Evaluator:
    """Return the evaluator of the entropy, with the options of `diversity_entropy`."""
    return prepared(_entropy(normalised, log_base))


def prepare_simpson_concentration() -> Evaluator:
    """Return the evaluator of Simpson's concentration."""
    return prepared(_CONCENTRATION)


def prepare_simpson_interaction() -> Evaluator:
    """Return the evaluator of Simpson's interaction."""
    return prepared(_INTERACTION)


def _entropy(normalised: bool, log_base: float) -> Recipe:
    require_flag("normalised", normalised)
    unit = nats(log_base)

    def finish(sums: GroupSums) -> Floats:
        return np.asarray(sums.entropy() / (np.log(sums.share.shape[-1]) if normalised else unit))

    return Recipe(parts=frozenset(), finish=finish)


def _same_group(sums: GroupSums) -> Floats:
    return np.asarray((sums.share**2).sum(axis=-1))


_CONCENTRATION = Recipe(parts=frozenset(), finish=_same_group)
_INTERACTION = Recipe(parts=frozenset(), finish=GroupSums.mixing)

RECIPES = MappingProxyType(
    {
        "diversity_entropy": _entropy(False, math.e),
        "simpson_concentration": _CONCENTRATION,
        "simpson_interaction": _INTERACTION,
    }
)
"""Measures of this module with their default options, to be computed with others in one pass."""

MEASURES = (
    Measure(
        id="diversity_entropy",
        title_de="Entropie der Bevölkerung (Diversität)",
        title_en="Entropy of the population (diversity)",
        dimension="evenness",
        groups="many",
        high=None,
        citation="Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x",
        function=diversity_entropy,
        prepare=prepare_diversity_entropy,
        known_as={
            "PySAL segregation": "MultiDiversity",
            "R segregation": "entropy",
            "R OasisR": "HShannon, NShannon",
        },
    ),
    Measure(
        id="simpson_concentration",
        title_de="Simpson-Konzentration",
        title_en="Simpson's concentration",
        dimension="exposure",
        groups="many",
        citation="Simpson 1949, doi:10.1038/163688a0",
        function=simpson_concentration,
        prepare=prepare_simpson_concentration,
        known_as={"PySAL segregation": "SimpsonsConcentration"},
    ),
    Measure(
        id="simpson_interaction",
        title_de="Simpson-Interaktion",
        title_en="Simpson's interaction",
        dimension="exposure",
        groups="many",
        citation="Simpson 1949, doi:10.1038/163688a0",
        function=simpson_interaction,
        prepare=prepare_simpson_interaction,
        known_as={"PySAL segregation": "SimpsonsInteraction", "R OasisR": "ISimpson"},
    ),
)
