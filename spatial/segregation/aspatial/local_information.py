"""Which areas, and which groups, are segregated? Local values whose mean over the people is the city's index."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from spatial.errors import ParameterError
from spatial.parameters import require_choice, require_flag
from spatial.segregation.aspatial.information import nats, standard_shares
from spatial.segregation.aspatial.local import city_shares
from spatial.segregation.aspatial.passes import group_sums
from spatial.segregation.aspatial.sums import TINY, per_area, times_log, unrounded
from spatial.segregation.counts import Floats, GroupTable, group_labels, many_groups
from spatial.segregation.measure import Measure

__all__ = ["MEASURES", "local_divergence", "local_information_theory", "local_mutual_information"]


def local_mutual_information(
    counts: pd.DataFrame | Floats, *, by: Literal["area", "group"] = "area", log_base: float = math.e
) -> pd.Series:
    r"""Measure how segregated each area, or each group, is (local segregation of the M index).

    .. math:: M_i = \sum_k p_{ik} \ln \frac{p_{ik}}{P_k}, \qquad
              M_k = \sum_i \frac{x_{ik}}{X_k} \ln \frac{p_{ik}}{P_k}

    with the share :math:`p_{ik}` of group k in area i and :math:`P_k` in the city, the members
    :math:`x_{ik}` of the group in the area, and all its members :math:`X_k`.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]
    by : {"area", "group"}, default "area"
        Whether to look at areas (how unlike the city is their mix?) or at groups (how unlike everybody are
        they spread?).
    log_base : float, default e
        Base of the logarithm, above 1.

    Returns
    -------
    Series of float, indexed by area_id or by group
        0 = like the city, ln 1/P = an area that only the group with the share P lives in.
        [nat, or the base's unit]
        The mean, weighted by the residents of the areas or by the members of the groups, is
        `mutual_information`. NaN for empty areas and absent groups.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two groups, no areas, or an option is unknown.

    References
    ----------
    .. [1] O. Alonso-Villar and C. del Río (2010), Local Versus Overall Segregation Measures, Mathematical
       Social Sciences 60(1), 30–38.
    .. [2] R. Mora and J. Ruiz-Castillo (2011), Entropy-Based Segregation Indices, Sociological Methodology
       41, doi:10.1111/j.1467-9531.2011.01237.x.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "old": [0, 40]}, index=["00", "01"])
    >>> local_mutual_information(table).round(4).tolist()
    [0.6931, 0.1927]
    >>> local_mutual_information(table, by="group").round(4).to_dict()
    {'young': 0.2908, 'old': 0.47}
    """
    unit = nats(log_base)
    table = many_groups(counts)
    require_choice("by", by, ("area", "group"))
    if by == "area":
        return _relative_entropy(table, city_shares(table), unit, "local_mutual_information")
    terms = group_sums(table.counts, frozenset({"log"})).parts["log"]
    with np.errstate(invalid="ignore"):
        found = terms / table.counts.sum(axis=1) / unit
    return pd.Series(found, index=group_labels(counts), name="local_mutual_information")


def local_information_theory(counts: pd.DataFrame | Floats) -> pd.Series:
    r"""Measure by how much each area is less diverse than the city (local H).

    .. math:: H_i = \frac{E - E_i}{E}, \qquad E_i = \sum_k p_{ik} \ln \frac{1}{p_{ik}}

    with the share :math:`p_{ik}` of group k in area i and the entropy E of the city.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]

    Returns
    -------
    Series of float, indexed by area_id
        1 = one group only, 0 = as diverse as the city, below 0 = more diverse. [unitless]
        The mean, weighted by residents, is `multigroup_information_theory`.
        NaN in empty areas, and everywhere when fewer than two groups have anybody.

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
    It tells how mixed an area is, not how unlike the city: an area where the majority is the city's minority
    can have 0. `local_divergence` tells them apart.

    References
    ----------
    .. [1] H. Theil and A. J. Finizza (1971), A Note on the Measurement of Racial Integration of Schools by
       Means of Informational Concepts, Journal of Mathematical Sociology 1,
       doi:10.1080/0022250X.1971.9989795.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "old": [0, 40]}, index=["00", "01"])
    >>> local_information_theory(table).round(4).tolist()
    [1.0, 0.2781]
    """
    table = many_groups(counts)
    whole = -times_log(city_shares(table)).sum()

    def lack(here: Floats, residents: Floats) -> Floats:
        return np.asarray((whole + times_log(here / residents).sum(axis=0)) / whole)

    return pd.Series(per_area(table.counts, lack)[0], index=table.area_id, name="local_information_theory")


def local_divergence(
    counts: pd.DataFrame | Floats,
    *,
    standard: pd.Series | Sequence[float] | None = None,
    normalised: bool = False,
    log_base: float = math.e,
) -> pd.Series:
    r"""Measure how far each area's composition is from a standard, which is the city's by default.

    .. math:: D_i = \sum_k p_{ik} \ln \frac{p_{ik}}{Q_k}

    with the share :math:`p_{ik}` of group k in area i and :math:`Q_k` in the standard.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]
    standard : Series of float indexed by group, or one number per group, optional
        Counts or shares of the groups to compare with, for example those of the region or of an earlier
        year; all above 0. Default: the groups' shares in the city.
    normalised : bool, default False
        Divide by what `divergence` divides by, so that the mean is its normalised value; areas where only a
        small group lives exceed 1.
    log_base : float, default e
        Base of the logarithm, above 1. It does not matter when normalised.

    Returns
    -------
    Series of float, indexed by area_id
        0 = like the standard. [nat, or the base's unit; unitless when normalised]
        The mean, weighted by residents, is `divergence`. NaN in empty areas.

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
    >>> table = pd.DataFrame({"young": [30, 10], "old": [0, 40]}, index=["00", "01"])
    >>> local_divergence(table).round(4).tolist()
    [0.6931, 0.1927]
    """
    require_flag("normalised", normalised)
    unit = nats(log_base)
    compared = standard_shares(standard, counts)
    table = many_groups(counts)
    city = city_shares(table)
    if compared is None:
        compared = city
    elif len(compared) != len(city):
        raise ParameterError("standard", compared.tolist(), f"one number for each of {len(city)} groups")
    if normalised:
        unit = float(-(city * np.log(np.fmax(compared, TINY))).sum())
    return _relative_entropy(table, compared, unit, "local_divergence")


def _relative_entropy(table: GroupTable, standard: Floats, unit: float, name: str) -> pd.Series:
    column = standard[:, None]

    def divergence(here: Floats, residents: Floats) -> Floats:
        share = here / residents
        # Nobody of the group: 0 ln 0 = 0, also where the standard has none (0 / 0, which fmax passes over).
        ratio = share / column
        np.log(np.fmax(ratio, TINY, out=ratio), out=ratio)
        ratio *= share
        return unrounded(ratio.sum(axis=0) / unit, high=None)

    return pd.Series(per_area(table.counts, divergence)[0], index=table.area_id, name=name)


MEASURES = (
    Measure(
        id="local_mutual_information",
        title_de="Transinformation der Gebiete oder Gruppen",
        title_en="Local mutual information",
        dimension="local",
        groups="many",
        gives="per area",
        high=None,
        citation="Alonso-Villar and del Río 2010, Mathematical Social Sciences 60",
        function=local_mutual_information,
        known_as={"R segregation": "mutual_local"},
    ),
    Measure(
        id="local_information_theory",
        title_de="Informationsindex der Gebiete (Theils H)",
        title_en="Local information theory index (Theil's H)",
        dimension="local",
        groups="many",
        gives="per area",
        low=None,
        citation="Theil and Finizza 1971, doi:10.1080/0022250X.1971.9989795",
        function=local_information_theory,
    ),
    Measure(
        id="local_divergence",
        title_de="Divergenz der Gebiete",
        title_en="Local divergence",
        dimension="local",
        groups="many",
        gives="per area",
        high=None,
        citation="Roberto 2015, doi:10.48550/arXiv.1508.01167",
        function=local_divergence,
    ),
)
