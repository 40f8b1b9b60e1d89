"""Did segregation change because groups grew, because areas grew, or because people mix otherwise? Asked each year."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.errors import AlignmentError, CountsError, ParameterError
from spatial.parameters import require_choice
from spatial.segregation.compute import group_and_rest
from spatial.segregation.counts import Floats, GroupTable, group_labels, many_groups
from spatial.segregation.decomposition.contributions import (
    INFORMATION,
    Additive,
    Title,
    cell_terms,
    diversity,
    index_value,
    require_additive,
    require_sum,
    scale,
)
from spatial.segregation.decomposition.margins import Scaling, scale_to_margins, with_empty_cells
from spatial.segregation.measure import require_options
from spatial.segregation.register import measure

__all__ = [
    "PART_TITLES",
    "Method",
    "SegregationChange",
    "explain_change",
]

Method: TypeAlias = Literal["shapley", "shapley_all_orders", "karmel_maclachlan", "mora_ruiz_castillo"]

PART_TITLES: Final = {
    "additions": Title("Neue Gebiete und Gruppen", "New areas and groups"),
    "removals": Title("Weggefallene Gebiete und Gruppen", "Areas and groups that are gone"),
    "group_marginal": Title("Größe der Gruppen", "Sizes of the groups"),
    "area_marginal": Title("Größe der Gebiete", "Sizes of the areas"),
    "interaction": Title("Größe der Gruppen und Gebiete zugleich", "Sizes of groups and areas together"),
    "structural": Title("Mischung der Gruppen in den Gebieten", "How the groups mix in the areas"),
}
"""Titles of the parts, in the order in which they are listed."""

_Sides: TypeAlias = tuple[int, int, int]
# The sides of a table: sizes of the groups, sizes of the areas, structure; each old (0) or new (1).
_OLD: Final[_Sides] = (0, 0, 0)
_NEW: Final[_Sides] = (1, 1, 1)
_ALL_OTHERS: Final[tuple[_Sides, ...]] = ((1, 1, 0), (0, 1, 0), (1, 0, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1))
_FITTED: Final[dict[str, tuple[_Sides, ...]]] = {
    "shapley": _ALL_OTHERS,
    "shapley_all_orders": _ALL_OTHERS,
    "karmel_maclachlan": ((1, 1, 0),),
    "mora_ruiz_castillo": (),
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SegregationChange:
    """The change of an index between two periods as the sum of its causes.

    `parts` has one number per cause and adds up to `difference` = `after` - `before`. `areas` and `groups`
    split the structural part further ("shapley" with M or H only, otherwise None), each adding up to it.
    `iterations` is the number of sweeps of the slowest of the fitted tables, 0 when none is fitted.
    """

    measure: str
    method: Method
    before: float
    after: float
    parts: pd.Series
    areas: pd.DataFrame | None
    groups: pd.DataFrame | None
    areas_added: pd.Index
    areas_removed: pd.Index
    groups_added: tuple[str, ...]
    groups_removed: tuple[str, ...]
    log_base: float
    precision: float
    empty_cells: float
    iterations: int

    def __post_init__(self) -> None:
        """Refuse parts that do not add up."""
        require_sum(self.parts.to_numpy(), self.difference, "parts")
        for detail in (self.areas, self.groups):
            if detail is not None:
                require_sum(
                    detail["contribution"].to_numpy(), float(self.parts["structural"]), "contribution"
                )

    @property
    def difference(self) -> float:
        """The value after minus the value before."""
        return self.after - self.before

    def __repr__(self) -> str:
        return (
            f"SegregationChange({self.measure} {self.before:.4f} → {self.after:.4f}, "
            f"structural {self.parts['structural']:+.4f}; {self.method})"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per cause: `value`, `title_de` and `title_en`."""
        frame = self.parts.rename("value").to_frame()
        frame["title_de"] = [PART_TITLES[part].de for part in frame.index]
        frame["title_en"] = [PART_TITLES[part].en for part in frame.index]
        return frame


