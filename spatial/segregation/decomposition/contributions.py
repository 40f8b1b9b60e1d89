"""Which areas, and which groups, make up the segregation of a city? Contributions that add up to the whole."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import rel_entr

from spatial.errors import ParameterError
from spatial.parameters import require_choice
from spatial.segregation.aspatial.information import nats
from spatial.segregation.compute import group_and_rest
from spatial.segregation.counts import Floats, group_labels, many_groups

__all__ = [
    "INFORMATION",
    "Additive",
    "Contributions",
    "Title",
    "cell_terms",
    "contributions_of_areas",
    "contributions_of_groups",
    "diversity",
    "index_value",
    "ratio",
    "require_additive",
    "require_sum",
    "scale",
    "sums_by",
]

Additive: TypeAlias = Literal[
    "mutual_information",
    "divergence",
    "multigroup_information_theory",
    "relative_diversity",
    "multigroup_dissimilarity",
    "multigroup_gini",
    "information_theory",
    "dissimilarity",
    "gini",
    "correlation_ratio",
]
"""Indices that are sums over areas and groups. The last four are those of two groups."""

INFORMATION = ("mutual_information", "divergence", "multigroup_information_theory")
"""Those among them that rest on entropies; the divergence of a city is its mutual information."""

# With two groups the general formula gives the same number.
_OF_TWO_GROUPS = {
    "information_theory": "multigroup_information_theory",
    "dissimilarity": "multigroup_dissimilarity",
    "gini": "multigroup_gini",
    "correlation_ratio": "relative_diversity",
}

# Parts are sums of the same terms in another order.
_ROUNDING = 1e-9


class Title(NamedTuple):
    """What a part is called in German and in English."""

    de: str
    en: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Contributions:
    """An index as the sum of what its areas, or its groups, contribute.

    `contribution` is `weight` times `value`, per area or group, and adds up to `total`. `value` tells how
    segregated the area or group is by itself (NaN where nobody is), `weight` how much that counts.
    """

    measure: str
    by: Literal["area", "group"]
    total: float
    value: pd.Series
    weight: pd.Series
    contribution: pd.Series
    log_base: float

    def __post_init__(self) -> None:
        """Refuse contributions that do not add up."""
        require_sum(self.contribution.to_numpy(), self.total, "contribution")

    def __repr__(self) -> str:
        return f"Contributions({self.measure} {self.total:.4f} of {len(self.contribution)} {self.by}s)"

    def to_frame(self) -> pd.DataFrame:
        """Return `value`, `weight`, `contribution` and `share` of the total, one row per area or group."""
        share = self.contribution / self.total if self.total > 0 else self.contribution * np.nan
        return pd.DataFrame(
            {"value": self.value, "weight": self.weight, "contribution": self.contribution, "share": share}
        )


def contributions_of_areas(
    counts: pd.DataFrame | Floats,
    *,
    name: Additive = "mutual_information",
    group: Hashable | None = None,
    log_base: float = math.e,
) -> Contributions:
    r"""Split an index into the contributions of the areas.

    The mutual information is :math:`M = \sum_i \frac{t_i}{T} L_i` with the local segregation
    :math:`L_i = \sum_g \pi_{ig} \ln \frac{\pi_{ig}}{\pi_g}`: how far the mix of area *i* is from that of the
    city. The other indices are split in the same way, with their own distance of mixes.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; fractions are allowed. [persons]
    name : str, default "mutual_information"
        What is split: "mutual_information" (M), "divergence" (Roberto's, the same number),
        "multigroup_information_theory" (Theil's H), "relative_diversity", "multigroup_dissimilarity" or
        "multigroup_gini"; of a `group`, or of two columns, also "information_theory", "dissimilarity", "gini"
        or "correlation_ratio" (eta²).
    group : column of `counts`, optional
        Split an index of this group and everybody else. Default: of all columns.
    log_base : float, default e
        Base of the logarithm of M. The other indices do not depend on it.

    Returns
    -------
    Contributions
        In the order of the areas; `weight` is the share of all residents. An empty area contributes 0 and has
        no value (NaN). All NaN when the index is undefined because there is only one group, or nobody.

    Raises
    ------
    AlignmentError, CountsError
        See `spatial.segregation.counts.many_groups`.
    ParameterError
        If an option is unknown or out of range.

    References
    ----------
    .. [1] R. Mora and J. Ruiz-Castillo (2011), Entropy-Based Segregation Indices, Sociological Methodology 41,
       doi:10.1111/j.1467-9531.2011.01237.x.
    .. [2] S. F. Reardon and G. Firebaugh (2002), Measures of Multigroup Segregation, Sociological Methodology
       32, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> town = pd.DataFrame({"young": [30, 10], "old": [10, 30]}, index=["a", "b"])
    >>> contributions_of_areas(town).contribution.round(4).to_dict()
    {'a': 0.0654, 'b': 0.0654}
    """
    table = many_groups(group_and_rest(counts, group))
    formula = require_additive(name, len(table.group))
    whole = table.counts.sum(axis=1)
    terms = cell_terms(formula, table.counts)
    with np.errstate(invalid="ignore", divide="ignore"):
        part = terms.sum(axis=0) / scale(formula, whole, log_base)
        weight = table.counts.sum(axis=0) / whole.sum()
        value = part / weight
    return _contributions(name, "area", table.area_id, part, weight, value, log_base)


def contributions_of_groups(
    counts: pd.DataFrame | Floats, *, name: Additive = "mutual_information", log_base: float = math.e
) -> Contributions:
    r"""Split an index into the contributions of the groups.

    The mutual information is :math:`M = \sum_g \pi_g L_g` with :math:`L_g = \sum_i p_{i|g} \ln
    \frac{p_{i|g}}{p_i}`: how far the group's spread over the areas is from that of everybody. Dissimilarity,
    Gini and relative diversity are means of their two-group values, each group against the rest, weighted by
    :math:`\pi_g (1 - \pi_g) / \sum_k \pi_k (1 - \pi_k)`.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; fractions are allowed. [persons]
    name : str, default "mutual_information"
        What is split, one of those of `contributions_of_areas`.
    log_base : float, default e
        Base of the logarithm of M.

    Returns
    -------
    Contributions
        In the order of the groups. A group without members contributes 0 and has no value (NaN).

    Raises
    ------
    AlignmentError, CountsError
        See `spatial.segregation.counts.many_groups`.
    ParameterError
        If an option is unknown or out of range.

    References
    ----------
    .. [1] R. Mora and J. Ruiz-Castillo (2011), doi:10.1111/j.1467-9531.2011.01237.x.
    .. [2] O. Alonso-Villar and C. Del Río (2010), Local versus Overall Segregation Measures, Mathematical
       Social Sciences 60(1), 30–38.
    .. [3] S. F. Reardon and G. Firebaugh (2002), doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> town = pd.DataFrame({"young": [30, 10], "old": [10, 10], "oldest": [0, 20]}, index=["a", "b"])
    >>> contributions_of_groups(town).to_frame()["share"].round(3).to_dict()
    {'young': 0.274, 'old': 0.0, 'oldest': 0.726}
    """
    table = many_groups(counts)
    formula = require_additive(name, len(table.group))
    whole = table.counts.sum(axis=1)
    terms = cell_terms(formula, table.counts)
    with np.errstate(invalid="ignore", divide="ignore"):
        part = terms.sum(axis=1) / scale(formula, whole, log_base)
        weight = whole / whole.sum()
        if formula not in INFORMATION:
            weight *= 1 - weight
            weight /= weight.sum()
        value = part / weight
    return _contributions(name, "group", group_labels(counts), part, weight, value, log_base)


def require_additive(index: str, *n_groups: int) -> str:
    """Return the name of the formula of an index, or raise when there is none for so many groups."""
    require_choice("name", index, Additive)
    if index not in _OF_TWO_GROUPS:
        return index
    if max(n_groups) > 2:
        raise ParameterError("name", index, f"{_OF_TWO_GROUPS[index]!r}, or a `group` or two columns")
    return _OF_TWO_GROUPS[index]


def require_sum(parts: Floats, total: float, what: str) -> None:
    """Raise when parts do not add up to their total; undefined parts of an undefined total are right."""
    found = float(parts.sum())
    near = abs(found - total) <= _ROUNDING * max(1.0, abs(total))
    if not (near or (math.isnan(found) and math.isnan(total))):
        raise ParameterError(what, found, f"parts that add up to {total}")


def index_value(index: str, counts: Floats, log_base: float = math.e) -> float:
    """Return the value of an index for counts of shape (n_groups, n_areas)."""
    return ratio(cell_terms(index, counts).sum(), scale(index, counts.sum(axis=1), log_base))


def ratio(part: Floats, whole: Floats) -> float:
    """Return a quotient, NaN when it is 0 / 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(part / whole)


def cell_terms(
    index: str, counts: Floats, parent: NDArray[np.int64] | None = None, n_parents: int = 1
) -> Floats:
    """Return what every cell adds to the numerator of an index, within its parent area.

    Parameters
    ----------
    index : str
        One of `Additive` for any number of groups.
    counts : array of float, shape (n_groups, n_areas)
        [persons]
    parent : array of int, shape (n_areas,), optional
        Number of the larger area that each area lies in. Default: one for all.
    n_parents : int
        Number of larger areas.

    Returns
    -------
    array of float, shape (n_groups, n_areas)
        Not negative when summed over a parent. Divided by `scale` of the parent, its sum is the index.
    """
    residents = counts.sum(axis=0)
    if index == "multigroup_gini":
        return _gini_terms(counts, residents, parent, n_parents)
    whole = counts.sum(axis=1)[:, None] if parent is None else sums_by(counts, parent, n_parents)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = whole / whole.sum(axis=0)
    share[:, whole.sum(axis=0) == 0] = 0
    expected = residents * (share if parent is None else share[:, parent])
    if index in INFORMATION:
        return np.asarray(rel_entr(counts, expected))
    gap = counts - expected
    if index == "multigroup_dissimilarity":
        return np.asarray(0.5 * np.abs(gap))
    return np.asarray(gap**2 / np.where(residents > 0, residents, 1))


def scale(index: str, whole: Floats, log_base: float = math.e) -> Floats:
    """Return what the sum of `cell_terms` is divided by, given the members of each group, (n_groups, …)."""
    residents, unit = whole.sum(axis=0), nats(log_base)
    if index in ("mutual_information", "divergence"):
        return np.asarray(residents * unit)
    unlike = diversity(index, whole)
    return np.asarray(residents * unlike * (residents if index == "multigroup_gini" else 1))


def diversity(index: str, whole: Floats) -> Floats:
    """Return the diversity that an index is measured by: entropy, or Simpson's interaction; (n_groups, …)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = whole / whole.sum(axis=0)
        if index in INFORMATION:
            return -np.asarray(np.where(share > 0, share * np.log(share), 0 * share).sum(axis=0))
        return np.asarray((share * (1 - share)).sum(axis=0))


def sums_by(counts: Floats, parent: NDArray[np.integer[Any]], n_parents: int) -> Floats:
    """Return the counts of the larger areas, shape (n_groups, n_parents)."""
    return np.stack([np.bincount(parent, weights=row, minlength=n_parents) for row in counts])


def _gini_terms(
    counts: Floats, residents: Floats, parent: NDArray[np.int64] | None, n_parents: int
) -> Floats:
    """Return half the sum of |x_i t_k - x_k t_i| over all areas k of the same parent."""
    terms = np.zeros_like(counts)
    home = np.zeros(counts.shape[1], dtype=np.int64) if parent is None else parent
    whole = np.bincount(home, weights=residents, minlength=n_parents)
    share_of = np.where(residents > 0, residents, 1)
    for group, row in enumerate(counts):
        order = np.lexsort((row / share_of, home))
        x, t, inside = row[order], residents[order], home[order]
        first = np.searchsorted(inside, np.arange(n_parents))[inside]
        before_x, before_t = (np.concatenate([[0.0], np.cumsum(values)]) for values in (x, t))
        x_below = before_x[:-1] - before_x[first]
        t_below = before_t[:-1] - before_t[first]
        members = np.bincount(home, weights=row, minlength=n_parents)[inside]
        x_above, t_above = members - x_below - x, whole[inside] - t_below - t
        terms[group, order] = 0.5 * (x * (t_below - t_above) + t * (x_above - x_below))
    return terms


def _contributions(
    index: str,
    by: Literal["area", "group"],
    names: pd.Index,
    part: Floats,
    weight: Floats,
    value: Floats,
    log_base: float,
) -> Contributions:
    return Contributions(
        measure=index,
        by=by,
        total=float(part.sum()),
        value=pd.Series(value, index=names, name="value"),
        weight=pd.Series(weight, index=names, name="weight"),
        contribution=pd.Series(part, index=names, name="contribution"),
        log_base=log_base,
    )
