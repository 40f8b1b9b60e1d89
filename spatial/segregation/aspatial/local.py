"""Which areas are unlike the city, and how mixed is each? One value per area, to be put on a map."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Literal

import numpy as np
import pandas as pd

from spatial.parameters import require_choice
from spatial.segregation.aspatial.information import nats
from spatial.segregation.aspatial.sums import TINY, per_area, times_log
from spatial.segregation.counts import Floats, GroupTable, group_labels, many_groups, require_column
from spatial.segregation.measure import Measure

__all__ = [
    "MEASURES",
    "city_shares",
    "local_dissimilarity",
    "local_entropy",
    "local_exposure",
    "local_simpson_concentration",
    "local_simpson_interaction",
    "location_quotient",
]


def location_quotient(counts: pd.DataFrame | Floats) -> pd.DataFrame:
    r"""Compare each group's share in each area with its share in the city.

    .. math:: LQ_{ik} = p_{ik} / P_k

    with the share :math:`p_{ik}` of group k in area i and :math:`P_k` in the city.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]

    Returns
    -------
    DataFrame, shape (n_areas, n_groups), indexed by area_id
        1 = the same share as in the city, 2 = twice that share. [unitless]
        NaN in empty areas and for absent groups. The mean over areas, weighted by residents, is 1.

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
    .. [1] W. Isard (1960), Methods of Regional Analysis: An Introduction to Regional Science, MIT Press.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "old": [10, 30]}, index=["00", "01"])
    >>> location_quotient(table)["young"].tolist()
    [1.5, 0.5]
    """
    table = many_groups(counts)
    shares = city_shares(table)[:, None]

    def quotient(here: Floats, residents: Floats) -> Floats:
        found = here / residents
        found /= shares
        return found

    found = per_area(table.counts, quotient, len(table.group))
    return pd.DataFrame(found.T, index=table.area_id, columns=group_labels(counts), copy=False)


def local_exposure(counts: pd.DataFrame | Floats, *, of: Hashable | None = None) -> pd.DataFrame:
    r"""Show where a group meets its own and the other groups.

    .. math:: e_{ig} = \frac{x_i}{X} p_{ig}

    with the members :math:`x_i` of the group in area i, all its members X, and the share :math:`p_{ig}` of
    group g in the area.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]
    of : column of `counts`, optional
        The group that meets the others. Default: the first.

    Returns
    -------
    DataFrame, shape (n_areas, n_groups), indexed by area_id
        What each area adds to the exposure of the group to each group: the sum of a column is the exposure
        xPy, that of the group's own column its isolation xPx; all columns together make 1. [unitless]
        0 where the group has no members, NaN everywhere when it has none at all.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If there are fewer than two groups, no areas, or `of` is not a column.

    Notes
    -----
    Large areas add more than small ones; the share :math:`p_{ig}` itself does not depend on size.

    References
    ----------
    .. [1] F. F. Feitosa, G. Câmara, A. M. V. Monteiro, T. Koschitzki and M. P. S. Silva (2007), Global and
       Local Spatial Indices of Urban Segregation, International Journal of Geographical Information Science
       21, doi:10.1080/13658810600911903.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "old": [10, 30]}, index=["00", "01"])
    >>> local_exposure(table, of="young")["old"].tolist()
    [0.1875, 0.1875]
    """
    table = many_groups(counts)
    labels = group_labels(counts)
    if of is not None:
        require_column("of", of, labels)
    chosen = 0 if of is None else list(labels).index(of)
    members = table.counts[chosen].sum()

    def exposure(here: Floats, residents: Floats) -> Floats:
        found = here / np.maximum(residents, TINY)
        found *= here[chosen] / members
        return found

    found = per_area(table.counts, exposure, len(table.group))
    return pd.DataFrame(found.T, index=table.area_id, columns=labels, copy=False)


def local_dissimilarity(counts: pd.DataFrame | Floats) -> pd.Series:
    r"""Show how much each area adds to the multi-group dissimilarity.

    .. math:: d_i = \frac{t_i}{2 T I} \sum_k \left| p_{ik} - P_k \right|, \qquad I = \sum_k P_k (1 - P_k)

    with residents :math:`t_i` of area i, their sum T, the share :math:`p_{ik}` of group k in the area and
    :math:`P_k` in the city.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]

    Returns
    -------
    Series of float, indexed by area_id
        0 = the city's shares, or nobody lives here. The sum is `multigroup_dissimilarity`. [unitless]
        NaN everywhere when fewer than two groups have anybody.

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
    .. [1] F. F. Feitosa, G. Câmara, A. M. V. Monteiro, T. Koschitzki and M. P. S. Silva (2007), Global and
       Local Spatial Indices of Urban Segregation, International Journal of Geographical Information Science
       21, doi:10.1080/13658810600911903.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "old": [10, 30]}, index=["00", "01"])
    >>> local_dissimilarity(table).tolist()
    [0.25, 0.25]
    """
    table = many_groups(counts)
    shares = city_shares(table)
    scale = 2 * table.counts.sum() * (shares * (1 - shares)).sum()

    def gap(here: Floats, residents: Floats) -> Floats:
        found = here - shares[:, None] * residents
        return np.asarray(np.abs(found, out=found).sum(axis=0) / scale)

    return pd.Series(per_area(table.counts, gap)[0], index=table.area_id, name="local_dissimilarity")


def local_entropy(
    counts: pd.DataFrame | Floats,
    *,
    norm: Literal["none", "groups", "present"] = "none",
    log_base: float = math.e,
) -> pd.Series:
    r"""Measure how diverse each area is, by the entropy of its groups.

    .. math:: E_i = \sum_k p_{ik} \ln \frac{1}{p_{ik}}

    with the share :math:`p_{ik}` of group k in area i.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]
    norm : {"none", "groups", "present"}, default "none"
        What to divide by: nothing, as Shannon and Theil do; ln K with the number K of columns, as Reardon and
        O'Sullivan do; or ln of the number of groups that live in the area, which is Pielou's evenness.
    log_base : float, default e
        Base of the logarithm, above 1. It matters only without a norm.

    Returns
    -------
    Series of float, indexed by area_id
        0 = one group only, ln K = K groups of the same size; 1 with a norm. [nat, or the base's unit]
        NaN in empty areas; with "present" also where only one group lives.

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
    .. [1] C. E. Shannon (1948), A Mathematical Theory of Communication, Bell System Technical Journal 27,
       doi:10.1002/j.1538-7305.1948.tb01338.x.
    .. [2] S. F. Reardon and D. O'Sullivan (2004), Measures of Spatial Segregation, Sociological Methodology
       34, doi:10.1111/j.0081-1750.2004.00150.x.
    .. [3] E. C. Pielou (1966), The Measurement of Diversity in Different Types of Biological Collections,
       Journal of Theoretical Biology 13, doi:10.1016/0022-5193(66)90013-0.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "old": [10, 0]}, index=["00", "01"])
    >>> local_entropy(table).round(4).tolist()
    [0.5623, 0.0]
    """
    require_choice("norm", norm, ("none", "groups", "present"))
    unit = nats(log_base)
    table = many_groups(counts)

    def entropy(here: Floats, residents: Floats) -> Floats:
        # Minus (…) would turn the 0 of an area with one group into -0.
        found = np.asarray(0.0 - times_log(here / residents).sum(axis=0))
        if norm == "present":
            found /= np.log(np.count_nonzero(here, axis=0))
        else:
            found /= unit if norm == "none" else math.log(len(here))
        return found

    return pd.Series(per_area(table.counts, entropy)[0], index=table.area_id, name="local_entropy")


def local_simpson_concentration(counts: pd.DataFrame | Floats) -> pd.Series:
    r"""Measure how likely two residents of an area are of the same group.

    .. math:: \lambda_i = \sum_k p_{ik}^2

    with the share :math:`p_{ik}` of group k in area i.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]

    Returns
    -------
    Series of float, indexed by area_id
        1 = one group only, 1 / K = K groups of the same size. NaN in empty areas. [unitless]

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
    .. [1] E. H. Simpson (1949), Measurement of Diversity, Nature 163, doi:10.1038/163688a0.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "old": [10, 0]}, index=["00", "01"])
    >>> local_simpson_concentration(table).tolist()
    [0.625, 1.0]
    """
    return _simpson(counts, "local_simpson_concentration")


def local_simpson_interaction(counts: pd.DataFrame | Floats) -> pd.Series:
    r"""Measure how likely two residents of an area are of different groups.

    .. math:: I_i = \sum_k p_{ik} (1 - p_{ik}) = 1 - \lambda_i

    with the share :math:`p_{ik}` of group k in area i.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; groups do not overlap, fractions are allowed. [persons]

    Returns
    -------
    Series of float, indexed by area_id
        0 = one group only, 1 - 1 / K = K groups of the same size. NaN in empty areas. [unitless]

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
    The mean over areas, weighted by residents, is (1 - R) I with the `relative_diversity` R and the
    `simpson_interaction` I of the city.

    References
    ----------
    .. [1] E. H. Simpson (1949), Measurement of Diversity, Nature 163, doi:10.1038/163688a0.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [30, 10], "old": [10, 0]}, index=["00", "01"])
    >>> local_simpson_interaction(table).tolist()
    [0.375, 0.0]
    """
    return _simpson(counts, "local_simpson_interaction")


def city_shares(table: GroupTable) -> Floats:
    """Return the groups' shares of all residents; NaN when there is nobody."""
    of_group = table.counts.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(of_group / of_group.sum())


