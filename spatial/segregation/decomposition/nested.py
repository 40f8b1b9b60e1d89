"""How much of a city's segregation lies between its districts, and how much inside them? For every level."""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align
from spatial.errors import AlignmentError, ParameterError
from spatial.parameters import require_choice
from spatial.segregation.compute import group_and_rest
from spatial.segregation.counts import Floats, many_groups
from spatial.segregation.decomposition.contributions import (
    INFORMATION,
    Additive,
    Title,
    cell_terms,
    diversity,
    ratio,
    require_additive,
    require_sum,
    scale,
    sums_by,
)

__all__ = ["PART_TITLES", "NestedDecomposition", "between_and_within", "between_and_within_groups"]

PART_TITLES: Final = {
    "between": Title("Zwischen: {level}", "Between: {level}"),
    "within": Title("Zwischen: {level}, innerhalb von: {within}", "Between: {level}, within: {within}"),
    "residual": Title("Rest: {level} (keiner Ebene zuzuordnen)", "Remainder: {level} (belongs to no level)"),
}
"""Titles of the parts, filled in with the names of the levels."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NestedDecomposition:
    """An index as the sum of what lies between the parts of each level, within the level above.

    `part` has one number per level, coarse to fine, and `residual` what is no weighted mean of values inside
    the larger parts: 0 but for dissimilarity and Gini. Both together add up to `total`. `strata` has one frame
    per level below the first, with one row per larger part: its share of all residents, its own value of the
    index (NaN where that is undefined), its `diversity_ratio` to the whole, and its contribution, which is
    `weight` times `value`.
    """

    measure: str
    total: float
    part: pd.Series
    residual: pd.Series
    strata: tuple[pd.DataFrame, ...]
    log_base: float

    def __post_init__(self) -> None:
        """Refuse parts that do not add up."""
        require_sum(self.part.to_numpy() + self.residual.to_numpy(), self.total, "part")

    def __repr__(self) -> str:
        parts = ", ".join(f"{level} {round(value, 4) + 0.0:.4f}" for level, value in self.part.items())
        left = round(float(self.residual.sum()), 4)
        residual = f", residual {left:+.4f}" if abs(left) > 0 else ""
        return f"NestedDecomposition({self.measure} {self.total:.4f} = {parts}{residual})"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per part: `level`, `within`, `kind`, `value`, `share` of the total and titles."""
        rows = []
        above: Hashable = ""
        for (level, value), left in zip(self.part.items(), self.residual, strict=True):
            rows.append((level, above, "within" if above else "between", value))
            if left != 0:
                rows.append((level, above, "residual", left))
            above = level
        frame = pd.DataFrame(rows, columns=["level", "within", "kind", "value"])
        frame["share"] = frame["value"] / self.total if self.total > 0 else np.nan
        for language in ("de", "en"):
            frame[f"title_{language}"] = [
                getattr(PART_TITLES[kind], language).format(level=level, within=within)
                for level, within, kind in zip(frame["level"], frame["within"], frame["kind"], strict=True)
            ]
        return frame