def explain_change(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    name: str = "mutual_information",
    group: Hashable | None = None,
    method: Method = "shapley",
    log_base: float = math.e,
    precision: float = 1e-13,
    max_iterations: int = 1000,
    empty_cells: float = 0.0,
) -> SegregationChange:
    r"""Split the change of an index between two periods into its causes.

    A table of areas and groups has three sides: how large the groups are, how large the areas are, and how
    groups and areas go together (the odds ratios). Tables with any combination of the three, old or new, are
    made by proportional fitting, and the part of a side is what changing it alone changes the index by,
    averaged over orders in which the sides may change. As published [1]_ [2]_ the two margins belong together:
    the structure changes first or last, half and half, and of the margins either may come first (a nested
    Shapley value, also called Owen value). With :math:`I_{gas}`, g for the groups, a for the areas and s for
    the structure, each old (0) or new (1):

    .. math:: structural = \tfrac12 (I_{001} - I_{000}) + \tfrac12 (I_{111} - I_{110}), \quad
        group = \tfrac14 (I_{100} - I_{000} + I_{110} - I_{010} + I_{111} - I_{011} + I_{101} - I_{001}).

    With `method="shapley_all_orders"` the three sides are on a par, and the mean is over all six orders:

    .. math:: structural = \tfrac13 (I_{001} - I_{000}) + \tfrac16 (I_{101} - I_{100})
        + \tfrac16 (I_{011} - I_{010}) + \tfrac13 (I_{111} - I_{110}), \quad \text{the others likewise.}

    What areas and groups do that have residents in one period only is stated by itself: *additions* is the
    new value minus the new value without them, *removals* the old value without them minus the old value.

    Parameters
    ----------
    before, after : DataFrame of int or float, shapes (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; fractions are allowed. Areas and groups are matched by name
        and may differ. [persons]
    name : str, default "mutual_information"
        One of those of `contributions_of_areas`, or any measure of the register that gives one number and
        needs counts only.
    group : column of both tables, optional
        Explain the index of this group and everybody else, as measures of two groups need it. Default: of all
        columns; of two columns the first is the group.
    method : {"shapley", "shapley_all_orders", "karmel_maclachlan", "mora_ruiz_castillo"}, default "shapley"
        *shapley* is symmetric in old and new and in areas and groups, as R segregation computes it.
        *shapley_all_orders* treats the structure like one margin more. *karmel_maclachlan* changes the old
        table only, and leaves an interaction of the two margins. *mora_ruiz_castillo* is algebraic, for M
        only, and gives another answer when areas and groups are exchanged: use it to repeat others' work.
    log_base : float, default e
        Base of the logarithm of M.
    precision, max_iterations, empty_cells
        As in `spatial.segregation.decomposition.margins.fit_margins`.

    Returns
    -------
    SegregationChange
        All NaN when the index is undefined in one of the periods, or for what they have in common.

    Raises
    ------
    AlignmentError
        If the periods have no area or no group in common, or one names an area twice.
    CountsError
        If a count is missing, infinite or negative, nobody lives in a period, or if the empty cells of one
        period cannot be fitted to the margins of the other.
    ParameterError
        If an option is unknown or out of range, or a fit did not converge.

    Notes
    -----
    An area that lost all its residents counts as removed, as in R segregation. The structural part of H is
    that of M at fixed group sizes, divided by their entropy.

    References
    ----------
    .. [1] B. Elbers (2021), A Method for Studying Differences in Segregation Across Time and Space,
       Sociological Methods & Research 52, doi:10.1177/0049124121986204.
    .. [2] J. Deutsch, Y. Flückiger and J. Silber (2009), Analyzing Changes in Occupational Segregation: The
       Case of Switzerland (1970–2000), Research on Economic Inequality 17.
    .. [3] T. Karmel and M. Maclachlan (1988), Occupational Sex Segregation: Increasing or Decreasing?,
       Economic Record 64, doi:10.1111/j.1475-4932.1988.tb02057.x.
    .. [4] R. Mora and J. Ruiz-Castillo (2009), The Invariance Properties of the Mutual Information Index of
       Multigroup Segregation, Research on Economic Inequality 17, 33–53.

    Examples
    --------
    >>> old = pd.DataFrame({"young": [30.0, 10.0], "old": [10.0, 30.0]}, index=["a", "b"])
    >>> new = pd.DataFrame({"young": [60.0, 20.0], "old": [15.0, 25.0]}, index=["a", "b"])
    >>> explain_change(old, new)
    SegregationChange(mutual_information 0.1308 → 0.0662, structural -0.0533; shapley)
    """
    measure(name)
    require_choice("method", method, Method)
    if method == "mora_ruiz_castillo" and name not in ("mutual_information", "divergence"):
        raise ParameterError("name", name, "'mutual_information', for which mora_ruiz_castillo is made")
    given = group_and_rest(before, group), group_and_rest(after, group)
    first = _populated("before", many_groups(given[0], least=1))
    second = _populated("after", many_groups(given[1], least=1), first.group)
    n_groups = len(group_labels(given[0])), len(group_labels(given[1]))
    value = _value_of(name, log_base, *n_groups)
    area_id, named = _in_common(first, second)
    tables = _part(first, area_id, named), _part(second, area_id, named)
    start, end = value(first.counts), value(second.counts)
    values = {_OLD: value(tables[0]), _NEW: value(tables[1])}
    filled = [
        with_empty_cells(table, np.ones(len(area_id)), np.ones(len(named)), empty_cells) for table in tables
    ]
    fits: dict[_Sides, Scaling] = {}
    for sides in _FITTED[method]:
        fits[sides] = scale_to_margins(
            filled[sides[2]],
            tables[sides[1]].sum(axis=0) / tables[sides[1]].sum(),
            tables[sides[0]].sum(axis=1) / tables[sides[0]].sum(),
            area_id=area_id,
            group=named,
            precision=precision,
            max_iterations=max_iterations,
        )
        values[sides] = value(fits[sides].of(filled[sides[2]]))
    areas = groups = None
    if method == "shapley":
        parts = _shapley(values)
        formula = require_additive(name, *n_groups) if name in get_args(Additive) else name
        if formula in INFORMATION:
            mixed = [fits[sides].of(filled[sides[2]]) for sides in ((0, 0, 1), (1, 1, 0))]
            areas, groups = _detail(
                (tables[0], mixed[0], mixed[1], tables[1]), formula, log_base, area_id, named
            )
    elif method == "shapley_all_orders":
        parts = _shapley_all_orders(values)
    elif method == "karmel_maclachlan":
        parts = _karmel_maclachlan(tables, values, value)
    else:
        parts = _mora_ruiz_castillo(tables, log_base)
    changes = {"additions": end - values[_NEW], "removals": values[_OLD] - start, **parts}
    return SegregationChange(
        measure=name,
        method=method,
        before=start,
        after=end,
        parts=pd.Series({part: changes[part] for part in PART_TITLES if part in changes}, name="part"),
        areas=areas,
        groups=groups,
        areas_added=second.area_id.difference(area_id, sort=False),
        areas_removed=first.area_id.difference(area_id, sort=False),
        groups_added=tuple(name for name in second.group if name not in named),
        groups_removed=tuple(name for name in first.group if name not in named),
        log_base=log_base,
        precision=precision,
        empty_cells=empty_cells,
        iterations=max((fit.iterations for fit in fits.values()), default=0),
    )


