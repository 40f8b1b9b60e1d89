"""How much does the area say about the group of the people who live there? Indices that rest on entropy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from spatial.errors import ParameterError
from spatial.parameters import require_flag, require_number, require_numbers
from spatial.segregation.aspatial.passes import GroupSums, Recipe, evaluate, prepared
from spatial.segregation.aspatial.sums import unrounded
from spatial.segregation.counts import Floats, many_groups
from spatial.segregation.measure import Evaluator, Measure

__all__ = [
    "MEASURES",
    "RECIPES",
    "divergence",
    "multigroup_information_theory",
    "mutual_information",
    "nats",
    "prepare_divergence",
    "prepare_multigroup_information_theory",
    "prepare_mutual_information",
    "standard_shares",
]


def multigroup_information_theory(counts: pd.DataFrame | Floats) -> float:
    r"""Measure by how much areas are less diverse than the city (Theil's H).

    .. math:: H = \sum_i \frac{t_i}{T E} \sum_k p_{ik} \ln \frac{p_{ik}}{P_k}
              = \sum_i \frac{t_i}{T} \frac{E - E_i}{E}

    with residents :math:`t_i` of area i, their sum T, the share :math:`p_{ik}` of group k in the area and
    :math:`P_k` in the city, the entropy :math:`E = \sum_k P_k \ln 1/P_k` of the city and :math:`E_i` of the
    area. The base of the logarithm cancels.

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
    Of the indices of several groups compared by Reardon and Firebaugh it alone falls with every transfer of
    a person to an area where the group has a smaller share, and it adds up over nested areas and groups.

    References
    ----------
    .. [1] H. Theil and A. J. Finizza (1971), A Note on the Measurement of Racial Integration of Schools by
       Means of Informational Concepts, Journal of Mathematical Sociology 1,
       doi:10.1080/0022250X.1971.9989795.
    .. [2] S. F. Reardon and G. Firebaugh (2002), Measures of Multigroup Segregation, Sociological
       Methodology 32, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "middle": [10, 30], "old": [0, 20]})
    >>> round(multigroup_information_theory(table), 4)
    0.2115
    """
    return float(evaluate(_INFORMATION_THEORY, many_groups(counts).counts))


def mutual_information(counts: pd.DataFrame | Floats, *, log_base: float = math.e) -> float:
    r"""Measure how much the area says about the group, and the group about the area (the M index).

    .. math:: M = \sum_i \frac{t_i}{T} \sum_k p_{ik} \ln \frac{p_{ik}}{P_k} = H E

    in the notation of `multigroup_information_theory`.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]
    log_base : float, default e
        Base of the logarithm, above 1.

    Returns
    -------
    float
        0 = same shares everywhere, E = each area has one group only; at most ln K with K groups.
        [nat, or the base's unit]
        NaN when there is nobody. Where all are of one group it is 0: there is nothing to tell apart.

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
    It grows with diversity: cities of other composition have another maximum. In return it adds up over
    nested areas and nested groups without any weights but people.

    References
    ----------
    .. [1] R. Mora and J. Ruiz-Castillo (2011), Entropy-Based Segregation Indices, Sociological Methodology
       41, doi:10.1111/j.1467-9531.2011.01237.x.
    .. [2] D. M. Frankel and O. Volij (2011), Measuring School Segregation, Journal of Economic Theory 146,
       doi:10.1016/j.jet.2010.10.008.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "middle": [10, 30], "old": [0, 20]})
    >>> round(mutual_information(table), 4), round(mutual_information(table, log_base=2), 4)
    (0.2231, 0.3219)
    """
    return float(evaluate(_mutual(log_base), many_groups(counts).counts))


def divergence(
    counts: pd.DataFrame | Floats,
    *,
    standard: pd.Series | Sequence[float] | None = None,
    normalised: bool = False,
    log_base: float = math.e,
) -> float:
    r"""Measure how far the areas' composition is from a standard, which is the city's by default.

    .. math:: D = \sum_i \frac{t_i}{T} \sum_k p_{ik} \ln \frac{p_{ik}}{Q_k}

    with residents :math:`t_i` of area i, their sum T, the share :math:`p_{ik}` of group k in the area and
    :math:`Q_k` in the standard. Against the city itself it is the mutual information.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]
    standard : Series of float indexed by group, or one number per group, optional
        Counts or shares of the groups to compare with, for example those of the region or of an earlier
        year; all above 0. Default: the groups' shares in the city.
    normalised : bool, default False
        Divide by the largest value that is possible with these groups, which each area having one group
        only would give; against the city itself this is Theil's H.
    log_base : float, default e
        Base of the logarithm, above 1. It does not matter when normalised.

    Returns
    -------
    float
        0 = every area is like the standard. [nat, or the base's unit; unitless when normalised]
        NaN when there is nobody; when normalised by the city itself also where all are of one group.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two groups, no areas, the base is not above 1, or the standard has other
        groups or numbers that are not above 0.

    References
    ----------
    .. [1] E. Roberto (2015), The Divergence Index: A Decomposable Measure of Segregation and Inequality,
       doi:10.48550/arXiv.1508.01167.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "middle": [10, 30], "old": [0, 20]})
    >>> round(divergence(table), 4)
    0.2231
    >>> round(divergence(table, standard=pd.Series({"old": 1, "middle": 1, "young": 1})), 4)
    0.2668
    """
    compared = standard_shares(standard, counts)
    return float(evaluate(_divergence(compared, normalised, log_base), many_groups(counts).counts))


def prepare_multigroup_information_theory() -> Evaluator:
    """Return the evaluator of the multi-group information theory index."""
    return prepared(_INFORMATION_THEORY)


def prepare_mutual_information(*, log_base: float = math.e) -> Evaluator:
    """Return the evaluator of the mutual information, with the options of `mutual_information`."""
    return prepared(_mutual(log_base))


def prepare_divergence(
    *,
    standard: pd.Series | Sequence[float] | None = None,
    normalised: bool = False,
    log_base: float = math.e,
) -> Evaluator:
    """Return the evaluator of the divergence; `standard` must have the order of the groups."""
    return prepared(_divergence(standard_shares(standard), normalised, log_base))


def nats(log_base: float) -> float:
    """Return the natural logarithm of a base.

    Raises
    ------
    ParameterError
        If the base is not a finite number above 1.
    """
    log_base = require_number(
        "log_base", log_base, "a finite number above 1", lambda number: 1 < number < math.inf
    )
    return math.log(log_base)


def standard_shares(
    standard: pd.Series | Sequence[float] | None, counts: pd.DataFrame | Floats | None = None
) -> Floats | None:
    """Return the shares of a standard, in the order of the columns of counts, or None for the city's own.

    Raises
    ------
    ParameterError
        If a Series has other groups than the counts, or a number is not finite and above 0.
    """
    if standard is None:
        return None
    if isinstance(standard, pd.Series) and isinstance(counts, pd.DataFrame):
        if len(standard) != len(counts.columns) or set(standard.index) != set(counts.columns):
            raise ParameterError(
                "standard", list(standard.index), f"one number for each of {list(counts.columns)}"
            )
        standard = standard[counts.columns]
    expected = "one finite number above 0 for each group"
    shares = require_numbers("standard", standard, expected, lambda shares: (shares > 0) & (shares < np.inf))
    if shares.ndim != 1:
        raise ParameterError("standard", standard, expected)
    return np.asarray(shares / shares.sum())


def _mutual(log_base: float) -> Recipe:
    unit = nats(log_base)

    def finish(sums: GroupSums) -> Floats:
        return unrounded(sums.parts["log"].sum(axis=-1) / (sums.total * unit), high=None)

    return Recipe(parts=frozenset({"log"}), finish=finish)


def _information_theory(sums: GroupSums) -> Floats:
    return unrounded(sums.parts["log"].sum(axis=-1) / (sums.total * sums.entropy()))


def _divergence(standard: Floats | None, normalised: bool, log_base: float) -> Recipe:
    require_flag("normalised", normalised)
    unit = nats(log_base)

    def finish(sums: GroupSums) -> Floats:
        value = sums.parts["log"].sum(axis=-1) / sums.total
        largest = sums.entropy()
        if standard is not None:
            n_groups = sums.share.shape[-1]
            if len(standard) != n_groups:
                raise ParameterError(
                    "standard", standard.tolist(), f"one number for each of {n_groups} groups"
                )
            surprise = -(sums.share * np.log(standard)).sum(axis=-1)
            value = value + (surprise - largest)
            largest = np.asarray(surprise)
        return unrounded(value / (largest if normalised else unit), high=1.0 if normalised else None)

    return Recipe(parts=frozenset({"log"}), finish=finish)


_INFORMATION_THEORY = Recipe(parts=frozenset({"log"}), finish=_information_theory)

RECIPES = MappingProxyType(
    {
        "multigroup_information_theory": _INFORMATION_THEORY,
        "mutual_information": _mutual(math.e),
        "divergence": _divergence(None, False, math.e),
    }
)
"""Measures of this module with their default options, to be computed with others in one pass."""

MEASURES = (
    Measure(
        id="multigroup_information_theory",
        title_de="Informationsindex mehrerer Gruppen (Theils H)",
        title_en="Multi-group information theory index (Theil's H)",
        dimension="evenness",
        groups="many",
        citation="Theil and Finizza 1971, doi:10.1080/0022250X.1971.9989795",
        function=multigroup_information_theory,
        prepare=prepare_multigroup_information_theory,
        known_as={
            "PySAL segregation": "MultiInfoTheory",
            "R segregation": "mutual_total (H)",
            "R OasisR": "HMulti",
        },
    ),
    Measure(
        id="mutual_information",
        title_de="Transinformation (M-Index)",
        title_en="Mutual information (M index)",
        dimension="evenness",
        groups="many",
        high=None,
        citation="Mora and Ruiz-Castillo 2011, doi:10.1111/j.1467-9531.2011.01237.x",
        function=mutual_information,
        prepare=prepare_mutual_information,
        known_as={"R segregation": "mutual_total"},
    ),
    Measure(
        id="divergence",
        title_de="Divergenz",
        title_en="Divergence",
        dimension="evenness",
        groups="many",
        high=None,
        citation="Roberto 2015, doi:10.48550/arXiv.1508.01167",
        function=divergence,
        prepare=prepare_divergence,
        known_as={"PySAL segregation": "MultiDivergence"},
    ),
)