def between_and_within(
    counts: pd.DataFrame | Floats,
    levels: pd.DataFrame | pd.Series,
    *,
    name: Additive = "mutual_information",
    group: Hashable | None = None,
    log_base: float = math.e,
) -> NestedDecomposition:
    r"""Split an index into the parts between and within larger areas, over any number of levels.

    With districts *k* of population :math:`T_k` and entropy :math:`E_k` of their groups,

    .. math:: M = M_{between} + \sum_k \frac{T_k}{T} M_k, \qquad
              H = H_{between} + \sum_k \frac{T_k E_k}{T E} H_k,

    and each :math:`M_k` is split again over the level below. Relative diversity (for two groups: eta²) is
    split like H, with Simpson's interaction in place of the entropy. Dissimilarity and Gini are *not* sums of
    such parts: their weighted mean inside the districts and the residual that is left are both stated. That
    residual of Gini is the overlap of the districts: 0 when their ranges of shares do not overlap.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; fractions are allowed. [persons]
    levels : DataFrame or Series, shape (n_areas, n_levels), indexed by area_id
        The larger area that each area lies in, one column per level, coarse to fine; the same areas in any
        order. A Series without a name is "level 1". A name that occurs in several larger areas means several
        areas. The areas themselves are the last level and need no column.
    name : str, default "mutual_information"
        What is split, one of those of `contributions_of_areas`.
    group : column of `counts`, optional
        Split an index of this group and everybody else. Default: of all columns.
    log_base : float, default e
        Base of the logarithm of M.

    Returns
    -------
    NestedDecomposition
        All NaN when the index is undefined. A larger area with one group only, or with nobody, contributes 0.

    Raises
    ------
    AlignmentError
        If counts and levels have other areas, or an area has no name on some level.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If an option is unknown or out of range, or there are no levels.

    References
    ----------
    .. [1] H. Theil and A. J. Finizza (1971), A Note on the Measurement of Racial Integration of Schools by
       Means of Informational Concepts, Journal of Mathematical Sociology 1,
       doi:10.1080/0022250X.1971.9989795.
    .. [2] S. F. Reardon and G. Firebaugh (2002), Measures of Multigroup Segregation, Sociological Methodology
       32, doi:10.1111/1467-9531.00110.
    .. [3] R. Mora and J. Ruiz-Castillo (2011), Entropy-Based Segregation Indices, Sociological Methodology 41,
       doi:10.1111/j.1467-9531.2011.01237.x.
    .. [4] E. Roberto (2015), The Divergence Index, doi:10.48550/arXiv.1508.01167.
    .. [5] S. G. Rivkin (1994), Residential Segregation and School Integration, Sociology of Education 67,
       doi:10.2307/2112817. (Gini)

    Examples
    --------
    >>> blocks = pd.DataFrame({"young": [9, 5, 1, 1], "old": [1, 5, 9, 9]}, index=["a", "b", "c", "d"])
    >>> district = pd.Series(["north", "north", "south", "south"], index=blocks.index, name="district")
    >>> between_and_within(blocks, district, name="information_theory")
    NestedDecomposition(information_theory 0.3802 = district 0.3047, area 0.0756)
    """
    table = many_groups(group_and_rest(counts, group))
    formula = require_additive(name, len(table.group))
    names, codes = _codes(levels, table.area_id)
    full = scale(formula, table.counts.sum(axis=1), log_base)
    parts, residuals, strata = [], [], []
    coarser = 0.0
    for step, (numbers, labels) in enumerate(codes):
        merged = sums_by(table.counts, numbers, len(labels))
        value = ratio(cell_terms(formula, merged).sum(), full)
        if step == 0:
            parts.append(value)
        else:
            larger_numbers, larger = codes[step - 1]
            parent = np.empty(len(labels), dtype=np.int64)
            parent[numbers] = larger_numbers
            terms = cell_terms(formula, merged, parent, len(larger)).sum(axis=0)
            inside = sums_by(terms[None], parent, len(larger))[0]
            frame = _strata(formula, inside, sums_by(merged, parent, len(larger)), larger, log_base)
            strata.append(frame)
            parts.append(_sum(frame))
        additive = step == 0 or formula not in ("multigroup_dissimilarity", "multigroup_gini")
        residuals.append(0.0 if additive else value - coarser - parts[-1])
        coarser = value
    return _nested(name, names, parts, residuals, coarser, strata, log_base)


def between_and_within_groups(
    counts: pd.DataFrame | Floats,
    families: pd.Series,
    *,
    name: Additive = "mutual_information",
    log_base: float = math.e,
) -> NestedDecomposition:
    r"""Split an index into the parts between and within families of groups.

    It answers how much segregation there is between, say, residents with and without a German passport, and
    how much among the nationalities inside the second family:
    :math:`M = M_{families} + \sum_f \frac{T_f}{T} M_f`, where :math:`M_f` looks at the members of family *f*
    only. H has the weights :math:`T_f E_f / (T E)`, and its first part is
    :math:`H_{families} E_{families} / E`.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; fractions are allowed. [persons]
    families : Series, shape (n_groups,), indexed by group
        The family of each group; the same groups in any order.
    name : {"mutual_information", "divergence", "multigroup_information_theory"}
        What is split. No other index can be split by groups in this way.
    log_base : float, default e
        Base of the logarithm of M.

    Returns
    -------
    NestedDecomposition
        With the levels of the name of `families` (or "family") and "group".

    Raises
    ------
    AlignmentError
        If counts and families have other groups, or a group has no family.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If an option is unknown or out of range.

    References
    ----------
    .. [1] S. F. Reardon and G. Firebaugh (2002), doi:10.1111/1467-9531.00110.
    .. [2] D. M. Frankel and O. Volij (2011), Measuring School Segregation, Journal of Economic Theory 146,
       doi:10.1016/j.jet.2010.10.008.

    Examples
    --------
    >>> town = pd.DataFrame({"german": [8, 2], "polish": [1, 4], "turkish": [1, 4]}, index=["a", "b"])
    >>> passport = pd.Series({"german": "german", "polish": "other", "turkish": "other"}, name="passport")
    >>> between_and_within_groups(town, passport)
    NestedDecomposition(mutual_information 0.1927 = passport 0.1927, group 0.0000)
    """
    table = many_groups(counts)
    require_choice("name", name, INFORMATION, why=", which can be split by groups")
    if not isinstance(families, pd.Series):
        raise ParameterError("families", families, "a Series with the family of each group")
    named = pd.Series(families.to_numpy(), index=[str(name) for name in families.index], name=families.name)
    family = align(named, pd.Index(table.group), "families")
    level = str(family.name or "family")
    _require_named(family.isna().to_numpy(), family.index, level)
    numbers, labels = pd.factorize(family, sort=True)
    whole = table.counts.sum(axis=1)
    full = scale(name, whole, log_base)
    between = cell_terms(name, sums_by(table.counts.T, numbers, len(labels)).T).sum()
    mine = numbers[:, None] == np.arange(len(labels))
    inside = np.array([cell_terms(name, table.counts[chosen]).sum() for chosen in mine.T])
    frame = _strata(name, inside, np.where(mine, whole[:, None], 0.0), pd.Index(labels, name=level), log_base)
    return _nested(
        name,
        [level, "group"],
        [ratio(between, full), _sum(frame)],
        [0.0, 0.0],
        ratio(cell_terms(name, table.counts).sum(), full),
        [frame],
        log_base,
    )