def _populated(period: str, table: GroupTable, order: tuple[str, ...] = ()) -> GroupTable:
    """Return the table without areas and groups that have nobody, the groups in a given order, then others."""
    names = [name for name in order if name in table.group]
    names += [name for name in table.group if name not in order]
    somebody = dict(zip(table.group, _mask(table.counts.any(axis=1)), strict=True))
    group = tuple(name for name in names if somebody[name])
    area_id = table.area_id[_mask(table.counts.any(axis=0))]
    if not len(area_id):
        raise CountsError(f"nobody lives in {period}", table.area_id, "give people in both periods")
    return GroupTable(area_id=area_id, group=group, counts=_part(table, area_id, group))


def _mask(found: object) -> NDArray[np.bool_]:
    return np.asarray(found, dtype=bool)


def _in_common(first: GroupTable, second: GroupTable) -> tuple[pd.Index, tuple[str, ...]]:
    """Return the areas and groups that have somebody, in one another, in both periods."""
    area_id = first.area_id.intersection(second.area_id, sort=False)
    group = tuple(name for name in first.group if name in second.group)
    while True:
        if not len(area_id) or not group:
            raise AlignmentError(
                "the periods have no area or no group in common",
                first.area_id,
                "name areas and groups alike in both; areas of other boundaries must be converted first",
            )
        pair = _part(first, area_id, group), _part(second, area_id, group)
        areas = _mask(pair[0].any(axis=0) & pair[1].any(axis=0))
        groups = _mask(pair[0].any(axis=1) & pair[1].any(axis=1))
        if areas.all() and groups.all():
            return area_id, group
        area_id = area_id[areas]
        group = tuple(name for name, kept in zip(group, groups, strict=True) if kept)


def _part(table: GroupTable, area_id: pd.Index, group: tuple[str, ...]) -> Floats:
    """Return the counts of these areas and groups, in this order."""
    if table.area_id.equals(area_id) and table.group == group:
        return table.counts
    rows = np.array([table.group.index(name) for name in group], dtype=np.int64)
    return np.asarray(table.counts[rows[:, None], table.area_id.get_indexer(area_id)])