def _simpson(counts: pd.DataFrame | Floats, name: str) -> pd.Series:
    table = many_groups(counts)

    def same_group(here: Floats, residents: Floats) -> Floats:
        found = here / residents
        found *= found
        return np.asarray(found.sum(axis=0))

    found = per_area(table.counts, same_group)[0]
    if name == "local_simpson_interaction":
        np.subtract(1, found, out=found)
    return pd.Series(found, index=table.area_id, name=name)


MEASURES = (
    Measure(
        id="location_quotient",
        title_de="Standortquotient",
        title_en="Location quotient",
        dimension="local",
        groups="many",
        gives="per area and group",
        high=None,
        citation="Isard 1960, Methods of Regional Analysis, MIT Press",
        function=location_quotient,
        known_as={"PySAL segregation": "MultiLocationQuotient", "R OasisR": "LQ"},
    ),
    Measure(
        id="local_exposure",
        title_de="Beitrag der Gebiete zum Kontakt",
        title_en="Local exposure",
        dimension="local",
        groups="many",
        gives="per area and group",
        citation="Feitosa et al. 2007, doi:10.1080/13658810600911903",
        function=local_exposure,
    ),
    Measure(
        id="local_dissimilarity",
        title_de="Beitrag der Gebiete zur Dissimilarität",
        title_en="Local dissimilarity",
        dimension="local",
        groups="many",
        gives="per area",
        citation="Feitosa et al. 2007, doi:10.1080/13658810600911903",
        function=local_dissimilarity,
    ),
    Measure(
        id="local_entropy",
        title_de="Entropie der Gebiete (Diversität)",
        title_en="Local entropy (diversity)",
        dimension="local",
        groups="many",
        gives="per area",
        high=None,
        citation="Shannon 1948, doi:10.1002/j.1538-7305.1948.tb01338.x",
        function=local_entropy,
        known_as={
            "PySAL segregation": "MultiLocalDiversity, MultiLocalEntropy",
            "R OasisR": "LShannon, HLoc",
        },
    ),
    Measure(
        id="local_simpson_concentration",
        title_de="Simpson-Konzentration der Gebiete",
        title_en="Local Simpson's concentration",
        dimension="local",
        groups="many",
        gives="per area",
        citation="Simpson 1949, doi:10.1038/163688a0",
        function=local_simpson_concentration,
        known_as={"PySAL segregation": "MultiLocalSimpsonConcentration"},
    ),
    Measure(
        id="local_simpson_interaction",
        title_de="Simpson-Interaktion der Gebiete",
        title_en="Local Simpson's interaction",
        dimension="local",
        groups="many",
        gives="per area",
        citation="Simpson 1949, doi:10.1038/163688a0",
        function=local_simpson_interaction,
        known_as={"PySAL segregation": "MultiLocalSimpsonInteraction", "R OasisR": "LSimpson"},
    ),
)