def _codes(
    levels: pd.DataFrame | pd.Series, area_id: pd.Index
) -> tuple[list[str], list[tuple[NDArray[np.int64], pd.Index]]]:
    """Return the names of the levels and, per level, the number of every area's larger area and its names."""
    frame = levels.to_frame(levels.name) if isinstance(levels, pd.Series) else levels
    if not isinstance(frame, pd.DataFrame):
        raise ParameterError("levels", levels, "a Series, or a DataFrame with one column per level")
    if not len(frame.columns):
        raise ParameterError("levels", "no column", "one column per level, coarse to fine")
    names = [str(name) if name is not None else f"level {k + 1}" for k, name in enumerate(frame.columns)]
    last = "area" if area_id.name in (None, "id", "area_id") else str(area_id.name)
    if len({*names, last}) != len(names) + 1:
        raise ParameterError("levels", names, f"columns of different names, none of them {last!r}")
    found: list[tuple[NDArray[np.int64], pd.Index]] = []
    columns: list[pd.Series] = []
    numbers = np.zeros(len(area_id), dtype=np.int64)
    for position, name in enumerate(names):
        column = align(frame.iloc[:, position], area_id, "levels").rename(name)
        _require_named(column.isna().to_numpy(), area_id, name)
        columns.append(column)
        code, _ = pd.factorize(column, sort=True)
        _, first, numbers = np.unique(
            numbers * (int(code.max()) + 1) + code, return_index=True, return_inverse=True
        )
        labels = [column.iloc[first] for column in columns]
        names_here = pd.Index(labels[0]) if len(labels) == 1 else pd.MultiIndex.from_arrays(labels)
        found.append((numbers, names_here))
    found.append((np.arange(len(area_id)), area_id))
    return [*names, last], found


def _strata(index: str, terms: Floats, members: Floats, labels: pd.Index, log_base: float) -> pd.DataFrame:
    """Return one row per larger area (or family), given the sum of its terms and the members of its groups."""
    whole = members.sum(axis=1)
    own, full = scale(index, members, log_base), scale(index, whole, log_base)
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.DataFrame(
            {
                "share": members.sum(axis=0) / whole.sum(),
                "value": terms / own,
                "diversity_ratio": diversity(index, members) / diversity(index, whole),
                "weight": np.where(members.sum(axis=0) > 0, own, 0) / full,
                "contribution": terms / full,
            },
            index=labels,
        )


def _sum(strata: pd.DataFrame) -> float:
    return float(strata["contribution"].sum(skipna=False))


def _nested(
    index: str,
    names: list[str],
    parts: list[float],
    residuals: list[float],
    total: float,
    strata: list[pd.DataFrame],
    log_base: float,
) -> NestedDecomposition:
    levels = pd.Index(names, name="level")
    return NestedDecomposition(
        measure=index,
        total=total,
        part=pd.Series(parts, index=levels, name="part"),
        residual=pd.Series(residuals, index=levels, name="residual"),
        strata=tuple(strata),
        log_base=log_base,
    )


def _require_named(nameless: NDArray[np.bool_], areas: pd.Index, what: str) -> None:
    if nameless.any():
        raise AlignmentError(f"{what} has no name for", areas[nameless], "name the larger part of every one")