def _value_of(index: str, log_base: float, *n_groups: int) -> Callable[[Floats], float]:
    """Return a function of counts; an index of two groups is undefined once only one of them is left."""
    if index in get_args(Additive):
        formula = require_additive(index, *n_groups)
        return lambda counts: index_value(formula, counts, log_base)
    entry = measure(index)
    if entry.needs or entry.prepare is None or entry.gives != "number":
        raise ParameterError("name", index, "a measure that gives one number and needs counts only")
    require_options(entry, ())
    if entry.groups == "two" and set(n_groups) != {2}:
        raise ParameterError("name", index, "a measure of many groups, or a `group` or two columns")
    evaluate = entry.prepare()
    least = 2 if entry.groups == "two" else 1
    return lambda counts: float(evaluate(counts)) if len(counts) >= least else math.nan


def _shapley(values: dict[_Sides, float]) -> dict[str, float]:
    def step(before: _Sides, after: _Sides) -> float:
        return values[after] - values[before]

    return {
        "group_marginal": 0.25
        * (
            step((0, 0, 0), (1, 0, 0))
            + step((0, 1, 0), (1, 1, 0))
            + step((0, 1, 1), (1, 1, 1))
            + step((0, 0, 1), (1, 0, 1))
        ),
        "area_marginal": 0.25
        * (
            step((0, 0, 0), (0, 1, 0))
            + step((1, 0, 0), (1, 1, 0))
            + step((1, 0, 1), (1, 1, 1))
            + step((0, 0, 1), (0, 1, 1))
        ),
        "structural": 0.5 * (step((0, 0, 0), (0, 0, 1)) + step((1, 1, 0), (1, 1, 1))),
    }


def _shapley_all_orders(values: dict[_Sides, float]) -> dict[str, float]:
    parts = dict.fromkeys(("group_marginal", "area_marginal", "structural"), 0.0)
    for place, part in enumerate(parts):
        for one, other in itertools.product((0, 1), repeat=2):
            before, after = (
                {0: (state, one, other), 1: (one, state, other), 2: (one, other, state)}[place]
                for state in (0, 1)
            )
            # Both others have changed, or none, in two orders of six; one of them in one order each.
            parts[part] += (values[after] - values[before]) / (3 if one == other else 6)
    return parts


def _karmel_maclachlan(
    tables: tuple[Floats, Floats], values: dict[_Sides, float], value: Callable[[Floats], float]
) -> dict[str, float]:
    old, new = tables
    groups = value(old * (new.sum(axis=1) / old.sum(axis=1))[:, None]) - values[_OLD]
    areas = value(old * (new.sum(axis=0) / old.sum(axis=0))) - values[_OLD]
    return {
        "group_marginal": groups,
        "area_marginal": areas,
        "interaction": values[1, 1, 0] - values[_OLD] - groups - areas,
        "structural": values[_NEW] - values[1, 1, 0],
    }


def _mora_ruiz_castillo(tables: tuple[Floats, Floats], log_base: float) -> dict[str, float]:
    before, after = (table.sum(axis=0) / table.sum() for table in tables)
    mixed_before, mixed_after = (diversity("mutual_information", table) for table in tables)
    whole = [float(diversity("mutual_information", table.sum(axis=1))) for table in tables]
    nats = {
        "group_marginal": whole[1] - whole[0],
        "area_marginal": -0.5 * float((after - before) @ (mixed_before + mixed_after)),
        "structural": -0.5 * float((before + after) @ (mixed_after - mixed_before)),
    }
    return {part: value / math.log(log_base) for part, value in nats.items()}


def _detail(
    tables: tuple[Floats, ...], index: str, log_base: float, area_id: pd.Index, group: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the structural part by areas and by groups.

    `tables` are the old one, the old one with the new structure, the new one with the old structure, the new.
    """
    terms = [cell_terms(index, table) / scale(index, table.sum(axis=1), log_base) for table in tables]
    frames = []
    for axis, names in ((0, area_id), (1, pd.Index(group, name="group"))):
        share = [table.sum(axis=axis) / table.sum() for table in tables]
        part = [term.sum(axis=axis) for term in terms]
        local = [part[k] / share[k] for k in range(4)]
        frames.append(
            pd.DataFrame(
                {
                    "share_before": share[0],
                    "share_after": share[3],
                    "change_before": local[1] - local[0],
                    "change_after": local[3] - local[2],
                    "contribution": 0.5 * (part[1] - part[0]) + 0.5 * (part[3] - part[2]),
                },
                index=names,
            )
        )
    return frames[0], frames[1]
